"""Serving a model until a signal ends it."""

from __future__ import annotations

import asyncio
import os
import socket
import time
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import uvicorn

from ..._internal.listening import listening
from ..._internal.serving import Serves
from .app import create_app
from .predictor import Predictor

__all__ = ["Service"]

_CONNECTIONS = 1000  # beyond which every request is answered 503
_LAST_REQUESTS = 1.0  # seconds at the end, for requests that are on their way


class Service(Serves):
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

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no connections, and let clients with one learn from their next answer that it ends.

        Their next request may be on its way: without the time for it, it would be lost.
        """
        for server in self.servers:
            server.close()
        state = self.server_state
        state.default_headers = [*state.default_headers, (b"connection", b"close")]
        end = time.monotonic() + _LAST_REQUESTS
        while state.connections and time.monotonic() < end:
            await asyncio.sleep(0.02)
        await super().shutdown(sockets)

    def capture_signals(self) -> Any:
        return nullcontext()
