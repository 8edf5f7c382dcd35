"""One tile's stream: read to its end, and taken up again where it broke off.

Each message is read in the thread that asks for it, as a call's reply is: Ctrl-C gets through, and
leaving the stream cancels it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc

from ._deadline import Deadline
from ._exceptions import Error
from ._forks import gate
from ._lanes import Lane, Stop
from ._session import UNREADABLE, Session, cancelled_error, unreadable_error
from ._shared_memory import REGION_UNKNOWN, Regions, helps_to_send, is_unreadable
from ._status import answer_began
from ._target import Metadata, Target
from ._tiles import Tile
from ._wire import DecodeError

if TYPE_CHECKING:
    from ._cross import CrossVerb

_CHOICES_UNKNOWN = "CHOICES_UNKNOWN"


@dataclass(frozen=True)
class _Failed:
    """A stream that ended early."""

    error: Error
    answer_began: bool
    named_choices: bool  # by their digest


def read_tile(
    session: Session,
    target: Target,
    lane: Lane,
    regions: Regions,
    verb: CrossVerb,
    tile: Tile,
    deadline: Deadline,
    stop: Stop,
) -> None:
    """Reads what is not done of a tile; again from there where that may help."""
    attempt = 1
    shared: Regions | None = regions
    in_full = False  # whoever did not know the digest gets the column
    while True:
        done_before = tile.done
        failed = _try(session, target, lane, shared, verb, tile, deadline, stop, in_full)
        if failed is None:
            session.budget.succeeded()
            return
        error = failed.error
        in_full = error.reason == _CHOICES_UNKNOWN
        if in_full and failed.named_choices:
            continue
        columns = (verb.grid.queries, verb.grid.choices_column)
        if shared is not None and helps_to_send(error, columns):
            shared = None
            if error.reason == REGION_UNKNOWN:  # another server by now
                regions.forget(unreadable=is_unreadable(error))
                verb.leave_matrix()
            continue
        if tile.done > done_before:
            attempt = 1  # it gets on
        began = failed.answer_began or tile.done > tile.begin
        pause = session.budget.pause(error, attempt, deadline, answer_began=began)
        if pause is None:
            raise error from None
        attempt += 1
        if stop.wait(pause):
            raise cancelled_error()


def _try(
    session: Session,
    target: Target,
    lane: Lane,
    regions: Regions | None,
    verb: CrossVerb,
    tile: Tile,
    deadline: Deadline,
    stop: Stop,
    in_full: bool,
) -> _Failed | None:
    """One stream. None: it came to its end."""
    request_id, metadata = session.next_call()
    digest = None
    taken = tile.part is not None and not in_full
    try:
        if taken:
            assert tile.part is not None
            digest = tile.part.take()
        nbytes = verb.nbytes(tile, digest)
        borrowed = regions.borrow(nbytes, results=False) if regions else nullcontext(None)
        with borrowed as region:
            request = verb.request(tile, digest, region)
            _read(lane, verb.method, request, metadata, deadline, lambda m: verb.accept(tile, m))
        if tile.done < tile.end:
            raise DecodeError(f"it ends before query {tile.done} of {tile.end}")
    except grpc.RpcError as failure:
        first_rows = {"": verb.grid.first_row + tile.begin, "choices": tile.choices[0]}
        error = session.error_of(failure, target, request_id, first_rows, deadline)
        if stop.stopped or session.closed:
            raise error from None
        return _Failed(error, answer_began(failure), named_choices=digest is not None)
    except UNREADABLE as cause:
        raise unreadable_error(cause, request_id) from None
    finally:
        if taken and digest is None:
            assert tile.part is not None
            tile.part.leave()
    return None


def _read(
    lane: Lane,
    path: str,
    request: bytes,
    metadata: Metadata,
    deadline: Deadline,
    accept: Callable[[bytes], None],
) -> None:
    try:
        with gate:
            stream = lane.stream(path)(request, timeout=deadline.remaining(), metadata=metadata)
    except ValueError:  # gRPC's, of a channel that another thread closed
        raise cancelled_error() from None
    is_between = False  # two messages, rather than in gRPC's code
    try:
        while True:
            with gate:
                message = next(stream, None)
            if message is None:
                return
            is_between = True
            accept(message)
            is_between = False
    except BaseException as error:
        # Where Ctrl-C came in gRPC's code, that may wait for an event which it has had already.
        if stream.cancel() and (is_between or isinstance(error, Exception)):
            _take_last_events(stream)
        raise


def _take_last_events(stream: Any) -> None:
    """Of a stream that was cancelled between two messages.

    Without those, gRPC keeps the call and its connection for good; and to iterate brings none once
    it is cancelled. What they are taken by has no public name.
    """
    with contextlib.suppress(AttributeError), gate:
        while stream._state.due:
            stream._consume_next_event()
