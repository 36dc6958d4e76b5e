"""The routes of a service, and what it takes at a time."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, MutableMapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ..._version import __version__
from .limits import Limits, Refused
from .metrics import Metrics
from .predictor import Answer, Predictor
from .queue import Queue
from .row_schema import row_schema

__all__ = ["create_app"]

_LONGEST = 1000  # characters of a sentence, which may quote what was sent
_ROUTES = "the service has POST /predict, and GET /schema, /health, /metrics."
_PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8"

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]


def create_app(predictor: Predictor) -> Starlette:
    """Return the application that answers for a model."""
    limits = predictor.limits
    schema = json.dumps(row_schema(predictor.model), ensure_ascii=False).encode()
    queue = Queue(predictor.answers)
    model = predictor.model.path.name
    predict = _Predict(queue, limits, Metrics({"model": model, "softlearn_version": __version__}))

    async def health(request: Request) -> Response:
        if queue.seconds > limits.seconds:
            sentence = f"A prediction has taken {queue.seconds:.0f} seconds so far."
            return JSONResponse({"status": "stuck", "error": sentence}, 503)
        return JSONResponse({"status": "ok", "model": model})

    async def described(request: Request) -> Response:
        return Response(schema, media_type="application/schema+json")

    async def measured(request: Request) -> Response:
        return PlainTextResponse(predict.metrics.text(predict.in_flight), media_type=_PROMETHEUS)

    async def failed(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        sentence = f"{error.detail}: {_ROUTES}"
        return JSONResponse({"error": sentence}, error.status_code, headers=error.headers)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        queue.close()

    return Starlette(
        routes=[
            Route("/predict", predict, methods=["POST"]),
            Route("/schema", described),
            Route("/health", health),
            Route("/metrics", measured),
        ],
        exception_handlers={HTTPException: failed},
        lifespan=lifespan,
    )


class _Predict:
    """POST /predict: takes as many requests as the limits allow, and refuses others at once."""

    def __init__(self, queue: Queue, limits: Limits, metrics: Metrics) -> None:
        self._queue, self._limits = queue, limits
        self.metrics = metrics
        self.in_flight = 0
        self._held = 0  # bytes of requests

    async def __call__(self, scope: Any, receive: _Receive, send: _Send) -> None:
        began = time.monotonic()
        answer: Answer | Refused
        try:
            async with asyncio.timeout(self._limits.seconds):
                with self._admitted(Headers(scope=scope)) as most:
                    answer = await self._answer(receive, most)
                    await _response(answer)(scope, receive, send)
        except Refused as error:
            answer = error
            await _response(error)(scope, receive, send)
        except TimeoutError:
            answer = Refused(503, f"There was no answer within {self._limits.seconds:g} seconds.")
            await _response(answer)(scope, receive, send)
        except _Gone:
            return
        status, rows = (200, answer.rows) if isinstance(answer, Answer) else (answer.status, 0)
        self.metrics.answered(status, rows, time.monotonic() - began)

    @contextmanager
    def _admitted(self, headers: Headers) -> Iterator[int]:
        """Hold the place of a request, and yield the most bytes that it may have.

        Raises:
            Refused: it is too large, or all places are taken.

        """
        limits = self._limits
        given = headers.get("content-length")
        size = limits.body if given is None else int(given)
        if size > limits.body:
            raise _too_large(limits)
        if self.in_flight >= limits.waiting or self._held + size > limits.held:
            raise Refused(503, "The service is busy; try again in a second.")
        self.in_flight += 1
        self._held += size
        try:
            yield size
        finally:
            self.in_flight -= 1
            self._held -= size

    async def _answer(self, receive: _Receive, most: int) -> Answer | Refused:
        parts: list[bytes] = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > most:
                raise _too_large(self._limits)
            more = message.get("more_body", False)
        return await self._queue.answer(b"".join(parts))


class _Gone(Exception):
    """The client has left before its request was whole."""


def _too_large(limits: Limits) -> Refused:
    return Refused(
        413, f"The request has more than {limits.body:,} bytes; send fewer rows at a time."
    )


def _response(answer: Answer | Refused) -> Response:
    if isinstance(answer, Answer):
        return Response(answer.body, media_type="application/json")
    sentence = str(answer)
    if len(sentence) > _LONGEST:
        sentence = f"{sentence[:_LONGEST]}..."
    later = {"Retry-After": "1"} if answer.status == 503 else None
    return JSONResponse({"error": sentence}, answer.status, headers=later)
