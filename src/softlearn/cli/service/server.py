"""Serving a model until a signal ends it."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import uvicorn

from ..._internal.listening import listening
from .app import create_app
from .predictor import Predictor

__all__ = ["Service"]

_CONNECTIONS = 1000  # beyond which every request is answered 503


class Service:
    """A model at an address.

    Args:
        predictor: what answers.
        host, port: where to listen; port 0 for a free one.

    Raises:
        ValueError: the address cannot be had; a sentence.

    """

    def __init__(self, predictor: Predictor, host: str, port: int) -> None:
        self._socket = listening(host, port)
        self.port: int = self._socket.getsockname()[1]
        seconds = predictor.limits.seconds
        self._server = _Uvicorn(create_app(predictor), int(seconds) + 1)

    def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop`, and then until the requests that were taken are answered.

        Args:
            started: is called once requests can come.

        """
        import asyncio

        try:
            self._server.started_hook = started
            asyncio.run(self._server.serve(sockets=[self._socket]))
        finally:
            self._socket.close()

    def stop(self) -> None:
        """Take no more requests; may be called from any thread and from a signal's handler."""
        self._server.should_exit = True


class _Uvicorn(uvicorn.Server):
    """The server, which leaves signals to its caller."""

    def __init__(self, app: Any, ending: int) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="info" if os.environ.get("SOFTLEARN_DEBUG") else "critical",
                access_log=False,
                server_header=False,
                ws="none",
                limit_concurrency=_CONNECTIONS,
                timeout_graceful_shutdown=ending,
                lifespan="on",
            )
        )
        self.started_hook: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.started_hook()

    def capture_signals(self) -> Any:
        return nullcontext()
