"""Calls of the synchronous client: channels for each process, retries, a window of calls.

Calls block in the thread that makes them, which is faster than gRPC's futures and lets Ctrl-C
through: gRPC cancels a call that an exception leaves. The calls of a window run in a few threads,
each over a channel of its own, so that closing those channels cancels them and nothing else.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import grpc

from ._deadline import Deadline
from ._exceptions import CallCancelledError, Error, TooLargeError
from ._forks import gate, renew_in_child
from ._limits import SAFE_LIMITS, Limits, limits_of
from ._rows import ColumnVerb, Range
from ._session import (
    UNREADABLE,
    VERSION_TIMEOUT_S,
    Session,
    cancelled_error,
    closed_error,
    unreadable_error,
    wants_server_version,
    with_server_version,
)
from ._target import Target, channel_options, credentials
from ._verbs import Done, ScalarVerb, Verb, server_info

Reply = TypeVar("Reply")

# Calls of one verb at a time: one that the server works on, one on its way there, and one whose
# answer is being read. More only wait on each other for the interpreter.
WINDOW_CALLS = 3


class Lane:
    """One channel, and its methods as gRPC's callables."""

    def __init__(self, session: Session, target: Target) -> None:
        options = channel_options(target, session.tls)
        secure = credentials(session.tls)
        if secure is None:
            self._channel = grpc.insecure_channel(target.uri, options)
        else:
            self._channel = grpc.secure_channel(target.uri, secure, options)
        self._methods: dict[str, Callable[..., bytes]] = {}

    def method(self, path: str) -> Callable[..., bytes]:
        if path not in self._methods:
            # Without serialisers: bytes in, bytes out.
            self._methods[path] = self._channel.unary_unary(path, None, None)
        return self._methods[path]

    def close(self) -> None:
        self._channel.close()


class _Lanes:
    """What belongs to one process and one server: channels, and the server's limits."""

    def __init__(self, session: Session) -> None:
        self.pid = os.getpid()
        self.target = session.resolve()
        self.main = Lane(session, self.target)
        self.idle: list[Lane] = []
        self.limits: Limits | None = None

    def close(self) -> None:
        for lane in [self.main, *self.idle]:
            lane.close()


# In a forked child, closing what is the parent's would break the parent's connections.
_left_to_parent: list[_Lanes] = []


class Connection:
    """What a Client sends its calls through. Thread-safe."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._lanes: _Lanes | None = None
        self._lock = threading.Lock()
        renew_in_child(self)

    def after_fork_in_child(self) -> None:
        self._lock = threading.Lock()
        if self._lanes is not None:
            _left_to_parent.append(self._lanes)
            self._lanes = None

    @property
    def address(self) -> str:
        """Where calls go, or would."""
        if self.session.given is not None:
            return self.session.given.address
        return self._lanes.target.address if self._lanes is not None else "not started"

    def close(self) -> None:
        """Cancels what runs. May be called again, and from any thread."""
        with self._lock:
            self.session.closed = True
            lanes, self._lanes = self._lanes, None
        if lanes is not None:
            lanes.close()
        self.session.release()

    def run(self, verb: Verb, timeout: float | None) -> Any:
        """Does a verb."""
        deadline = Deadline(timeout)
        if isinstance(verb, Done):
            return verb.result
        lanes = self._here()
        if isinstance(verb, ScalarVerb):
            return self._scalar(lanes, verb, deadline)
        ranges = verb.plan(SAFE_LIMITS)
        if len(ranges) > 1:
            ranges = verb.plan(self._limits(lanes, deadline))
        if len(ranges) == 1:
            self._range(lanes, lanes.main, verb, ranges[0], deadline)
        else:
            self._window(lanes, verb, ranges, deadline)
        return verb.finish()

    def _here(self) -> _Lanes:
        """Channels of this process, to the server that now runs."""
        lanes = self._lanes
        if lanes is not None and not self.session.is_stale(lanes.target, lanes.pid):
            return lanes
        with gate, self._lock:
            if self.session.closed:
                raise closed_error()
            if self._lanes is lanes:
                self._lanes = _Lanes(self.session)
                if lanes is not None:
                    lanes.close()
            assert self._lanes is not None
            return self._lanes

    def _limits(self, lanes: _Lanes, deadline: Deadline) -> Limits:
        if lanes.limits is None:
            lanes.limits = limits_of(self._scalar(lanes, server_info(), deadline))
        return lanes.limits

    # --- One call ---------------------------------------------------------------------------------

    def _scalar(self, lanes: _Lanes, verb: ScalarVerb, deadline: Deadline) -> Any:
        return self._call(lanes, lanes.main, verb.method, verb.request, verb.parse, deadline)

    def _range(
        self,
        lanes: _Lanes,
        lane: Lane,
        verb: ColumnVerb,
        rows: Range,
        deadline: Deadline,
        stopped: threading.Event | None = None,
    ) -> None:
        """One call; halves, and halves of those, where the server finds it too large."""

        def read(reply: bytes) -> None:
            verb.accept(rows, reply)

        try:
            request = verb.request(rows)
            self._call(lanes, lane, verb.method, request, read, deadline, rows[0], stopped)
        except TooLargeError:
            halves = verb.split(rows)
            if not halves:
                raise
            for half in halves:
                self._range(lanes, lane, verb, half, deadline, stopped)

    def _call(
        self,
        lanes: _Lanes,
        lane: Lane,
        path: str,
        request: bytes,
        read: Callable[[bytes], Reply],
        deadline: Deadline,
        first_row: int = 0,
        stopped: threading.Event | None = None,
    ) -> Reply:
        """Sends one request, again where the server says that this may help."""
        request_id, metadata = self.session.next_call()
        for attempt in itertools.count(1):
            try:
                with gate:
                    method = lane.method(path)
                    reply = method(request, timeout=deadline.remaining(), metadata=metadata)
            except grpc.RpcError as failure:
                error = self.session.error_of(
                    failure, lanes.target, request_id, first_row, deadline
                )
                pause = self.session.budget.pause(error, attempt, deadline)
                if pause is None:
                    self._raise(lanes, error)
            except ValueError:  # gRPC's, of a channel that another thread closed
                raise (closed_error() if self.session.closed else cancelled_error()) from None
            else:
                self.session.budget.succeeded()
                try:
                    return read(reply)
                except UNREADABLE as cause:
                    raise unreadable_error(cause, request_id) from None
            if stopped is None:
                time.sleep(pause)
            elif stopped.wait(pause):
                raise cancelled_error()
        raise AssertionError("unreachable")

    def _raise(self, lanes: _Lanes, error: Error) -> NoReturn:
        if wants_server_version(error):
            version = ""
            with contextlib.suppress(grpc.RpcError, ValueError):
                ask = server_info()
                reply = lanes.main.method(ask.method)(ask.request, timeout=VERSION_TIMEOUT_S)
                version = ask.parse(reply).version
            error = with_server_version(error, version)
        raise error from None

    # --- A window of calls ------------------------------------------------------------------------

    def _window(
        self, lanes: _Lanes, verb: ColumnVerb, ranges: list[Range], deadline: Deadline
    ) -> None:
        """The ranges in order, WINDOW_CALLS at a time: one in this thread, the others beside it."""
        waiting = deque(ranges)
        failures: list[tuple[int, BaseException]] = []
        stopped = threading.Event()
        taken = self._take(lanes, min(WINDOW_CALLS, len(ranges)))

        def cancel() -> None:
            stopped.set()
            for lane in taken:
                lane.close()

        def work(lane: Lane) -> None:
            while waiting and not failures:
                try:
                    rows = waiting.popleft()
                except IndexError:
                    return
                try:
                    self._range(lanes, lane, verb, rows, deadline, stopped)
                except BaseException as error:
                    failures.append((rows[0], error))
                    # An error of a row leaves the calls before it to name a lower one.
                    if not isinstance(error, Error) or error.row is None:
                        cancel()

        threads = [
            threading.Thread(target=work, args=(lane,), name="kernelserve-call", daemon=True)
            for lane in taken[1:]
        ]
        started = []
        try:
            for thread in threads:
                thread.start()
                started.append(thread)
            work(taken[0])
            for thread in started:
                thread.join()
        except BaseException as error:  # Ctrl-C while waiting for the others
            failures.append((-1, error))
            cancel()
            for thread in started:
                thread.join()
        if not stopped.is_set():
            self._give_back(lanes, taken)
        if failures:
            raise min(failures, key=_importance)[1] from None

    def _take(self, lanes: _Lanes, count: int) -> list[Lane]:
        with gate, self._lock:
            taken = [lanes.idle.pop() for _ in range(min(count, len(lanes.idle)))]
            return taken + [Lane(self.session, lanes.target) for _ in range(count - len(taken))]

    def _give_back(self, lanes: _Lanes, taken: list[Lane]) -> None:
        with gate, self._lock:
            if self._lanes is lanes:
                lanes.idle += taken
                return
        for lane in taken:
            lane.close()


def _importance(failure: tuple[int, BaseException]) -> tuple[bool, bool, int]:
    """Orders what went wrong: an interrupt, then errors, lowest row first, then cancelled calls."""
    first_row, error = failure
    return isinstance(error, Error), isinstance(error, CallCancelledError), first_row
