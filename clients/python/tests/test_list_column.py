"""Long lists whose texts are joined while they are sent: the same results as of other columns."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from kernelserve import _connection as connection
from kernelserve import _list_column as list_column
from kernelserve._limits import SAFE_LIMITS, limits_of
from kernelserve._list_column import ListColumn
from kernelserve._rows import OtherRowsError
from kernelserve.rapidfuzz import fuzz as ks_fuzz
from kernelserve.rapidfuzz import process as ks_process
from shared_regions import words

ROWS = SAFE_LIMITS.rows_max + 4_464
LEFT, RIGHT = (words(seed, rows=7_000) * 10 for seed in (1, 2))
DISTANCES = [Levenshtein.distance(a, b) for a, b in zip(LEFT[:7_000], RIGHT, strict=False)] * 10


@pytest.fixture(autouse=True)
def joined(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Lists in parts of some thousand rows, and how many of each were joined."""
    counts: list[int] = []
    join = list_column._join

    def counting(values: list[Any], begin: int, end: int) -> bytes:
        made = join(values, begin, end)
        counts.append(end - begin)
        return made

    monkeypatch.setattr(list_column, "_JOINED_ROWS", 20_000)
    monkeypatch.setattr(list_column, "_join", counting)
    return counts


def with_row(row: Any, at: int = 50_001) -> list[Any]:
    return [*LEFT[:at], row, *LEFT[at + 1 :]]


@pytest.mark.parametrize("shared_memory", [True, False])
def test_lists_are_joined_part_by_part(joined: list[int], shared_memory: bool) -> None:
    assert len(LEFT) == ROWS
    with ks.connect(shared_memory=shared_memory) as client:
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert joined == [17_500] * 8
        assert (
            client.pairwise(LEFT, "abc", scorer="lcs_seq.similarity")
            == client.pairwise(pa.array(LEFT), "abc", scorer="lcs_seq.similarity").to_pylist()
        )


def test_the_event_loop_has_it_too(joined: list[int]) -> None:
    async def distances() -> Any:
        async with ks.AsyncClient() as client:
            return await client.pairwise(LEFT, RIGHT)

    assert asyncio.run(distances()) == DISTANCES
    assert joined == [17_500] * 8


def test_short_lists_are_not(joined: list[int]) -> None:
    assert ks.pairwise(LEFT[:60_000], RIGHT[:60_000]) == DISTANCES[:60_000]
    assert joined == []


def test_a_long_text_makes_no_part_too_large(joined: list[int]) -> None:
    texts = ["x" * 1_000] * ROWS
    assert ks.pairwise(texts, "x" * 999) == [1] * ROWS
    assert max(joined) * 1_001 <= list_column._JOINED_BYTES


@pytest.mark.parametrize(
    ("row", "distance"),
    [
        (None, None),
        (float("nan"), None),
        ("a\0b", Levenshtein.distance("a\0b", RIGHT[50_001])),
        ("\0", Levenshtein.distance("\0", RIGHT[50_001])),
        (b"abc", Levenshtein.distance("abc", RIGHT[50_001])),
        (["a", "b"], Levenshtein.distance("ab", RIGHT[50_001])),
    ],
)
def test_other_rows_are_what_they_are_elsewhere(row: Any, distance: int | None) -> None:
    expected = [*DISTANCES[:50_001], distance, *DISTANCES[50_002:]]
    assert ks.pairwise(with_row(row), RIGHT) == expected
    flipped = ks.pairwise(RIGHT, with_row(row))
    assert flipped == expected


def test_a_lone_surrogate_is_one_unit(joined: list[int]) -> None:
    scores = ks.pairwise(with_row("\ud800b"), with_row("b"))
    assert scores == [*[0] * 50_001, 1, *[0] * (ROWS - 50_002)]
    assert sum(joined) == 2 * ROWS


def test_a_row_that_is_no_text_is_named() -> None:
    with pytest.raises(ks.WrongTypeError, match=r"left\[50001\] is a int beside rows of str"):
        ks.pairwise(with_row(7), RIGHT)
    with pytest.raises(ks.WrongTypeError, match=r"right\[0\] is a object"):
        ks.pairwise(RIGHT, with_row(object(), 0))


def test_lengths_that_differ_are_told() -> None:
    with pytest.raises(ks.LengthMismatchError, match="left has 70000, right has 69999 rows"):
        ks.pairwise(LEFT, RIGHT[1:])


def test_a_column_of_other_parts_beside_it() -> None:
    chunks = pa.chunked_array([RIGHT[:9_999], RIGHT[9_999:60_000], RIGHT[60_000:]])
    assert ks.pairwise(LEFT, chunks) == DISTANCES
    assert ks.pairwise(LEFT, pa.array(RIGHT)) == DISTANCES


def test_a_server_that_does_not_know_separated_texts_gets_offsets(
    joined: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_an_older_one(info: Any) -> Any:
        info.capabilities.remove("separated_texts")
        return limits_of(info)

    monkeypatch.setattr(connection, "limits_of", of_an_older_one)
    with ks.connect() as client:
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
    assert joined == []


def test_a_part_that_is_too_large_after_all_is_sent_with_offsets(
    joined: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the rows that are looked at have short texts and others have not."""
    monkeypatch.setattr(list_column, "_JOINED_ROWS", ROWS)
    texts = ["x" * 1_000 if row % 70 else "x" for row in range(ROWS)]
    with ks.connect() as client:
        assert client.pairwise(texts, "x") == [len(text) - 1 for text in texts]
    assert joined == [ROWS]


def test_rows_that_fail_are_told_once() -> None:
    column = ListColumn.of_texts(LEFT)
    assert column is not None
    with pytest.raises(OtherRowsError):
        column.encode(0, 17_499)
    with pytest.warns(ks.RowErrorWarning, match="1 rows failed"):
        scores = ks.pairwise(with_row(None), invalid(), row_errors="null")
    assert scores[7] is None


def test_cpdist_of_lists_is_rapidfuzzs(joined: list[int]) -> None:
    expected = process.cpdist(LEFT, RIGHT, scorer=fuzz.ratio)
    np.testing.assert_array_equal(ks_process.cpdist(LEFT, RIGHT, scorer=ks_fuzz.ratio), expected)
    assert joined == [17_500] * 8
    missing = with_row(None)
    expected = process.cpdist(missing, RIGHT, scorer=fuzz.ratio)
    np.testing.assert_array_equal(ks_process.cpdist(missing, RIGHT, scorer=ks_fuzz.ratio), expected)


def invalid() -> Any:
    """RIGHT with a row that is no text."""
    data = pa.array([b"\xff" if row == 7 else b"abc" for row in range(ROWS)], pa.binary())
    return pa.Array.from_buffers(pa.string(), ROWS, data.buffers())
