"""How much a service takes, and what it says to a request that is refused."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits", "Refused"]


class Refused(Exception):
    """A request that is not answered; the text is one sentence for whoever sent it.

    Args:
        status: of the answer, in HTTP.

    """

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Limits:
    """What a service takes.

    Args:
        body: bytes of a request.
        rows: of a request.
        seconds: from the head of a request to the last byte of its answer.
        waiting: requests that are read, wait, are computed or answered at a time.

    """

    body: int = 8 << 20
    rows: int = 10_000
    seconds: float = 30.0
    waiting: int = 128

    @property
    def held(self) -> int:
        """The most bytes of requests at a time."""
        return 8 * self.body
