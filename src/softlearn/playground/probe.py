"""What the network does with one point: the way there, and the way back where there is a label."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import DenseBlock
from ..kernels import forward
from ..networks.activations import ACTIVATIONS
from ..softmax import hardmax, log_softmax, softmax
from .measures import finite
from .reading import Refused
from .settings import Model
from .training import network_of

__all__ = ["probed", "softmax_facts"]

F64 = NDArray[np.float64]


def softmax_facts(z: F64) -> dict[str, Any]:
    """Return z -> t -> a in the library's numbers, and how it is logistic where C = 2.

    t = e^z is None where it is beyond the numbers.

    Raises:
        Refused: a logit is not finite.

    """
    if not np.isfinite(z).all():
        raise Refused(
            "The logits are not finite here: the weights are too large.", None, "state",
            korean="여기서는 로짓이 유한하지 않습니다. 가중치가 너무 큽니다.",
        )  # fmt: skip
    with np.errstate(over="ignore"):
        t = np.exp(z)
    a, log_a = softmax(z), log_softmax(z)
    margin = float(z[1] - z[0])
    return {
        "z": z.tolist(),
        "t": [finite(v) for v in t],
        "sum": finite(float(t.sum())),
        "a": a.tolist(),
        "log_a": log_a.tolist(),
        "argmax": int(z.argmax()),
        "hardmax": hardmax(z).tolist(),
        "logistic": {"margin": margin, "sigma": _logistic(margin)} if len(z) == 2 else None,
    }


def _logistic(margin: float) -> float:
    """Return 1 / (1 + e^-margin), the activation "sigmoid" of the library."""
    return float(ACTIVATIONS["sigmoid"].g(np.array([margin]))[0])


def probed(model: Model, w: F64, xy: F64, label: int | None) -> dict[str, Any]:
    """Return the event `probe`.

    Columns are examples, as in the course: a[l] and z[l] are columns, and there is one.  The rows
    of the library's X are these columns' transposes.

    Args:
        model: the network.
        w: its weights.
        xy: (2,) the point.
        label: its class, None if it has none.

    """
    network = network_of(model)
    with np.errstate(over="ignore", invalid="ignore"):
        tape = network.forward(DenseBlock(xy[None]), w)
    W, b = network.split(w)
    z = np.ascontiguousarray(tape.Z[network.L][:, 0])
    facts = softmax_facts(z)
    layers = [
        {
            "W_shape": list(W[k].shape),
            "W": W[k].tolist(),
            "b": b[k].tolist(),
            "z": tape.Z[k][:, 0].tolist(),
            "a": tape.A[k][:, 0].tolist() if k < network.L else None,
        }
        for k in W
    ]
    layers[-1] |= {k: facts[k] for k in ("t", "sum", "a")}
    return {
        "type": "probe",
        "xy": xy.tolist(),
        "input": xy.tolist(),
        "label": label,
        "layers": layers,
        **facts,
        **(_nothing() if label is None else _backward(model, w, xy, z, label)),
    }


def _nothing() -> dict[str, Any]:
    return {"y": None, "loss": None, "dz": None, "backward": None}


def _backward(model: Model, w: F64, xy: F64, z: F64, label: int) -> dict[str, Any]:
    """Return loss, dz = a - y, and the derivatives from the last layer to the first."""
    network = network_of(model)
    tape = network.forward(DenseBlock(xy[None]), w)
    dz = forward(z[:, None], np.array([label], dtype=np.intp)).R
    dW, db = network.split(network.vjp(tape, dz))
    layers = [
        {
            "dz": db[k].tolist(),  # of one example they are the same
            "dW": dW[k].tolist(),
            "db": db[k].tolist(),
            "W_shape": list(dW[k].shape),
        }
        for k in sorted(dW, reverse=True)
    ]
    return {
        "y": [float(k == label) for k in range(len(z))],
        "loss": -float(log_softmax(z)[label]),
        "dz": dz[:, 0].tolist(),
        "backward": layers,
    }
