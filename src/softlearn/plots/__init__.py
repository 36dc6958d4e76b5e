"""Pictures of classifiers, as scikit-learn's Display objects: the `plot` extra.

    from softlearn.plots import DecisionRegionDisplay
    DecisionRegionDisplay.from_estimator(model, X, y)

`from_...` compute arrays, which are public, and draw them at once; `plot(ax)` draws them again.
`display.py` says what displays share: `ax_`, `figure_`, how notebooks show them.  `describe()` puts
the picture into words.  No setting of matplotlib is changed.  Colours and markers come from
`palette.py` alone.

matplotlib is loaded when something is drawn, and each display when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .coefficients import CoefficientDisplay
    from .effects import EffectDisplay
    from .network import NetworkDisplay
    from .path import PathDisplay
    from .regions import DecisionRegionDisplay
    from .reliability import ReliabilityDisplay
    from .risk_coverage import RiskCoverageDisplay
    from .spectrum import SpectrumDisplay
    from .steps import SoftmaxStepsDisplay
    from .surface import CostSurfaceDisplay
    from .training import TrainingCurveDisplay
    from .weights import WeightsDisplay

_HOMES = {
    "CoefficientDisplay": "coefficients",
    "CostSurfaceDisplay": "surface",
    "DecisionRegionDisplay": "regions",
    "EffectDisplay": "effects",
    "NetworkDisplay": "network",
    "PathDisplay": "path",
    "ReliabilityDisplay": "reliability",
    "RiskCoverageDisplay": "risk_coverage",
    "SoftmaxStepsDisplay": "steps",
    "SpectrumDisplay": "spectrum",
    "TrainingCurveDisplay": "training",
    "WeightsDisplay": "weights",
}

__all__ = [
    "CoefficientDisplay",
    "CostSurfaceDisplay",
    "DecisionRegionDisplay",
    "EffectDisplay",
    "NetworkDisplay",
    "PathDisplay",
    "ReliabilityDisplay",
    "RiskCoverageDisplay",
    "SoftmaxStepsDisplay",
    "SpectrumDisplay",
    "TrainingCurveDisplay",
    "WeightsDisplay",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'softlearn.plots' has no attribute {name!r}")
    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
