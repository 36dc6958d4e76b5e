"""softlearn's classifiers as operators of skl2onnx.

Each has the outputs label (n,), probabilities (n, C), those that may say none p_values (n, 1), and
within another classifier also logits (n, C).  A classifier around another takes the outputs of that
as its inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto
from skl2onnx._parse import _parse_sklearn
from skl2onnx.common.data_types import (
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from sklearn.pipeline import Pipeline

from ..decide import CalibratedSoftmax, DecisionClassifier, NoneOfThese
from ..decide.decision import SAME_COST
from ..decide.meta import LEAST_PROBABILITY, MetaClassifier
from ..decide.p_values import ROUNDING
from ..estimators.network import SoftmaxNetwork
from ..estimators.network.predictions import activation_of
from ..estimators.regression import SoftmaxRegression, SoftmaxRegressionCV
from .graph import Graph, dtype_of, label_array

__all__ = ["CONVERTERS", "alias_of", "calculate_shapes", "convert", "parse"]


def alias_of(kind: type[Any]) -> str:
    """Return the name of a classifier's operator in skl2onnx."""
    return f"Softlearn{kind.__name__}"


# -- which operators there are


def parse(scope: Any, model: Any, inputs: list[Any], custom_parsers: Any = None) -> list[Any]:
    """Declare a classifier's operator, and those of the parts within it; return its outputs."""
    return _declared(scope, model, inputs, custom_parsers, inner=False)


def _declared(
    scope: Any, model: Any, inputs: list[Any], custom_parsers: Any, inner: bool
) -> list[Any]:
    if isinstance(model, Pipeline):
        for _, step in model.steps[:-1]:
            if step not in ("passthrough", None):
                inputs = _parse_sklearn(scope, step, inputs, custom_parsers=custom_parsers)
        return _declared(scope, model.steps[-1][1], inputs, custom_parsers, inner)
    numbers = _numbers(inputs[0])  # as far as is known yet
    operator = scope.declare_local_operator(alias_of(type(model)), model)
    C = len(model.classes_)
    labels = label_array(_labels(model))
    kind = StringTensorType if labels.dtype.kind == "U" else numbers
    kind = Int64TensorType if labels.dtype.kind == "i" else kind
    outputs = [
        scope.declare_local_variable("label", kind([None])),
        scope.declare_local_variable("probabilities", numbers([None, C])),
    ]
    if isinstance(model, NoneOfThese) and not inner:
        outputs.append(scope.declare_local_variable("p_values", numbers([None, 1])))
    if inner:
        outputs.append(scope.declare_local_variable("logits", numbers([None, C])))
    operator.outputs.extend(outputs)
    if isinstance(model, MetaClassifier):
        known: dict[int, list[Any]] = {}
        for part in [model.estimator_, *getattr(model, "fold_estimators_", [])]:
            if id(part) not in known:
                known[id(part)] = _declared(scope, part, inputs, custom_parsers, inner=True)
            operator.inputs.extend(known[id(part)])
    else:
        operator.inputs.extend(_merged(scope, inputs, numbers))
    return outputs


def _merged(scope: Any, inputs: list[Any], numbers: Any) -> list[Any]:
    """Return one input for all columns."""
    if len(inputs) == 1:
        return inputs
    joined = scope.declare_local_operator("SklearnConcat")
    joined.inputs = inputs
    joined.outputs.append(scope.declare_local_variable("columns", numbers([None, None])))
    return list(joined.outputs)


def _labels(model: Any) -> Any:
    """Return what a classifier may say."""
    if isinstance(model, NoneOfThese):
        return [*np.asarray(_labels(_last(model.estimator_))).tolist(), model.label_]
    if isinstance(model, DecisionClassifier):
        return model.decisions_
    return model.classes_


def _last(model: Any) -> Any:
    return model.steps[-1][1] if isinstance(model, Pipeline) else model


def calculate_shapes(operator: Any) -> None:
    """Say in which precision an operator computes: that of its input, once that is known."""
    around = isinstance(operator.raw_operator, MetaClassifier)
    numbers = _numbers(operator.inputs[1 if around else 0])
    labels = operator.outputs[0]
    if isinstance(labels.type, DoubleTensorType | FloatTensorType):
        labels.type = numbers([None])
    for output in operator.outputs[1:]:
        output.type = numbers(output.type.shape)


def _numbers(variable: Any) -> Any:
    return FloatTensorType if dtype_of(variable) == "float32" else DoubleTensorType


# -- what they compute


def convert(scope: Any, operator: Any, container: Any) -> None:
    """Write the nodes of a classifier."""
    model = operator.raw_operator
    g = Graph(scope, container, dtype_of(operator.outputs[1]))
    CONVERTERS[type(model)](g, model, [x.full_name for x in operator.inputs], operator.outputs)


def _said(g: Graph, model: Any, Z: str, outputs: list[Any]) -> None:
    """Write the outputs of a classifier with logits Z (n, C)."""
    g.add("Softmax", Z, out=outputs[1].full_name, axis=1)
    g.label(model.classes_, Z, outputs[0].full_name)
    _inner(g, Z, outputs)


def _inner(g: Graph, Z: str, outputs: list[Any]) -> None:
    if outputs[-1].raw_name.startswith("logits"):
        g.add("Identity", Z, out=outputs[-1].full_name)


def _regression(g: Graph, model: Any, inputs: list[str], outputs: list[Any]) -> None:
    W = model.coef_.toarray() if hasattr(model.coef_, "toarray") else np.asarray(model.coef_)
    b = np.broadcast_to(np.asarray(model.intercept_, dtype=np.float64), (len(W),))
    if len(W) == 1:  # of two classes the first has logit 0
        W, b = np.vstack([np.zeros_like(W), W]), np.append(0.0, b)
    _said(g, model, _affine(g, g.numbers(inputs[0]), W.T, b), outputs)


def _affine(g: Graph, x: str, W: NDArray[Any], b: NDArray[Any]) -> str:
    return g.add("Add", g.add("MatMul", x, W), b)


def _gelu(g: Graph, z: str) -> str:
    """Return z Phi(z); onnxruntime has the error function in float32 only."""
    scaled = g.add("Cast", g.add("Mul", z, np.float64(0.5**0.5)), to=TensorProto.FLOAT)
    twice = g.add("Add", g.numbers(g.add("Erf", scaled)), np.float64(1.0))
    return g.add("Mul", g.add("Mul", z, np.float64(0.5)), twice)


_ACTIVATIONS: dict[str, Callable[[Graph, str], str]] = {
    "relu": lambda g, z: g.add("Relu", z),
    "tanh": lambda g, z: g.add("Tanh", z),
    "sigmoid": lambda g, z: g.add("Sigmoid", z),
    "identity": lambda g, z: z,
    "gelu": _gelu,
}


def _network(g: Graph, model: Any, inputs: list[str], outputs: list[Any]) -> None:
    a = g.numbers(inputs[0])
    act = _ACTIVATIONS[activation_of(model.activation)]
    layers = list(zip(model.coefs_, model.intercepts_, strict=True))
    for W, b in layers[:-1]:
        a = act(g, _affine(g, a, W, b))
    _said(g, model, _affine(g, a, *layers[-1]), outputs)


def _calibrated(g: Graph, model: Any, inputs: list[str], outputs: list[Any]) -> None:
    C, w = len(model.classes_), model.parameters_
    x = g.add("LogSoftmax", inputs[2], axis=1)
    Z = g.add("Mul", x, np.float64(w[0]))
    if model.method == "vector":
        Z = g.add("Add", Z, g.add("Mul", x, w[1 : 1 + C]))
    elif model.method == "dirichlet":
        Z = g.add("Add", Z, g.add("MatMul", x, w[1:-C].reshape(C, C).T))
    if model.method != "temperature":
        Z = g.add("Add", Z, w[-C:])
    g.add("Softmax", Z, out=outputs[1].full_name, axis=1)
    as_before = model.method == "temperature"  # then the order of the logits stays
    g.label(model.classes_, inputs[2] if as_before else Z, outputs[0].full_name)
    _inner(g, Z, outputs)


def _decision(g: Graph, model: Any, inputs: list[str], outputs: list[Any]) -> None:
    P, cost = inputs[1], model.cost_
    costs = g.add("MatMul", P, cost)
    slack = SAME_COST * np.abs(cost).max(initial=0.0)
    least = g.add("Add", g.reduce("ReduceMin", costs), np.float64(slack))
    if cost.shape[1] > len(model.classes_):
        P = g.add("Concat", P, g.add("Sub", g.add("Mul", g.reduce("ReduceMax", P), np.float64(0.0)),
                                      np.float64(1.0)), axis=1)  # fmt: skip
    g.label(
        model.decisions_,
        g.add("Where", g.at_most(costs, least), P, np.float64(-2.0)),
        outputs[0].full_name,
    )
    _passed_on(g, inputs, outputs)


def _passed_on(g: Graph, inputs: list[str], outputs: list[Any]) -> None:
    """Write the probabilities of the classifier within."""
    g.add("Identity", inputs[1], out=outputs[1].full_name)
    _inner(g, g.add("Log", g.add("Max", inputs[1], np.float64(LEAST_PROBABILITY))), outputs)


def _none_of_these(g: Graph, model: Any, inputs: list[str], outputs: list[Any]) -> None:
    n = sum(map(len, model.calibration_))
    total = None
    for k, known in enumerate(model.calibration_, start=1):
        P, Z = inputs[3 * k + 1 : 3 * k + 3]
        if len(model.classes_) == 2:  # the logits are minus and plus a half of their difference
            Z = g.add("Sub", Z, g.add("Mul", g.reduce("ReduceSum", Z), np.float64(0.5)))
        s = _strangeness(g, model.conformity_score, P, Z)
        size = g.add("Max", g.add("Abs", s), np.float64(1.0))
        least = g.add("Sub", s, g.add("Mul", size, np.float64(ROUNDING)))
        stranger = g.numbers(g.at_most(least, np.asarray(known, dtype=np.float64)[None, :]))
        count = g.add("MatMul", stranger, np.ones((len(known), 1)))
        total = count if total is None else g.add("Add", total, count)
    assert total is not None
    p = g.add("Div", g.add("Add", total, np.float64(1.0)), np.float64(n + 1))
    none = g.add("Reshape", g.at_most(p, np.float64(model.alpha)), np.array([-1]))
    label = label_array([model.label_])
    g.add("Where", none, label, inputs[0], out=outputs[0].full_name)
    if outputs[2].raw_name.startswith("p_values"):
        g.add("Identity", p, out=outputs[2].full_name)
    _passed_on(g, inputs, outputs)


def _strangeness(g: Graph, score: str, P: str, Z: str) -> str:
    """Return (n, 1) how little rows look like the classes, of models that know no "none"."""
    if score == "max_probability":
        return g.add("Neg", g.reduce("ReduceMax", P))
    if score == "entropy":
        small = g.add("Max", P, np.float64(np.finfo(g.dtype).tiny))
        return g.add("Neg", g.reduce("ReduceSum", g.add("Mul", P, g.add("Log", small))))
    return g.add("Neg", g.reduce("ReduceMax" if score == "max_logit" else "ReduceLogSumExp", Z))


CONVERTERS: dict[type[Any], Callable[[Graph, Any, list[str], list[Any]], None]] = {
    SoftmaxRegression: _regression,
    SoftmaxRegressionCV: _regression,
    SoftmaxNetwork: _network,
    CalibratedSoftmax: _calibrated,
    DecisionClassifier: _decision,
    NoneOfThese: _none_of_these,
}
