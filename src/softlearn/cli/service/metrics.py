"""What happens in a service, counted, in the text format of Prometheus."""

from __future__ import annotations

import bisect
from collections import Counter
from collections.abc import Mapping

__all__ = ["Metrics"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Metrics:
    """Counters of requests to /predict; used by one thread.

    Args:
        labels: what the metric `softlearn_model_info` says of the model.

    """

    def __init__(self, labels: Mapping[str, str]) -> None:
        self._labels = labels
        self._requests: Counter[int] = Counter()
        self._rows = 0
        self._seconds = [0] * (len(_SECONDS) + 1)
        self._total = 0.0

    def answered(self, status: int, rows: int, seconds: float) -> None:
        """Count an answer; only the time of those with status 200 is kept."""
        self._requests[status] += 1
        if status == 200:
            self._rows += rows
            self._seconds[bisect.bisect_left(_SECONDS, seconds)] += 1
            self._total += seconds

    def text(self, in_flight: int) -> str:
        """Return all metrics.

        Args:
            in_flight: requests that are read, wait, are computed or answered now.

        """
        info = ",".join(f'{name}="{_escaped(value)}"' for name, value in self._labels.items())
        lines = _metric("softlearn_model_info", "gauge", "The model that answers.")
        lines.append(f"softlearn_model_info{{{info}}} 1")
        lines += _metric("softlearn_requests_total", "counter", "Answers to /predict, by status.")
        for status, count in sorted(self._requests.items()):
            lines.append(f'softlearn_requests_total{{status="{status}"}} {count}')
        lines += _metric("softlearn_rows_total", "counter", "Rows that were predicted.")
        lines.append(f"softlearn_rows_total {self._rows}")
        lines += _metric("softlearn_requests_in_flight", "gauge", "Requests being answered.")
        lines.append(f"softlearn_requests_in_flight {in_flight}")
        name, below = "softlearn_request_seconds", 0
        lines += _metric(name, "histogram", "From a request's head to its answer, status 200.")
        for most, count in zip((*_SECONDS, float("inf")), self._seconds, strict=True):
            below += count
            bound = "+Inf" if most == float("inf") else f"{most:g}"
            lines.append(f'{name}_bucket{{le="{bound}"}} {below}')
        lines += [f"{name}_sum {self._total!r}", f"{name}_count {below}"]
        return "\n".join(lines) + "\n"


def _metric(name: str, kind: str, help: str) -> list[str]:
    return [f"# HELP {name} {help}", f"# TYPE {name} {kind}"]


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
