"""The tables of `softlearn infer`, as a user reads them."""

from __future__ import annotations

from typing import Any

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
        test = (
            f": likelihood ratio {ratio['statistic']:.4g} on {ratio['df']} df, p {_p(ratio['p'])}"
        )
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
                _p(c["p"]), f"{c['low']:.4g}", f"{c['high']:.4g}",
            ]
            for c in one["columns"]
        ]  # fmt: skip
        page.table(["", ">coef", ">std err", ">z", ">p", ">2.5 %", ">97.5 %"], rows)
    page.section(f"Does it play a part? ({facts['test']})")
    rows = [[t["name"], f"{t['statistic']:.2f}", f"{t['df']}", _p(t["p"])] for t in facts["terms"]]
    page.table(["", ">chi2", ">df", ">p"], rows)
    page.section("Mean change of probability (standard error)")
    rows = []
    for e in facts["effects"]:
        pairs = zip(e["change"], e["std_err"], strict=True)
        rows.append([e["name"], *(f"{change:+.3f} ({error:.3f})" for change, error in pairs)])
    page.table(["", *(f">{name}" for name in facts["classes"])], rows)


def _p(p: float) -> str:
    return "<0.001" if p < 0.0005 else f"{p:.3f}"
