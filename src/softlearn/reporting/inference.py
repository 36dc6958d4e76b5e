"""A report of what the numbers of a multinomial logit are worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from .._internal.format import counted, p_value
from ..inference import InferenceResults
from ..inference.summary import facts, few_clusters
from ..plots import CoefficientDisplay, EffectDisplay
from .page import Report, need_libraries, render
from .pictures import Picture
from .redo import versions
from .svg import draw
from .verdict import Tile
from .words import number, short, short_names, upper

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["inference_report"]

_MAX_ROWS = 40  # of the forest
_MAX_CLASSES = 10  # of pictures
_MAX_EFFECTS = 12  # pictures


def inference_report(
    results: InferenceResults,
    *,
    title: str = "Multinomial logit",
    source: str = "",
    notes: Sequence[str] = (),
    lines: str = "",
    date: datetime | None = None,
) -> Report:
    """Return a page with estimates, tests, effects and the proof.

    Args:
        results: of `softlearn.inference`, against the base class and with the errors to show.
        title: the heading.
        source: where the rows come from, such as a file.
        notes: sentences that a reader should see.
        lines: how to make the page again.
        date: when the report is made; now if None.

    Raises:
        ImportError: what the `report` extra brings is not installed.

    """
    need_libraries()
    r, seen = results, results.overview
    return Report(
        render(
            "inference.html",
            title=title,
            source=source,
            date=date or datetime.now().astimezone(),
            classes=r.sample.classes.tolist(),
            base=r.sample.classes[r.base],
            tiles=_tiles(r),
            warnings=list(filter(None, [*notes, few_clusters(r), *seen.notes])),
            proof=_proof(r),
            facts_of_fit=dict(facts(r)),
            references=r.references,
            forest=_forest(r),
            tables=[(label, [_line(r, row) for row in c.rows()]) for label, c in r.by_class()],
            overview=seen,
            pictures=_effects(r),
            lines=lines,
            versions=versions(None),
        )
    )


def _tiles(r: InferenceResults) -> list[Tile]:
    rows, columns = len(r.sample.y), len(r.design.given)
    size = f"{counted(rows, 'row')}, {counted(columns, 'column')}, {r.sample.K} classes."
    found = [Tile("Observations", f"{r.nobs:,g}" if r.nobs < 1e6 else f"{r.nobs:,.0f}", "", size)]
    if r.has_ratios:
        sentence = f"On {r.df_model} degrees of freedom, p {p_value(r.llr_pvalue)}: against the "
        found.append(
            Tile("Likelihood ratio", number(r.llr), "", f"{sentence}frequencies of the classes.")
        )
    better = "By so much of itself the log-likelihood of the class frequencies is improved."
    found.append(Tile("McFadden's R²", f"{r.prsquared:.3f}", "", better))
    if r.method == "ml":
        far = "Proven: the estimates are no further from the maximum of the likelihood."
        found.append(Tile("Distance", f"≤ {upper(r.distance_)}", "standard errors", far))
    return found


def _proof(r: InferenceResults) -> str:
    if r.method == "firth":
        return (
            "These are bias-reduced estimates (Firth), which are finite where classes are "
            f"separable too. They are {r.distance_:.1e} standard errors from a stationary point."
        )
    return (
        f"The maximum is proven. It is at most {upper(r.distance_)} standard errors away from "
        "these estimates, whatever the optimizer did: a bound from the gradient, the information "
        "and the certificate of the fit."
    )


def _line(r: InferenceResults, row: tuple[Any, ...]) -> list[str]:
    """Return name, estimate, error, z, p, interval; a unit, and its ratio and interval."""
    name, b, error, z, p, low, high = row
    per = r.spreads.get(name, 1.0)
    with np.errstate(over="ignore"):
        ratio, least, most = (_three(float(np.exp(per * value))) for value in (b, low, high))
    interval, zed = f"{_three(low)} to {_three(high)}", f"{z:.2f}".replace("-", "−")
    unit = number(per) if name in r.spreads else ""
    found = [name, number(b), _three(error), zed, p_value(p), interval]
    return [*found, unit, ratio, f"{least} to {most}"]


def _three(value: float) -> str:
    return number(float(f"{value:.3g}"))


def _forest(r: InferenceResults) -> Picture | None:
    if not (r.design.names and r.sample.K <= _MAX_CLASSES):
        return None
    names = r.design.names[:_MAX_ROWS]
    display = CoefficientDisplay.from_results(r, columns=names, per="spread", ax=False)
    labels = short_names(display.classes)
    display = replace(
        display, columns=short_names(display.columns, 28), classes=labels, base=labels[r.base]
    )
    height = 1.1 + len(names) * max(0.3, 0.17 * (r.sample.K - 1))
    more = len(r.design.names) - len(names)
    caption = (
        "What so much more of a column (near its standard deviation), or a level in place of the "
        f"reference, adds to the log odds of a class against {labels[r.base]}. Lines are intervals "
        f"of 95 %; those that cross the dotted line hold 0."
        f"{f' {more:,} more columns are not drawn.' if more else ''}"
    )
    return Picture(draw("forest", (6.4, height), display.plot, display.describe()), caption)


def _effects(r: InferenceResults) -> list[Picture]:
    if r.sample.K > _MAX_CLASSES:
        return []
    found = []
    for i, name in enumerate(r.design.given[:_MAX_EFFECTS]):
        display = EffectDisplay.from_results(r, name, ax=False)
        shown = replace(display, classes=short_names(display.classes), name=short(name, 40))
        if not shown.continuous:
            shown = replace(shown, values=short_names(list(shown.values), 14))

        def plot(ax: Axes, shown: EffectDisplay = shown) -> None:
            shown.plot(ax)
            if len(shown.values) > 5 and not shown.continuous:
                ax.tick_params(axis="x", rotation=40)

        caption = f"Average probability of each class where all rows have the same {short(name)}."
        found.append(Picture(draw(f"effect-{i}", (5.0, 3.0), plot, shown.describe()), caption))
    return found
