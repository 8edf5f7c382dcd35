"""A timeout for a whole verb, however many calls it takes."""

from __future__ import annotations

import math
import time
from enum import Enum
from numbers import Real
from typing import Literal, TypeAlias

from ._exceptions import invalid, quote


class _Unset(Enum):
    UNSET = "the client's own"

    def __repr__(self) -> str:
        return "UNSET"


UNSET: Literal[_Unset.UNSET] = _Unset.UNSET

# Seconds; None: no limit; UNSET: what the client was made with.
Timeout: TypeAlias = "float | Literal[_Unset.UNSET] | None"


# Some 30 years. Longer ones overflow gRPC's clock, which then says that they have passed.
_SECONDS_MAX = 1e9


class Deadline:
    """When a verb has to be done: `timeout` seconds after this is made; None for never."""

    __slots__ = ("_ends", "timeout")

    def __init__(self, timeout: float | None) -> None:
        self.timeout = timeout
        self._ends = None if timeout is None else time.monotonic() + timeout

    def remaining(self) -> float | None:
        """Seconds; far below 0 once it has passed; None without one."""
        if self._ends is None:
            return None
        left = self._ends - time.monotonic()
        # A quick answer wins against a deadline that passed some microseconds ago.
        return left if left > 0 else -1.0


def check_timeout(timeout: object) -> float | None:
    """The timeout as a number of seconds; None for one that nobody waits out."""
    if timeout is None:
        return None
    if isinstance(timeout, Real) and not isinstance(timeout, bool) and timeout == timeout:
        try:
            seconds = float(timeout)
        except OverflowError:
            seconds = math.inf if timeout > 0 else -math.inf  # type: ignore[operator]
        return None if seconds > _SECONDS_MAX else max(seconds, -_SECONDS_MAX)
    raise invalid(
        f"timeout is {quote(timeout)}: it should be a number of seconds, or None",
        field="timeout",
        bound="seconds or None",
        value=timeout,
        reason="WRONG_TYPE",
    )
