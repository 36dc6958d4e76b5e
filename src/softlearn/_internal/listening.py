"""A socket that listens for clients, or a sentence that says why there is none."""

from __future__ import annotations

import errno
import socket
import sys

__all__ = ["listening"]


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address of this machine.

    Args:
        host: a name or an address, of IPv4 or IPv6.
        port: 0 for a free one.

    Raises:
        ValueError: the address or the port cannot be had; a sentence.

    """
    if not 0 <= port <= 65535:
        raise ValueError(f"A port is a number from 0 to 65535, not {port}.")
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise ValueError(f"{host} is no address of this machine.") from None
    # asyncio sends at once (TCP_NODELAY) only where the protocol is named
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform != "win32":  # a port left by a program that has ended can be had at once
            found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen()
    except OSError as error:
        found.close()
        raise ValueError(_why_not(host, port, error)) from error
    return found


def _why_not(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} is in use; give another one, or 0 for a free one."
    if error.errno == errno.EACCES:
        return f"Port {port} is not allowed to this user; give one from 1024 on, or 0."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine."
    return f"Port {port} cannot be used: {error.strerror or error}."
