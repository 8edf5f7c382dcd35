"""Hours in small: every kind of call, good and bad, for minutes on end. Nothing piles up."""

from __future__ import annotations

import contextlib
import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import kernelserve as ks
import pyarrow as pa
import pytest
from harness import work
from harness.pages import metric
from harness.rpc import Raw
from harness.server import Server
from harness.waiting import until
from kernelserve.bench import memory
from kernelserve.v1 import fibonacci_pb2
from rapidfuzz.distance import Levenshtein

# Of every `./dev test`, and of `./dev test --long`.
SHORT_SOAK_S = 60.0
LONG_SOAK_S = float(os.environ.get("SOAK_SECONDS", "1200"))
CLIENTS = 6

# The time is parted into rounds; the first of them fill what is kept for later.
ROUNDS = 6
ROUNDS_OF_WARMING = 2
# What gRPC and threads may hold more of after the last round than after those.
HEAP_GROWTH_MAX = 4 << 20
# Resident beyond what is allocated, once the server has rested and given back what is free: its
# program, and pages of which something is in use. Some 60 MB, whether after a minute or after ten.
RESIDENT_BESIDE_MAX = 96 << 20

# 100 million pairs are 2.7 GB. A batch of a million takes 27 MB, some times over.
STREAMED_PAIRS = int(os.environ.get("SOAK_PAIRS", "100_000_000"))
STREAM_BYTES_MAX = 512 << 20
STREAM_GROWTH_MAX = 24 << 20

LETTERS = "abcdeéßøñ東京都市😀\ud800 "


def words(rng: random.Random, count: int) -> list[str]:
    return ["".join(rng.choices(LETTERS, k=rng.randrange(20))) for _ in range(count)]


def a_column(client: ks.Client, raw: Raw, rng: random.Random) -> None:
    """Of any size, and now and then of several requests."""
    count = rng.choice([1, 100, 3_000, 200_000])
    left, right = words(rng, min(count, 300)), words(rng, min(count, 300))
    expected = [Levenshtein.distance(a, b) for a, b in zip(left, right, strict=True)]
    times = -(-count // len(left))
    if rng.random() < 0.5 and "\ud800" not in "".join(left + right):
        scores = client.pairwise(pa.array(left * times), pa.array(right * times)).to_pylist()
    else:
        scores = client.pairwise(left * times, right * times)
    assert scores == expected * times


def all_by_all(client: ks.Client, raw: Raw, rng: random.Random) -> None:
    """Of any size, in streams; matrices by shared memory where there is some."""
    queries = words(rng, rng.choice([1, 20, 100]))
    choices = words(rng, rng.choice([1, 300, 3_000]))
    scores = client.cdist(queries, choices * rng.choice([1, 10]), dtype=rng.choice(["uint8", None]))
    row = rng.randrange(len(queries))
    expected = [Levenshtein.distance(queries[row], choice) for choice in choices]
    assert scores[row, : len(choices)].tolist() == expected
    best = client.top_k([queries[row]], choices, 1)
    assert best.column("score").to_pylist() == [min(expected)]
    joined = client.join([queries[row]], choices, score_cutoff=3)
    assert joined.num_rows == sum(score <= 3 for score in expected)


def a_matrix_left_half_read(client: ks.Client, raw: Raw, rng: random.Random) -> None:
    """The client breaks off after the first of many blocks."""

    def leave(done: int, total: int) -> None:
        raise KeyboardInterrupt

    some = words(rng, 3_000)
    with pytest.raises(KeyboardInterrupt):
        client.cdist(some, some, scorer="jaro.similarity", progress=leave)


def single_calls(client: ks.Client, raw: Raw, rng: random.Random) -> None:
    for left, right in zip(words(rng, 20), words(rng, 20), strict=True):
        assert client.compare(left, right) == Levenshtein.distance(left, right)
    assert client.fibonacci(rng.choice([42, 90])) in (267914296, 2880067194370816120)
    assert client.fibonacci(100_000).bit_length() == 69_424


def a_refused_column(client: ks.Client, raw: Raw, rng: random.Random) -> None:
    with pytest.raises(ks.Error, match="row 1"):
        client.run("fibonacci", [5, 1_000, 7])


def an_unknown_scorer(client: ks.Client, raw: Raw, rng: random.Random) -> None:
    with pytest.raises(ks.Error, match=r"levenshtein\.distance"):
        client.compare("a", "b", scorer="levenstein.distance")


def a_call_that_runs_out_of_time(client: ks.Client, raw: Raw, rng: random.Random) -> None:
    with pytest.raises(grpc.RpcError) as failed:
        raw.call("Compare", work.hours_in_one_row(), timeout=rng.random() / 10)
    # The latter where others of the client wait so long that its time would not do.
    codes = (grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.RESOURCE_EXHAUSTED)
    assert failed.value.code() in codes


def a_call_that_is_given_up(client: ks.Client, raw: Raw, rng: random.Random) -> None:
    call = raw.future("Pairwise", work.hours_in_many_rows())
    call.cancel()


def a_stream_left_half_read(client: ks.Client, raw: Raw, rng: random.Random) -> None:
    request = fibonacci_pb2.StreamTermsRequest(count=5_000_000, modulus=1_000_003)
    stream = raw.stream("StreamTerms", request)
    next(stream)
    stream.cancel()


DEEDS: list[Callable[[ks.Client, Raw, random.Random], None]] = [
    a_column,
    all_by_all,
    a_matrix_left_half_read,
    single_calls,
    a_refused_column,
    an_unknown_scorer,
    a_call_that_runs_out_of_time,
    a_call_that_is_given_up,
    a_stream_left_half_read,
]


@contextlib.contextmanager
def traffic(server: Server, seed: int) -> Iterator[None]:
    """Clients that do one thing after another, and connect anew now and then."""
    leave = threading.Event()
    failures: list[BaseException] = []

    def one_client(number: int) -> None:
        rng = random.Random(seed + number)
        try:
            while not leave.is_set():
                channel = server.channel(rng.choice(server.addresses))
                with ks.connect(rng.choice(server.addresses)) as client:
                    for _ in range(rng.randrange(1, 20)):
                        if not leave.is_set():
                            rng.choice(DEEDS)(client, Raw(channel), rng)
                channel.close()
        except BaseException as failure:
            failures.append(failure)
            leave.set()

    threads = [threading.Thread(target=one_client, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        leave.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


def descriptors(server: Server) -> int:
    return len(list(Path(f"/proc/{server.pid}/fd").iterdir()))


def figures(server: Server) -> dict[str, float]:
    """Of a server that has nothing to do."""

    def of(name: str) -> float:
        value = metric(server, name)
        assert value is not None
        return value

    kept = of("kernelserve_choices_bytes") + of("kernelserve_buffers_bytes")
    return {
        "descriptors": descriptors(server),
        "heap": of("kernelserve_heap_bytes") - kept,
        "kept": kept,
        "resident": of("process_resident_memory_bytes"),
        "threads": of("process_threads"),
    }


def _until_descriptors_are_closed(server: Server, at_most: float) -> None:
    until(lambda: descriptors(server) <= at_most, "every descriptor is closed")


def beside(server: Server) -> float:
    now = figures(server)
    return now["resident"] - now["heap"] - now["kept"]


@pytest.mark.parametrize(
    "seconds",
    [
        pytest.param(SHORT_SOAK_S, marks=pytest.mark.slow, id="a_minute"),
        pytest.param(LONG_SOAK_S, marks=pytest.mark.long, id="long"),
    ],
)
def test_nothing_piles_up(start: Callable[..., Server], seconds: float) -> None:
    # Choices that are kept for later calls fill so little in no time.
    server = start("--workers=2", "--choices_cache_mb=8", "--metrics_listen=127.0.0.1:0")
    pause = threading.Event()
    after: list[dict[str, float]] = []
    for number in range(ROUNDS):
        with traffic(server, seed=1_000 * number):
            pause.wait(seconds / ROUNDS)
        server.until_idle()
        until(lambda: not server.has_connections(), "all clients have left")
        if after:
            _until_descriptors_are_closed(server, after[0]["descriptors"])
        after.append(figures(server))
    warm, *later = after[ROUNDS_OF_WARMING - 1 :]
    assert later[-1]["heap"] - warm["heap"] <= HEAP_GROWTH_MAX, after
    given_back = f"what is free of {beside(server) / 2**20:.0f} MB has been given back: {after}"
    until(lambda: beside(server) <= RESIDENT_BESIDE_MAX, given_back)
    # gRPC keeps a few threads of its own about; a leak would be one for each of thousands of calls.
    assert later[-1]["threads"] < 60, after


@pytest.mark.long
def test_a_stream_of_pairs_takes_the_memory_of_a_few_batches() -> None:
    vocabulary = words(random.Random(7), 100_000)
    vocabulary = [word.replace("\ud800", "") for word in vocabulary]
    told = memory.measure("stream", vocabulary, STREAMED_PAIRS)
    for who in ("client", "server"):
        early, *_, late = told["bytes_on_the_way"][who]
        assert told["peak_bytes"][who] < STREAM_BYTES_MAX, who
        assert late - early < STREAM_GROWTH_MAX, who
