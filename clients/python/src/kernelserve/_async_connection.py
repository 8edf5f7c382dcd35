"""Calls of the asyncio client: a channel for each event loop, retries, a window of calls."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import weakref
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, TypeVar

import grpc
import grpc.aio

from ._connection import WINDOW_CALLS
from ._deadline import Deadline
from ._exceptions import Error, TooLargeError
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

# Putting together a result of more rows than this would hold up the event loop for milliseconds.
ROWS_ON_LOOP_MAX = 10_000


class _Channel:
    """A channel of one event loop to one server, its methods, and the server's limits."""

    def __init__(self, session: Session, target: Target) -> None:
        self.pid = os.getpid()
        self.target = target
        options = channel_options(target, session.tls)
        secure = credentials(session.tls)
        if secure is None:
            self._channel = grpc.aio.insecure_channel(target.uri, options)
        else:
            self._channel = grpc.aio.secure_channel(target.uri, secure, options)
        self._methods: dict[str, Callable[..., Awaitable[bytes]]] = {}
        self.limits: Limits | None = None

    def method(self, path: str) -> Callable[..., Awaitable[bytes]]:
        if path not in self._methods:
            self._methods[path] = self._channel.unary_unary(path, None, None)
        return self._methods[path]

    async def close(self) -> None:
        await self._channel.close()


# In a forked child, closing what is the parent's would break the parent's connections.
_left_to_parent: list[_Channel] = []


class AsyncConnection:
    """What an AsyncClient sends its calls through. Usable in any number of event loops."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._channels: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _Channel] = (
            weakref.WeakKeyDictionary()
        )

    @property
    def address(self) -> str:
        """Where calls go, or would."""
        if self.session.given is not None:
            return self.session.given.address
        used = [channel.target.address for channel in list(self._channels.values())]
        return used[-1] if used else "not started"

    async def close(self) -> None:
        """Cancels what runs in this loop. May be called again."""
        self.session.closed = True
        channel = self._channels.pop(asyncio.get_running_loop(), None)
        if channel is not None and channel.pid == os.getpid():
            await channel.close()
        await asyncio.to_thread(self.session.release)

    async def run(self, verb: Verb, timeout: float | None) -> Any:
        """Does a verb."""
        deadline = Deadline(timeout)
        if isinstance(verb, Done):
            return verb.result
        channel = await self._here()
        if isinstance(verb, ScalarVerb):
            return await self._scalar(channel, verb, deadline)
        ranges = verb.plan(SAFE_LIMITS)
        if len(ranges) > 1:
            ranges = verb.plan(await self._limits(channel, deadline))
        if len(ranges) == 1:
            await self._range(channel, verb, ranges[0], deadline)
        else:
            await self._window(channel, verb, ranges, deadline)
        if verb.rows > ROWS_ON_LOOP_MAX:
            return await asyncio.to_thread(verb.finish)
        return verb.finish()

    async def _here(self) -> _Channel:
        """A channel of this loop and process, to the server that now runs."""
        loop = asyncio.get_running_loop()
        channel = self._channels.get(loop)
        if channel is not None and not self.session.is_stale(channel.target, channel.pid):
            return channel
        if self.session.closed:
            raise closed_error()
        target = self.session.given
        if target is None:
            target = await asyncio.to_thread(self.session.resolve)
        newer = self._channels.get(loop)  # another task may have been here meanwhile
        if newer is not None and newer is not channel:
            return newer
        self._channels[loop] = _Channel(self.session, target)
        if channel is not None and channel.pid == os.getpid():
            await channel.close()
        elif channel is not None:
            _left_to_parent.append(channel)
        return self._channels[loop]

    async def _limits(self, channel: _Channel, deadline: Deadline) -> Limits:
        if channel.limits is None:
            channel.limits = limits_of(await self._scalar(channel, server_info(), deadline))
        return channel.limits

    # --- One call ---------------------------------------------------------------------------------

    async def _scalar(self, channel: _Channel, verb: ScalarVerb, deadline: Deadline) -> Any:
        return await self._call(channel, verb.method, verb.request, verb.parse, deadline)

    async def _range(
        self, channel: _Channel, verb: ColumnVerb, rows: Range, deadline: Deadline
    ) -> None:
        """One call; halves, and halves of those, where the server finds it too large."""

        def read(reply: bytes) -> None:
            verb.accept(rows, reply)

        try:
            request = verb.request(rows)
            await self._call(channel, verb.method, request, read, deadline, rows[0])
        except TooLargeError:
            halves = verb.split(rows)
            if not halves:
                raise
            for half in halves:
                await self._range(channel, verb, half, deadline)

    async def _call(
        self,
        channel: _Channel,
        path: str,
        request: bytes,
        read: Callable[[bytes], Reply],
        deadline: Deadline,
        first_row: int = 0,
    ) -> Reply:
        """Sends one request, again where the server says that this may help."""
        request_id, metadata = self.session.next_call()
        for attempt in itertools.count(1):
            try:
                method = channel.method(path)
                reply = await method(request, timeout=deadline.remaining(), metadata=metadata)
            except grpc.aio.AioRpcError as failure:
                error = self.session.error_of(
                    failure, channel.target, request_id, first_row, deadline
                )
                pause = self.session.budget.pause(error, attempt, deadline)
                if pause is None:
                    await self._raise(channel, error)
            except grpc.aio.UsageError:  # of a channel that another task closed
                raise (closed_error() if self.session.closed else cancelled_error()) from None
            else:
                self.session.budget.succeeded()
                try:
                    return read(reply)
                except UNREADABLE as cause:
                    raise unreadable_error(cause, request_id) from None
            await asyncio.sleep(pause)
        raise AssertionError("unreachable")

    async def _raise(self, channel: _Channel, error: Error) -> NoReturn:
        if wants_server_version(error):
            version = ""
            with contextlib.suppress(grpc.aio.AioRpcError, grpc.aio.UsageError):
                ask = server_info()
                reply = await channel.method(ask.method)(ask.request, timeout=VERSION_TIMEOUT_S)
                version = ask.parse(reply).version
            error = with_server_version(error, version)
        raise error from None

    # --- A window of calls ------------------------------------------------------------------------

    async def _window(
        self, channel: _Channel, verb: ColumnVerb, ranges: list[Range], deadline: Deadline
    ) -> None:
        """The ranges in order, WINDOW_CALLS at a time."""
        waiting = deque(ranges)
        failures: list[tuple[int, Error]] = []

        async def work() -> None:
            while waiting and not failures:
                rows = waiting.popleft()
                try:
                    await self._range(channel, verb, rows, deadline)
                except Error as error:
                    failures.append((rows[0], error))
                    # An error of a row leaves the calls before it to name a lower one.
                    if error.row is None:
                        raise

        tasks = [asyncio.ensure_future(work()) for _ in range(min(WINDOW_CALLS, len(ranges)))]
        try:
            await asyncio.gather(*tasks)
        except Error:
            pass
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        if failures:
            raise min(failures, key=lambda failure: failure[0])[1] from None
