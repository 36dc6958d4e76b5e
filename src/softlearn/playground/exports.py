"""What can be taken away: Python, JSON, a link, CSV, a model file, a report, pictures."""

from __future__ import annotations

import base64
import io
import json
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .fitted import classes_of, estimator_of, scaled_estimator_of
from .python_lines import python_of
from .python_short import short_python_of
from .reading import Refused, choice, fields, required
from .sharing import link_of, saved
from .tables import csv_of
from .visit import Visit
from .workspace import Workspace

__all__ = ["exported"]

_PLOT = "Pictures need matplotlib: install softlearn[plot]."
_PLOT_KO = "그림에는 matplotlib이 필요합니다. softlearn[plot]을 설치하세요."
_REPORT_KO = "보고서에는 다른 패키지가 필요합니다. softlearn[report]를 설치하세요."
_RESOLUTION = 300


def exported(visit: Visit, message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event `export`.

    Raises:
        Refused: there is no such thing, or what it takes is not installed.

    """
    given = fields(message, ("what",))
    what = choice(required(given, "what"), "what", _EXPORTS)
    name, mime, make = _EXPORTS[what]
    made = make(visit)
    content: dict[str, Any] = {"text": made}
    if isinstance(made, bytes):
        content = {"base64": base64.b64encode(made).decode()}
    if what == "python":
        content["short"] = short_python_of(visit.work)
    return {"type": "export", "what": what, "name": name, "mime": mime, **content}


def _weights(visit: Visit) -> str:
    work = visit.work
    W, b = work.training.plan.split(work.w)
    layers = [{"W": M.tolist(), "b": v.tolist()} for M, v in zip(W, b, strict=True)]
    facts = {"sizes": work.model.sizes, "activation": work.model.activation, "layers": layers}
    return json.dumps(facts, indent=1) + "\n"


def _model(visit: Visit) -> bytes:
    from ..model_file import save

    facts = {"playground": {"step": visit.step, "preset": visit.work.data.preset}}
    with tempfile.TemporaryDirectory() as folder:  # `save` writes to a path
        path = Path(folder) / "model.softlearn"
        save(scaled_estimator_of(visit.work), path, facts)
        return path.read_bytes()


def _report(visit: Visit) -> str:
    try:
        from ..reporting import report

        work = visit.work
        held = bool(work.points.part(test=True)[1].size)
        X, y = work.points.part(test=held)
        if len(np.unique(y)) < 2:
            raise Refused(
                "A report needs points of two classes.", "what", "state",
                korean="보고서를 만들려면 두 클래스의 점이 있어야 합니다.",
            )  # fmt: skip
        net = estimator_of(work)
        title = f"Playground: {work.data.preset} after {visit.step:,} steps"
        page = report(net, X, net.classes_[y], title=title, held_out=held, features=["x", "y"])
        return str(page.html)
    except ImportError as error:
        raise Refused(f"{error}", "what", "missing", korean=_REPORT_KO) from None


def _picture(kind: str) -> Callable[[Visit], str | bytes]:
    def make(visit: Visit) -> str | bytes:
        try:
            from matplotlib.figure import Figure
        except ImportError:
            raise Refused(_PLOT, "what", "missing", korean=_PLOT_KO) from None
        figure = Figure(figsize=(6.4, 4.8), layout="constrained")
        _regions(visit.work).plot(figure.subplots())
        out = io.BytesIO()
        figure.savefig(out, format=kind, dpi=150, metadata={"Date": None} if kind == "svg" else {})
        return out.getvalue().decode() if kind == "svg" else out.getvalue()

    return make


def _regions(work: Workspace) -> Any:
    """Return the plane as the library's plots draw it."""
    from ..plots import DecisionRegionDisplay
    from ..plots.regions import Examples

    net = estimator_of(work)
    x0, x1, y0, y1 = work.extent
    display = DecisionRegionDisplay.from_function(
        net.predict_proba, (x0, x1), (y0, y1), classes=classes_of(work).tolist(),
        resolution=_RESOLUTION, ax=False,
    )  # fmt: skip
    rows = work.points.alive
    display.examples = Examples(work.points.xy[rows], work.points.label[rows])
    return display


_EXPORTS: dict[str, tuple[str, str, Callable[[Visit], str | bytes]]] = {
    "python": ("playground.py", "text/x-python", lambda s: python_of(s.work)),
    "json": ("playground.json", "application/json", lambda s: json.dumps(saved(s))),
    "link": ("link.txt", "text/plain", link_of),
    "csv": ("points.csv", "text/csv", lambda s: csv_of(s.work)),
    "weights": ("weights.json", "application/json", _weights),
    "model": ("model.softlearn", "application/octet-stream", _model),
    "report": ("report.html", "text/html", _report),
    "png": ("regions.png", "image/png", _picture("png")),
    "svg": ("regions.svg", "image/svg+xml", _picture("svg")),
}
