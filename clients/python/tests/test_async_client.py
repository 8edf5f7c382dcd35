"""The asyncio client: Client's twin, and what only it does."""

from __future__ import annotations

import asyncio
import inspect
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from arrow_columns import as_list
from kernelserve import _connection
from kernelserve._connection import Connection
from kernelserve._limits import Limits

T = TypeVar("T")

VERBS = [
    "compare",
    "editops",
    "align",
    "pairwise",
    "cdist",
    "top_k",
    "join",
    "estimate",
    "fibonacci",
    "kernels",
    "run",
]
WORDS = [f"word {i}" * (i % 5) for i in range(200)]


def run(client: ks.Client, use: Callable[[ks.AsyncClient], Awaitable[T]]) -> T:
    """Runs a coroutine with an AsyncClient of the server that `client` uses."""
    client.compare("", "")

    async def main() -> T:
        async with ks.aio.connect(client.address, timeout=60) as made:
            return await use(made)

    return asyncio.run(main())


# --- Twins ----------------------------------------------------------------------------------------


def signature(function: Callable[..., Any]) -> list[tuple[str, Any, Any, str]]:
    parameters = list(inspect.signature(function).parameters.values())
    if parameters and parameters[0].name == "self":
        parameters = parameters[1:]
    return [(p.name, p.kind, p.default, str(p.annotation)) for p in parameters]


@pytest.mark.parametrize("verb", [*VERBS, "server_info"])
def test_twins_have_one_signature_and_one_docstring(verb: str) -> None:
    method = getattr(ks.Client, verb)
    twins = [getattr(ks.AsyncClient, verb)]
    if verb in VERBS:
        twins.append(getattr(ks, verb))
    for twin in twins:
        assert signature(twin) == signature(method)
        assert twin.__doc__ == method.__doc__
        # What these return is a coroutine, but they are no coroutine functions.
        if twin is twins[0] and verb in ("compare", "fibonacci"):
            continue
        assert inspect.signature(twin).return_annotation == (
            inspect.signature(method).return_annotation
        )
    assert verb in ("compare", "fibonacci") or inspect.iscoroutinefunction(twins[0])


def test_clients_have_the_same_public_attributes() -> None:
    def public(kind: type) -> set[str]:
        return {name for name in vars(kind) if not name.startswith("_")}

    assert (
        public(ks.Client)
        == public(ks.AsyncClient)
        == {
            *VERBS,
            "server_info",
            "address",
            "closed",
            "close",
        }
    )
    assert signature(ks.connect) == signature(ks.aio.connect)
    assert signature(ks.Client.__init__) == signature(ks.AsyncClient.__init__)


# --- The verbs ------------------------------------------------------------------------------------


CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("compare", ("kitten", "sitting"), {}),
    ("compare", (None, "sitting"), {}),
    ("compare", (["a", "b"], "ab"), {"scorer": "levenshtein.normalized_similarity"}),
    ("editops", ("kitten", "sitting"), {}),
    ("align", ("a certain string", "cetain"), {"score_cutoff": 50}),
    ("align", ("a certain string", None), {}),
    ("pairwise", (["kitten", None], "sitting"), {"score_cutoff": 2}),
    ("pairwise", (pl.Series("n", ["kitten", None]), ["sitting", "x"]), {"dtype": "int64"}),
    ("pairwise", (["long"] * 2000, "short"), {}),
    ("fibonacci", (1000,), {}),
    ("fibonacci", (20_000,), {}),
    ("fibonacci", (10,), {"modulus": 7}),
    ("fibonacci", ([1000, 3],), {}),
    ("fibonacci", (np.array([10]),), {}),
    ("run", ("fibonacci", pa.array([10])), {"parameters": {"modulus": 7}}),
    ("pairwise", (np.array("abc"), ["abd"]), {}),
    ("run", ("fibonacci", np.array(10)), {"parameters": {"modulus": 7}}),
    ("run", ("fibonacci", 10), {"result_type": "binary"}),
    ("cdist", (["kitten", "flaw"], ["sitting", "lawn"]), {"dtype": "uint8"}),
    ("cdist", (["long"] * 2000, ["short"]), {}),
    ("top_k", ("kitten", pa.array(["sitting", "mitten"]), 1), {"scorer": "fuzz.ratio"}),
    ("join", (["flaw", "lawn", "flow"],), {"score_cutoff": 1}),
    ("kernels", (), {}),
    ("server_info", (), {}),
]


def test_every_verb_gives_what_its_twin_gives(client: ks.Client) -> None:
    async def use(twin: ks.AsyncClient) -> list[Any]:
        return [await getattr(twin, verb)(*args, **options) for verb, args, options in CALLS]

    for (verb, args, options), got in zip(CALLS, run(client, use), strict=True):
        expected = getattr(client, verb)(*args, **options)
        assert type(got) is type(expected)
        if isinstance(got, (np.ndarray, pl.Series, pa.Array)):
            kind = "type" if isinstance(got, pa.Array) else "dtype"
            assert getattr(got, kind) == getattr(expected, kind)
            got, expected = as_list(got), as_list(expected)
        assert got == expected


def test_errors_are_the_same(client: ks.Client) -> None:
    async def use(twin: ks.AsyncClient) -> None:
        with pytest.raises(ks.UnknownNameError, match="did you mean") as caught:
            await twin.compare("a", "b", scorer="levenstein.distance")
        assert caught.value.field == "scorer.name"
        with pytest.raises(ks.OutOfRangeError) as below:
            await twin.fibonacci([1, -3])
        assert below.value.row == 1
        with pytest.raises(ks.DeadlineError):
            await twin.compare("a", "b", timeout=-1)
        with pytest.raises(ks.WrongTypeError):
            await twin.pairwise(3, 4)

    run(client, use)


def test_a_window_of_calls(client: ks.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    small = Limits(1 << 20, 1 << 20, 7)
    monkeypatch.setattr(_connection, "SAFE_LIMITS", small)
    monkeypatch.setattr(_connection, "limits_of", lambda info: small)

    async def use(twin: ks.AsyncClient) -> tuple[list[int], ks.Error]:
        scores = await twin.pairwise(WORDS, "word")
        with pytest.raises(ks.Error) as caught:
            await twin.fibonacci([*range(50), -5, *range(40), -6, -7])
        return scores, caught.value

    scores, error = run(client, use)
    assert scores == [Levenshtein.distance(word, "word") for word in WORDS]
    assert (error.row, error.value) == (50, "-5")
    assert error.message.startswith("row 50: ")


# --- Batches --------------------------------------------------------------------------------------


def counted(monkeypatch: pytest.MonkeyPatch, but_not_by: ks.Client) -> list[str]:
    """The methods that are called from now on by other clients."""
    called: list[str] = []
    original = Connection._call

    def call(self: Connection, lanes: Any, lane: Any, path: str, *rest: Any) -> Any:
        if self is not but_not_by._connection:
            called.append(path.rpartition("/")[2])
        return original(self, lanes, lane, path, *rest)

    monkeypatch.setattr(Connection, "_call", call)
    return called


def test_concurrent_calls_go_out_as_one(client: ks.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    called = counted(monkeypatch, client)

    async def use(twin: ks.AsyncClient) -> tuple[list[Any], list[Any], list[Any]]:
        compared = [twin.compare(word, "word") for word in WORDS]
        normalized = [
            twin.compare(w, b"word", scorer="levenshtein.normalized_distance") for w in WORDS
        ]
        numbers = [twin.fibonacci(n) for n in range(200)]
        a, b, c = await asyncio.gather(
            asyncio.gather(*compared), asyncio.gather(*normalized), asyncio.gather(*numbers)
        )
        return a, b, c

    distances, normalized, numbers = run(client, use)
    assert distances == [Levenshtein.distance(w, "word") for w in WORDS]
    assert normalized == [Levenshtein.normalized_distance(w, "word") for w in WORDS]
    assert all(type(x) is int for x in distances)
    assert all(type(x) is float for x in normalized)
    assert numbers == client.fibonacci(list(range(200)))
    assert sorted(called) == ["Pairwise", "Pairwise", "Run"]


def test_a_call_alone_goes_out_alone(client: ks.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    called = counted(monkeypatch, client)

    async def use(twin: ks.AsyncClient) -> list[Any]:
        return [await twin.compare("a", "b"), await twin.fibonacci(100)]

    assert run(client, use) == [1, 354224848179261915075]
    assert called == ["Compare", "Compute"]


def test_an_error_of_one_is_not_the_others(client: ks.Client) -> None:
    limit = client.server_info().limits.fibonacci_n_max

    async def use(twin: ks.AsyncClient) -> list[Any]:
        results: Any = await asyncio.gather(
            twin.compare("a", "b"),
            twin.compare("a", "c", scorer="nothing"),
            twin.compare("a", "d", scorer="nothing"),
            twin.fibonacci(5),
            twin.fibonacci(limit + 1),
            twin.fibonacci(6, modulus=0),
            return_exceptions=True,
        )
        return list(results)

    one, two, three, five, over, zero = run(client, use)
    assert (one, five) == (1, 5)
    assert isinstance(two, ks.UnknownNameError)
    assert isinstance(three, ks.UnknownNameError)
    assert two is not three
    assert isinstance(over, ks.OutOfRangeError)
    assert isinstance(zero, ks.OutOfRangeError)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (lambda twin: twin.compare("x" * (65 << 20), "a"), ks.TooLargeError),
        (lambda twin: twin.compare([{}], "a"), ks.WrongTypeError),
        (lambda twin: twin.fibonacci(3, row_errors="bogus"), ks.InvalidArgumentError),
    ],
)
def test_a_bad_call_does_not_fail_the_others_of_its_batch(
    client: ks.Client, bad: Any, error: type[ks.Error]
) -> None:
    async def use(twin: ks.AsyncClient) -> list[Any]:
        good = [twin.compare("kitten", "sitting"), twin.fibonacci(10)]
        return await asyncio.gather(bad(twin), *good, return_exceptions=True)

    failed, *answers = run(client, use)
    assert isinstance(failed, error)
    assert answers == [3, 55]


def test_a_series_as_a_text_is_one_in_a_batch_too(client: ks.Client) -> None:
    series: Any = pd.Series(["k", "i"])

    async def use(twin: ks.AsyncClient) -> Any:
        pairs = [(series, "kit"), ("kitten", "sitting")]
        return await asyncio.gather(*[twin.compare(left, right) for left, right in pairs])

    assert run(client, use) == [1, 3]


def test_cancelling_one_leaves_the_others_of_its_batch(client: ks.Client) -> None:
    async def use(twin: ks.AsyncClient) -> list[Any]:
        tasks = [asyncio.ensure_future(twin.compare(word, "word")) for word in WORDS]
        await asyncio.sleep(0)
        tasks[3].cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    results = run(client, use)
    assert isinstance(results.pop(3), asyncio.CancelledError)
    expected = [Levenshtein.distance(w, "word") for w in WORDS]
    del expected[3]
    assert results == expected


def test_cancelling_a_task_cancels_its_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERNELSERVE_SERVER_WORKERS", "1")

    async def main() -> None:
        async with ks.aio.connect(timeout=60) as twin:
            for make in (
                lambda: twin.fibonacci(1_000_000_000),
                lambda: twin.pairwise(["x" * 100_000] * 1000, ["y" * 100_000] * 1000),
            ):
                task = asyncio.ensure_future(make())
                await asyncio.sleep(0)
                await twin.server_info()
                await twin.server_info()
                task.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await task
                # The one worker is free: this would wait for it otherwise.
                assert (await twin.pairwise(["kitten"] * 20_000, "sitting", timeout=5))[0] == 3

    asyncio.run(main())


# --- Loops and processes --------------------------------------------------------------------------


def test_one_client_in_two_loops(client: ks.Client) -> None:
    client.compare("", "")
    twin = ks.aio.connect(client.address)
    assert asyncio.run(_compare(twin)) == 3
    assert asyncio.run(_compare(twin)) == 3

    async def close() -> None:
        await _compare(twin)
        await twin.close()
        await twin.close()
        with pytest.raises(ks.ClientClosedError):
            await _compare(twin)

    asyncio.run(close())
    assert twin.closed
    assert repr(twin) == f"<kernelserve.AsyncClient {client.address} (closed)>"


async def _compare(twin: ks.AsyncClient) -> Any:
    return await twin.compare("kitten", "sitting")


def test_sync_and_async_share_the_embedded_server() -> None:
    async def main() -> None:
        async with ks.aio.connect() as twin:
            assert await _compare(twin) == 3
            with ks.connect() as client:
                assert client.compare("a", "b") == 1
                assert client.address == twin.address

    asyncio.run(main())


def test_one_client_in_loops_of_several_threads(client: ks.Client) -> None:
    client.compare("", "")
    twin = ks.aio.connect(client.address)
    scores: list[list[Any]] = []

    async def many() -> list[Any]:
        return await asyncio.gather(*[twin.compare(word, "word") for word in WORDS])

    threads = [
        threading.Thread(target=lambda: scores.append(asyncio.run(many()))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(twin.close())
    assert scores == [[Levenshtein.distance(w, "word") for w in WORDS]] * 4


def test_closing_ends_what_runs() -> None:
    async def main() -> None:
        twin = ks.aio.connect()
        task = asyncio.ensure_future(twin.fibonacci(1_000_000_000))
        await asyncio.sleep(0)
        await twin.server_info()
        await twin.close()
        with pytest.raises(ks.ClientClosedError):
            await task

    asyncio.run(main())


def test_in_a_forked_child(client: ks.Client) -> None:
    client.compare("", "")
    twin = ks.aio.connect(client.address)
    assert asyncio.run(_compare(twin)) == 3
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = asyncio.run(_compare(twin)) != 3
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert asyncio.run(_compare(twin)) == 3
