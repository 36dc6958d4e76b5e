"""Inference: standard errors, tests and effects of a multinomial logit whose maximum is proven.

from softlearn.inference import mnlogit
r = mnlogit(X, y, base="academic")
r.params, r.bse, r.pvalues, r.summary()
"""

from .effects import Effect, Prediction
from .estimates import Contrast
from .fit import NoMaximumError
from .mnlogit import inference, mnlogit
from .results import InferenceResults
from .terms import TermTest

__all__ = [
    "Contrast",
    "Effect",
    "InferenceResults",
    "NoMaximumError",
    "Prediction",
    "TermTest",
    "inference",
    "mnlogit",
]
