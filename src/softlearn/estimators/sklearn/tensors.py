"""Tensors of PyTorch, and arrays of CuPy and JAX, as X, y and weights of rows.

In host memory NumPy reads them without a copy; on a device they stay where they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils.validation import _check_feature_names, _check_n_features

from ..._internal.pytorch import torch
from ...protocol import F64

__all__ = ["as_given", "check_tensor", "on_device", "on_host", "usable_device"]

_PLAIN = {np.ndarray, list, type(None)}
_LIBRARIES = {"torch", "jax", "jaxlib", "cupy"}
_HOST, _HOST_IN_DLPACK = "cpu", 1  # the names of host memory
_OF_NUMPY = ("torch.float16", "torch.float32", "torch.float64")
_KNOWN = ("torch.bfloat16", *_OF_NUMPY)
_AT_ONCE = 1 << 24  # entries that are checked at once


def as_given(x: Any, name: str) -> Any:
    """Return a tensor as NumPy's array if it lies in host memory, else as PyTorch's.

    What is no tensor is returned as it is.

    Args:
        x: anything.
        name: of the argument, for messages.

    Raises:
        ImportError: x lies on a device, and there is no PyTorch.
        ValueError: x is sparse or nested, or has no values.

    """
    if type(x) in _PLAIN or not _is_tensor(x):
        return x
    if not hasattr(x, "is_cuda"):
        if not hasattr(x, "__dlpack_device__"):
            raise ValueError(
                f"{name} is traced by JAX and has no values yet: call this outside jax.jit, "
                "jax.grad and jax.vmap."
            )
        if x.__dlpack_device__()[0] == _HOST_IN_DLPACK:
            return np.asarray(x)
        x = torch.from_dlpack(x)
    x = x.detach()
    if x.is_nested:
        raise ValueError(f"{name} is a nested tensor: give one whose rows have equal lengths.")
    if str(x.layout) != "torch.strided":
        raise ValueError(
            f"{name} is a sparse tensor ({x.layout}): give a SciPy sparse array, or "
            f"{name}.to_dense()."
        )
    if x.device.type == "meta":
        raise ValueError(f"{name} is on the device 'meta', where tensors have no values.")
    if x.device.type != _HOST:
        return x
    if x.is_floating_point() and str(x.dtype) not in _OF_NUMPY:
        x = x.float()
    return x.resolve_conj().resolve_neg().numpy()


def _is_tensor(x: Any) -> bool:
    """Whether x is one, without importing a library."""
    return hasattr(type(x), "__dlpack__") and any(
        kind.__module__.partition(".")[0] in _LIBRARIES for kind in type(x).__mro__
    )


def on_device(x: Any) -> bool:
    """Whether `as_given` has left x on a device."""
    return hasattr(x, "is_cuda")


def on_host(x: Any, name: str) -> Any:
    """Return x, a tensor on whatever device as an array: labels and weights of rows are short."""
    x = as_given(x, name)
    return x.cpu().numpy() if on_device(x) else x


def check_tensor(estimator: Any, X: Any, reset: bool, finite: bool = True) -> Any:
    """Return X (n, d), on its device, if scikit-learn would accept such an array.

    Args:
        estimator: receives n_features_in_, or must agree with it.
        X: as `as_given` leaves it.
        reset: whether X defines the features.
        finite: whether entries must be.

    Raises:
        ValueError: a sentence.

    """
    if X.ndim != 2:
        raise ValueError(
            f"X must have two axes, rows and features, but its shape is {tuple(X.shape)}."
        )
    if X.is_complex():
        raise ValueError(f"X has complex numbers ({X.dtype}), which have no order: give real ones.")
    if 0 in X.shape:
        raise ValueError(f"X has the shape {tuple(X.shape)}: it needs a row and a feature.")
    _need_float64(X.device, f"The device of X, '{X.device}',", "Give X.cpu()")
    if reset:
        estimator.__dict__.pop("feature_names_in_", None)
    else:
        _check_feature_names(estimator, X, reset=False)
    _check_n_features(estimator, X, reset=reset)
    if str(X.dtype) not in _KNOWN:
        X = X.double()
    if finite:
        _check_finite(X)
    return X


def _check_finite(X: Any) -> None:
    """Raise a ValueError that names the first entry of X that is not finite."""
    rows = max(_AT_ONCE // X.shape[1], 1)
    for start in range(0, len(X), rows):
        finite = X[start : start + rows].isfinite()
        if not bool(finite.all()):
            i, j = (~finite).nonzero()[0].tolist()
            raise ValueError(
                f"X has {float(X[start + i, j])} in row {start + i}, column {j}: replace it by a "
                "finite number, or leave the row out."
            )


def usable_device(given: str | None) -> str | None:
    """Return the name of a device, if PyTorch multiplies float64 there.

    Raises:
        ImportError: there is no PyTorch.
        ValueError: there is no such device, or it has no float64.

    """
    if given is not None:
        _need_float64(
            given, f"device={given!r}", "Give the name of one with float64, such as 'cuda'"
        )
    return given


def _need_float64(device: Any, what: str, advice: str) -> None:
    """Raise a ValueError, which begins with `what`, if PyTorch has no float64 on a device."""
    try:
        one: F64 = torch.ones(1, dtype=torch.float64, device=device).cpu().numpy()
    except (RuntimeError, AssertionError, TypeError, NotImplementedError) as error:
        why = str(error).splitlines()[0].rstrip(".")
        raise ValueError(f"{what} cannot be used: {why}. {advice}.") from None
    assert one[0] == 1.0
