"""Servers for benchmarks: processes of their own, as they are built."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from harness.server import Server

METRICS = "--metrics_listen=127.0.0.1:0"


@contextlib.contextmanager
def running(*flags: str, program: Path | None = None) -> Iterator[Server]:
    server = Server(*flags, program=program)
    try:
        yield server
        server.stop()
    finally:
        server.remove()
