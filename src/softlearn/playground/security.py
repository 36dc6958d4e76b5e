"""Who may speak to the playground, and what a message may be.

Any web page that is open in the same browser can send requests to a server on this machine.  So a
request must name this machine as its host (a foreign name that leads here is refused), a browser's
request must come from the playground's own page, and whoever wants a session must know the token,
which stands in the fragment of the address and is never sent by a browser on its own.
"""

from __future__ import annotations

import hmac
import json
import math
import secrets
from collections.abc import Mapping
from typing import Any

__all__ = ["CLOSING_MESSAGE", "LARGEST_MESSAGE", "Refused", "headers_for", "new_token", "parse"]
__all__ += ["refusal", "same"]

LARGEST_MESSAGE = 1 << 20
"""Bytes of the largest message that is taken; a larger one is refused with a sentence."""
CLOSING_MESSAGE = 4 << 20
"""Bytes from which on the connection ends: no more than this is ever held."""
_UNREADABLE = "A message is one JSON object; this one cannot be read."
_NO_JSON = "메시지는 JSON 객체 하나여야 합니다."
_NAMES = frozenset({"127.0.0.1", "localhost"})


class Refused(Exception):
    """A message that is not taken; the text is a sentence for the user."""

    def __init__(self, code: str, sentence: str, korean: str) -> None:
        super().__init__(sentence)
        self.code, self.korean = code, korean


def new_token() -> str:
    """Return a token that cannot be guessed: 256 random bits."""
    return secrets.token_urlsafe(32)


def same(given: Any, token: str) -> bool:
    """Say whether a token is the right one, in a time that tells nothing about it."""
    if not isinstance(given, str):
        return False
    return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), token.encode())


def refusal(headers: Mapping[str, str], *, socket: bool) -> str | None:
    """Return why a request is refused, in a sentence, or None.

    Args:
        headers: of the request, with names in small letters.
        socket: it opens a WebSocket.  Browsers name the page's origin then, always.

    """
    host = headers.get("host", "")
    name, _, port = host.rpartition(":") if ":" in host else (host, "", "")
    if name not in _NAMES or (port and not (port.isascii() and port.isdigit())):
        return "This server answers to 127.0.0.1 and localhost only."
    origin = headers.get("origin")
    if (origin is None and socket) or (origin is not None and origin != f"http://{host}"):
        return "This server answers to its own page only."
    site, place = headers.get("sec-fetch-site", "none"), headers.get("sec-fetch-dest", "document")
    if site not in ("none", "same-origin") and place != "document":  # a link may lead here
        return "This server answers to its own page only."
    return None


def headers_for(host: str) -> dict[str, str]:
    """Return the headers of every answer: what the page may do, and that others may not use it.

    Args:
        host: as the request named it, once it has been checked.

    """
    policy = (
        "default-src 'self'",
        f"connect-src 'self' ws://{host}" if host else "connect-src 'none'",
        "img-src 'self' data: blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return {
        "Content-Security-Policy": "; ".join(policy),
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "no-store",
    }


def parse(text: str | None) -> dict[str, Any]:
    """Return a message as a JSON object whose numbers are finite.

    Raises:
        Refused: it is none, or too large.

    """
    if text is None:
        raise Refused("binary", "A message is JSON text; this one was binary.", _NO_JSON)
    if len(text) > LARGEST_MESSAGE or len(text.encode("utf-8", "replace")) > LARGEST_MESSAGE:
        raise Refused("too-large", "A message can have at most 1 MB.", "메시지는 1 MB까지입니다.")
    try:
        message = json.loads(text, parse_constant=_refuse, parse_float=_finite)
    except Refused:
        raise
    except (ValueError, RecursionError):
        raise Refused("json", _UNREADABLE, _NO_JSON) from None
    if not isinstance(message, dict):
        raise Refused("json", f"A message is one JSON object, not {_kind(message)}.", _NO_JSON)
    return message


def _refuse(text: str) -> float:
    korean = "메시지에는 유한한 수만 쓸 수 있습니다."
    raise Refused("number", "A message can only hold finite numbers.", korean)


def _finite(text: str) -> float:
    value = float(text)
    return value if math.isfinite(value) else _refuse(text)


def _kind(value: Any) -> str:
    names = {list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")
