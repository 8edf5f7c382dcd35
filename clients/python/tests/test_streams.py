"""Streams of queries by choices: chunks, digests, and what breaks off is taken up again."""

# Over 400 lines: one server and every way its streams can go.

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any

import grpc
import numpy as np
import pytest
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from cross_server import Call, CrossServer, refuse
from kernelserve import _connection, _retry
from kernelserve._limits import Limits
from kernelserve.v1 import server_info_pb2
from kernelserve.v1 import string_distance_pb2 as sd
from kernelserve.v1 import types_pb2 as types

QUERIES = ["kitten", "flaw", "mitten", "sitting", "lawn", "claw", "kit"]
CHOICES = ["sitting", "lawn", "mitten", "kitten", "x", "claw", "flaw", "fitting"]

Start = Callable[..., CrossServer]


@pytest.fixture
def start() -> Iterator[Start]:
    servers: list[CrossServer] = []

    def make(*args: Any, **options: Any) -> CrossServer:
        servers.append(CrossServer(*args, **options))
        return servers[-1]

    yield make
    for server in servers:
        server.stop()


@pytest.fixture
def small_messages(monkeypatch: pytest.MonkeyPatch) -> server_info_pb2.Limits:
    """Three rows of a column are all that a message takes."""
    monkeypatch.setattr(_connection, "SAFE_LIMITS", Limits(4 << 20, 4 << 20, 3))
    return server_info_pb2.Limits(rows_max=3)


def matrix(queries: list[str], choices: list[str]) -> Any:
    return process.cdist(queries, choices, scorer=Levenshtein.distance, dtype=np.int32)


def best(queries: list[str], choices: list[str], k: int) -> list[tuple[int, int, int]]:
    rows = []
    for q, scores in enumerate(matrix(queries, choices).tolist()):
        ranked = sorted((score, c) for c, score in enumerate(scores))
        rows += [(q, c, score) for score, c in ranked[:k]]
    return rows


def within(queries: list[str], choices: list[str], cutoff: int) -> list[tuple[int, int, int]]:
    scores = matrix(queries, choices)
    return [(q, c, int(scores[q, c])) for q, c in np.argwhere(scores <= cutoff).tolist()]


def rows(table: Any) -> list[tuple[int, int, int]]:
    return list(zip(*table.to_pydict().values(), strict=True))


def check_all(client: ks.Client) -> None:
    """Each verb gives what every pair by itself says."""
    assert (client.cdist(QUERIES, CHOICES) == matrix(QUERIES, CHOICES)).all()
    assert rows(client.top_k(QUERIES, CHOICES, 3)) == best(QUERIES, CHOICES, 3)
    assert rows(client.join(QUERIES, CHOICES, score_cutoff=3)) == within(QUERIES, CHOICES, 3)


# --- What breaks off ------------------------------------------------------------------------------


def break_once_before(block: int, code: grpc.StatusCode) -> Callable[..., None]:
    """Each method's first stream breaks off there."""
    broken: set[str] = set()

    def trouble(call: Call, context: grpc.ServicerContext) -> None:
        if call.blocks == block and call.method not in broken:
            broken.add(call.method)
            context.abort(code, "gone")

    return trouble


@pytest.mark.parametrize("block", [1, 2, 3])
@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED])
def test_a_stream_that_breaks_off_goes_on_from_its_last_block(
    start: Start, block: int, code: grpc.StatusCode
) -> None:
    server = start(2, break_once_before(block, code))
    with ks.connect(server.address) as client:
        check_all(client)
    began = [(call.method, call.query_begin, call.choices) for call in server.calls]
    assert began == [
        (method, begin, how)
        for method in ("Cdist", "TopK", "Join")
        for begin, how in ((0, "column"), (2 * block, "digest"))
    ]


def test_another_replica_takes_a_stream_up_and_gets_the_choices(start: Start) -> None:
    def trouble(call: Call, context: grpc.ServicerContext) -> None:
        if call.blocks == 1:
            first.known.clear()
            context.abort(grpc.StatusCode.UNAVAILABLE, "gone")

    first = start(2, trouble)
    with ks.connect(first.address) as client:
        assert (client.cdist(QUERIES, CHOICES) == matrix(QUERIES, CHOICES)).all()
    # After each block it is as if another answered, which does not know the choices.
    assert [(call.query_begin, call.choices, call.blocks) for call in first.calls] == [
        (0, "column", 1),
        (2, "digest", 0),
        (2, "column", 1),
        (4, "digest", 0),
        (4, "column", 1),
        (6, "digest", 0),
        (6, "column", 1),
    ]


def test_a_server_that_ends_in_mid_stream_is_followed_by_another(start: Start) -> None:
    def trouble(call: Call, context: grpc.ServicerContext) -> None:
        if call.blocks == 2 and not stopping:
            stopping.append(
                threading.Thread(target=servers[call.metadata["server"]].stop, daemon=True)
            )
            stopping[0].start()
            call.ended.result(timeout=30)

    stopping: list[threading.Thread] = []
    servers: dict[str, CrossServer] = {}

    def named(name: str) -> Callable[[Call, grpc.ServicerContext], None]:
        def troubled(call: Call, context: grpc.ServicerContext) -> None:
            call.metadata["server"] = name
            trouble(call, context)

        return troubled

    for name in ("first", "second"):
        servers[name] = start(1, named(name))
    addresses = [server.address for server in servers.values()]
    with ks.connect(addresses, timeout=60) as client:
        assert (client.cdist(QUERIES, CHOICES) == matrix(QUERIES, CHOICES)).all()
    stopping[0].join(30)
    calls = [call for server in servers.values() for call in server.calls]
    assert sorted((call.query_begin, call.choices) for call in calls) == [
        (0, "column"),
        (2, "column"),
        (2, "digest"),
    ]


def test_a_stream_that_gets_no_further_is_given_up(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trouble(call: Call, context: grpc.ServicerContext) -> None:
        if call.query_begin + 2 * call.blocks == 2:
            context.abort(grpc.StatusCode.CANCELLED, "gone again")

    monkeypatch.setattr(_retry, "ATTEMPTS_MAX", 3)
    server = start(2, trouble)
    with ks.connect(server.address) as client, pytest.raises(ks.CallCancelledError) as caught:
        client.cdist(QUERIES, CHOICES)
    assert caught.value.message == "gone again"
    streams = [call for call in server.calls if call.query_begin == 2]
    assert len(streams) >= 2


def test_what_is_no_fault_of_the_connection_is_not_tried_again(start: Start) -> None:
    def trouble(call: Call, context: grpc.ServicerContext) -> None:
        if call.blocks == 1:
            refuse(context, grpc.StatusCode.INTERNAL, "INTERNAL")

    server = start(2, trouble)
    with ks.connect(server.address) as client, pytest.raises(ks.ServerError) as caught:
        client.cdist(QUERIES, CHOICES)
    assert caught.value.reason == "INTERNAL"
    assert len(server.calls) == 1


# --- Parts ----------------------------------------------------------------------------------------


def test_choices_are_sent_once(start: Start, small_messages: server_info_pb2.Limits) -> None:
    server = start(2, limits=small_messages)
    with ks.connect(server.address) as client:
        assert (client.cdist(QUERIES, CHOICES[:3]) == matrix(QUERIES, CHOICES[:3])).all()
    assert sorted(call.query_base for call in server.calls) == [0, 3, 6]
    assert [call.choices for call in server.calls].count("column") == 1


def test_a_server_that_forgot_the_choices_gets_them_again(
    start: Start, small_messages: server_info_pb2.Limits
) -> None:
    def trouble(call: Call, context: grpc.ServicerContext) -> None:
        if call.choices == "column":
            return
        server.known.clear()

    server = start(2, trouble, limits=small_messages)
    with ks.connect(server.address) as client:
        queries = QUERIES * 3
        assert (client.cdist(queries, CHOICES[:3]) == matrix(queries, CHOICES[:3])).all()
    unknown = [call for call in server.calls if call.choices == "digest" and not call.blocks]
    in_full = [call for call in server.calls if call.choices == "column"]
    assert len(in_full) == 1 + len(unknown)


def test_choices_of_several_messages_are_as_one(
    start: Start, small_messages: server_info_pb2.Limits
) -> None:
    server = start(2, limits=small_messages)
    with ks.connect(server.address) as client:
        check_all(client)
        similarity = client.top_k(
            QUERIES, CHOICES, 2, scorer="levenshtein.normalized_similarity", score_cutoff=0.3
        )
    expected = []
    for q, query in enumerate(QUERIES):
        found = process.extract(
            query,
            CHOICES,
            scorer=Levenshtein.normalized_similarity,
            limit=2,
            score_cutoff=0.3,
        )
        expected += [(q, c, score) for _, score, c in found]
    assert rows(similarity) == expected
    assert {call.choice_base for call in server.calls} == {0, 3, 6}


def test_one_column_with_itself_in_several_messages(
    start: Start, small_messages: server_info_pb2.Limits
) -> None:
    server = start(2, limits=small_messages)
    with ks.connect(server.address) as client:
        pairs = [row for row in within(QUERIES, QUERIES, 3) if row[0] < row[1]]
        assert rows(client.join(QUERIES, score_cutoff=3)) == pairs
        joined = [(c.symmetric, c.query_base, c.choice_base) for c in server.calls]
        assert sorted(joined) == [
            (False, 0, 3),
            (False, 0, 6),
            (False, 3, 6),
            (True, 0, 0),
            (True, 3, 3),
            (True, 6, 6),
        ]
        assert (client.cdist(QUERIES) == matrix(QUERIES, QUERIES)).all()
        others = [row for row in best(QUERIES, QUERIES, 7) if row[0] != row[1]]
        expected = [row for q in range(7) for row in [r for r in others if r[0] == q][:2]]
        assert rows(client.top_k(QUERIES, k=2)) == expected


@pytest.mark.parametrize("reason", ["REQUEST_TOO_LARGE", "TOO_MANY_ROWS", "RESULT_TOO_LARGE"])
@pytest.mark.parametrize("choices_max", [8, 3, 1])
def test_what_is_too_large_is_sent_in_smaller_tiles(
    start: Start, reason: str, choices_max: int
) -> None:
    def trouble(call: Call, context: grpc.ServicerContext) -> None:
        sent = len(next(reversed(server.known.values()))) if call.choices == "column" else 0
        if call.query_count > 2 or sent > choices_max:
            server.known.clear()
            refuse(context, grpc.StatusCode.RESOURCE_EXHAUSTED, reason)

    server = start(2, trouble)
    with ks.connect(server.address) as client:
        check_all(client)


def test_one_column_with_itself_that_is_too_large(start: Start) -> None:
    def trouble(call: Call, context: grpc.ServicerContext) -> None:
        if call.query_count > 2:
            refuse(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_ROWS")

    server = start(2, trouble)
    with ks.connect(server.address) as client:
        pairs = [row for row in within(QUERIES, QUERIES, 3) if row[0] < row[1]]
        assert rows(client.join(QUERIES, score_cutoff=3)) == pairs
        assert (client.cdist(QUERIES) == matrix(QUERIES, QUERIES)).all()


def test_a_pair_that_is_too_large_alone_is_an_error(start: Start) -> None:
    def trouble(call: Call, context: grpc.ServicerContext) -> None:
        refuse(context, grpc.StatusCode.RESOURCE_EXHAUSTED, "REQUEST_TOO_LARGE")

    server = start(2, trouble)
    with ks.connect(server.address) as client:
        for verb in (client.cdist, client.top_k):
            with pytest.raises(ks.TooLargeError):
                verb(QUERIES, CHOICES)
        with pytest.raises(ks.TooLargeError):
            client.join(QUERIES, score_cutoff=1)


# --- Ends -----------------------------------------------------------------------------------------


def wait_in_second_block(entered: threading.Event) -> Callable[..., None]:
    def trouble(call: Call, context: grpc.ServicerContext) -> None:
        if call.blocks == 1:
            entered.set()
            call.ended.result(timeout=30)

    return trouble


def test_a_timeout_is_for_the_whole_verb_and_ends_it_on_the_server(start: Start) -> None:
    server = start(2, wait_in_second_block(threading.Event()))
    with ks.connect(server.address) as client, pytest.raises(ks.DeadlineError) as caught:
        client.cdist(QUERIES, CHOICES, timeout=0.2)
    assert (caught.value.field, caught.value.value) == ("timeout", "0.2")
    assert len(server.calls) == 1
    server.calls[0].ended.result(timeout=30)


def test_ctrl_c_ends_a_stream_on_the_server(start: Start) -> None:
    def trouble(call: Call, context: grpc.ServicerContext) -> None:
        if call.blocks == 1:
            os.kill(os.getpid(), signal.SIGINT)
            call.ended.result(timeout=30)

    server = start(2, trouble)
    # Whoever started the tests may have it ignored, as nohup in a script does.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with ks.connect(server.address) as client:
            with pytest.raises(KeyboardInterrupt):
                client.cdist(QUERIES, CHOICES)
            server.calls[0].ended.result(timeout=30)
    finally:
        signal.signal(signal.SIGINT, before)


def test_closing_in_another_thread_ends_a_stream(start: Start) -> None:
    entered = threading.Event()
    server = start(2, wait_in_second_block(entered))
    client = ks.connect(server.address)

    def close() -> None:
        entered.wait(30)
        client.close()

    closing = threading.Thread(target=close)
    closing.start()
    with pytest.raises(ks.ClientClosedError):
        client.cdist(QUERIES, CHOICES)
    closing.join()
    server.calls[0].ended.result(timeout=30)


def test_cancelling_a_task_ends_its_streams_and_no_others(
    start: Start, small_messages: server_info_pb2.Limits
) -> None:
    entered = threading.Event()

    def trouble(call: Call, context: grpc.ServicerContext) -> None:
        if call.method == "Cdist" and call.blocks == 1:
            entered.set()
            call.ended.result(timeout=30)

    server = start(2, trouble, limits=small_messages)

    async def main() -> Any:
        async with ks.aio.connect(server.address) as client:
            long = asyncio.ensure_future(client.cdist(QUERIES, CHOICES))
            await asyncio.to_thread(entered.wait, 30)
            other = asyncio.ensure_future(client.top_k(QUERIES, CHOICES, 3))
            long.cancel()
            with pytest.raises(asyncio.CancelledError):
                await long
            return await other

    assert rows(asyncio.run(main())) == best(QUERIES, CHOICES, 3)
    for call in server.calls:
        call.ended.result(timeout=30)


def test_an_error_in_one_tile_ends_the_others(
    start: Start, small_messages: server_info_pb2.Limits
) -> None:
    def trouble(call: Call, context: grpc.ServicerContext) -> None:
        if call.query_base == 3 and call.blocks == 1:
            refuse(context, grpc.StatusCode.INVALID_ARGUMENT, "INVALID_UTF8")
        if call.query_base != 3 and call.blocks == 1:
            call.ended.result(timeout=30)

    server = start(2, trouble, limits=small_messages)
    with ks.connect(server.address) as client, pytest.raises(ks.InvalidTextError):
        client.cdist(QUERIES, CHOICES[:3])
    for call in server.calls:
        call.ended.result(timeout=30)


def test_progress_counts_every_pair_once(
    start: Start, small_messages: server_info_pb2.Limits
) -> None:
    server = start(2, break_once_before(1, grpc.StatusCode.UNAVAILABLE), limits=small_messages)
    with ks.connect(server.address) as client:
        verbs: list[tuple[int, Any, dict[str, Any]]] = [
            (56, client.cdist, {"choices": CHOICES}),
            (56, client.top_k, {"choices": CHOICES}),
            (21, client.join, {"score_cutoff": 1}),
        ]
        for count, verb, arguments in verbs:
            told: list[tuple[int, int]] = []
            verb(QUERIES, **arguments, progress=lambda *pair: told.append(pair))  # noqa: B023
            assert {total for _, total in told} == {count}
            assert told[-1] == (count, count)
            assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_progress_that_raises_ends_the_verb(start: Start) -> None:
    def tell(done: int, total: int) -> None:
        if done:
            raise KeyError("enough")

    server = start(2)
    with ks.connect(server.address) as client, pytest.raises(KeyError, match="enough"):
        client.cdist(QUERIES, CHOICES, progress=tell)
    server.calls[0].ended.result(timeout=30)


def test_progress_true_is_a_line_on_standard_error(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    server = start(100)
    with ks.connect(server.address) as client:
        client.cdist(QUERIES, CHOICES, progress=True)
        assert capsys.readouterr().err == "\r56 of 56 pairs, 100 %\n"
        with pytest.raises(ks.WrongTypeError) as caught:
            client.cdist(QUERIES, CHOICES, progress="yes")  # type: ignore[arg-type]
    assert caught.value.field == "progress"


# --- Replies that make no sense -------------------------------------------------------------------


def column(kind: types.DataType.ValueType, length: int, width: int) -> types.Column:
    return types.Column(type=kind, length=length, values=bytes(length * width))


INDEX = column(types.DATA_TYPE_UINT64, 1, 8)
SCORE = column(types.DATA_TYPE_INT32, 1, 4)


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (b"\xff", "a varint does not end"),
        (sd.CdistResponse(block=sd.Block(query_end=1)), "a block that lacks something"),
        (
            sd.CdistResponse(block=sd.Block(query_begin=1, query_end=1), scores=SCORE),
            "a block of queries 1 to 1, where 0 to 1 are missing",
        ),
        (
            sd.CdistResponse(block=sd.Block(query_end=2), scores=SCORE),
            "a block of queries 0 to 2, where 0 to 1 are missing",
        ),
        (
            sd.CdistResponse(
                block=sd.Block(query_end=1), scores=column(types.DATA_TYPE_INT32, 2, 4)
            ),
            "2 scores for 1 by 1 pairs",
        ),
        (
            sd.CdistResponse(
                block=sd.Block(query_end=1), scores=column(types.DATA_TYPE_INT32, 1, 3)
            ),
            "a block that lacks something",
        ),
        (sd.CdistResponse(), "a block that lacks something"),
        (
            sd.TopKResponse(block=sd.Block(query_end=1), query_indices=INDEX, scores=SCORE),
            "a block that lacks something",
        ),
        (
            sd.TopKResponse(
                block=sd.Block(query_end=1),
                query_indices=INDEX,
                choice_indices=SCORE,
                scores=SCORE,
            ),
            "indices of type 4",
        ),
        (
            sd.TopKResponse(
                block=sd.Block(query_end=1),
                query_indices=INDEX,
                choice_indices=INDEX,
                scores=column(types.DATA_TYPE_INT32, 2, 4),
            ),
            "columns of [1, 2] rows in one block",
        ),
    ],
)
def test_a_block_that_cannot_be_read(start: Start, reply: Any, message: str) -> None:
    server = start()
    raw = reply if isinstance(reply, bytes) else reply.SerializeToString()
    server._answer = lambda *_: iter([raw])  # type: ignore[method-assign]
    with ks.connect(server.address) as client, pytest.raises(ks.ServerError) as caught:
        (client.top_k if isinstance(reply, sd.TopKResponse) else client.cdist)(["a"], ["b"])
    assert message in caught.value.message


def test_a_stream_that_ends_too_early(start: Start) -> None:
    server = start()
    server._answer = lambda *_: iter([])  # type: ignore[method-assign]
    with ks.connect(server.address) as client, pytest.raises(ks.ServerError) as caught:
        client.cdist(["a"], ["b"])
    assert caught.value.message == "the reply cannot be read: it ends before query 0 of 1"


def test_an_estimate_adds_up_what_streams_say(
    start: Start, small_messages: server_info_pb2.Limits
) -> None:
    def answer(method: str, request: Any, context: grpc.ServicerContext) -> Iterator[bytes]:
        assert request.options.estimate_only
        asked.append(method)
        told = sd.Estimate(cells=10, seconds=0.5, bytes=7)
        yield sd.CdistResponse(block=sd.Block(estimate=told)).SerializeToString()

    asked: list[str] = []
    server = start(limits=small_messages)
    server._answer = answer  # type: ignore[method-assign]
    with ks.connect(server.address) as client:
        assert client.estimate("cdist", QUERIES, CHOICES) == ks.Estimate(90, 4.5, 63)
        assert client.estimate("top_k", QUERIES[:3], CHOICES[:3]) == (10, 0.5, 7)
        assert client.estimate("join", QUERIES[:3], score_cutoff=2) == (10, 0.5, 7)
        with pytest.raises(ks.InvalidArgumentError) as caught:
            client.estimate("pairwise", QUERIES, CHOICES)  # type: ignore[arg-type]
    assert asked == ["Cdist"] * 9 + ["TopK", "Join"]
    assert caught.value.field == "verb"
