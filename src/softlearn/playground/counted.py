"""The argument of 2^-d, counted: how many critical points of random functions are minima?"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..landscape.experiments import expected_share, share_of_minima

__all__ = ["counted"]

_STARTS = 20


@lru_cache(maxsize=16)
def counted(dimension: int) -> dict[str, Any]:
    """Return the event `count` for functions of so many variables."""
    functions = 2 if dimension > 4 else 3
    found = share_of_minima(dimension, functions=functions, starts=_STARTS)
    formula = expected_share(dimension, draws=1000)
    draws, minima, coins = found.points, round(found.value * found.points), 2.0**-dimension
    one = dimension == 1
    return {
        "type": "count",
        "dimension": dimension,
        "draws": draws,
        "minima": minima,
        "share": found.value,
        "low": max(found.low, 0.0),
        "high": found.high,
        "expected": coins,
        "formula": formula.value,
        "text": {
            "en": f"Of {draws} critical points of random functions of {dimension} variable"
            f"{'' if one else 's'}, {minima} {'is a minimum' if minima == 1 else 'are minima'}: "
            f"{100 * found.value:.3g} % (95 % interval {100 * max(found.low, 0):.2g} to "
            f"{100 * found.high:.2g} %). If each curvature were a coin it would be 2^-{dimension} ="
            f" {100 * coins:.3g} %; by the formula of Kac and Rice it is "
            f"{100 * formula.value:.3g} % of all.",
            "ko": f"변수 {dimension}개인 무작위 함수의 임계점 {draws}개 가운데 최소점은 "
            f"{minima}개, {100 * found.value:.3g} %입니다. 곡률의 부호가 동전 던지기와 같다면 "
            f"2^-{dimension} = {100 * coins:.3g} %이고, 카츠-라이스 공식으로는 "
            f"{100 * formula.value:.3g} %입니다.",
        },
    }
