"""The weights as Python: lines that make them again, to the last bit, by calling the library."""

from __future__ import annotations

import textwrap
from typing import Any

from .. import __version__
from .journal import Entry
from .workspace import Workspace

__all__ = ["PAINT", "imports_for_points", "lines_of_points", "python_of"]

_TRAIN = '''
def train(steps, lr):
    """Make steps on all points to train on."""
    rows = (label >= 0) & ~test
    X, y = xy[rows], label[rows]
    trainer, n = trainer_for(plan, state), len(y)
    for _ in range(steps):
        trainer.run(X, y, np.arange(n), n, np.array([lr]))
'''
_TRAIN_BATCHES = '''
epoch, done = 0, 0  # passes over the points, and batches of the one under way


def train(steps, lr, batch=0):
    """Make steps on mini-batches of the points to train on; 0 for all of them in one."""
    global epoch, done
    rows = (label >= 0) & ~test
    X, y = xy[rows], label[rows]
    trainer, n = trainer_for(plan, state), len(y)
    batch = batch if 0 < batch < n else n
    for _ in range(steps):
        epoch += done == 0
        order = order_of(seed, epoch, n, batch, shuffle=batch < n)
        trainer.run(X, y, order[done * batch :][:batch], batch, np.array([lr]))
        done = (done + 1) % -(-n // batch)
'''
PAINT = '''
def paint(points, k):
    """Add points of class k to train on."""
    global xy, label, test
    xy = np.concatenate([xy, points])
    label = np.append(label, np.full(len(points), k))
    test = np.append(test, np.full(len(points), False))
'''


def python_of(work: Workspace) -> str:
    """Return the program; its `state.w` are the weights of the workspace."""
    return _Writer(work).text()


def imports_for_points(kinds: set[str]) -> list[str]:
    """Return what the lines of some kinds of entries import."""
    if "data" not in kinds:
        return []
    return [
        "from softlearn.playground.presets import points_of",
        "from softlearn.playground.settings import Data",
    ]


def lines_of_points(e: Entry) -> list[str]:
    """Return the lines that do an entry about points: to `xy`, `label` and `test`."""
    if e["do"] == "data":
        facts = ", ".join(f"{k}={e[k]!r}" for k in ("n", "noise", "test", "seed"))
        return [f"xy, label, test = points_of(Data({_text(e['preset'])}, {facts}), {e['classes']})"]
    if e["do"] == "table":
        return [
            *_array("xy", e["xy"], ".reshape(-1, 2)"),
            *_array("label", e["label"], ".astype(np.int64)"),
            *_array("test", e["test"], " > 0"),
        ]
    if e["do"] == "add":
        return _listed("paint(", e["xy"], f", {e['label']})")
    labels = set(e["labels"])
    if len(labels) == 1:
        return _listed("label[", e["rows"], f"] = {labels.pop()}")
    rows = _listed("rows = ", e["rows"], "")
    return [*rows, *_listed("label[rows] = ", e["labels"], "")]


class _Writer:
    def __init__(self, work: Workspace) -> None:
        self.work, self.entries = work, work.journal.entries
        self.kinds = {e["do"] for e in self.entries}
        self.batches = any(e.get("batch") for e in self.entries if e["do"] == "optimizer")
        self.optimizer: Entry | None = None
        self.begun = False

    def text(self) -> str:
        lines = [line for entry in self.entries for line in self._lines(entry)]
        return "\n".join([*self._head(), *lines, "", *self._end()]) + "\n"

    def _head(self) -> list[str]:
        work = self.work
        steps = f"{work.training.step:,} step{'s' * (work.training.step != 1)}"
        head = [
            f'"""The weights of the playground after {steps}, to the last bit '
            f'(softlearn {__version__})."""',
            "",
            "import numpy as np",
            "",
        ]
        if self.batches:
            head.append("from softlearn.networks.plan import order_of")
        head += [
            "from softlearn.networks import Network, initial_parameters",
            "from softlearn.networks.trainer import Plan, State, Update, trainer_for",
        ]
        head += imports_for_points(self.kinds)
        code = (_TRAIN_BATCHES if self.batches else _TRAIN) * ("train" in self.kinds)
        code += PAINT * ("add" in self.kinds)
        return [*head, *(["", *code.splitlines(), ""] if code else []), ""]

    def _end(self) -> list[str]:
        return [
            "W, b = model.split(state.w)  # W[1] is (units, features); columns are examples:",
            "# z = W[1] @ X.T + b[1][:, None], and a = softmax(z, axis=0) without a hidden layer",
        ]

    def _lines(self, e: Entry) -> list[str]:
        lines: list[str] = getattr(self, f"_{e['do']}")(e)
        return lines

    # -- points

    def _data(self, e: Entry) -> list[str]:
        return [*lines_of_points(e), *self._broken_off()]

    _table = _add = _label = _data

    def _broken_off(self) -> list[str]:
        """Other points break off the pass that is under way."""
        return ["done = 0"] if self.batches and self.begun else []

    # -- weights

    def _model(self, e: Entry) -> list[str]:
        sizes = (2, *e["hidden"], e["classes"])
        rng = "RandomState" if e["init"] == "sklearn" else "default_rng"
        self.optimizer, self.begun = None, False
        return [
            f"model = Network({sizes!r}, {_text(e['activation'])})",
            f"seed = {e['seed']}",
            f"w = initial_parameters(model, np.random.{rng}(seed), {_text(e['init'])})",
        ]

    def _weights(self, e: Entry) -> list[str]:
        lines = []
        for name in "wmv":
            if e[name]:
                lines += _array(f"state.{name}[:]", e[name])
        lines.append(f"state.steps[0] = {e['t']}")
        if self.batches:
            lines.append(f"epoch, done = {e['epoch']}, {e['position']}")
        return lines

    def _optimizer(self, e: Entry) -> list[str]:
        before, self.optimizer, lines = self.optimizer, e, []
        facts = f"beta={e['beta']!r}, beta2={e['beta2']!r}, epsilon={e['eps']!r}"
        average = "" if e["average"] else ", average=False"
        lines.append(f"update = Update({_text(e['name'])}, {facts}{average})")
        lines.append(f"plan = Plan(model.sizes, model.activation, update, l2={e['l2']!r})")
        if before is None:
            lines.append("state = State.at(w, update)")
        elif before["name"] != e["name"]:
            lines.append("state = State.at(state.w, update)")
        if before is not None and before["batch"] != e["batch"] and self.begun and self.batches:
            lines.append("done = 0")
        return lines

    def _train(self, e: Entry) -> list[str]:
        self.begun = True
        assert self.optimizer is not None
        batch = f", batch={self.optimizer['batch']}" if self.optimizer["batch"] else ""
        return [f"train({e['steps']}, lr={self.optimizer['lr']!r}{batch})"]

    def _weight(self, e: Entry) -> list[str]:
        return [f"state.w[{e['at']}] = {e['value']!r}  # by hand"]

    def _vector(self, e: Entry) -> list[str]:
        return _array("state.w[:]", e["w"])

    def _nudge(self, e: Entry) -> list[str]:
        draw = f"np.random.default_rng((seed, {e['at']}, {e['k']})).normal(size=len(state.w))"
        return [f"state.w[:] += {e['size']!r} * {draw}"]

    def _zero(self, e: Entry) -> list[str]:
        return ["state.w[:] = 0.0"]


def _text(word: str) -> str:
    return f'"{word}"'


def _listed(before: str, values: list[Any], after: str) -> list[str]:
    """Return a statement with a list in it, on lines of at most 100 characters."""
    inside = ", ".join(map(repr, values))
    if len(before) + len(inside) + len(after) <= 98:
        return [f"{before}[{inside}]{after}"]
    lines = textwrap.wrap(
        inside, 96, initial_indent="    ", subsequent_indent="    ", break_long_words=False,
        break_on_hyphens=False,
    )  # fmt: skip
    return [f"{before}[", *lines, f"]{after}"]


def _array(name: str, values: list[Any], then: str = "") -> list[str]:
    return _listed(f"{name} = np.array(", values, f"){then}")
