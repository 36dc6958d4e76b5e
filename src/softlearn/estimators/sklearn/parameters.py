"""Parameters of estimators, checked once."""

from __future__ import annotations

from typing import Any, ClassVar

__all__ = ["RemembersParameters"]


class RemembersParameters:
    """Checks plain parameters once, because a check takes as long as several Newton steps.

    Values that passed stay valid: numbers, strings, True, False and None never change.
    Comes before scikit-learn's `BaseEstimator` among the bases of a class.
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]]

    def _validate_params(self) -> None:
        try:
            values = tuple(map(self.__dict__.__getitem__, self._parameter_constraints))
        except KeyError:  # not an attribute of the same name: scikit-learn knows what to say
            values = (self,)
        types = tuple(map(type, values))
        known = (type(self), types, values)  # with types, because 1 == 1.0 == True
        plain = _PLAIN.issuperset(types)
        if plain and known in _RIGHT:
            return
        super()._validate_params()  # type: ignore[misc]
        if plain:
            if len(_RIGHT) >= _MAX_REMEMBERED:
                _RIGHT.clear()
            _RIGHT.add(known)


_PLAIN = frozenset({str, int, float, bool, type(None)})
_RIGHT: set[tuple[Any, ...]] = set()
_MAX_REMEMBERED = 1000
