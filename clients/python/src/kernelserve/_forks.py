"""What keeps fork() safe while other threads make calls.

gRPC makes itself ready for a fork only while no thread is inside it, and otherwise the child now
and then crashes; a lock that another thread holds stays locked in the child for good. So a fork
waits, for a moment, until what this package does under locks is done, and that waits for a fork.
"""

from __future__ import annotations

import os
import threading
import weakref
from types import TracebackType
from typing import Protocol

# How long a fork waits for calls under way. Most take less; for a longer one the fork goes ahead,
# which nearly always works, rather than stall the program.
_FORK_WAITS_S_MAX = 0.5


class ForkGate:
    """Wraps what must not be cut in two by a fork: `with gate: call()`. Does not nest."""

    def __init__(self) -> None:
        self._reset()

    def _reset(self) -> None:
        self._changed = threading.Condition(threading.Lock())
        self._inside = 0
        self._forking = False

    def __enter__(self) -> None:
        with self._changed:
            while self._forking:
                self._changed.wait()
            self._inside += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._changed:
            self._inside -= 1
            if self._forking:
                self._changed.notify_all()

    def before_fork(self) -> None:
        self._changed.acquire()
        self._forking = True
        self._changed.wait_for(lambda: self._inside == 0, _FORK_WAITS_S_MAX)

    def after_fork_in_parent(self) -> None:
        self._forking = False
        self._changed.notify_all()
        self._changed.release()

    def after_fork_in_child(self) -> None:
        self._reset()  # other threads' calls are not ours


gate = ForkGate()


class Forkable(Protocol):
    """What has locks or names that a child process must not share."""

    def after_fork_in_child(self) -> None: ...


_alive: weakref.WeakSet[Forkable] = weakref.WeakSet()


def renew_in_child(thing: Forkable) -> None:
    """Has `thing.after_fork_in_child()` called in every forked child, while it lives."""
    _alive.add(thing)


def _in_child() -> None:
    gate.after_fork_in_child()
    for thing in list(_alive):
        thing.after_fork_in_child()


os.register_at_fork(
    before=gate.before_fork,
    after_in_parent=gate.after_fork_in_parent,
    after_in_child=_in_child,
)
