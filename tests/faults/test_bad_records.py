"""PairwiseRecords: what it refuses, and by which field; what it makes of columns and rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from harness.columns import decode, literal, numbers, texts
from harness.rpc import Raw
from kernelserve.v1 import types_pb2
from kernelserve.v1.string_distance_pb2 import PairwiseRecordsRequest, Scorer, WeightedScorer

DISTANCE, JARO = "levenshtein.distance", "jaro.similarity"


def records(
    left: Sequence[types_pb2.Column],
    right: Sequence[types_pb2.Column],
    scorers: Sequence[str] = (DISTANCE, DISTANCE),
    **fields: Any,
) -> PairwiseRecordsRequest:
    weighted = [WeightedScorer(scorer=Scorer(name=name), weight=1) for name in scorers]
    return PairwiseRecordsRequest(scorers=weighted, left=left, right=right, **fields)


def two(change: Callable[[PairwiseRecordsRequest], object] | None = None) -> PairwiseRecordsRequest:
    """Two columns of three and of two records, and four pairs of them."""
    request = records(
        [texts(["kitten", None, "flaw"]), texts(["a", "b", "c"])],
        [texts(["sitting", "lawn"]), texts(["a", "x"])],
        left_rows=numbers([0, 2, 1, 0]),
        right_rows=numbers([0, 1, 0, None]),
    )
    if change is not None:
        change(request)
    return request


def test_pairs_name_records_by_their_rows(raw: Raw) -> None:
    assert decode(raw.call("PairwiseRecords", two()).scores) == [1.5, 1.5, None, None]

    def with_null_score(request: PairwiseRecordsRequest) -> None:
        request.null_score = 7
        request.scorers[0].weight = 3

    scores = raw.call("PairwiseRecords", two(with_null_score)).scores
    assert decode(scores) == [9 / 4, 7 / 4, 22 / 4, None]


def test_a_pair_beyond_the_cutoff_has_no_score(raw: Raw) -> None:
    def within(request: PairwiseRecordsRequest) -> None:
        request.score_cutoff = 1.4
        request.scorers[0].weight = 2

    request = two(within)
    assert decode(raw.call("PairwiseRecords", request).scores) == [None, None, None, None]
    request.score_cutoff = 5 / 3
    assert decode(raw.call("PairwiseRecords", request).scores) == [None, 5 / 3, None, None]


def test_one_text_may_stand_for_every_record(raw: Raw) -> None:
    request = records(
        [texts(["kitten", "x", "sitting"])],
        [literal("sitting")],
        [DISTANCE],
        left_rows=numbers([2, 0]),
    )
    assert decode(raw.call("PairwiseRecords", request).scores) == [0, 3]


def with_endless_nulls(request: PairwiseRecordsRequest) -> None:
    """They take no bytes; pairs name some. Each column alone would do."""
    request.ClearField("left")
    request.left.extend([types_pb2.Column(type=types_pb2.DATA_TYPE_NULL, length=10_000_000)] * 2)


REFUSED: dict[str, tuple[Callable[[PairwiseRecordsRequest], object], str, str]] = {
    "no scorers": (lambda r: r.ClearField("scorers"), "INVALID_ARGUMENT", "scorers"),
    "a scorer too many": (lambda r: r.scorers.add(), "INVALID_ARGUMENT", "scorers"),
    "a column too many": (lambda r: r.right.add(), "INVALID_ARGUMENT", "scorers"),
    "many columns": (
        lambda r: r.left.extend([types_pb2.Column()] * 31),
        "INVALID_ARGUMENT",
        "left",
    ),
    "a cutoff of a scorer's own": (
        lambda r: setattr(r.scorers[1].scorer, "score_cutoff", 1),
        "INVALID_ARGUMENT",
        "scorers[1].scorer.score_cutoff",
    ),
    "a hint": (
        lambda r: setattr(r.scorers[1].scorer, "score_hint", 1),
        "INVALID_ARGUMENT",
        "scorers[1].scorer.score_hint",
    ),
    "an unknown scorer": (
        lambda r: setattr(r.scorers[1].scorer, "name", "levenstein.distance"),
        "UNKNOWN_SCORER",
        "scorers[1].scorer.name",
    ),
    "an unknown parameter": (
        lambda r: r.scorers[1].scorer.parameters.add(name="weigths", integer=7),
        "UNKNOWN_PARAMETER",
        "scorers[1].scorer.parameters.weigths",
    ),
    "a wrong parameter": (
        lambda r: r.scorers[1].scorer.parameters.add(name="weights", text="x"),
        "WRONG_TYPE",
        "scorers[1].scorer.parameters.weights",
    ),
    "a similarity beside a distance": (
        lambda r: setattr(r.scorers[1].scorer, "name", JARO),
        "INVALID_ARGUMENT",
        "scorers[1].scorer.name",
    ),
    "a weight of nothing": (
        lambda r: setattr(r.scorers[1], "weight", 0),
        "OUT_OF_RANGE",
        "scorers[1].weight",
    ),
    "a null_score that is no number": (
        lambda r: setattr(r, "null_score", float("nan")),
        "OUT_OF_RANGE",
        "null_score",
    ),
    "whole numbers asked for": (
        lambda r: setattr(r.format, "type", types_pb2.DATA_TYPE_INT32),
        "WRONG_TYPE",
        "format.type",
    ),
    "a column of numbers": (
        lambda r: r.right[1].CopyFrom(numbers([1, 2])),
        "WRONG_TYPE",
        "right[1]",
    ),
    "rows that are text": (
        lambda r: r.left_rows.CopyFrom(texts(["0"] * 4)),
        "WRONG_TYPE",
        "left_rows",
    ),
    "columns of a side that differ in length": (
        lambda r: r.left[1].CopyFrom(texts(["a", "b"])),
        "LENGTH_MISMATCH",
        "left[1]",
    ),
    "rows of either side that differ in length": (
        lambda r: r.right_rows.CopyFrom(numbers([0])),
        "LENGTH_MISMATCH",
        "right_rows",
    ),
    "columns without rows that are not as long as the other rows": (
        lambda r: r.ClearField("left_rows"),
        "LENGTH_MISMATCH",
        "left[0]",
    ),
    "a length that the side's first column has not": (
        lambda r: setattr(r.left[1], "length", 30),
        "LENGTH_MISMATCH",
        "left[1]",
    ),
    "offsets that are too short": (
        lambda r: setattr(r.left[1], "offsets", bytes(4)),
        "MALFORMED_COLUMN",
        "left[1].offsets",
    ),
    "endless nulls": (with_endless_nulls, "TOO_MANY_ROWS", "rows"),
    "a row that is not there": (
        lambda r: r.left_rows.CopyFrom(numbers([0, 3, 0, 0])),
        "MALFORMED_COLUMN",
        "left_rows",
    ),
    "a row below the first": (
        lambda r: r.left_rows.CopyFrom(numbers([0, -1, 0, 0], types_pb2.DATA_TYPE_INT8)),
        "OUT_OF_RANGE",
        "left_rows",
    ),
    "text that is none": (
        lambda r: r.right[1].CopyFrom(texts(["a", b"\xff"])),
        "INVALID_UTF8",
        "right[1]",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_named(raw: Raw, case: str) -> None:
    change, reason, field = REFUSED[case]
    refusal = raw.refusal("PairwiseRecords", two(change))
    assert (refusal.reason, refusal.field) == (reason, field)


def test_pairs_that_are_amiss_may_be_null(raw: Raw) -> None:
    def amiss(request: PairwiseRecordsRequest) -> None:
        request.left_rows.CopyFrom(numbers([0, 3, 1, 2]))
        request.right_rows.CopyFrom(numbers([1, 0, 0, 1]))
        request.right[1].CopyFrom(texts(["a", b"\xff"]))
        request.format.row_errors = types_pb2.ROW_ERROR_POLICY_NULL

    response = raw.call("PairwiseRecords", two(amiss))
    assert decode(response.scores) == [None] * 4
    assert response.row_errors.count == 3
    told = [(error.row, error.reason) for error in response.row_errors.first]
    assert told == [(0, "INVALID_UTF8"), (1, "MALFORMED_COLUMN"), (3, "INVALID_UTF8")]
