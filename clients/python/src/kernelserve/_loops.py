"""A warning where scalars are asked for one by one: each call is a round trip."""

from __future__ import annotations

import sys
import warnings
from threading import get_ident
from time import monotonic

from ._exceptions import PerformanceWarning

# As many calls as nobody writes out, in less time than anybody types them.
LOOP_CALLS = 100
LOOP_SECONDS = 5.0


def warn_outside(message: str, category: type[Warning]) -> None:
    """Warns of the first code outside of this package that led here."""
    package = __name__.partition(".")[0]
    level, frame = 1, sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").partition(".")[0] == package:
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, level)


class Watch:
    """Counts calls, and warns once in its life when they come as those of a loop.

    Those are calls of one thread, with none of another between: threads that serve requests are no
    loop. Without a lock: should two threads count at once, one count begins late.
    """

    def __init__(self) -> None:
        self._thread = 0
        self._count = 0
        self._since = 0.0
        self._warned = False

    def count_call(self, path: str, instead: str) -> None:
        """Counts a call of what users know as `path`; `instead` is for many at a time."""
        if self._warned:
            return
        thread = get_ident()
        if thread != self._thread:
            self._thread, self._count, self._since = thread, 0, monotonic()
        self._count += 1
        # The clock is read with every hundredth call only.
        if self._count % LOOP_CALLS:
            return
        now = monotonic()
        within, self._since = now - self._since, now
        if within > LOOP_SECONDS:
            return
        self._warned = True
        warn_outside(
            f"{LOOP_CALLS} calls in a row of {path} and its like, each of which is a round trip to "
            f"the server: {instead} takes whole columns",
            PerformanceWarning,
        )


_watch = Watch()


def count_call(path: str, instead: str) -> None:
    """Counts a call on the watch that all of the process shares."""
    _watch.count_call(path, instead)
