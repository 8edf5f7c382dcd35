"""Every query by every choice equals one pair at a time, whatever is asked of it and how."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from random import Random
from typing import Any

import pytest
from harness.columns import ENCODINGS, NUMBER_FORMATS, Value, numbers
from harness.cross import Match, answer, request
from harness.rpc import Raw
from kernelserve.v1 import string_distance_pb2, types_pb2

from conformance import texts
from conformance.engines import Scorer
from conformance.rapidfuzz_scores import FORMS, expected, is_whole

DEFAULT_PROCESS = string_distance_pb2.PREPROCESSING_DEFAULT_PROCESS


def column(rows: int, seed: int) -> list[Value]:
    """Texts of every kind and length; some are alike, some null."""
    random = Random(seed)
    left, right = texts.batch(rows // 2, random)
    some = [*left, *right]
    random.shuffle(some)
    return some


def dense(scorer: Scorer, queries: Sequence[Value], choices: Sequence[Value]) -> list[list[Any]]:
    return [expected(scorer, [query] * len(choices), choices) for query in queries]


def is_distance(scorer: str) -> bool:
    return scorer.endswith("distance")


def passing(scorer: str, matrix: Sequence[Sequence[Any]], cutoff: float | None) -> list[Match]:
    return [
        (q, c, score)
        for q, row in enumerate(matrix)
        for c, score in enumerate(row)
        if score is not None
        and (cutoff is None or (score <= cutoff if is_distance(scorer) else score >= cutoff))
    ]


def best(scorer: str, matches: Sequence[Match], k: int) -> list[Match]:
    """Of each query, the best first, ties by choice."""
    sign = 1 if is_distance(scorer) else -1
    by_query: dict[int, list[Match]] = {}
    for match in sorted(matches, key=lambda m: (m[0], sign * m[2], m[1])):
        by_query.setdefault(match[0], []).append(match)
    return [match for some in by_query.values() for match in some[:k]]


def cutoff_of(scorer: str) -> float:
    """One that some of the pairs pass."""
    if is_whole(scorer):
        return 6 if is_distance(scorer) else 3
    if scorer.startswith("fuzz."):
        return 55
    return 0.6 if is_distance(scorer) else 0.5


@pytest.mark.parametrize("scorer", FORMS)
def test_every_scorer_s_matrix_matches_and_best_are_rapidfuzz_s(raw: Raw, scorer: str) -> None:
    queries = column(24, 1)
    choices = [*column(36, 2), *queries[::3]]
    whole = dense(Scorer(scorer), queries, choices)
    made = request("Cdist", queries, choices, scorer)
    assert answer(raw, "Cdist", made).matrix == whole
    cutoff = cutoff_of(scorer)
    made = request("Cdist", queries, choices, scorer, cutoff)
    within = dense(Scorer(scorer, score_cutoff=cutoff), queries, choices)
    assert answer(raw, "Cdist", made).matrix == within
    matches = passing(scorer, whole, cutoff)
    assert 0 < len(matches) < len(passing(scorer, whole, None))
    assert answer(raw, "Join", request("Join", queries, choices, scorer, cutoff)).matches == matches
    for k, limit in ((3, None), (3, cutoff), (1000, None)):
        made = request("TopK", queries, choices, scorer, limit, k=k)
        expected_best = best(scorer, passing(scorer, whole, limit), k)
        assert answer(raw, "TopK", made).matches == expected_best


@pytest.mark.parametrize("scorer", ["levenshtein.distance", "fuzz.ratio"])
def test_a_column_with_itself_has_each_pair_once_and_no_row_with_itself(
    raw: Raw, scorer: str
) -> None:
    both = column(60, 3)
    cutoff = cutoff_of(scorer)
    matches = passing(scorer, dense(Scorer(scorer), both, both), cutoff)
    for choices in (None, both):
        made = request("Join", both, choices, scorer, cutoff, symmetric=True)
        assert answer(raw, "Join", made).matches == [m for m in matches if m[0] < m[1]]
        made = request("TopK", both, choices, scorer, cutoff, symmetric=True, k=2)
        others = [m for m in matches if m[0] != m[1]]
        assert answer(raw, "TopK", made).matches == best(scorer, others, 2)
        made = request("Cdist", both, choices, scorer, symmetric=True)
        assert answer(raw, "Cdist", made).matrix == dense(Scorer(scorer), both, both)


def test_parts_of_a_column_with_itself_make_the_whole(raw: Raw) -> None:
    """Bases say where a part begins: indices are those of the whole, and no pair comes twice."""
    both = column(60, 4)
    scorer = "levenshtein.distance"
    matches = passing(scorer, dense(Scorer(scorer), both, both), 6)
    found: list[Match] = []
    cuts = [0, 17, 40, len(both)]
    for query_base, query_end in pairwise(cuts):
        for choice_base, choice_end in pairwise(cuts):
            made = request(
                "Join",
                both[query_base:query_end],
                both[choice_base:choice_end],
                cutoff=6,
                symmetric=True,
                query_base=query_base,
                choice_base=choice_base,
            )
            found += answer(raw, "Join", made).matches
    assert sorted(found) == [m for m in matches if m[0] < m[1]]
    part = request("TopK", both[17:40], both, k=1, symmetric=True, query_base=17)
    whole = request("TopK", both, k=1, symmetric=True)
    assert answer(raw, "TopK", part).matches == [
        m for m in answer(raw, "TopK", whole).matches if 17 <= m[0] < 40
    ]
    own = request("Join", both[17:40], cutoff=6, symmetric=True, query_base=17)
    assert answer(raw, "Join", own).matches == [m for m in matches if 17 <= m[0] < m[1] < 40]


@pytest.mark.parametrize("method", ["Cdist", "TopK", "Join"])
def test_a_stream_goes_on_where_it_broke_off(raw: Raw, method: str) -> None:
    queries, choices = column(50, 5), column(30, 6)
    options: dict[str, Any] = {"cutoff": 8, "block_bytes_max": 100}
    whole = answer(raw, method, request(method, queries, choices, **options))
    assert len(whole.messages) > 5, "blocks that small hold a query or a few"
    for message in whole.messages[:: len(whole.messages) // 4]:
        begin = message.block.query_end
        rest = answer(raw, method, request(method, queries, choices, query_begin=begin, **options))
        assert rest.matrix == whole.matrix[begin:]
        assert rest.matches == [m for m in whole.matches if m[0] >= begin]
    made = request(method, queries, choices, query_begin=7, query_end=11, **options)
    some = answer(raw, method, made)
    assert some.matrix == whole.matrix[7:11]
    assert some.matches == [m for m in whole.matches if 7 <= m[0] < 11]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_an_encoding_changes_nothing(raw: Raw, encoding: str) -> None:
    random = Random(7)
    values: list[Value] = column(40, 8)
    if encoding == "repeat":
        values = ["a literal is one text"]
    if encoding == "null":
        values = [None] * 5
    if encoding.startswith("binary"):
        values = [v and "".join(chr(ord(c) % 256) for c in v) for v in values]
    others: list[Value] = column(20, 9)
    encoded = ENCODINGS[encoding](values, random)
    assert encoded is not None
    scorer = Scorer("levenshtein.distance")
    got = answer(raw, "Cdist", request("Cdist", encoded, others))
    assert got.matrix == dense(scorer, values, others)
    got = answer(raw, "Cdist", request("Cdist", others, encoded))
    assert got.matrix == dense(scorer, others, values)
    got = answer(raw, "Join", request("Join", others, encoded, cutoff=9))
    assert got.matches == passing("levenshtein.distance", dense(scorer, others, values), 9)


def test_texts_are_processed_first(raw: Raw) -> None:
    queries = ["  New-York!", "B\xc9ARN", None, "?"]
    choices = ["new york", "b\xe9arn", "", "NEW  YORK", None]
    scorer = Scorer("levenshtein.distance", processor="default_process")
    made = request("Cdist", queries, choices, preprocessing=DEFAULT_PROCESS)
    assert answer(raw, "Cdist", made).matrix == dense(scorer, queries, choices)


NUMBER_TYPES = [types_pb2.DataType.Name(t) for t in NUMBER_FORMATS]


@pytest.mark.parametrize("data_type", NUMBER_TYPES)
def test_a_type_that_is_too_narrow_saturates(raw: Raw, data_type: str) -> None:
    kind = types_pb2.DataType.Value(data_type)
    queries, choices = ["x" * 40_000, "x" * 200, "", None], ["y", "x" * 200, None]
    most = {"INT8": 127, "UINT8": 255, "INT16": 32767}.get(data_type[10:], 1 << 31)
    made = request("Cdist", queries, choices, type=kind)
    got = answer(raw, "Cdist", made)
    assert {message.scores.type for message in got.messages} == {kind}
    whole = dense(Scorer("levenshtein.distance"), queries, choices)
    assert got.matrix == [[s if s is None else min(s, most) for s in row] for row in whole]
    made = request("Join", queries, choices, type=kind, cutoff=100_000)
    saturated = [(q, c, min(s, most)) for q, c, s in passing("levenshtein.distance", whole, None)]
    assert answer(raw, "Join", made).matches == saturated


def test_the_narrowest_type_is_exact(raw: Raw) -> None:
    """It is bytes until a score does not fit one."""
    words = column(20, 10)
    whole = dense(Scorer("levenshtein.distance"), words, words)
    got = answer(raw, "Cdist", request("Cdist", words, words, narrow=True))
    assert got.matrix == whole
    short = [w for w in words if w is None or len(w) < 100]
    got = answer(raw, "Cdist", request("Cdist", short, short, narrow=True))
    assert {m.scores.type for m in got.messages} == {types_pb2.DATA_TYPE_UINT8}
    assert got.matrix == dense(Scorer("levenshtein.distance"), short, short)
    for length in (254, 255, 256, 70_000):
        queries = ["x" * length, "a"]
        got = answer(raw, "Cdist", request("Cdist", queries, [""], narrow=True))
        assert got.matrix == [[length], [1]]
        got = answer(raw, "TopK", request("TopK", queries, [""], narrow=True))
        assert got.matches == [(0, 0, length), (1, 0, 1)]


def test_a_query_s_own_cutoff_takes_the_place_of_the_scorer_s(raw: Raw) -> None:
    queries = ["kitten", "kitten", "kitten", "kitten"]
    choices = ["kitten", "mitten", "sitting", "flaw"]
    cutoffs = numbers([0, 1, None, 3], types_pb2.DATA_TYPE_FLOAT64)
    for cutoff in (None, 0):
        made = request("TopK", queries, choices, cutoff=cutoff, query_cutoffs=cutoffs)
        assert [m[:2] for m in answer(raw, "TopK", made).matches] == [
            (0, 0),
            *((1, c) for c in (0, 1)),
            *((2, c) for c in (0, 1, 2, 3)),
            *((3, c) for c in (0, 1, 2)),
        ]
    one = numbers([1], types_pb2.DATA_TYPE_INT32)
    one.repeat = True
    made = request("TopK", queries, choices, query_cutoffs=one)
    assert [m[:2] for m in answer(raw, "TopK", made).matches] == [
        (q, c) for q in range(4) for c in (0, 1)
    ]
    infinite = numbers([float("inf"), 1, 0, float("inf")], types_pb2.DATA_TYPE_FLOAT64)
    made = request("TopK", queries, choices, query_cutoffs=infinite)
    matches = passing(
        "levenshtein.distance", dense(Scorer("levenshtein.distance"), queries, choices), None
    )
    most = [float("inf"), 1, 0, float("inf")]
    assert answer(raw, "TopK", made).matches == best(
        "levenshtein.distance", [m for m in matches if m[2] <= most[m[0]]], 5
    ), "an infinite cutoff is no other query's"
    similar = numbers([0.9, 0.5, None, float("inf")], types_pb2.DATA_TYPE_FLOAT64)
    scorer = "levenshtein.normalized_similarity"
    made = request("TopK", queries, choices, scorer, query_cutoffs=similar)
    matches = passing(scorer, dense(Scorer(scorer), queries, choices), None)
    least = [0.9, 0.5, 0, float("inf")]
    assert answer(raw, "TopK", made).matches == best(
        scorer, [m for m in matches if m[2] >= least[m[0]]], 5
    )


@pytest.mark.parametrize("method", ["Cdist", "TopK", "Join"])
def test_an_estimate_tells_the_size_of_the_whole(raw: Raw, method: str) -> None:
    queries, choices = column(50, 11), column(30, 12)
    made = request(method, queries, choices, cutoff=8)
    bytes_each = {"Cdist": 30 * 4, "TopK": 5 * 20, "Join": 30 * 20}[method]
    made.options.estimate_only = True
    (message,) = answer(raw, method, made).messages
    estimate = message.block.estimate
    assert message.ByteSize() < 200, "nothing was scored"
    assert estimate.cells == message.block.cells_total == 50 * 30
    assert estimate.bytes == 50 * bytes_each
    assert 0 < estimate.seconds < 1
