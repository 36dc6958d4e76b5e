"""Reports that people read, printed by Rich: on terminals of any width, in colour or not."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from ..._internal.format import counted, nats, percent, signed, visible
from .decisions import print_decisions, print_outcome
from .page import Page, listed, short

__all__ = ["print_evaluation", "print_fit", "print_model"]

_MAX_CLASSES = 15
_MAX_FEATURES = 5
Facts = Mapping[str, Any]
Section = Callable[[Page, Facts], None]
"""Prints a section of a report."""

_COUNTED = {
    "table": ("row", "rows"),
    "matrix": ("row", "rows"),
    "text": ("text", "texts"),
    "image": ("image", "images"),
}
_TYPES = {"number": "of numbers", "bool": "true or false", "text": "of text", "date": "of dates"}


def print_fit(facts: Facts, model_section: Section) -> None:
    """Print what `softlearn fit` found."""
    page = Page()
    page.title(f"{facts['source']} -> {facts['model']}")
    _fitted(page, facts, model_section)


def print_model(facts: Facts, model_section: Section) -> None:
    """Print what a model file says of itself."""
    page = Page()
    page.title(str(facts["model"]))
    versions = ", ".join(f"{name} {number}" for name, number in facts["versions"].items())
    page.say(
        f"Written by softlearn {facts['softlearn_version']} with {versions}; "
        f"{facts['bytes']:,} bytes, format {facts['format_version']}.",
    )
    if facts["source"] is None:
        labels = listed([entry["class"] for entry in facts["classes"]])
        page.section("Data")
        page.say(f"{facts['n_features']:,} features, {len(facts['classes'])} classes: {labels}.")
        model_section(page, facts)
        return
    columns = facts["input"]["columns"]
    target = f", classes in {facts['target']!r}" if facts["target"] else ""
    page.say(f"Fitted on {facts['source']}{target}.")
    if columns:
        page.say(f"Needs the columns {listed(columns)}.")
    if not facts["layout"].get("header", True):
        page.say("Reads CSV and TSV without a header: columns are called by their positions.")
    _fitted(page, facts, model_section)


def print_evaluation(facts: Facts) -> None:
    """Print how good a model is on labelled rows."""
    page = Page()
    page.title(f"{facts['model']} on {facts['source']}")
    _read_as(page, facts)
    page.section(f"Measured on {counted(facts['rows'], 'row', 'rows')}")
    _measures(page, facts, facts["accuracy"], facts["log_loss"])
    print_outcome(page, facts["decisions"])
    _classes(page, facts)
    _confusions(page, facts["confusions"])
    _warnings(page, facts["warnings"])


# -- sections


def _fitted(page: Page, facts: Facts, model_section: Section) -> None:
    page.section("Data")
    page.say(_data(facts))
    _read_as(page, facts)
    model_section(page, facts)
    print_decisions(page, facts.get("decisions"))
    if facts["test_rows"]:
        where = f" of {facts['test']}" if facts["test"] else ""
        page.section(f"Test on {counted(facts['test_rows'], 'row', 'rows')}{where}")
        _measures(page, facts, facts["test_accuracy"], facts["test_log_loss"])
        print_outcome(page, facts.get("decisions", {}).get("test"))
    else:
        page.section("No test")
        page.say(
            f"On the training rows, which flatters the model: accuracy "
            f"{percent(facts['train_accuracy'])}, log-loss {nats(facts['train_log_loss'])}.",
        )
        base = facts["baseline"]
        if base is not None:  # files of softlearn 0.1 have none here
            page.say(
                f"Always saying {short(base['label'])!r} has accuracy {percent(base['accuracy'])}; "
                f"knowing only how frequent the classes are, log-loss {nats(base['log_loss'])}."
            )
    _classes(page, facts)
    _confusions(page, facts["confusions"])
    _influences(page, facts)
    _warnings(page, facts["warnings"])


def _read_as(page: Page, facts: Facts) -> None:
    """Print how columns of text were read, where that had to be found out."""
    for sentence in facts.get("read_as", ()):  # older files do not say
        page.say(sentence)


def _data(facts: Facts) -> str:
    one, many = _COUNTED[facts["kind"]]
    total = _all_rows(facts)
    parts = [counted(total, one, many)]
    if facts["columns"]:
        parts.append(_columns(facts["columns"], facts["columns_by_type"]))
    if facts["kind"] == "image":
        (height, width), mode = facts["layout"]["size"], facts["layout"]["mode"]
        parts.append(f"{width} x {height} pixels, {'grey' if mode == 'L' else 'colour'}")
    sizes = [_all_rows(entry) for entry in facts["classes"]]
    low, high = min(sizes), max(sizes)
    each = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    parts.append(f"{len(sizes):,} classes of {each} {many}")
    split = f"{facts['train_rows']:,} to train on"
    if facts.get("validation_rows"):
        aside = "set aside" if facts.get("decisions") else "to validate on"
        split += f", {facts['validation_rows']:,} {aside}"
    if facts["test_rows"]:
        split += f", {facts['test_rows']:,} " + ("given to test" if facts["test"] else "held out")
    return f"{', '.join(parts)}; {split}."


def _all_rows(entry: Facts) -> int:
    validation: int = entry.get("validation_rows", 0)  # files of softlearn 0.1 do not say
    return int(entry["train_rows"]) + validation + int(entry["test_rows"])


def _columns(count: int, by_type: Mapping[str, int]) -> str:
    columns = counted(count, "column", "columns")
    if len(by_type) == 1:
        return f"{columns} {_TYPES[next(iter(by_type))]}"
    types = ", ".join(f"{n} {_TYPES[kind]}" for kind, n in by_type.items())
    return f"{columns} ({types})" if types else columns


def _measures(page: Page, facts: Facts, accuracy: float, log_loss: float | None) -> None:
    base = facts["baseline"]
    rows = [
        ["accuracy", percent(accuracy)],
        ["log-loss (nats)", nats(log_loss)],
        ["calibration error", percent(facts["calibration_error"])],
    ]
    heads = ["", ">model"]
    if base is not None:
        heads.append(">baseline")
        rows[0].append(percent(base["accuracy"]))
        rows[1].append(nats(base["log_loss"]))
    page.table(heads, rows)
    if base is not None:
        page.say(
            "The baseline knows only how frequent the classes are, and always says "
            f"{short(base['label'])!r}."
        )
    if "train_accuracy" in facts:
        page.say(
            f"On the training rows: accuracy {percent(facts['train_accuracy'])}, "
            f"log-loss {nats(facts['train_log_loss'])}.",
        )


def _classes(page: Page, facts: Facts) -> None:
    """Print the rows of each class, and how well it is recognised; the worst if there are many."""
    rows = {entry["class"]: entry for entry in facts["classes"]}
    scores = {entry["class"]: entry for entry in facts["per_class"]}
    labels = list(rows)
    heading = "Classes"
    if len(labels) > _MAX_CLASSES:
        heading = f"The {_MAX_CLASSES} classes of {len(labels)} that are "
        if scores:
            heading += "recognised worst"
            labels.sort(key=lambda label: _f1(scores[label]))
        else:
            heading += "smallest"
            labels.sort(key=lambda label: rows[label]["train_rows"])
    page.section(heading)
    columns = _class_columns(labels, rows, scores)
    shown = labels[:_MAX_CLASSES]
    page.table(["class", *columns], zip(map(short, shown), *columns.values(), strict=False))


def _class_columns(
    labels: Sequence[Any], rows: Mapping[Any, Facts], scores: Mapping[Any, Facts]
) -> dict[str, list[str]]:
    """Return the head of each column and its cells, in the order of the labels."""
    columns = {}
    if "train_rows" in rows[labels[0]]:
        columns[">training\nrows"] = [f"{rows[label]['train_rows']:,}" for label in labels]
    if scores:
        columns[">test\nrows"] = [f"{scores[label]['support']:,}" for label in labels]
        for head, key in (("precision", "precision"), ("recall", "recall"), ("F1", "f1")):
            columns[f">{head}"] = [percent(scores[label][key]) for label in labels]
    return columns


def _f1(score: Mapping[str, Any]) -> float:
    return float("inf") if score["f1"] is None else float(score["f1"])


def _confusions(page: Page, confusions: Sequence[Mapping[str, Any]]) -> None:
    if not confusions:
        return
    page.section("Most frequent confusions")
    rows = [
        [
            short(entry["true"]),
            short(entry["predicted"]),
            f"{entry['rows']:,}",
            percent(entry["share_of_true"]),
        ]
        for entry in confusions
    ]
    page.table(["true class", "taken for", ">rows", ">of the class"], rows)


def _influences(page: Page, facts: Facts) -> None:
    """Print what speaks for and against each class; of the classes printed above if many."""
    worst = sorted(facts["per_class"], key=_f1) or facts["classes"]
    shown = {entry["class"] for entry in worst[:_MAX_CLASSES]}
    entries = [
        entry
        for entry in facts["influential_features"]
        if entry["features"] and entry["class"] in shown
    ]
    if not entries:
        return
    page.section("What speaks for and against each class")
    label = max(len(short(entry["class"])) for entry in entries)
    label = max(len("class"), min(label, 2 * page.width // 5))
    width = page.width - label - 6
    rows = [(short(entry["class"]), _packed(entry["features"], width)) for entry in entries]
    page.table(["class", "most influential features"], rows, first=label)
    page.say(
        "The number is what one standard deviation more of the feature adds to the logit of the "
        "class, beyond the mean of all classes.",
        style="dim",
    )


def _packed(features: Sequence[Mapping[str, Any]], width: int) -> str:
    """Return features in lines of a width, no feature on two lines if it fits on one."""
    pieces = [f"{signed(entry['effect'])}\0{short(entry['feature'])}" for entry in features]
    text = "   ".join(piece.replace(" ", "\0") for piece in pieces[:_MAX_FEATURES])
    lines = textwrap.wrap(text, max(width, 8), break_long_words=False, break_on_hyphens=False)
    return "\n".join(lines).replace("\0", " ")


def _warnings(page: Page, warnings: Sequence[str]) -> None:
    if not warnings:
        return
    page.section("Worth a look", style="bold yellow")
    table = Table.grid(padding=(0, 1))
    for sentence in warnings:
        table.add_row(Text("-"), Text(visible(sentence)))
    page.show(table)
