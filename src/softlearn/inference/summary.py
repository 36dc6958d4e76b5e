"""The tables of `InferenceResults`, r, as text, as HTML and as a data frame."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import import_module
from typing import Any

from .._internal.format import one_line, p_value

__all__ = ["facts", "few_clusters", "html", "summary_frame", "text"]

_FEW = 50  # clusters
_HEADS = ("coef", "std err", "z", "P>|z|")


def facts(r: Any) -> list[tuple[str, str]]:
    """Return what is known of the fit as a whole."""
    how = "standard errors from a stationary point" if r.method == "firth" else "standard errors"
    ratio = f"{r.llr:.5g} on {r.df_model} df, p = {r.llr_pvalue:.3g}"
    return [
        ("Base class", one_line(r.sample.classes[r.base])),
        ("Method", "bias-reduced (Firth)" if r.method == "firth" else "maximum likelihood"),
        ("Observations", f"{r.nobs:g}"),
        ("Log-likelihood", f"{r.llf:.6g}"),
        ("Log-likelihood of class frequencies", f"{r.llnull:.6g}"),
        *([("Likelihood ratio", ratio)] if r.has_ratios else []),
        ("McFadden's R2", f"{r.prsquared:.4f}"),
        ("AIC, BIC", f"{r.aic:.6g}, {r.bic:.6g}"),
        ("Covariance", r.of.sentence()),
        ("Proven distance from the maximum" if r.method == "ml" else "Distance",
         f"at most {r.distance_:.1e} {how}" if r.method == "ml" else f"{r.distance_:.1e} {how}"),
    ]  # fmt: skip


def few_clusters(r: Any) -> str:
    """Return a sentence where intervals are too short since there are few clusters, else ""."""
    if r.of.kind != "cluster" or r.of.clusters >= _FEW:
        return ""
    return (
        f"With {r.of.clusters} clusters normal intervals are too short: compare with Student's t "
        f"on {r.of.clusters - 1} degrees of freedom."
    )


def rows(r: Any, alpha: float) -> list[tuple[str, list[list[str]]]]:
    """Return, for each class but the base, its title and its lines."""
    out = []
    for label, contrast in r.by_class():
        lines = [
            [
                one_line(name), f"{b:.4g}", f"{error:.4g}", f"{z:.3f}",
                p_value(p), f"{low:.4g}", f"{high:.4g}",
            ]
            for name, b, error, z, p, low, high in contrast.rows(alpha)
        ]  # fmt: skip
        out.append((f"{one_line(label)} against {one_line(r.sample.classes[r.base])}", lines))
    return out


def heads(alpha: float) -> list[str]:
    """Return the heads of the columns."""
    return ["", *_HEADS, f"[{alpha / 2:g}", f"{1 - alpha / 2:g}]"]


def text(r: Any, alpha: float) -> str:
    """Return the tables as text."""
    known = facts(r)
    width = max(len(name) for name, _ in known)
    lines = ["Multinomial logit", ""]
    lines += [f"{name:<{width}}  {value}" for name, value in known]
    for title, body in rows(r, alpha):
        lines += ["", title, *_aligned([heads(alpha), *body])]
    if few_clusters(r):
        lines += ["", few_clusters(r)]
    return "\n".join(lines)


def _aligned(table: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[j]) for row in table) for j in range(len(table[0]))]
    return [
        "  ".join(
            cell.ljust(w) if j == 0 else cell.rjust(w)
            for j, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in table
    ]


def html(r: Any, alpha: float = 0.05) -> str:
    """Return the tables as HTML, for notebooks."""
    parts = ["<table>", "<caption>Multinomial logit</caption>"]
    for name, value in facts(r):
        parts.append(f"<tr><th>{escape(name)}</th><td>{escape(value)}</td></tr>")
    parts.append("</table>")
    for title, body in rows(r, alpha):
        head = "".join(f"<th>{escape(h)}</th>" for h in heads(alpha))
        parts.append(f"<table><caption>{escape(title)}</caption><tr>{head}</tr>")
        for line in body:
            cells = "".join(f"<td>{escape(cell)}</td>" for cell in line[1:])
            parts.append(f"<tr><th>{escape(line[0])}</th>{cells}</tr>")
        parts.append("</table>")
    return "\n".join(parts)


def summary_frame(r: Any, alpha: float) -> Any:
    """Return all estimates as a data frame, indexed by class and column.

    Raises:
        ImportError: pandas is not installed.

    """
    try:
        pandas = import_module("pandas")
    except ImportError:
        raise ImportError(
            "summary_frame needs pandas, which is not installed; run: pip install 'softlearn[cli]'"
        ) from None
    names = [str(c) for c in r.sample.classes[r.others]]
    index = pandas.MultiIndex.from_product([names, r.sample.columns], names=["class", "column"])
    found = [row[1:] for _, contrast in r.by_class() for row in contrast.rows(alpha)]
    return pandas.DataFrame(found, index=index, columns=heads(alpha)[1:])
