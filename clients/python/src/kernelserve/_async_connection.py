"""Verbs as coroutines: each runs in a thread of a small pool, over the synchronous Connection.

Not over grpc.aio: while one of its channels is open, a forked child cannot use gRPC at all, and
its channels belong to one event loop each. A call of it alone is 60 us faster; many at a time are
put together into batches anyway (see _coalescing), and encoding a batch stays off the event loop.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from ._connection import Connection
from ._deadline import Deadline
from ._forks import renew_in_child
from ._lanes import Stop
from ._session import Session, closed_error
from ._verbs import Done, Verb, warn_of

# Verbs of one client at a time, each on a connection of its own; further ones wait for a thread.
VERBS_MAX = 16


class AsyncConnection:
    """What an AsyncClient sends its verbs through. Usable in any number of event loops."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.connection = Connection(session)
        self.after_fork_in_child()
        renew_in_child(self)

    def after_fork_in_child(self) -> None:
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None

    async def run(self, verb: Verb, timeout: float | Deadline | None) -> Any:
        """Does a verb. Cancelling the task that waits for it ends its calls."""
        if isinstance(verb, Done):
            return verb.result
        stop = Stop()
        loop = asyncio.get_running_loop()
        try:
            result = await loop.run_in_executor(
                self.executor(), self.connection.run, verb, timeout, stop
            )
        except asyncio.CancelledError:
            stop()
            raise
        warn_of(verb)
        return result

    async def close(self) -> None:
        """Cancels what runs, in whichever loop. May be called again."""
        with self._lock:
            self.session.closed = True
            threads, self._threads = self._threads, None
        await asyncio.to_thread(self.connection.close)
        if threads is not None:
            await asyncio.to_thread(threads.shutdown)

    def executor(self) -> ThreadPoolExecutor:
        """The threads. Raises ClientClosedError once the client is closed."""
        with self._lock:
            if self.session.closed:
                raise closed_error()
            if self._threads is None:
                self._threads = ThreadPoolExecutor(VERBS_MAX, "kernelserve-verb")
            return self._threads
