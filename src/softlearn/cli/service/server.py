"""Serving a model until a signal ends it."""

from __future__ import annotations

import asyncio
import socket
import time

from ..._internal.listening import listening
from ..._internal.serving import QuietServer, Serves
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
        self._server = _Server(
            create_app(predictor),
            ws="none",
            limit_concurrency=_CONNECTIONS,
            timeout_graceful_shutdown=int(predictor.limits.seconds) + 1,
        )


class _Server(QuietServer):
    """The server, which ends gracefully."""

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
