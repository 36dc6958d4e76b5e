"""The tables of `softlearn infer`, as a user reads them."""

from __future__ import annotations

from typing import Any

from ..._internal.format import p_value
from .page import Page

__all__ = ["print_inference"]


def print_inference(facts: dict[str, Any]) -> None:
    """Print estimates, tests and effects."""
    page = Page()
    page.title(f"{facts['target']} in {facts['source']}")
    for note in facts["notes"]:
        page.say(note)
    ratio = facts["likelihood_ratio"]
    how = "bias-reduced (Firth)" if facts["method"] == "firth" else "maximum likelihood"
    page.say(f"{how}, {facts['observations']:g} observations, base class {facts['base']}.")
    test = ""
    if ratio is not None:
        found = f"{ratio['statistic']:.4g} on {ratio['df']} df, p {p_value(ratio['p'])}"
        test = f": likelihood ratio {found}"
    page.say(
        f"Log-likelihood {facts['log_likelihood']:.6g}, of the class frequencies "
        f"{facts['log_likelihood_null']:.6g}{test}. McFadden's R2 {facts['mcfadden']:.4f}, AIC "
        f"{facts['aic']:.6g}, BIC {facts['bic']:.6g}."
    )
    if facts["method"] == "ml":
        page.say(
            f"Proven: the estimates are within {facts['distance']:.1e} standard errors of the "
            "maximum."
        )
    page.say(f"Standard errors: {facts['covariance']}.")
    for one in facts["estimates"]:
        page.section(f"{one['class']} against {facts['base']}")
        rows = [
            [
                c["column"], f"{c['coef']:.4g}", f"{c['std_err']:.4g}", f"{c['z']:.2f}",
                p_value(c["p"]), f"{c['low']:.4g}", f"{c['high']:.4g}",
            ]
            for c in one["columns"]
        ]  # fmt: skip
        page.table(["", ">coef", ">std err", ">z", ">p", ">2.5 %", ">97.5 %"], rows)
    page.section(f"Does it play a part? ({facts['test']})")
    rows = [
        [t["name"], f"{t['statistic']:.2f}", f"{t['df']}", p_value(t["p"])] for t in facts["terms"]
    ]
    page.table(["", ">chi2", ">df", ">p"], rows)
    _effects(page, facts)


def _effects(page: Page, facts: dict[str, Any]) -> None:
    """Print a column for each class, or where these are too wide a table for each."""
    heading, classes = "Mean change of probability", facts["classes"]
    rows = []
    for e in facts["effects"]:
        pairs = zip(e["change"], e["std_err"], strict=True)
        rows.append([e["name"], *(f"{change:+.3g} ({error:.3g})" for change, error in pairs)])
    heads = ["", *(f">{name}" for name in classes)]
    width = sum(max(map(len, column)) + 3 for column in zip(heads, *rows, strict=True))
    if width <= page.width:
        page.section(f"{heading} (standard error)")
        page.table(heads, rows)
        return
    for k, name in enumerate(classes):
        page.section(f"{heading} of {name}")
        of_class = [
            [e["name"], f"{e['change'][k]:+.3g}", f"{e['std_err'][k]:.3g}"]
            for e in facts["effects"]
        ]
        page.table(["", ">change", ">std err"], of_class)
