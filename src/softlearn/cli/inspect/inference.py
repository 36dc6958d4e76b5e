"""What `softlearn infer` finds out, as facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..._internal.addresses import as_given
from .. import CommandError
from ..sources import Dataset, ReadOptions, read_source

if TYPE_CHECKING:
    import pandas as pd

    from ...inference import InferenceResults

__all__ = ["Request", "inference_facts", "inferred"]

_MAX_LEVELS = 50
_OPTIONS = {
    "method='firth'": "--firth",
    "cov_type=": "--cov ",
    "`sample_weight`": "--weights",
    "sample_weight": "--weights",
    "base must be": "--base must be",
    "The reference of": "--reference of",
    "reference names": "--reference names",
    "groups must be": "--cluster must name",
    "column of X": "column",
}
_HEADS = ("column", "coef", "std_err", "z", "p", "low", "high")


@dataclass(frozen=True)
class Request:
    """What the user asked for."""

    source: Path
    target: str
    base: str | None
    columns: str | None
    reference: tuple[str, ...]
    cov: str
    cluster: str | None
    weights: str | None
    sampling: bool
    firth: bool
    drop_missing: bool

    @property
    def name(self) -> str:
        """The source's, as sentences say it."""
        return as_given(self.source)


def inferred(request: Request, options: ReadOptions) -> tuple[InferenceResults, list[str]]:
    """Fit; return the results, and notes on what was read.

    Raises:
        CommandError: something cannot be used.

    """
    from ...inference import mnlogit

    data = read_source(request.source, request.target, need_target=True, options=options)
    if data.kind != "table":
        raise CommandError(f"{request.name} is no table: infer needs columns with names.")
    X, y, extra, notes = _rows(request, data)
    try:
        r = mnlogit(
            X,
            y,
            base=_label(request.base, y),
            sample_weight=extra.get("weights"),
            weights="sampling" if request.sampling else "frequency",
            cov_type="cluster" if request.cluster else _cov(request),
            groups=extra.get("cluster"),
            reference=_references(request),
            method="firth" if request.firth else "ml",
        )
        _ = r.overview  # which fits too
    except (ValueError, ArithmeticError) as error:
        raise CommandError(f"{request.name}: {_in_options(str(error))}") from error
    return r, notes


def _in_options(sentence: str) -> str:
    """Return a sentence on arguments of Python as one on options."""
    for argument, option in _OPTIONS.items():
        sentence = sentence.replace(argument, option)
    return sentence


def _cov(request: Request) -> str | None:
    """Return the covariance to ask for; None for what the kind of weights means."""
    return None if request.sampling and request.cov == "nonrobust" else request.cov


def _rows(
    request: Request, data: Dataset
) -> tuple[pd.DataFrame, np.ndarray[Any, Any], dict[str, Any], list[str]]:
    """Return the columns to use, the labels, clusters and weights, and notes."""
    table, notes = data.X, list(data.notes)
    y = np.asarray(data.y)
    special = {"cluster": request.cluster, "weights": request.weights}
    for what, name in special.items():
        if name is not None and name not in table.columns:
            raise CommandError(f"{request.name} has no column {name!r} for --{what}.")
    if request.cluster and request.cov != "nonrobust":
        raise CommandError("Give --cluster or --cov, not both: clusters have errors of their own.")
    if request.sampling and request.weights is None:
        raise CommandError("--sampling says what --weights are, which were not given.")
    names = [n for n in table.columns if n not in special.values()]
    if request.columns is not None:
        names = list(dict.fromkeys(n.strip() for n in request.columns.split(",") if n.strip()))
        for name in names:
            if name not in table.columns:
                raise CommandError(f"{request.name} has no column {name!r} for --columns.")
    references = _references(request)
    if not names:
        raise CommandError(f"{request.name} has no column beside the target to use.")
    for name in names:
        if data.types.get(name) == "date":
            raise CommandError(f"{request.name}: {name!r} is a date: leave it out (--columns).")
        factor = data.types.get(name) == "text" or name in references
        if factor and (levels := table[name].nunique()) > _MAX_LEVELS:
            many = f"{request.name}: {name!r} has {levels} levels"
            raise CommandError(f"{many}: leave it out (--columns), or its --reference.")
    used = [*names, *(name for name in special.values() if name is not None)]
    missing = table[used].isna().any(axis=1).to_numpy()
    if missing.any() and not request.drop_missing:
        worst = max(used, key=lambda name: int(table[name].isna().sum()))
        many = f"{request.name}: {missing.sum()} rows have missing values (most in {worst!r})"
        raise CommandError(f"{many}: leave them out (--drop-missing), or columns (--columns).")
    if missing.any():
        notes.append(f"{missing.sum()} rows with missing values were left out.")
    kept = ~missing
    table = table.loc[kept]
    extra = {what: table[name].to_numpy() for what, name in special.items() if name is not None}
    return table[names], y[kept], extra, notes


def _label(base: str | None, y: np.ndarray[Any, Any]) -> Any:
    """Return the label that a user's text means."""
    if base is None:
        return None
    found = [label for label in np.unique(y).tolist() if str(label) == base]
    return found[0] if found else base


def _references(request: Request) -> dict[str, str]:
    pairs = [text.partition("=") for text in request.reference]
    for name, equals, _ in pairs:
        if not equals:
            raise CommandError(f"--reference {name!r} must be written COLUMN=LEVEL.")
    return {name: level for name, _, level in pairs}


def inference_facts(request: Request, r: InferenceResults, notes: Sequence[str]) -> dict[str, Any]:
    """Return all that is known as facts."""
    from ...inference.summary import few_clusters

    names = [str(c) for c in r.sample.classes]
    ratio = {"statistic": r.llr, "df": r.df_model, "p": r.llr_pvalue}
    seen = r.overview
    return {
        "source": request.name,
        "target": request.target,
        "base": names[r.base],
        "classes": names,
        "method": r.method,
        "observations": r.nobs,
        "distance": r.distance_,
        "covariance": r.of.sentence(),
        "log_likelihood": r.llf,
        "log_likelihood_null": r.llnull,
        "likelihood_ratio": ratio if r.has_ratios else None,
        "mcfadden": r.prsquared,
        "aic": r.aic,
        "bic": r.bic,
        "estimates": [
            {
                "class": str(label),
                "columns": [dict(zip(_HEADS, row, strict=True)) for row in c.rows()],
            }
            for label, c in r.by_class()
        ],
        "test": seen.test,
        "terms": [
            {"name": name, "statistic": t.statistic, "df": t.df, "p": t.pvalue}
            for name, t in seen.terms.items()
        ],
        "references": dict(r.references),
        "effects": [
            {"name": name, "change": e.effect.tolist(), "std_err": e.bse.tolist()}
            for name, e in seen.effects.items()
        ],
        "notes": [*notes, *filter(None, [few_clusters(r)]), *seen.notes],
    }
