"""scikit-learn's decorators, which lose the types of what they decorate."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

from sklearn.base import _fit_context
from sklearn.utils import metaestimators

__all__ = ["available_if", "checks_own_parameters", "checks_parameters"]

Method = TypeVar("Method", bound=Callable[..., Any])


def checks_parameters(fit: Method) -> Method:
    """Have parameters checked before a method, as scikit-learn's `_fit_context` does."""
    return cast(Method, _fit_context(prefer_skip_nested_validation=True)(fit))


def checks_own_parameters(fit: Method) -> Method:
    """Have parameters checked, and those of the estimators within by themselves."""
    return cast(Method, _fit_context(prefer_skip_nested_validation=False)(fit))


def available_if(check: Callable[[Any], bool]) -> Callable[[Method], Method]:
    """Let a class have a method where `check(self)` holds, as scikit-learn's function does."""
    return cast(Callable[[Method], Method], metaestimators.available_if(check))
