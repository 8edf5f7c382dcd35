"""Concurrent calls of one event loop travel as batches, and do not feel each other's fate."""

from __future__ import annotations

import asyncio
import gc
import math
import threading
import warnings
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import kernelserve as ks
from kernelserve import _coalescing, _loops
from kernelserve._connection import Connection

T = TypeVar("T")

WORDS = [f"word {i}" * (i % 5) for i in range(300)]


def run(client: ks.Client, use: Callable[[ks.AsyncClient], Awaitable[T]]) -> T:
    """Runs a coroutine with an AsyncClient of the server that `client` uses."""
    client.compare("", "")

    async def main() -> T:
        async with ks.aio.connect(client.address, timeout=60) as made:
            return await use(made)

    return asyncio.run(main())


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods of the server that are called, as they are."""
    methods: list[str] = []
    original = Connection.run

    def noted(self: Connection, verb: Any, *arguments: Any) -> Any:
        methods.append(verb.method.rpartition("/")[2])
        return original(self, verb, *arguments)

    monkeypatch.setattr(Connection, "run", noted)
    return methods


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the turn takes that makes calls, none goes out before its end for that."""
    monkeypatch.setattr(_coalescing, "_TURN_S_MAX", math.inf)


class Held:
    """Lets calls begin, and holds their results back until it is told to let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.begun = threading.Semaphore(0)
        self.let_go = threading.Event()
        original = Connection.run

        def held(connection: Connection, *arguments: Any) -> Any:
            self.begun.release()
            assert self.let_go.wait(60)
            return original(connection, *arguments)

        monkeypatch.setattr(Connection, "run", held)

    async def wait_for_begin(self) -> None:
        assert await asyncio.to_thread(self.begun.acquire, True, 60)


# --- What compare() and fibonacci() return --------------------------------------------------------


def test_what_is_returned_does_for_a_coroutine_and_for_a_future(client: ks.Client) -> None:
    async def use(twin: ks.AsyncClient) -> list[Any]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(twin.compare("kitten", "sitting"))
        again = asyncio.create_task(twin.fibonacci(10))
        waited = await asyncio.wait_for(twin.compare("a", "b"), 60)
        shielded = await asyncio.shield(twin.fibonacci(11))
        done, _ = await asyncio.wait([asyncio.create_task(twin.compare("ab", ""))])
        return [task.result(), await again, waited, shielded, done.pop().result()]

    assert run(client, use) == [3, 55, 1, 89, 2]


def test_a_call_made_outside_of_a_loop_is_run_by_one(client: ks.Client) -> None:
    client.compare("", "")
    twin = ks.aio.connect(client.address)
    assert asyncio.run(twin.compare("kitten", "sitting")) == 3
    assert asyncio.run(twin.fibonacci(10)) == 55
    with pytest.raises(ks.WrongTypeError):
        asyncio.run(twin.compare(5, "a"))  # type: ignore[call-overload]


def test_tasks_of_calls_are_cancelled_as_others_are(
    client: ks.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def use(twin: ks.AsyncClient) -> Any:
        await twin.server_info()
        held = Held(monkeypatch)
        tasks = [asyncio.create_task(twin.compare(word, "word")) for word in ("a", "b", "c")]
        await held.wait_for_begin()
        tasks[1].cancel()
        held.let_go.set()
        return await asyncio.gather(*tasks, return_exceptions=True)

    first, second, third = run(client, use)
    assert (first, third) == (4, 4)
    assert isinstance(second, asyncio.CancelledError)


def test_a_timeout_of_one_leaves_the_others(
    client: ks.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def use(twin: ks.AsyncClient) -> Any:
        await twin.server_info()
        held = Held(monkeypatch)
        other = twin.compare("ab", "b")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(twin.compare("kitten", "sitting"), 0.01)
        held.let_go.set()
        return await other

    assert run(client, use) == 1


def test_an_event_loop_that_is_over_is_let_go(client: ks.Client) -> None:
    client.compare("", "")
    twin = ks.aio.connect(client.address)

    async def use() -> Any:
        return await twin.compare("a", "b")

    assert asyncio.run(use()) == 1
    asyncio.run(twin.close())  # its threads end, which may hold the last call a moment longer
    gc.collect()
    assert len(twin._coalescers) == 0


# --- Batches --------------------------------------------------------------------------------------


def test_searches_among_the_same_choices_go_out_as_one(
    client: ks.Client, called: list[str]
) -> None:
    choices = ["sitting", "mitten", "flaw", "kitten"]

    async def use(twin: ks.AsyncClient) -> Any:
        return await asyncio.gather(
            twin.top_k("kitten", choices, 2),
            twin.top_k(["lawn", "flow", "x"], choices, 2),
            twin.top_k("", choices, 2, score_cutoff=0),
            twin.top_k(b"mittens", choices, 2),
            twin.top_k("kitten", choices, 3),
            twin.top_k("kitten", list(choices), 2),
        )

    found = run(client, use)
    assert sorted(called[1:]) == ["TopK"] * 4
    called.clear()
    asked = ["kitten", ["lawn", "flow", "x"], "", b"mittens", "kitten", "kitten"]
    for table, queries, k, cutoff in zip(
        found, asked, [2, 2, 2, 2, 3, 2], [None, None, 0, None, None, None], strict=True
    ):
        assert table.equals(client.top_k(queries, choices, k, score_cutoff=cutoff))


@pytest.mark.parametrize("make", [pa.array, pl.Series, pd.Series])
def test_searches_of_a_batch_give_tables_of_the_choices_library(
    client: ks.Client, make: Callable[[list[str]], Any]
) -> None:
    choices = make(["sitting", "mitten"])

    async def use(twin: ks.AsyncClient) -> Any:
        return await asyncio.gather(*[twin.top_k(q, choices, 1) for q in ("kitten", "fitting")])

    for table, query in zip(run(client, use), ("kitten", "fitting"), strict=True):
        expected = client.top_k(query, choices, 1)
        assert type(table) is type(expected)
        assert table.equals(expected)


def test_a_long_batch_goes_out_while_it_is_filled(
    client: ks.Client, called: list[str], unhurried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_coalescing, "_ITEMS_MAX", 256)

    async def use(twin: ks.AsyncClient) -> Any:
        called.clear()
        return await asyncio.gather(*[twin.compare(word, "word") for word in WORDS * 2])

    assert run(client, use) == client.pairwise(WORDS * 2, "word")
    assert called == ["Pairwise"] * 4  # the last one is the client's


def test_what_waits_for_two_batches_goes_out_when_one_returns(
    client: ks.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_coalescing, "_WAIT_S_MAX", 60.0)

    async def use(twin: ks.AsyncClient) -> Any:
        await twin.server_info()
        held = Held(monkeypatch)
        asked = []
        for turn in range(2):
            asked += [twin.compare("a" * turn, "") for _ in range(3)]
            await held.wait_for_begin()
        for turn in range(2, 5):
            asked += [twin.compare("a" * turn, "") for _ in range(3)]
            await asyncio.sleep(0)
        held.let_go.set()
        return await asyncio.gather(*asked)

    assert run(client, use) == [turn for turn in range(5) for _ in range(3)]


def test_what_waits_for_two_batches_goes_out_in_the_end(
    client: ks.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def use(twin: ks.AsyncClient) -> Any:
        await twin.server_info()
        held = Held(monkeypatch)
        asked = []
        for _ in range(3):
            asked.append(twin.compare("a", "b"))
            await held.wait_for_begin()  # the third too, though none of the first has returned
        held.let_go.set()
        return await asyncio.gather(*asked)

    assert run(client, use) == [1, 1, 1]


# --- Errors ---------------------------------------------------------------------------------------


def test_errors_reach_their_own_callers_alone(client: ks.Client) -> None:
    bad: dict[int, Any] = {7: 5, 100: [{}], 299: object()}

    async def use(twin: ks.AsyncClient) -> Any:
        calls = [twin.compare(bad.get(row, word), "word") for row, word in enumerate(WORDS)]
        return await asyncio.gather(*calls, return_exceptions=True)

    results = run(client, use)
    for row in bad:
        assert isinstance(results[row], ks.WrongTypeError)
    expected = client.pairwise(WORDS, "word")
    assert [r for n, r in enumerate(results) if n not in bad] == [
        r for n, r in enumerate(expected) if n not in bad
    ]


def test_an_error_of_what_all_have_in_common_is_asked_for_once(
    client: ks.Client, called: list[str], unhurried: None
) -> None:
    async def use(twin: ks.AsyncClient) -> Any:
        called.clear()
        calls = [twin.compare(word, "word", score_cutoff=-1) for word in WORDS]
        return await asyncio.gather(*calls, return_exceptions=True)

    errors = run(client, use)
    assert called == ["Pairwise"]
    assert all(isinstance(error, ks.OutOfRangeError) for error in errors)
    assert len(set(map(id, errors))) == len(WORDS)


def test_a_search_that_is_wrong_is_not_the_others_fault(client: ks.Client) -> None:
    choices = ["sitting", "mitten"]

    async def use(twin: ks.AsyncClient) -> Any:
        queries: list[Any] = ["kitten", [5], ["fitting", None]]
        calls = [twin.top_k(query, choices, 1) for query in queries]
        return await asyncio.gather(*calls, return_exceptions=True)

    first, second, third = run(client, use)
    assert first.equals(client.top_k("kitten", choices, 1))
    assert isinstance(second, ks.WrongTypeError)
    assert third.equals(client.top_k(["fitting", None], choices, 1))


def test_calls_that_were_all_given_up_are_not_sent(
    client: ks.Client, called: list[str], unhurried: None
) -> None:
    async def use(twin: ks.AsyncClient) -> None:
        called.clear()
        for answer in [twin.compare(word, "word") for word in WORDS]:
            answer.close()
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    run(client, use)
    assert called == []


# --- The warning ----------------------------------------------------------------------------------


def test_a_loop_of_awaited_calls_is_told_of_the_verb_for_columns(client: ks.Client) -> None:
    async def use(twin: ks.AsyncClient) -> None:
        async def compare_in_a_loop() -> None:
            for _ in range(_loops.LOOP_CALLS + 1):
                await twin.compare("a", "b")

        with pytest.warns(ks.PerformanceWarning, match=r"compare\(\).*pairwise\(\)") as caught:
            await compare_in_a_loop()
        assert [warning.filename for warning in caught] == [__file__]
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # it comes once
            for _ in range(_loops.LOOP_CALLS + 1):
                await twin.fibonacci(3)

    run(client, use)


def test_tasks_that_ask_for_one_thing_each_are_no_loop(client: ks.Client) -> None:
    async def use(twin: ks.AsyncClient) -> None:
        async def ask() -> None:
            await twin.compare("a", "b")

        with warnings.catch_warnings():
            warnings.simplefilter("error")
            for _ in range(_loops.LOOP_CALLS + 1):
                await asyncio.create_task(ask())

    run(client, use)
