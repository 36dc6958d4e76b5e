"""Serving the playground on this machine until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from .._internal.listening import listening
from .._internal.serving import QuietServer, Serves
from .app import Settings, create_app
from .runner import Runs
from .security import CLOSING_MESSAGE, new_token

__all__ = ["HOST", "Server"]

HOST = "127.0.0.1"
_CLOSING = 2.0  # seconds that pages have to end their connections


class Server(Serves):
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
        self._server = QuietServer(
            self.app,
            ws="websockets-sansio",
            ws_max_size=CLOSING_MESSAGE,
            ws_per_message_deflate=False,  # packing costs ten times what it saves here
            timeout_graceful_shutdown=int(_CLOSING),
        )

    def address(self, **more: str) -> str:
        """Return the address of the page, with the token in its fragment."""
        return f"http://{HOST}:{self.port}/#{urlencode({'token': self.token, **more})}"

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
