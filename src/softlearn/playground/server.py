"""Serving the playground on this machine until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from urllib.parse import urlencode

import uvicorn

from .._internal.listening import listening
from .app import Settings, create_app
from .runner import Runs
from .security import CLOSING_MESSAGE, new_token

__all__ = ["HOST", "Server"]

HOST = "127.0.0.1"
_SWITCH = 0.001  # seconds until a thread that waits for the interpreter gets it (5 ms by default)
_CLOSING = 2.0  # seconds that pages have to end their connections


class Server:
    """One playground: a port of this machine, a token, and as many sessions as pages are open.

    Args:
        make_session: returns a new session.
        port: 0 for a free one.
        settings: what is allowed.

    Raises:
        ValueError: the port cannot be had; a sentence.

    """

    def __init__(
        self, make_session: Callable[[], Runs], port: int = 0, settings: Settings | None = None
    ) -> None:
        self._socket = listening(HOST, port)
        self.port: int = self._socket.getsockname()[1]
        self.token = new_token()
        self.app = create_app(self.token, make_session, settings)
        self._server = _Uvicorn(self.app)

    def address(self, **more: str) -> str:
        """Return the address of the page, with the token in its fragment."""
        return f"http://{HOST}:{self.port}/#{urlencode({'token': self.token, **more})}"

    def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Serve until `stop`.

        Args:
            started: is called once pages can be had.

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
        """Let `run` return; may be called from any thread and from a signal's handler."""
        self._server.should_exit = True

    @contextmanager
    def in_background(self) -> Iterator[None]:
        """Serve in another thread for the time of a block."""
        up = threading.Event()
        thread = threading.Thread(target=self.run, args=(up.set,), name="server", daemon=True)
        thread.start()
        up.wait()
        try:
            yield
        finally:
            self.stop()
            thread.join()


class _Uvicorn(uvicorn.Server):
    """The server, which leaves signals to its caller."""

    def __init__(self, app: Any) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="info" if os.environ.get("SOFTLEARN_DEBUG") else "critical",
                access_log=False,
                server_header=False,
                ws="websockets-sansio",
                ws_max_size=CLOSING_MESSAGE,
                ws_per_message_deflate=False,  # packing costs ten times what it saves here
                timeout_graceful_shutdown=int(_CLOSING),
                lifespan="on",
            )
        )
        self.started_hook: Callable[[], None] = lambda: None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.started_hook()

    def capture_signals(self) -> Any:
        return nullcontext()
