"""The network now as an estimator of the library, and an estimator as a network to begin with."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..estimators import SoftmaxNetwork, SoftmaxRegression
from ..estimators.network.history import KEYS
from .settings import Limits, Model
from .training import network_of
from .workspace import Units, Workspace

__all__ = ["Begun", "begun_from", "classes_of", "estimator_of", "scaled_estimator_of"]

F64 = NDArray[np.float64]
_SOLVERS = {"descent": "sgd", "momentum": "momentum", "rmsprop": "rmsprop", "adam": "adam"}


class Begun(NamedTuple):
    """A network to begin with."""

    model: Model
    w: F64
    """For coordinates in their own units."""
    names: list[str]
    """Of the classes."""
    units: Units | None
    """The scaling that it was trained with, if it is known."""


def classes_of(work: Workspace) -> NDArray[Any]:
    """Return the labels of an estimator: numbers where the names are numbers."""
    if all(name.isdecimal() and len(name) < 10 for name in work.names):
        return np.array([int(name) for name in work.names])
    return np.array(work.names)


def estimator_of(work: Workspace) -> SoftmaxNetwork:
    """Return a fitted `SoftmaxNetwork` with the weights as they are, for points as they are shown.

    Its predictions are what the playground draws.
    """
    model, optimizer = work.model, work.optimizer
    n = max(len(work.training.y), 1)
    batch = work.training.batch or 1
    net = SoftmaxNetwork(
        model.hidden,
        model.activation,
        solver=_SOLVERS[optimizer.name],
        learning_rate="constant",
        learning_rate_init=optimizer.lr or 1e-12,
        batch_size=batch,
        alpha=optimizer.l2 * batch,
        momentum=optimizer.beta,
        nesterovs_momentum=False,
        beta_1=optimizer.beta,
        beta_2=optimizer.beta2,
        epsilon=optimizer.eps,
        max_iter=max(work.training.epoch, 1),
        random_state=model.seed,
        init=model.init,
        center=False,
    )
    net.classes_, net.n_features_in_ = classes_of(work), 2
    if len(set(net.classes_.tolist())) < model.classes:
        net.classes_ = np.arange(model.classes)
    record = SimpleNamespace(history={key: [] for key in KEYS}, k=0, keep_best=False)
    net._show(network_of(model), work.w.copy(), record, n)  # type: ignore[arg-type]
    net._memory = None
    net._status, net.status_detail_ = "STOPPED_BY_USER", "Trained in the playground."
    return net


def scaled_estimator_of(work: Workspace) -> Any:
    """Return an estimator for coordinates in their own units: a pipeline where they were scaled."""
    net = estimator_of(work)
    if not work.units:
        return net
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    scaler = StandardScaler()
    scaler.mean_ = np.array([float(work.units[k]["mean"]) for k in "xy"])
    scaler.scale_ = np.array([float(work.units[k]["scale"]) for k in "xy"])
    scaler.var_ = scaler.scale_**2
    scaler.n_features_in_, scaler.n_samples_seen_ = 2, max(work.points.count, 1)
    return make_pipeline(scaler, net)


def begun_from(estimator: Any, limits: Limits) -> Begun:
    """Return the network that a fitted classifier of two features is.

    Raises:
        ValueError: it is no classifier of the library, or larger than is allowed.

    """
    before = _affine(estimator)
    last = estimator.steps[-1][1] if before is not None else estimator
    if not isinstance(last, SoftmaxNetwork | SoftmaxRegression) or not hasattr(last, "classes_"):
        raise ValueError(
            "model must be a fitted SoftmaxNetwork or SoftmaxRegression, or a pipeline that ends "
            f"in one, but it is a {type(estimator).__name__}."
        )
    W, b = _layers(last)
    if W[0].shape[1] != (2 if before is None else before[0].shape[0]):
        raise ValueError(
            f"model must have 2 features, but it has {W[0].shape[1]}: the playground shows a plane."
        )
    if before is not None:
        A, c = before
        W[0], b[0] = W[0] @ A, b[0] + W[0] @ c
    hidden = tuple(len(v) for v in b[:-1])
    if len(b[-1]) > limits.classes:
        raise ValueError(
            f"model has {len(b[-1])} classes, but at most {limits.classes} are allowed."
        )
    if len(hidden) > limits.layers or max(hidden, default=0) > limits.units:
        raise ValueError(
            f"model has the hidden layers {hidden}, but at most {limits.layers} of at most "
            f"{limits.units} units are allowed."
        )
    activation = getattr(last, "activation", "tanh")
    activation = "sigmoid" if activation == "logistic" else str(activation)
    w = np.concatenate([*(M.ravel() for M in W), *b]).astype(np.float64)
    if not (np.abs(w) <= 1e100).all():
        raise ValueError("model has weights that are not finite.")
    names = [str(label)[:60] for label in np.asarray(last.classes_).tolist()]
    return Begun(Model(len(b[-1]), hidden, activation), w, names, _units(estimator, before))


def _units(estimator: Any, before: tuple[F64, F64] | None) -> Units | None:
    """Return the scaling before the network, if each coordinate has its own."""
    if before is None or before[0].shape != (2, 2):
        return None
    A, c = before
    scale = A.diagonal()
    if not (scale > 0.0).all() or A[0, 1] or A[1, 0]:
        return None
    names = getattr(estimator, "feature_names_in_", ("x", "y"))
    return {
        key: {"name": str(name)[:60], "mean": float(-c_k / a), "scale": float(1.0 / a)}
        for key, name, a, c_k in zip("xy", names, scale, c, strict=True)
    }


def _layers(net: Any) -> tuple[list[F64], list[F64]]:
    """Return W (n_l, n_{l-1}) and b of each layer; two classes have two outputs here."""
    if isinstance(net, SoftmaxNetwork):
        W = [np.asarray(M, np.float64).T for M in net.coefs_]
        return W, [np.asarray(v, np.float64) for v in net.intercepts_]
    coef = net.coef_.toarray() if hasattr(net.coef_, "toarray") else net.coef_
    coef = np.asarray(coef, dtype=np.float64)
    b = np.broadcast_to(np.asarray(net.intercept_, dtype=np.float64), (len(coef),))
    if len(coef) == 1:
        return [np.vstack([np.zeros_like(coef), coef])], [np.append(0.0, b)]
    return [coef], [b]


def _affine(estimator: Any) -> tuple[F64, F64] | None:
    """Return A and c where the steps before a pipeline's last give A x + c; None if none are there.

    Raises:
        ValueError: they do something else to two numbers.

    """
    if not hasattr(estimator, "steps"):
        return None
    probes = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [3.0, -2.0], [-0.5, 7.0]])
    try:
        out = np.asarray(_transformed(estimator, probes), dtype=np.float64)
    except Exception:  # whatever an unknown transformer raises
        out = np.zeros((0, 0))
    if out.shape[:1] == (5,) and out.ndim == 2:
        c = out[0]
        A = (out[1:3] - c).T
        if np.allclose(out, probes @ A.T + c, rtol=1e-9, atol=1e-9):
            return A, c
    raise ValueError(
        "model must take two numbers, and do no more to them than scale and shift them before its "
        "network."
    )


def _transformed(estimator: Any, probes: F64) -> Any:
    if len(estimator.steps) == 1:
        return probes
    before, names = estimator[:-1], getattr(estimator, "feature_names_in_", None)
    pandas = sys.modules.get("pandas")  # which is loaded if the steps need a frame
    if names is None or pandas is None:
        return before.transform(probes)
    return before.transform(pandas.DataFrame(probes, columns=names))
