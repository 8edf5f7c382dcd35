"""Concurrent calls of an asyncio client put together into batches.

What is asked in one turn of the event loop goes out as one call: a thousand compare() in a gather
are one Pairwise. A call that is alone goes out alone, and nobody waits for company.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeAlias

from ._exceptions import Error, InvalidArgumentError, TooLargeError, UnknownNameError

# Sends one item, or a whole batch of which it returns a result each.
SendOne: TypeAlias = Callable[[Any], Awaitable[Any]]
SendBatch: TypeAlias = Callable[[Sequence[Any]], Awaitable[Sequence[Any]]]


class Coalescer:
    """Batches of one event loop. Items of one batch agree in `key`."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._batches: dict[Hashable, _Batch] = {}

    async def ask(self, key: Hashable, item: Any, one: SendOne, batch: SendBatch) -> Any:
        """The item's result, by whichever of the two sends it."""
        waiting = self._batches.get(key)
        if waiting is None:
            waiting = self._batches[key] = _Batch(one, batch)
            self._loop.call_soon(self._send, key)
        answer = self._loop.create_future()
        waiting.items.append((item, answer))
        try:
            return await answer
        except asyncio.CancelledError:
            waiting.give_up()
            raise

    def _send(self, key: Hashable) -> None:
        self._batches.pop(key).send()


class _Batch:
    def __init__(self, one: SendOne, batch: SendBatch) -> None:
        self._one = one
        self._batch = batch
        self.items: list[tuple[Any, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None

    def send(self) -> None:
        self.items = [(item, answer) for item, answer in self.items if not answer.done()]
        if self.items:
            self._task = asyncio.ensure_future(self._run())

    def give_up(self) -> None:
        """Ends the call once nobody waits for it any more."""
        if self._task is not None and all(answer.done() for _, answer in self.items):
            self._task.cancel()

    async def _run(self) -> None:
        if len(self.items) == 1:
            await self._each(self.items)
            return
        try:
            results = await self._batch([item for item, _ in self.items])
        except Error as error:
            if _may_be_of_one(error):  # so that the others deserve an answer
                await self._each(self.items)
                return
            for _, answer in self.items:
                if not answer.done():
                    answer.set_exception(type(error)(str(error)))
        except BaseException as error:
            for _, answer in self.items:
                if not answer.done():
                    answer.set_exception(error)
        else:
            for (_, answer), result in zip(self.items, results, strict=True):
                if not answer.done():
                    answer.set_result(result)

    async def _each(self, items: list[tuple[Any, asyncio.Future[Any]]]) -> None:
        results = await asyncio.gather(
            *[self._one(item) for item, _ in items], return_exceptions=True
        )
        for (_, answer), result in zip(items, results, strict=True):
            if answer.done():
                continue
            if isinstance(result, BaseException):
                answer.set_exception(result)
            else:
                answer.set_result(result)


def _may_be_of_one(error: Error) -> bool:
    """Whether an error may be a single item's fault; names are those of the batch's key."""
    if error.row is not None or isinstance(error, TooLargeError):
        return True
    return isinstance(error, InvalidArgumentError) and not isinstance(error, UnknownNameError)
