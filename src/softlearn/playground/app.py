"""The server's routes: the page, its files, and one WebSocket for each session."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from .bundle import STATIC, bundled
from .runner import Runner, Runs
from .security import Refused, headers_for, parse, refusal, same

__all__ = ["Settings", "create_app"]

_LONGEST_NAME = 64  # characters, of a session
_LEFT = (1000, 1001)  # codes of a page that was closed; others mean a broken line
_BUSY = 0.01  # seconds until a host looks again whether its runner takes commands

_ASGI = Callable[
    [
        MutableMapping[str, Any],
        Callable[[], Awaitable[MutableMapping[str, Any]]],
        Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ],
    Awaitable[None],
]


@dataclass(frozen=True)
class Settings:
    """What the server allows.

    Args:
        sessions: the most at a time.
        idle: seconds without a message after which a session is closed.
        greeting: seconds within which the first message must come.
        keep: seconds that a session waits for its page after the connection was lost.
        static: the page's files.

    """

    sessions: int = 8
    idle: float = 3600.0
    greeting: float = 10.0
    keep: float = 60.0
    static: Path = field(default=STATIC)


def create_app(
    token: str, make_session: Callable[[], Runs], settings: Settings | None = None
) -> Starlette:
    """Return the server's application.

    Args:
        token: what the first message of a session must give.
        make_session: returns a new session.
        settings: what it allows.

    """
    settings = settings or Settings()
    sockets = _Sockets(token, make_session, settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        sockets.close()

    async def page(request: Request) -> Response:
        return FileResponse(settings.static / "index.html")

    async def script(request: Request) -> Response:
        return Response(bundled("main", settings.static), media_type="text/javascript")

    async def health(request: Request) -> Response:
        return PlainTextResponse("ok\n")

    app = Starlette(
        routes=[
            Route("/", page),
            Route("/page.js", script),
            Route("/healthz", health),
            WebSocketRoute("/ws", sockets.serve),
            Mount("/static", StaticFiles(directory=settings.static)),
        ],
        lifespan=lifespan,
    )
    app.add_middleware(_Guard)
    return app


class _Guard:
    """Refuses foreign requests on every route, and gives every answer its headers."""

    def __init__(self, app: _ASGI) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        socket = scope["type"] == "websocket"
        why = refusal(headers, socket=socket)
        if why is not None and socket:
            await receive()  # websocket.connect
            await send({"type": "websocket.close", "code": 4403, "reason": why})
            return
        extra = [
            (name.lower().encode(), value.encode())
            for name, value in headers_for(headers.get("host", "") if why is None else "").items()
        ]

        async def with_headers(message: MutableMapping[str, Any]) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *extra]
            await send(message)

        if why is not None:
            await PlainTextResponse(f"{why}\n", 403)(scope, receive, with_headers)
        else:
            await self.app(scope, receive, send if socket else with_headers)


@dataclass
class _Line:
    """A session, and what tells its sender that there is something to send."""

    runner: Runner
    filled: asyncio.Event
    end: asyncio.TimerHandle | None = None


class _Sockets:
    """The sessions there are, each with its WebSocket."""

    def __init__(self, token: str, make_session: Callable[[], Runs], settings: Settings) -> None:
        self._token, self._make, self._settings = token, make_session, settings
        self._runners: set[Runner] = set()
        self._kept: dict[str, _Line] = {}  # sessions whose line broke, the oldest first
        self._greeting = 0

    async def serve(self, socket: WebSocket) -> None:
        """Take one connection from its first message to its end."""
        await socket.accept()
        with suppress(WebSocketDisconnect, RuntimeError):  # RuntimeError: it was closed meanwhile
            hello = await self._hello(socket)
            if hello is None:
                await socket.close(4401, "The address needs the token that was printed with it.")
                return
            given = hello.pop("session", "")
            name = given[:_LONGEST_NAME] if isinstance(given, str) else ""
            if not self._has_room(name):
                most = self._settings.sessions
                await socket.close(4429, f"There are {most} sessions already; close a page first.")
            else:
                await self._session(socket, name, hello)

    def _has_room(self, name: str) -> bool:
        """Say whether there may be another session; the one that waited longest makes room."""
        if name in self._kept or len(self._runners) < self._settings.sessions:
            return True
        if self._kept:
            self._end(*next(iter(self._kept.items())))
        return len(self._runners) < self._settings.sessions

    def close(self) -> None:
        """End every session."""
        for runner in list(self._runners):
            runner.close(wait=1.0)

    async def _hello(self, socket: WebSocket) -> dict[str, Any] | None:
        """Return the first message without its token; None if it is not to be answered."""
        if self._greeting >= 2 * self._settings.sessions:
            return None
        self._greeting += 1
        try:
            async with asyncio.timeout(self._settings.greeting):
                message = parse(await _text(socket))
        except (Refused, TimeoutError):
            return None
        finally:
            self._greeting -= 1
        given = message.pop("token", None)
        return message if same(given, self._token) and message.get("type") == "hello" else None

    async def _session(self, socket: WebSocket, name: str, hello: dict[str, Any]) -> None:
        """Go on with the session that a page had before its line broke, or begin one."""
        kept = self._kept.pop(name, None)
        line = kept or self._new()
        if line.end is not None:
            line.end.cancel()
            line.runner.outbox.forget()
        sending, lost = None, False
        try:
            await socket.send_json({"type": "session", "resumed": kept is not None})
            sending = asyncio.create_task(_send(socket, line))
            line.runner.put(hello)
            await self._receive(socket, line.runner)
        except WebSocketDisconnect as gone:
            lost = gone.code not in _LEFT
        finally:
            if lost and name:
                later = asyncio.get_running_loop().call_later
                line.end = later(self._settings.keep, self._end, name, line)
                self._kept[name] = line
            else:
                self._end(name, line)
            if sending is not None:
                sending.cancel()
                with suppress(asyncio.CancelledError, WebSocketDisconnect, RuntimeError):
                    await sending

    def _new(self) -> _Line:
        loop, filled = asyncio.get_running_loop(), asyncio.Event()

        def wake() -> None:
            with suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(filled.set)

        line = _Line(Runner(self._make(), wake), filled)
        self._runners.add(line.runner)
        return line

    def _end(self, name: str, line: _Line) -> None:
        self._kept.pop(name, None)
        self._runners.discard(line.runner)
        line.runner.close()

    async def _receive(self, socket: WebSocket, runner: Runner) -> None:
        """Hand on messages until nothing comes for long.

        Raises:
            WebSocketDisconnect: the connection has ended.

        """
        heard = time.monotonic()
        while True:
            try:
                async with asyncio.timeout_at(
                    asyncio.get_running_loop().time() + self._settings.idle
                ):
                    text = await _text(socket)
                    while runner.full:  # then the page waits, by the flow control of TCP
                        await asyncio.sleep(_BUSY)
            except TimeoutError:
                minutes = (time.monotonic() - heard) / 60
                await socket.close(4408, f"Nothing was heard for {minutes:.0f} minutes.")
                return
            heard = time.monotonic()
            try:
                runner.put(parse(text))
            except Refused as error:
                runner.refuse(error.code, str(error), error.korean)


async def _text(socket: WebSocket) -> str | None:
    """Return the next message; None for a binary one."""
    message = await socket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text")
    return text if isinstance(text, str) else None


async def _send(socket: WebSocket, line: _Line) -> None:
    """Send what the outbox holds, whenever it holds something."""
    while True:
        await line.filled.wait()
        line.filled.clear()
        for message in line.runner.outbox.take():
            if isinstance(message, str):
                await socket.send_text(message)
            else:
                await socket.send_bytes(message)
