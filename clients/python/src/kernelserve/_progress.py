"""How far a verb is, told to the caller."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import TypeAlias

from ._exceptions import invalid, quote

# False: nothing is told. True: a line on standard error. Otherwise called with the pairs that are
# done and those there are in all, from one thread at a time.
ProgressLike: TypeAlias = "bool | Callable[[int, int], object]"

# A line that changes more often is no easier to read.
_LINE_PAUSE_S = 0.1


class Progress:
    """Counts what is done, and tells it. Thread-safe."""

    def __init__(self, told: ProgressLike) -> None:
        if not isinstance(told, bool) and not callable(told):
            raise invalid(
                f"progress is {quote(told)}: it should be True, False or a function of two numbers",
                field="progress",
                bound="a bool or a function",
                value=told,
                reason="WRONG_TYPE",
            )
        self._tell = told if callable(told) else Line() if told else None
        self._lock = threading.Lock()
        self._done = 0
        self._total = 0

    def begin(self, total: int) -> None:
        """Nothing of `total` is done yet."""
        self._done, self._total = 0, total

    def add(self, done: int) -> None:
        if self._tell is not None:
            with self._lock:
                self._done += done
                self._tell(self._done, self._total)


class Line:
    """A line of text on standard error, written again and again, and ended when all is done."""

    def __init__(self) -> None:
        self._next = 0.0

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now < self._next and done < total:
            return
        self._next = now + _LINE_PAUSE_S
        percent = 100 * done // total if total else 100
        ending = "\n" if done >= total else ""
        print(
            f"\r{done:,} of {total:,} pairs, {percent} %", end=ending, file=sys.stderr, flush=True
        )
