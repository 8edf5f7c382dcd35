"""How rows are cut into calls."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernelserve as ks
from arrow_columns import ENCODINGS
from kernelserve import TooLargeError
from kernelserve import _verbs as verbs
from kernelserve._limits import REQUEST_BYTES_RESERVED, SAFE_LIMITS, Limits, limits_of
from kernelserve._rows import ColumnVerb
from kernelserve.bench.server_process import ServerProcess
from kernelserve.v1 import server_info_pb2


def pairwise(left: object, right: object) -> ColumnVerb:
    verb = verbs.pairwise(left, right, "levenshtein.distance", None, None, "fail")
    assert isinstance(verb, ColumnVerb)
    return verb


@given(
    st.lists(st.text(max_size=200), min_size=1, max_size=60),
    st.sampled_from(sorted(ENCODINGS)),
    st.integers(100, 3000),
    st.integers(1, 40),
)
def test_calls_cover_the_rows_in_order_and_keep_to_the_limits(
    rows: list[str], encoding: str, preferred: int, rows_max: int
) -> None:
    bytes_max = preferred + REQUEST_BYTES_RESERVED
    limits = Limits(bytes_max, preferred, rows_max)
    verb = pairwise(ENCODINGS[encoding](pa.array(rows)), "right")
    plan = verb.plan(limits)
    assert [begin for begin, _ in plan] == [0, *[end for _, end in plan[:-1]]]
    assert plan[-1][1] == len(rows)
    for begin, end in plan:
        assert 1 <= end - begin <= rows_max
        if end - begin > 1 and "view" not in encoding:
            assert len(verb.request((begin, end))) <= bytes_max


def test_a_request_that_turns_out_too_long_is_not_sent() -> None:
    """A long text behind thousands of short ones, where no estimate looks."""
    texts = ["a word of some length"] * 60_019 + ["x" * 10_000_000]
    verb = pairwise(pa.array(texts).cast(pa.string_view()), "right")
    assert verb.plan(SAFE_LIMITS) == [(0, 60_020)]
    bytes_max = SAFE_LIMITS.request_bytes_max
    with pytest.raises(TooLargeError, match=r"the request would have 1\d+ bytes"):
        verb.request((0, 60_020), None, bytes_max)
    assert len(verb.request((0, 30_000), None, bytes_max)) < bytes_max
    one = pairwise(pa.array(["x" * 5_000_000]), "right")
    assert len(one.request((0, 1), None, bytes_max)) > bytes_max, "the server's to refuse"


def test_rows_longer_than_was_estimated_are_computed(server: ServerProcess) -> None:
    texts = ["a word of some length"] * 60_019 + ["x" * 10_000_000]
    with ks.connect(server.address) as client:
        sizes = client.pairwise(pa.array(texts).cast(pa.string_view()), "")
    assert sizes.to_pylist() == [len(text) for text in texts]


def test_no_rows_are_one_call() -> None:
    assert pairwise([], []).plan(SAFE_LIMITS) == [(0, 0)]


def test_calls_are_of_even_size() -> None:
    plan = pairwise(["x"] * 100_000, ["y"] * 100_000).plan(SAFE_LIMITS)
    assert plan == [(0, 50_000), (50_000, 100_000)]


def test_calls_end_where_either_side_has_the_end_of_a_large_chunk() -> None:
    large = pa.array(["x" * 1000] * 1100)
    left = pa.chunked_array([large, large])
    right = pa.chunked_array([large[:1], large, large[1:]])
    assert len(right) == 2200
    ends = [end for _, end in pairwise(left, right).plan(SAFE_LIMITS)]
    assert ends == [1100, 1101, 2200]


def test_a_row_that_is_too_long_stands_alone() -> None:
    rows = ["x"] * 10 + ["x" * (5 << 20)] + ["x"] * 10
    plan = pairwise(rows, "y").plan(SAFE_LIMITS)
    assert (10, 11) in plan


def test_halves() -> None:
    verb = pairwise(["a"] * 5, "b")
    assert verb.split((0, 5)) == [(0, 2), (2, 5)]
    assert verb.split((2, 4)) == [(2, 3), (3, 4)]
    assert verb.split((3, 4)) == []


@pytest.mark.parametrize(
    ("told", "limits"),
    [
        ({}, SAFE_LIMITS),
        (
            {"request_bytes_max": 100, "request_bytes_preferred": 50, "rows_max": 7},
            Limits(100, 50, 7),
        ),
        ({"request_bytes_max": 100, "request_bytes_preferred": 500}, Limits(100, 100, 65_536)),
        ({"request_bytes_max": 100, "rows_max": 7}, Limits(100, 100, 7)),
    ],
)
def test_a_server_tells_its_limits(told: dict[str, int], limits: Limits) -> None:
    info = server_info_pb2.GetServerInfoResponse(limits=server_info_pb2.Limits(**told))
    assert limits_of(info) == limits
