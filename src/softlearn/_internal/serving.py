"""Running a server until it is told to stop."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import Any

__all__ = ["Serves"]

_SWITCH = 0.001  # seconds until the thread of connections gets the interpreter (5 ms by default)


class Serves:
    """What runs a uvicorn server, which calls its `started_hook`, on a socket that listens."""

    _server: Any
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
