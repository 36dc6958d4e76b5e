"""Clients of an HTTP service that send requests as fast as they are answered, and the service."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Load", "loaded", "memory", "service"]


class Load:
    """Clients that send requests for some seconds, and what became of each."""

    def __init__(self, port: int, bodies: list[bytes], clients: int, seconds: float) -> None:
        self.port, self.bodies = port, bodies
        self.clients, self.seconds = clients, seconds
        self.done: list[tuple[int, float]] = []  # status and seconds
        self.ends: Counter[str] = Counter()  # of requests that got no whole answer

    def run(self) -> Load:
        asyncio.run(self._all())
        return self

    async def _all(self) -> None:
        self._end = time.perf_counter() + self.seconds
        await asyncio.gather(*(self._client(i) for i in range(self.clients)))

    async def _client(self, number: int) -> None:
        rng, line = random.Random(number), None
        while time.perf_counter() < self._end:
            body = rng.choice(self.bodies)
            head = f"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            began, heard = time.perf_counter(), False
            try:
                if line is None:
                    line = await asyncio.open_connection("127.0.0.1", self.port)
                reader, writer = line
                writer.write(head.encode() + body)
                await writer.drain()
                top = await reader.readuntil(b"\r\n\r\n")
                heard = True
                lines = top.decode().lower().split("\r\n")
                length = next(int(x.split(":")[1]) for x in lines if x.startswith("content-length"))
                await reader.readexactly(length)
            except ConnectionRefusedError:
                self.ends["refused"] += 1
                return
            except (OSError, asyncio.IncompleteReadError):
                self.ends["cut in the answer" if heard else "closed before an answer"] += 1
                return
            status = int(lines[0].split()[1])
            self.done.append((status, time.perf_counter() - began))
            if "connection: close" in lines:
                writer.close()
                line = None
            if status == 503:
                await asyncio.sleep(0.1)
        if line:
            line[1].close()

    def facts(self) -> dict[str, Any]:
        """Return the statuses, and the times of those answered 200."""
        times = np.array([seconds for status, seconds in self.done if status == 200] or [np.nan])
        busy = np.array([seconds for status, seconds in self.done if status == 503] or [np.nan])
        return {
            "statuses": dict(Counter(status for status, _ in self.done)),
            "ends": dict(self.ends),
            "answered_per_second": float((~np.isnan(times)).sum() / self.seconds),
            "p50": float(np.quantile(times, 0.5)),
            "p99": float(np.quantile(times, 0.99)),
            "busy_p99": float(np.quantile(busy, 0.99)),
        }


def loaded(port: int, bodies: list[bytes], clients: int, seconds: float) -> dict[str, Any]:
    """Return the facts of a load, sent by another process."""
    with tempfile.NamedTemporaryFile("wb", suffix=".json", delete=False) as file:
        file.write(json.dumps([body.decode("latin-1") for body in bodies]).encode())
    words = [sys.executable, __file__, str(port), file.name, str(clients), str(seconds)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    Path(file.name).unlink()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def client(port: str, file: str, clients: str, seconds: str) -> None:
    """Be the process that sends a load."""
    bodies = [body.encode("latin-1") for body in json.loads(Path(file).read_bytes())]
    print(json.dumps(Load(int(port), bodies, int(clients), float(seconds)).run().facts()))


@contextmanager
def service(model: Path, *words: str) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """Serve a model in a process of its own; yield the port and the process."""
    command = [sys.executable, "-m", "softlearn", "serve", str(model), "--port", "0", *words]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    port = int(process.stdout.readline().rpartition(":")[2])
    try:
        yield port, process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def memory(process: subprocess.Popen[str]) -> float:
    """Return the megabytes that a process holds (Linux)."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    kilobytes = next(line.split()[1] for line in text.splitlines() if line.startswith("VmRSS"))
    return int(kilobytes) / 1000


if __name__ == "__main__":
    client(*sys.argv[1:])
