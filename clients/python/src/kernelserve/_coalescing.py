"""Concurrent calls of an asyncio client put together into batches.

What is asked in one turn of the event loop goes out as one call: a thousand compare() in a gather
are one Pairwise. A call that is alone goes out alone, at once: nobody waits for company but where
two batches of the kind are under way, and then for 2 ms at most.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Generator, Hashable, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any, Protocol

from ._exceptions import (
    Error,
    InvalidArgumentError,
    PerformanceWarning,
    TooLargeError,
    UnknownNameError,
)
from ._lanes import Stop
from ._loops import LOOP_CALLS, LOOP_SECONDS, warn_outside

# A batch that is as long goes out while the turn of the loop that fills it goes on.
_ITEMS_MAX = 8_192
# So does one whose first item has waited as long; the clock is read with every so many items.
_TURN_S_MAX = 0.005
_ITEMS_PER_LOOK = 256
# Batches of a kind under way at a time, and how long another waits for one of them to return.
_UNDER_WAY_MAX = 2
_WAIT_S_MAX = 0.002


class Work(Protocol):
    """How a batch's items are answered, by blocking calls in a thread."""

    def one(self, item: Any, stop: Stop) -> Any:
        """The result of an item by itself."""

    def many(self, items: Sequence[Any], stop: Stop) -> Sequence[Any]:
        """The results of several."""


class Answer(asyncio.Future[Any]):
    """What a call gives, once the batch that it is in has come back.

    A future, for which gather() needs no task, and a coroutine too, for whoever makes a task of it.
    """

    batch: Batch
    _steps: Generator[Any, None, Any] | None = None

    def cancel(self, msg: Any | None = None) -> bool:
        cancelled = super().cancel(msg)
        if cancelled:
            self.batch.give_up()
        return cancelled

    def send(self, value: Any) -> Any:
        """The next step, as of a coroutine."""
        if self._steps is None:
            self._steps = self.__await__()
        return self._steps.send(value)

    def throw(self, *error: Any) -> Any:
        """Raises an error where it is awaited, as of a coroutine."""
        if self._steps is None:
            self._steps = self.__await__()
        return self._steps.throw(*error)

    def close(self) -> None:
        """Gives it up, as closing a coroutine does."""
        if not self.done():
            self.cancel()


class Batch:
    """Items and their answers, collected until they are sent."""

    __slots__ = (
        "_given_up",
        "_stop",
        "_waiting",
        "answers",
        "began",
        "due",
        "items",
        "key",
        "task",
        "work",
    )

    def __init__(
        self, key: Hashable, work: Work, began: float, task: asyncio.Task[Any] | None
    ) -> None:
        self.key = key
        self.work = work
        self.began = began
        self.task = task
        self.due = False
        self.items: list[Any] = []
        self.answers: list[Answer] = []
        self._stop = Stop()
        self._waiting = 0
        self._given_up = False

    def begin(self) -> bool:
        """Leaves out what was given up; whether anything is left to send."""
        if any(answer.done() for answer in self.answers):
            left = [n for n, answer in enumerate(self.answers) if not answer.done()]
            self.items = [self.items[n] for n in left]
            self.answers = [self.answers[n] for n in left]
        self._waiting = len(self.answers)
        return bool(self.answers)

    def give_up(self) -> None:
        """Nobody waits for one of the answers; once for none, its calls end."""
        if self._waiting:
            self._waiting -= 1
            if not self._waiting:
                self._given_up = True
                self._stop()

    def outcomes(self) -> list[Any]:
        """The result or the error of each item. Blocks."""
        return self._outcomes(self.items)

    def _outcomes(self, items: Sequence[Any]) -> list[Any]:
        # One for each call: what fails stops the rest of its own.
        stop = self._stop = Stop()
        if self._given_up:
            stop()
        try:
            if len(items) == 1:
                return [self.work.one(items[0], stop)]
            return list(self.work.many(items, stop))
        except Error as error:
            if len(items) == 1:
                return [error]
            if not _may_be_of_one(error) or self._given_up:
                return [type(error)(str(error)) for _ in items]
            # The others deserve an answer.
            middle = len(items) // 2
            return self._outcomes(items[:middle]) + self._outcomes(items[middle:])
        except Exception as error:
            return [error] * len(items)


class Coalescer:
    """The batches of one event loop. All items of a batch agree in `key`."""

    def __init__(self, executor: Callable[[], Executor]) -> None:
        self._executor = executor
        self.open: dict[Hashable, Batch] = {}
        self._under_way: dict[Hashable, int] = {}
        self._loops = _Loops()

    def begin(self, loop: asyncio.AbstractEventLoop, key: Hashable, work: Work) -> Batch:
        """A new batch, which goes out when the turn of the loop is over."""
        batch = Batch(key, work, loop.time(), asyncio.current_task(loop))
        self.open[key] = batch
        loop.call_soon(self._turn_is_over, loop, batch)
        return batch

    def ask(self, loop: asyncio.AbstractEventLoop, batch: Batch, item: Any) -> Answer:
        """The answer to one more item."""
        answer = Answer(loop=loop)
        answer.batch = batch
        batch.items.append(item)
        batch.answers.append(answer)
        count = len(batch.items)
        if not count % _ITEMS_PER_LOOK and (
            count >= _ITEMS_MAX or loop.time() - batch.began > _TURN_S_MAX
        ):
            self._send(loop, batch)
        return answer

    def warn_of_loop(self, batch: Batch, verb: str, instead: str) -> None:
        """Warns whoever has asked for one thing after another; from the verb they call."""
        self._loops.warn(batch.task, batch.began, verb, instead)

    def _turn_is_over(self, loop: asyncio.AbstractEventLoop, batch: Batch) -> None:
        if self.open.get(batch.key) is not batch:
            return  # it was full before
        batch.due = True
        if self._under_way.get(batch.key, 0) < _UNDER_WAY_MAX:
            self._send(loop, batch)
        else:
            loop.call_later(_WAIT_S_MAX, self._send, loop, batch)

    def _send(self, loop: asyncio.AbstractEventLoop, batch: Batch) -> None:
        if self.open.get(batch.key) is not batch:
            return  # it went when another came back
        del self.open[batch.key]
        if not batch.begin():
            return
        self._loops.sent(batch, loop.time())
        try:
            job = loop.run_in_executor(self._executor(), batch.outcomes)
        except Exception as error:  # the client is closed
            _give(batch.answers, [error] * len(batch.answers))
            return
        self._under_way[batch.key] = self._under_way.get(batch.key, 0) + 1
        job.add_done_callback(partial(self._returned, loop, batch))

    def _returned(
        self, loop: asyncio.AbstractEventLoop, batch: Batch, job: asyncio.Future[list[Any]]
    ) -> None:
        left = self._under_way[batch.key] - 1
        if left:
            self._under_way[batch.key] = left
        else:
            del self._under_way[batch.key]
        waiting = self.open.get(batch.key)
        if waiting is not None and waiting.due:
            self._send(loop, waiting)
        error = None if job.cancelled() else job.exception()
        if job.cancelled():
            for answer in batch.answers:
                answer.cancel()
        elif error is not None:
            _give(batch.answers, [error] * len(batch.answers))
        else:
            _give(batch.answers, job.result())


class _Loops:
    """Who awaits one call after another, each by itself."""

    def __init__(self) -> None:
        # By a weak reference: a task holds its loop.
        self._task: weakref.ref[asyncio.Task[Any]] | None = None
        self._count = 0
        self._since = 0.0
        self._warned = False

    def sent(self, batch: Batch, now: float) -> None:
        if len(batch.items) > 1 or batch.task is None or not self._is_of(batch.task):
            self._task = None if batch.task is None else weakref.ref(batch.task)
            self._count, self._since = 0, now
        self._count += len(batch.items) == 1

    def _is_of(self, task: asyncio.Task[Any]) -> bool:
        return self._task is not None and self._task() is task

    def warn(self, task: asyncio.Task[Any] | None, now: float, verb: str, instead: str) -> None:
        if self._warned or self._count < LOOP_CALLS or task is None or not self._is_of(task):
            return
        if now - self._since > LOOP_SECONDS:
            self._count, self._since = 0, now
            return
        self._warned = True
        warn_outside(
            f"{LOOP_CALLS} calls of {verb} in a row, each awaited before the next and so a round "
            f"trip to the server: gather them, or use {instead}, which takes whole columns",
            PerformanceWarning,
        )


def _give(answers: Sequence[Answer], outcomes: Sequence[Any]) -> None:
    for answer, outcome in zip(answers, outcomes, strict=True):
        if answer.done():
            continue
        if isinstance(outcome, BaseException):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)


def _may_be_of_one(error: Error) -> bool:
    """Whether an error may be a single item's fault; scorers and names are those of the key."""
    if error.row is not None or isinstance(error, TooLargeError):
        return True
    of_all = isinstance(error, UnknownNameError) or (error.field or "").startswith("scorer")
    return isinstance(error, InvalidArgumentError) and not of_all
