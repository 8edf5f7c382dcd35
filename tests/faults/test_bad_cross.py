"""Queries by choices that can't be, are empty, or whose reader or choices go away in between."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from harness import http2, work
from harness.columns import literal, numbers, texts
from harness.cross import answer, request
from harness.rpc import METHODS, Raw, Refusal
from harness.server import Server
from kernelserve.v1 import string_distance_pb2, types_pb2

WORDS = ["kitten", "sitting", "flaw"]
FLOAT64 = types_pb2.DATA_TYPE_FLOAT64
INVALID_UTF8 = [b"ok", b"\xff"]


@dataclasses.dataclass(frozen=True)
class Bad:
    """What is wrong with a request, of any of the methods, and how it has to fail."""

    name: str
    code: str
    reason: str
    field: str
    bound: str | None = None
    value: str | None = None
    row: str | None = None
    methods: tuple[str, ...] = ("Cdist", "TopK", "Join")
    queries: Any = tuple(WORDS)
    choices: Any = tuple(WORDS)
    cutoff: float | None = 2
    options: dict[str, Any] = dataclasses.field(default_factory=dict)


OUT_OF_RANGE = ("OUT_OF_RANGE", "OUT_OF_RANGE")
INVALID = ("INVALID_ARGUMENT", "INVALID_ARGUMENT")
WRONG_TYPE = ("INVALID_ARGUMENT", "WRONG_TYPE")
UNKNOWN = ("FAILED_PRECONDITION", "CHOICES_UNKNOWN")
CUTOFF = "options.scorer.score_cutoff"
WHOLE = "a whole number, at least 0"

BAD = [
    Bad("a join without a cutoff", *INVALID, CUTOFF, methods=("Join",), cutoff=None),
    Bad("a cutoff of nan", *OUT_OF_RANGE, CUTOFF, WHOLE, "nan", cutoff=math.nan),
    Bad("a negative cutoff", *OUT_OF_RANGE, CUTOFF, WHOLE, "-1", cutoff=-1),
    Bad("a fraction as a cutoff", *OUT_OF_RANGE, CUTOFF, WHOLE, "0.5", cutoff=0.5),
    Bad(
        "a digest that nobody knows",
        *UNKNOWN,
        "digest",
        "the digest of choices that this server holds",
        "00" * 32,
        choices=bytes(32),
    ),
    Bad("a digest that is none", *UNKNOWN, "digest", value="6e6f6e65", choices=b"none"),
    Bad("an empty digest", *UNKNOWN, "digest", value="empty", choices=b""),
    Bad("no choices", *INVALID, "choices", choices=None),
    Bad(
        "a column with itself that is not the same both ways",
        *INVALID,
        "options.symmetric",
        options={"symmetric": True, "weights": (1, 2, 1)},
    ),
    Bad(
        "a scorer that there is not",
        "NOT_FOUND",
        "UNKNOWN_SCORER",
        "options.scorer.name",
        options={"scorer": "levenstein.distance"},
    ),
    Bad(
        "a parameter that is wrong",
        *OUT_OF_RANGE,
        "options.scorer.parameters.weights",
        options={"weights": (1, -2, 1)},
    ),
    Bad(
        "a type that scores don't have",
        *WRONG_TYPE,
        "options.format.type",
        options={"type": types_pb2.DATA_TYPE_UTF8},
    ),
    Bad("a type that there is not", *WRONG_TYPE, "options.format.type", options={"type": 99}),
    Bad(
        "an end beyond the queries",
        *OUT_OF_RANGE,
        "options.query_end",
        "at most 3, the queries",
        "4",
        options={"query_end": 4},
    ),
    Bad(
        "a begin beyond the end",
        *OUT_OF_RANGE,
        "options.query_begin",
        "at most 1, where it ends",
        "2",
        options={"query_begin": 2, "query_end": 1},
    ),
    Bad(
        "queries of no type",
        "INVALID_ARGUMENT",
        "MALFORMED_COLUMN",
        "queries.type",
        queries=types_pb2.Column(),
    ),
    Bad("queries that are numbers", *WRONG_TYPE, "queries", queries=numbers([1])),
    Bad("choices that are numbers", *WRONG_TYPE, "choices", choices=numbers([1])),
    Bad(
        "choices that are cut short",
        "INVALID_ARGUMENT",
        "MALFORMED_COLUMN",
        "choices.offsets",
        choices=types_pb2.Column(type=types_pb2.DATA_TYPE_UTF8, length=3, offsets=bytes(15)),
    ),
    Bad(
        "a query that is no UTF-8",
        "INVALID_ARGUMENT",
        "INVALID_UTF8",
        "queries",
        row="1",
        queries=INVALID_UTF8,
    ),
    Bad(
        "a choice that is no UTF-8",
        "INVALID_ARGUMENT",
        "INVALID_UTF8",
        "choices",
        row="1",
        choices=INVALID_UTF8,
    ),
    Bad(
        "too few cutoffs",
        "INVALID_ARGUMENT",
        "LENGTH_MISMATCH",
        "query_cutoffs",
        "3 rows, as queries",
        "2 rows",
        methods=("TopK",),
        options={"query_cutoffs": numbers([1, 2], FLOAT64)},
    ),
    Bad(
        "one cutoff of nan",
        *OUT_OF_RANGE,
        "query_cutoffs",
        "a number",
        "nan",
        "1",
        methods=("TopK",),
        options={"query_cutoffs": numbers([1, math.nan, 2], FLOAT64)},
    ),
    Bad(
        "one negative cutoff",
        *OUT_OF_RANGE,
        "query_cutoffs",
        WHOLE,
        "-1",
        methods=("TopK",),
        options={"query_cutoffs": numbers([1, -1, 2], FLOAT64)},
    ),
    Bad(
        "cutoffs that are text",
        *WRONG_TYPE,
        "query_cutoffs",
        row="0",
        methods=("TopK",),
        options={"query_cutoffs": texts(WORDS)},
    ),
    Bad(
        "more matches than wanted",
        "RESOURCE_EXHAUSTED",
        "RESULT_TOO_LARGE",
        "matches_max",
        "at most 2 matches",
        "over 2 matches",
        methods=("Join",),
        options={"matches_max": 2},
    ),
]


def made_of(bad: Bad, method: str) -> Any:
    def side(values: Any) -> Any:
        return list(values) if isinstance(values, tuple) else values

    return request(method, side(bad.queries), side(bad.choices), cutoff=bad.cutoff, **bad.options)


@pytest.mark.parametrize(
    ("bad", "method"),
    [pytest.param(bad, m, id=f"{bad.name}-{m}") for bad in BAD for m in bad.methods],
)
def test_a_request_that_cannot_be_is_refused_with_its_reason(
    raw: Raw, bad: Bad, method: str
) -> None:
    refusal = raw.refusal(method, made_of(bad, method))
    refusal.check_form()
    assert (refusal.code, refusal.reason, refusal.field) == (bad.code, bad.reason, bad.field)
    assert refusal.row == bad.row
    if bad.bound is not None:
        assert refusal.bound == bad.bound
    if bad.value is not None:
        assert refusal.value == bad.value
        assert bad.value in refusal.message


@pytest.mark.parametrize("method", ["Cdist", "TopK", "Join"])
def test_a_collection_is_not_there_yet(raw: Raw, method: str) -> None:
    made = request(method, WORDS, cutoff=1)
    made.collection = "names"
    refusal = raw.refusal(method, made)
    assert (refusal.code, refusal.field) == ("UNIMPLEMENTED", "collection")


def test_the_last_of_digest_and_column_counts(raw: Raw) -> None:
    """As protobuf has it: a field of a oneof takes the place of the one before."""
    rest = request("Join", WORDS, cutoff=0).SerializeToString()
    digest = string_distance_pb2.JoinRequest(digest=bytes(32)).SerializeToString()
    column = string_distance_pb2.JoinRequest(column=texts(WORDS)).SerializeToString()
    (message,) = raw.stream("Join", rest + digest + column)
    assert message.scores.length == 3
    assert raw.refusal("Join", column + digest + rest).reason == "CHOICES_UNKNOWN"


@pytest.mark.parametrize("queries", [[], WORDS, [None, None]])
@pytest.mark.parametrize("choices", [[], WORDS, [None, None]])
def test_empty_and_null_sides_have_no_scores(
    raw: Raw, queries: list[str | None], choices: list[str | None]
) -> None:
    if queries is choices is WORDS:
        pytest.skip("they have scores")
    nothing = [[None] * len(choices)] * len(queries)
    got = answer(raw, "Cdist", request("Cdist", queries, choices))
    assert got.matrix == nothing
    assert {m.scores.type for m in got.messages} == {types_pb2.DATA_TYPE_INT32}
    assert len(got.digest) == 32
    assert answer(raw, "TopK", request("TopK", queries, choices)).matches == []
    assert answer(raw, "Join", request("Join", queries, choices, cutoff=9)).matches == []


def test_a_range_of_no_queries_is_one_message(raw: Raw) -> None:
    for at in (0, 2, 3):
        for method in ("Cdist", "TopK", "Join"):
            made = request(method, WORDS, WORDS, cutoff=1, query_begin=at, query_end=at)
            (message,) = answer(raw, method, made).messages
            assert message.block.query_begin == message.block.query_end == at
            assert message.scores.length == 0


def test_the_best_none_and_the_best_of_more_than_there_are(raw: Raw) -> None:
    assert answer(raw, "TopK", request("TopK", WORDS, WORDS, k=0)).matches == []
    everything = [
        *((0, c, s) for c, s in ((0, 0), (1, 3), (2, 6))),
        *((1, c, s) for c, s in ((1, 0), (0, 3), (2, 7))),
        *((2, c, s) for c, s in ((2, 0), (0, 6), (1, 7))),
    ]
    for k in (3, 4, 2**32 - 1):
        assert answer(raw, "TopK", request("TopK", WORDS, WORDS, k=k)).matches == everything


def test_texts_that_cannot_be_read_are_nulls_where_that_is_asked_for(raw: Raw) -> None:
    policy = types_pb2.ROW_ERROR_POLICY_NULL
    made = request("Cdist", [b"\xff", "ok"], INVALID_UTF8, row_errors=policy)
    got = answer(raw, "Cdist", made)
    assert got.matrix == [[None, None], [0, None]]
    assert got.errors.count == 2
    assert [(e.row, e.reason) for e in got.errors.first] == [
        (0, "INVALID_UTF8"),
        (1, "INVALID_UTF8"),
    ]
    # By digest it is the same, and a call that would have failed learns why.
    made = request("Cdist", ["ok"], got.digest, row_errors=policy)
    assert answer(raw, "Cdist", made).matrix == [[0, None]]
    refusal = raw.refusal("Cdist", request("Cdist", ["ok"], got.digest))
    assert refusal.reason == "CHOICES_UNKNOWN"


def many_words(count: int) -> types_pb2.Column:
    return texts([f"{i * 7919 % count:06d}" for i in range(count)])


def test_a_replica_that_has_lost_the_choices_says_so(start: Callable[..., Server]) -> None:
    raw = start("--choices_cache_mb=1").raw()
    first = answer(raw, "Join", request("Join", ["000001"], many_words(20_000), cutoff=0))
    assert len(first.digest) == 32
    again = request("Join", ["000001"], first.digest, cutoff=0)
    assert answer(raw, "Join", again).matches == first.matches
    answer(raw, "Join", request("Join", ["000001"], many_words(21_000), cutoff=0))
    assert raw.refusal("Join", again).reason == "CHOICES_UNKNOWN"
    none = start("--choices_cache_mb=0").raw()
    kept = answer(none, "Join", request("Join", ["000001"], many_words(20_000), cutoff=0))
    assert kept.matches == first.matches
    assert kept.digest == b""


def test_choices_that_are_kept_give_way_to_calls(start: Callable[..., Server]) -> None:
    server = start("--memory_ceiling_mb=128", "--workers=1")
    raw = server.raw()
    many = answer(raw, "Join", request("Join", ["1"], many_words(300_000), cutoff=0))
    assert len(many.digest) == 32
    # Most of the 64 MiB that calls may take.
    call = raw.future("Compare", work.one_row(15_000_000), timeout=None)
    server.until_busy(1)
    call.cancel()
    server.until_idle()
    refusal = raw.refusal("Join", request("Join", ["1"], many.digest, cutoff=0))
    assert refusal.reason == "CHOICES_UNKNOWN"


def endless() -> Any:
    """A matrix of a hundred gigabytes or so."""
    return request("Cdist", many_words(200_000), many_words(200_000))


def test_a_matrix_that_nobody_reads_holds_no_worker(start: Callable[..., Server]) -> None:
    server = start("--workers=1")
    calls = [server.raw().stream("Cdist", endless(), timeout=None) for _ in range(3)]
    for call in calls:
        next(call)
    raw = server.raw()
    assert raw.call("Compute", work.a_task()).small == work.A_TASK_S_RESULT
    server.until_idle()
    assert server.rss_peak_bytes() < 600 << 20
    for call in calls:
        call.cancel()
    server.until_idle()


@pytest.mark.parametrize("read", [0, 1, 5])
def test_a_matrix_that_is_cancelled_frees_worker_and_memory(
    start: Callable[..., Server], read: int
) -> None:
    server = start("--workers=1", "--memory_ceiling_mb=256", "--choices_cache_mb=0")
    raw = server.raw()
    for _ in range(4):  # of which two would not fit
        call = raw.stream("Cdist", endless(), timeout=None)
        for _ in range(read):
            next(call)
        call.cancel()
        with pytest.raises(grpc.RpcError) as error:
            list(call)
        assert Refusal.of(error.value).code == "CANCELLED"
        server.until_idle()
    # All of the memory is there again.
    call = raw.future("Compare", work.one_row(30_000_000), timeout=None)
    server.until_busy(1)
    call.cancel()
    server.until_idle()


def test_a_connection_that_is_lost_in_mid_stream_frees_the_worker(
    start: Callable[..., Server],
) -> None:
    server = start("--workers=1")
    connection = http2.Connection(server.address)
    stream = connection.start(METHODS["Cdist"].path)
    message = http2.message(endless().SerializeToString())
    assert connection.send(stream, message, end=True) == b""
    server.until_busy(1)
    connection.close()
    assert server.raw().call("Compute", work.a_task()).small == work.A_TASK_S_RESULT
    server.until_idle()


def test_choices_are_prepared_no_longer_than_anybody_waits(start: Callable[..., Server]) -> None:
    server = start("--workers=1")
    raw = server.raw()
    for _ in range(3):
        call = raw.stream("Join", request("Join", ["1"], many_words(1_000_000), cutoff=0))
        server.until_busy(1)
        call.cancel()
        server.until_idle()


def test_a_few_bytes_are_no_terabytes(raw: Raw) -> None:
    """Rows that all are one long text would be copied for each: the bytes are counted first."""
    rows = 1_000_000
    column = types_pb2.Column(
        type=types_pb2.DATA_TYPE_UINT8,
        length=rows,
        values=bytes(rows),
        dictionary=texts(["x" * 1_000_000]),
    )
    for queries, choices in ((column, texts(WORDS)), (texts(WORDS), column)):
        refusal = raw.refusal("TopK", request("TopK", queries, choices))
        assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "MEMORY_CEILING")
        assert refusal.retry_delay_s is None, "it never fits"


def test_a_literal_is_one_text(raw: Raw) -> None:
    assert answer(raw, "Cdist", request("Cdist", literal("kitten"), WORDS)).matrix == [[0, 3, 6]]
