"""A process that does nothing for a while, as one whose machine hangs."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def frozen(pid: int) -> Iterator[None]:
    """The process, each of whose threads stands still within the block."""
    os.kill(pid, signal.SIGSTOP)
    try:
        # A thread on another core goes on until the signal has got there.
        give_up = time.monotonic() + 60
        while not _stands_still(pid):
            assert time.monotonic() < give_up
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _stands_still(pid: int) -> bool:
    threads = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(stat.read_text().rpartition(")")[2].split()[0] == "T" for stat in threads)
