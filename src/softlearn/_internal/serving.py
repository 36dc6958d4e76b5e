"""Running a server until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import uvicorn

__all__ = ["QuietServer", "Serves"]

_SWITCH = 0.001  # seconds until the thread of connections gets the interpreter (5 ms by default)


class QuietServer(uvicorn.Server):
    """A server that writes nothing, leaves signals to its caller, and tells when it has started.

    Args:
        app: what answers.
        settings: of `uvicorn.Config`.

    """

    def __init__(self, app: Any, **settings: Any) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="info" if os.environ.get("SOFTLEARN_DEBUG") else "critical",
                access_log=False,
                server_header=False,
                lifespan="on",
                **settings,
            )
        )
        self.started_hook: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.started_hook()

    def capture_signals(self) -> Any:
        return nullcontext()


class Serves:
    """What runs a server on a socket that listens."""

    _server: QuietServer
    _socket: socket.socket

    def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop`, and then until the requests that were taken are answered.

        Args:
            started: is called once requests can come.

        """
        before = sys.getswitchinterval()
        sys.setswitchinterval(_SWITCH)
        try:
            self._server.started_hook = started
            asyncio.run(self._server.serve(sockets=[self._socket]))
        finally:
            sys.setswitchinterval(before)
            self._socket.close()

    def stop(self) -> None:
        """Take no more requests; may be called from any thread and from a signal's handler."""
        self._server.should_exit = True
