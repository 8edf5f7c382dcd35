"""A warning where scores are asked for one by one: each call is a round trip."""

from __future__ import annotations

import itertools
import warnings
from time import monotonic

from .._exceptions import PerformanceWarning

# As many calls as nobody writes out, in less time than anybody types them.
LOOP_CALLS = 100
LOOP_SECONDS = 5.0


class Watch:
    """Counts calls, and warns once in its life when they come as those of a loop."""

    def __init__(self) -> None:
        self._calls = itertools.count(1)
        self._since = monotonic()
        self._warned = False

    def count_call(self, path: str, scorer: str, stacklevel: int = 2) -> None:
        """Counts one call of the scorer that users know as `path`.

        `stacklevel` says where the loop is, as that of warnings.warn.
        """
        # The clock is read with every hundredth call only. Without a lock: should two threads take
        # a look at once, one count begins late.
        if self._warned or next(self._calls) % LOOP_CALLS:
            return
        now = monotonic()
        within, self._since = now - self._since, now
        if within > LOOP_SECONDS:
            return
        self._warned = True
        warnings.warn(
            f"{LOOP_CALLS} calls in a row of {path} and its like, each of which is a round trip to "
            f"the server: kernelserve.pairwise(left, right, scorer={scorer!r}) takes whole columns",
            PerformanceWarning,
            stacklevel=stacklevel + 1,
        )


_watch = Watch()


def count_call(path: str, scorer: str) -> None:
    """Counts a call of a scorer: the caller's caller's caller is who may have a loop."""
    _watch.count_call(path, scorer, stacklevel=4)
