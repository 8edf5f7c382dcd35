"""Verbs as calls: retries, halves, a window of calls over several lanes.

Calls block in the thread that makes them, which is faster than gRPC's futures and lets Ctrl-C
through: gRPC cancels a call that an exception leaves. What another thread has to be able to end
runs on lanes of its own, so that closing those ends it and nothing else.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import grpc

from ._deadline import Deadline
from ._exceptions import (
    CallCancelledError,
    Error,
    MalformedColumnError,
    TooLargeError,
    UnsupportedError,
)
from ._forks import gate, renew_in_child
from ._lanes import Lane, Lanes, Stop
from ._limits import SAFE_LIMITS, Limits, limits_of
from ._ranges import Range
from ._rows import ColumnVerb, OtherRowsError
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
from ._shared_memory import REGION_UNKNOWN, Region, helps_to_send, is_unreadable
from ._status import answer_began
from ._streams import read_tile
from ._tiles import Tile
from ._verbs import Done, ScalarVerb, Verb, server_info

if TYPE_CHECKING:
    from ._cross import CrossVerb

Reply = TypeVar("Reply")

# Calls of one verb at a time: one that the server works on, one on its way there, and one whose
# answer is being read. More only wait on each other for the interpreter.
WINDOW_CALLS = 3

# For calls that only Ctrl-C ends.
_NEVER = Stop()

# In a forked child, closing what is the parent's would break the parent's connections.
_left_to_parent: list[Lanes] = []


class Connection:
    """What a client sends its verbs through. Thread-safe."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._lanes: Lanes | None = None
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

    def run(self, verb: Verb, timeout: float | Deadline | None, stop: Stop | None = None) -> Any:
        """Does a verb. With a `stop`, another thread can end it."""
        if isinstance(verb, Done):
            return verb.result
        deadline = timeout if isinstance(timeout, Deadline) else Deadline(timeout)
        lanes = self._here()
        if isinstance(verb, ScalarVerb):
            return self._run(lanes, verb, [verb], deadline, stop)
        jobs: Sequence[Any] = [] if lanes.limits is not None else verb.plan(SAFE_LIMITS)
        if len(jobs) != 1:
            limits = self._limits(lanes, deadline)
            if isinstance(verb, ColumnVerb) and not limits.separated_texts:
                verb.prepare()
            jobs = verb.plan(limits)
        matrix = None if isinstance(verb, ColumnVerb) else verb.matrix
        if matrix is None:
            other_rows = False
            try:
                self._run(lanes, verb, jobs, deadline, stop)
            except OtherRowsError:
                other_rows = True
            if other_rows:
                assert isinstance(verb, ColumnVerb)
                if stop is not None and stop.stopped:
                    raise cancelled_error()
                verb.prepare()
                return self.run(verb, deadline, stop)
            return verb.finish()
        with lanes.regions.matrix(matrix.nbytes_max) as matrix.memory:
            self._run(lanes, verb, jobs, deadline, stop)
            return verb.finish()

    def _run(
        self,
        lanes: Lanes,
        verb: ScalarVerb | ColumnVerb | CrossVerb,
        jobs: Sequence[Any],
        deadline: Deadline,
        stop: Stop | None,
    ) -> Any:
        """Does the jobs of a verb; gives what the only one gave."""

        def do(lane: Lane, job: Any) -> Any:
            if isinstance(verb, ScalarVerb):
                return self._scalar(lanes, lane, job, deadline, stop or _NEVER)
            if isinstance(verb, ColumnVerb):
                return self._range(lanes, lane, verb, job, deadline, stop or _NEVER)
            return self._tile(lanes, lane, verb, job, deadline, stop or _NEVER)

        # A stream has a lane to close: Ctrl-C while gRPC starts one leaves nothing to cancel it by.
        if stop is None and len(jobs) == 1 and not isinstance(jobs[0], Tile):
            return do(lanes.main, jobs[0])
        stop = stop or Stop()
        taken = lanes.take(max(1, min(WINDOW_CALLS, len(jobs))))
        try:
            stop.covers(taken)
            if len(jobs) == 1:
                return do(taken[0], jobs[0])
            return self._window(taken, jobs, do, stop)
        except KeyboardInterrupt:
            stop()
            raise
        finally:
            stop.leaves(taken)
            lanes.give_back(taken, usable=not stop.stopped)

    def _here(self) -> Lanes:
        """Lanes of this process, to the server that now runs."""
        lanes = self._lanes
        if lanes is not None and not self.session.is_stale(lanes.target, lanes.pid):
            return lanes
        with gate, self._lock:
            if self.session.closed:
                raise closed_error()
            if self._lanes is lanes:
                self._lanes = Lanes(self.session)
            else:
                lanes = None
            here = self._lanes
        if lanes is not None:
            lanes.close()
        assert here is not None
        return here

    def _limits(self, lanes: Lanes, deadline: Deadline) -> Limits:
        if lanes.limits is None:
            info = self._scalar(lanes, lanes.main, server_info(), deadline, _NEVER)
            lanes.limits = limits_of(info)
        return lanes.limits

    # --- One job ----------------------------------------------------------------------------------

    def _scalar(
        self, lanes: Lanes, lane: Lane, verb: ScalarVerb, deadline: Deadline, stop: Stop
    ) -> Any:
        return self._call(lanes, lane, verb.method, verb.request, verb.parse, deadline, stop)

    def _range(
        self,
        lanes: Lanes,
        lane: Lane,
        verb: ColumnVerb,
        rows: Range,
        deadline: Deadline,
        stop: Stop,
    ) -> None:
        """One call; halves, and halves of those, where it turns out to be too large."""

        def send(region: Region | None) -> Error | None:
            """Gives the error where the same rows are to be sent without the region."""

            def read(reply: bytes) -> None:
                verb.accept(rows, reply, region)

            limits = lanes.limits or SAFE_LIMITS
            request = verb.request(rows, region, limits.request_bytes_max)
            first_row = verb.first_row + rows[0]
            try:
                self._call(lanes, lane, verb.method, request, read, deadline, stop, first_row)
            except Error as error:
                if region is None or not helps_to_send(
                    error, (column for _, column in verb.columns)
                ):
                    raise
                return error
            return None

        try:
            with lanes.regions.borrow(verb.nbytes(*rows)) as region:
                error = send(region)
                if error is not None:
                    if error.reason == REGION_UNKNOWN:
                        lanes.regions.forget(unreadable=is_unreadable(error))
                    send(None)
        except MalformedColumnError as malformed:
            # An older server than the one whose limits these are: it does not find offsets.
            if verb.lazy and (malformed.field or "").endswith(".offsets"):
                raise OtherRowsError from None
            raise
        except TooLargeError:
            halves = verb.split(rows)
            if not halves:
                raise
            for half in halves:
                self._range(lanes, lane, verb, half, deadline, stop)

    def _tile(
        self,
        lanes: Lanes,
        lane: Lane,
        verb: CrossVerb,
        tile: Tile,
        deadline: Deadline,
        stop: Stop,
    ) -> None:
        """One stream; smaller ones where the server finds it too large."""
        try:
            read_tile(self.session, lanes.target, lane, lanes.regions, verb, tile, deadline, stop)
        except TooLargeError:
            smaller = verb.split(tile)
            if not smaller:
                raise
            for part in smaller:
                self._tile(lanes, lane, verb, part, deadline, stop)
        except UnsupportedError as error:
            self._raise(lanes, error)

    def _call(
        self,
        lanes: Lanes,
        lane: Lane,
        path: str,
        request: bytes,
        read: Callable[[bytes], Reply],
        deadline: Deadline,
        stop: Stop,
        first_row: int = 0,
    ) -> Reply:
        """Sends one request; again where the server says that this may help, or its answer breaks
        off."""
        request_id, metadata = self.session.next_call()
        for attempt in itertools.count(1):
            try:
                with gate:
                    method = lane.method(path)
                    reply = method(request, timeout=deadline.remaining(), metadata=metadata)
            except grpc.RpcError as failure:
                error = self.session.error_of(
                    failure, lanes.target, request_id, {"": first_row}, deadline
                )
                pause = None
                if not (stop.stopped or self.session.closed):
                    began = answer_began(failure)
                    pause = self.session.budget.pause(error, attempt, deadline, answer_began=began)
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
            if stop.wait(pause):
                raise cancelled_error()
        raise AssertionError("unreachable")

    def _raise(self, lanes: Lanes, error: Error) -> NoReturn:
        if wants_server_version(error):
            version = ""
            with contextlib.suppress(grpc.RpcError, ValueError), gate:
                ask = server_info()
                reply = lanes.main.method(ask.method)(ask.request, timeout=VERSION_TIMEOUT_S)
                version = ask.parse(reply).version
            error = with_server_version(error, version)
        raise error from None

    # --- A window of jobs -------------------------------------------------------------------------

    def _window(
        self,
        taken: Sequence[Lane],
        jobs: Sequence[Any],
        do: Callable[[Lane, Any], Any],
        stop: Stop,
    ) -> None:
        """The jobs in order, one on each lane at a time: in this thread and some beside it."""
        waiting = deque(enumerate(jobs))
        failures: list[tuple[int, BaseException]] = []

        def work(lane: Lane) -> None:
            while not failures:
                try:
                    number, job = waiting.popleft()
                except IndexError:
                    return
                try:
                    do(lane, job)
                except BaseException as error:
                    failures.append((number, error))
                    # An error of a row leaves the calls before it to name a lower one; streams
                    # are too long for that. A verb that starts over needs the lanes.
                    row = error.row if isinstance(error, Error) else None
                    waits = row is not None or isinstance(error, OtherRowsError)
                    if not waits or isinstance(job, Tile):
                        stop()

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
            stop()
            for thread in started:
                thread.join()
        if failures:
            raise min(failures, key=_importance)[1] from None


def _importance(failure: tuple[int, BaseException]) -> tuple[int, int]:
    """Orders what went wrong, the first job first of each kind.

    An interrupt; rows that are to be seen as a whole, before anything is sent; errors; and calls
    that were cancelled.
    """
    number, error = failure
    if isinstance(error, CallCancelledError):
        return 3, number
    if isinstance(error, Error):
        return 2, number
    return int(isinstance(error, OtherRowsError)), number
