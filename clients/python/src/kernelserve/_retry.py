"""When a call that failed is sent again, and after how long.

gRPC itself tries again what a lost connection dropped (see _target.service_config), unless its
answer had begun. Here it is those calls and streams, and what the server refused and said, by
RetryInfo, would go through later; nothing else is retried, since gRPC uses the same codes for what
never gets better.
"""

from __future__ import annotations

import random
import threading

from ._deadline import Deadline
from ._exceptions import CallCancelledError, ConnectError, EmbeddedServerError, Error

# A server that stays overloaded for this many attempts gets no more of them: about half a minute.
ATTEMPTS_MAX = 10

# The pause doubles with each attempt, from what the server said up to this.
PAUSE_S_MAX = 5.0

# Of an answer that breaks off, as gRPC has it for calls without one: so many attempts, since it may
# be the request that ends servers; and the pause, before a connection to another replica, or to the
# same one, started again.
BROKEN_ATTEMPTS_MAX = 5
_BROKE_OFF_PAUSE_S = 0.05

# Retries that one client may have in hand: each costs one, each success gives a part of one back.
# Together with the pauses, a fleet of clients adds at most a tenth to an overload.
_BUDGET_MAX = 100.0
_BUDGET_PER_SUCCESS = 0.1


class RetryBudget:
    """Decides about retries for one client. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left = _BUDGET_MAX

    def succeeded(self) -> None:
        if self._left < _BUDGET_MAX:
            with self._lock:
                self._left = min(_BUDGET_MAX, self._left + _BUDGET_PER_SUCCESS)

    def pause(
        self, error: Error, attempt: int, deadline: Deadline, *, answer_began: bool = False
    ) -> float | None:
        """Seconds to wait before sending the call again; None to give up.

        `attempt` counts those made so far, from 1. `answer_began`: something of it had arrived.
        """
        after, attempts_max = error.retry_after, ATTEMPTS_MAX
        if after is None and answer_began and _went_away(error):
            after, attempts_max = _BROKE_OFF_PAUSE_S, BROKEN_ATTEMPTS_MAX
        if after is None or attempt >= attempts_max:
            return None
        told = max(after, 0.001)
        pause = max(told, min(PAUSE_S_MAX, told * 2.0 ** (attempt - 1)))
        pause *= random.uniform(1.0, 1.5)  # so that clients refused together do not return together
        remaining = deadline.remaining()
        if remaining is not None and remaining <= pause:
            return None
        with self._lock:
            if self._left < 1:
                return None
            self._left -= 1
        return pause


def _went_away(error: Error) -> bool:
    """Whether the connection or the server did; of a stopping one, gRPC says "cancelled"."""
    went = isinstance(error, (ConnectError, CallCancelledError))
    return went and not isinstance(error, EmbeddedServerError)
