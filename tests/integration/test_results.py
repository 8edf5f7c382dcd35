"""What comes back: types, nulls, narrow integers, rows that failed."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from harness.columns import (
    INTEGER_FORMATS,
    Value,
    decode,
    literal,
    numbers,
    texts,
)
from harness.rpc import Raw
from kernelserve.v1 import kernel_pb2, string_distance_pb2, types_pb2

INT32 = types_pb2.DATA_TYPE_INT32
INT64 = types_pb2.DATA_TYPE_INT64
UINT64 = types_pb2.DATA_TYPE_UINT64
BINARY = types_pb2.DATA_TYPE_BINARY
FLOAT32 = types_pb2.DATA_TYPE_FLOAT32
FLOAT64 = types_pb2.DATA_TYPE_FLOAT64
FAIL = types_pb2.ROW_ERROR_POLICY_FAIL
NULL = types_pb2.ROW_ERROR_POLICY_NULL


def pairwise(
    raw: Raw,
    left: Sequence[Value | bytes],
    right: types_pb2.Column,
    scorer: str = "levenshtein.distance",
    **result: object,
) -> string_distance_pb2.PairwiseResponse:
    request = string_distance_pb2.PairwiseRequest(left=texts(left), right=right)
    request.scorer.name = scorer
    request.format.MergeFrom(types_pb2.ResultFormat(**result))  # type: ignore[arg-type]
    response = raw.call("Pairwise", request)
    assert isinstance(response, string_distance_pb2.PairwiseResponse)
    return response


def fibonacci(raw: Raw, ns: Sequence[float | None], **fields: object) -> kernel_pb2.RunResponse:
    column = numbers(ns, INT64)
    request = kernel_pb2.RunRequest(kernel="fibonacci", columns=[column], **fields)  # type: ignore[arg-type]
    response = raw.call("Run", request)
    assert isinstance(response, kernel_pb2.RunResponse)
    return response


# ---- Types ----


@pytest.mark.parametrize(
    ("scorer", "data_type"),
    [
        ("", INT32),
        ("levenshtein.distance", INT32),
        ("levenshtein.similarity", INT32),
        ("levenshtein.normalized_distance", FLOAT64),
        ("levenshtein.normalized_similarity", FLOAT64),
    ],
)
def test_a_scorer_has_a_type_of_its_own(
    raw: Raw, scorer: str, data_type: types_pb2.DataType.ValueType
) -> None:
    assert pairwise(raw, ["a"], literal("b"), scorer).scores.type == data_type


LONG = "a" * 70_000


@pytest.mark.parametrize("data_type", INTEGER_FORMATS, ids=types_pb2.DataType.Name)
def test_a_score_too_great_for_its_type_is_its_maximum(
    raw: Raw, data_type: types_pb2.DataType.ValueType
) -> None:
    """Saturated, never wrapped: RapidFuzz would give 44 for 300 as uint8."""
    lengths = [0, 127, 128, 255, 256, 300, 32_767, 32_768, 65_535, 65_536, 70_000]
    scores = pairwise(raw, ["a" * n for n in lengths], literal(""), type=data_type).scores
    assert scores.type == data_type
    bits = {"b": 7, "B": 8, "h": 15, "H": 16, "i": 31, "I": 32, "q": 63, "Q": 64}
    greatest = (1 << bits[INTEGER_FORMATS[data_type]]) - 1
    assert decode(scores) == [min(n, greatest) for n in lengths]


@pytest.mark.parametrize("data_type", [FLOAT32, FLOAT64], ids=types_pb2.DataType.Name)
def test_a_whole_score_may_be_asked_for_as_a_fraction(
    raw: Raw, data_type: types_pb2.DataType.ValueType
) -> None:
    scores = pairwise(raw, ["kitten", None], literal("sitting"), type=data_type).scores
    assert scores.type == data_type
    assert decode(scores) == [3.0, None]


def test_a_normalised_score_may_be_asked_for_in_single_precision(raw: Raw) -> None:
    name = "levenshtein.normalized_distance"
    scores = pairwise(raw, ["kitten"], literal("sitting"), name, type=FLOAT32).scores
    assert decode(scores) == [0.4285714328289032]
    assert decode(pairwise(raw, ["kitten"], literal("sitting"), name).scores) == [3 / 7]


@pytest.mark.parametrize(
    ("greatest", "data_type"),
    [
        (0, types_pb2.DATA_TYPE_UINT8),
        (255, types_pb2.DATA_TYPE_UINT8),
        (256, types_pb2.DATA_TYPE_UINT16),
        (65_535, types_pb2.DATA_TYPE_UINT16),
        (65_536, INT32),
    ],
)
def test_narrow_integers_take_the_least_room(
    raw: Raw, greatest: int, data_type: types_pb2.DataType.ValueType
) -> None:
    rows = ["a" * greatest, None, ""]
    scores = pairwise(raw, rows, literal(""), narrow=True).scores
    assert scores.type == data_type
    assert decode(scores) == [greatest, None, 0]


def test_narrow_changes_no_fraction(raw: Raw) -> None:
    name = "levenshtein.normalized_distance"
    scores = pairwise(raw, ["a"], literal("b"), name, narrow=True).scores
    assert (scores.type, decode(scores)) == (FLOAT64, [1.0])


def test_narrow_is_by_the_whole_reply(raw: Raw) -> None:
    """Rows of many tasks: the widest decides for all."""
    rows = ["some text"] * 40_000 + ["a" * 300]
    scores = pairwise(raw, rows, literal(""), narrow=True).scores
    assert scores.type == types_pb2.DATA_TYPE_UINT16
    assert decode(scores) == [9] * 40_000 + [300]
    assert fibonacci(raw, [13, 10], narrow=True).result.type == types_pb2.DATA_TYPE_UINT8
    assert fibonacci(raw, [93], narrow=True).result.type == UINT64


# ---- Nulls and rows that fail ----


def test_a_null_in_is_a_null_out_and_no_error(raw: Raw) -> None:
    for policy in (FAIL, NULL):
        response = pairwise(raw, ["a", None, "c"], texts([None, "b", "c"]), row_errors=policy)
        assert decode(response.scores) == [None, None, 0]
        assert not response.HasField("row_errors")
    assert decode(pairwise(raw, [None, None], literal("x")).scores) == [None, None]
    everything = string_distance_pb2.PairwiseRequest(left=texts(["a"]), right=literal("x"))
    everything.right.validity = b"\0"
    assert decode(raw.call("Pairwise", everything).scores) == [None]


def test_no_nulls_need_no_bitmap(raw: Raw) -> None:
    assert pairwise(raw, ["a", "b"], literal("x")).scores.validity == b""


def test_rows_that_fail_become_null_where_that_is_asked_for(raw: Raw) -> None:
    response = fibonacci(raw, [10, -1, None, 94, 93], row_errors=NULL)
    assert decode(response.result) == [55, None, None, None, 12200160415121876738]
    errors = response.row_errors
    assert errors.count == 2
    assert [(e.row, e.reason) for e in errors.first] == [(1, "OUT_OF_RANGE"), (3, "OVERFLOW")]
    assert "-1" in errors.first[0].message
    assert "94" in errors.first[1].message


def test_all_failed_rows_are_counted_and_the_lowest_are_told(raw: Raw) -> None:
    """Over many tasks, in ascending order however those ran."""
    rows = 100_000
    ns = [94 if row % 3 == 1 else 1 for row in range(rows)]
    response = fibonacci(raw, ns, row_errors=NULL)
    failed = [row for row, n in enumerate(ns) if n == 94]
    assert response.row_errors.count == len(failed)
    told = [error.row for error in response.row_errors.first]
    assert 1 <= len(told) <= 100
    assert told == failed[: len(told)]
    assert decode(response.result) == [None if n == 94 else 1 for n in ns]


@pytest.mark.parametrize("policy", [types_pb2.ROW_ERROR_POLICY_UNSPECIFIED, FAIL])
def test_the_call_fails_by_default(raw: Raw, policy: types_pb2.RowErrorPolicy.ValueType) -> None:
    request = kernel_pb2.RunRequest(
        kernel="fibonacci", columns=[numbers([10, 94, -1], INT64)], row_errors=policy
    )
    refusal = raw.refusal("Run", request)
    assert (refusal.reason, refusal.row) == ("OVERFLOW", "1")


def test_beyond_64_bits_in_binary(raw: Raw) -> None:
    response = fibonacci(raw, [0, 1, 94, None], result_type=BINARY)
    assert response.result.type == BINARY
    values = decode(response.result)
    assert values[:2] == [b"", b"\x01"]
    assert int.from_bytes(values[2], "little") == 19740274219868223167
    assert values[3] is None


# ---- Rows ----


def test_a_column_alone_tells_the_rows_and_so_may_the_request(raw: Raw) -> None:
    n = numbers([42])
    n.repeat = True
    request = kernel_pb2.RunRequest(kernel="fibonacci", columns=[n])
    assert decode(raw.call("Run", request).result) == [267914296]
    request.rows = 1_000
    assert decode(raw.call("Run", request).result) == [267914296] * 1_000
    both = string_distance_pb2.PairwiseRequest(left=literal("kitten"), right=literal("sitting"))
    assert decode(raw.call("Pairwise", both).scores) == [3]


def test_no_rows_are_no_error(raw: Raw) -> None:
    for policy in (FAIL, NULL):
        response = pairwise(raw, [], texts([]), row_errors=policy, narrow=True)
        assert decode(response.scores) == []
    assert decode(pairwise(raw, [], literal("a")).scores) == []
    assert decode(fibonacci(raw, [], result_type=BINARY).result) == []


def test_the_null_kernel_reads_nothing_and_returns_zeros(raw: Raw) -> None:
    """The floor that every figure is held against."""
    rows: list[Value | bytes] = [b"\xff not UTF-8", None, "abc"]
    response = pairwise(raw, rows, literal("x"), "null")
    assert response.scores.type == INT32
    assert decode(response.scores) == [0, 0, 0]
