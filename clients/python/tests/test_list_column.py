"""Long lists whose texts are joined while they are sent: the same results as of other columns."""

from __future__ import annotations

import asyncio
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from kernelserve._kernel_methods import SCORERS
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from kernelserve import _connection as connection
from kernelserve import _list_column as list_column
from kernelserve import _rows as rows
from kernelserve import _verbs as verbs
from kernelserve._lanes import Stop
from kernelserve._limits import SAFE_LIMITS, limits_of
from kernelserve._rows import OtherRowsError
from kernelserve.rapidfuzz import fuzz as ks_fuzz
from kernelserve.rapidfuzz import process as ks_process
from kernelserve.v1 import types_pb2 as types
from shared_regions import words

ROWS = SAFE_LIMITS.rows_max + 4_464
LEFT, RIGHT = (words(seed, rows=7_000) * 10 for seed in (1, 2))
DISTANCES = [Levenshtein.distance(a, b) for a, b in zip(LEFT[:7_000], RIGHT, strict=False)] * 10


class Joined(list[int]):
    """How many rows were joined for each call, and the types of what came of it."""

    types: set[int]


@pytest.fixture(autouse=True)
def joined(monkeypatch: pytest.MonkeyPatch) -> Joined:
    """Lists go in calls of some thousand rows."""
    counts = Joined()
    counts.types = set()
    join = list_column._join

    def counting(values: list[Any], begin: int, end: int) -> Any:
        made = join(values, begin, end)
        counts.append(end - begin)
        counts.types.add(made[0])
        return made

    monkeypatch.setattr(rows, "_LAZY_REQUEST_BYTES", 400_000)
    monkeypatch.setattr(list_column, "_join", counting)
    return counts


def with_row(row: Any, at: int = 50_001) -> list[Any]:
    return [*LEFT[:at], row, *LEFT[at + 1 :]]


@pytest.mark.parametrize("shared_memory", [True, False])
def test_lists_are_joined_part_by_part(joined: list[int], shared_memory: bool) -> None:
    assert len(LEFT) == ROWS
    with ks.connect(shared_memory=shared_memory) as client:
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert sum(joined) == 2 * ROWS
        assert len(joined) >= 8
        assert (
            client.pairwise(LEFT, "abc", scorer="lcs_seq.similarity")
            == client.pairwise(pa.array(LEFT), "abc", scorer="lcs_seq.similarity").to_pylist()
        )


def test_the_event_loop_has_it_too(joined: list[int]) -> None:
    async def distances() -> Any:
        async with ks.AsyncClient() as client:
            return await client.pairwise(LEFT, RIGHT)

    assert asyncio.run(distances()) == DISTANCES
    assert sum(joined) == 2 * ROWS


def test_short_lists_are_not(joined: list[int]) -> None:
    assert ks.pairwise(LEFT[:60_000], RIGHT[:60_000]) == DISTANCES[:60_000]
    assert joined == []


def test_lists_of_texts_of_other_lengths_stay_joined(joined: list[int]) -> None:
    longer = [text * 4 for text in RIGHT]
    expected = [Levenshtein.distance(a, b) for a, b in zip(LEFT, longer, strict=True)]
    assert ks.pairwise(LEFT, longer) == expected
    assert sum(joined) == 2 * ROWS


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
    assert ks.pairwise(RIGHT, with_row(row)) == expected
    assert ks.pairwise(with_row(row), iter(RIGHT)) == expected
    assert ks.pairwise(iter(RIGHT), with_row(row)) == expected


def test_a_lone_surrogate_is_one_unit(joined: list[int]) -> None:
    scores = ks.pairwise(with_row("\ud800b"), with_row("b"))
    assert scores == [*[0] * 50_001, 1, *[0] * (ROWS - 50_002)]
    assert sum(joined) == 2 * ROWS


@pytest.mark.parametrize("processor", [None, "default_process"])
@pytest.mark.parametrize("scorer", sorted(SCORERS))
def test_code_points_below_256_count_as_such_though_they_go_as_bytes(
    monkeypatch: pytest.MonkeyPatch, joined: Joined, scorer: str, processor: str | None
) -> None:
    """Also those that are spaces, in upper case, or beside texts with others."""
    monkeypatch.setattr(list_column, "_ROWS_MIN", 100)
    latin = made_of("abÀéßÿµ\x80\x85\xa0 ", seed=3)
    others = made_of("abÀéÿ漢 ", seed=4)
    asked = ks.Scorer(scorer, processor=processor)
    binary, utf8 = types.DATA_TYPE_BINARY, types.DATA_TYPE_UTF8
    for left, right, sent_as in (
        (latin, latin[::-1], {binary}),
        (latin, others, {binary, utf8}),
        (others, latin, {binary, utf8}),
    ):
        joined.types.clear()
        expected = ks.pairwise(pa.array(left), pa.array(right), scorer=asked).to_pylist()
        assert ks.pairwise(left, right, scorer=asked) == expected
        assert joined.types == sent_as
    assert sum(joined) == 6 * len(latin)


def made_of(letters: str, *, seed: int, rows: int = 300) -> list[str]:
    random = np.random.default_rng(seed)
    texts = (random.choice(list(letters), size=n) for n in random.integers(0, 20, rows))
    return ["".join(text) for text in texts]


def test_a_row_that_is_no_text_is_named() -> None:
    with pytest.raises(
        ks.WrongTypeError, match=r"left\[50001\] is a int beside rows of str"
    ) as told:
        ks.pairwise(with_row(7), RIGHT)
    assert told.value.__context__ is None
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


def test_so_does_one_that_replaced_a_newer_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """It passes the field over, and misses the offsets."""
    monkeypatch.setattr(list_column, "SEPARATED", 1_000)
    with ks.connect() as client:
        assert client.pairwise(LEFT, RIGHT) == DISTANCES


def test_a_part_that_is_too_large_after_all_is_sent_in_halves(
    joined: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the rows that are looked at have short texts and others have not."""
    monkeypatch.setattr(rows, "_LAZY_REQUEST_BYTES", 4 << 20)
    texts = ["x" * 1_000 if row % 70 else "x" for row in range(ROWS)]
    with ks.connect() as client:
        assert client.pairwise(texts, "x") == [len(text) - 1 for text in texts]
    assert joined == [ROWS, ROWS // 2, ROWS // 2]


def test_row_errors_are_counted_once() -> None:
    with pytest.warns(ks.RowErrorWarning, match="1 rows failed"):
        scores = ks.pairwise(with_row(None), invalid(), row_errors="null")
    assert [row for row, score in enumerate(scores) if score is None] == [7, 50_001]


# --- Who comes first ------------------------------------------------------------------------------


def test_who_gives_up_a_verb_does_not_wait_for_it_to_start_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    verb = verbs.pairwise(LEFT, RIGHT, "levenshtein.distance", None, None, "fail")
    stop = Stop()

    def give_up(*_: object) -> bytes:
        stop()
        raise OtherRowsError

    monkeypatch.setattr(list_column, "_join", give_up)
    with ks.connect() as client, pytest.raises(ks.CallCancelledError):
        client._connection.run(verb, 60, stop)
    assert verb.lazy, "it was not encoded anew"


def test_an_interrupt_comes_before_rows_and_these_before_errors() -> None:
    failures = [
        (3, ks.CallCancelledError("a")),
        (0, ks.InvalidTextError("b")),
        (1, OtherRowsError()),
        (2, KeyboardInterrupt()),
        (4, KeyboardInterrupt()),
    ]
    order = [number for number, _ in sorted(failures, key=connection._importance)]
    assert order == [2, 4, 1, 0, 3]


def test_lanes_that_were_given_back_are_not_closed() -> None:
    class Lane:
        closed = False

        def close(self) -> None:
            self.closed = True

    stays, leaves = Lane(), Lane()
    stop = Stop()
    stop.covers([stays, leaves])  # type: ignore[list-item]
    stop.leaves([leaves])  # type: ignore[list-item]
    stop()
    assert (stays.closed, leaves.closed) == (True, False)


# --- RapidFuzz's name for it ----------------------------------------------------------------------


def test_cpdist_of_lists_is_rapidfuzzs(joined: list[int]) -> None:
    expected = process.cpdist(LEFT, RIGHT, scorer=fuzz.ratio)
    np.testing.assert_array_equal(ks_process.cpdist(LEFT, RIGHT, scorer=ks_fuzz.ratio), expected)
    assert sum(joined) == 2 * ROWS
    missing = with_row(None)
    expected = process.cpdist(missing, RIGHT, scorer=fuzz.ratio)
    np.testing.assert_array_equal(ks_process.cpdist(missing, RIGHT, scorer=ks_fuzz.ratio), expected)


def invalid() -> Any:
    """RIGHT with a row that is no text."""
    data = pa.array([b"\xff" if row == 7 else b"abc" for row in range(ROWS)], pa.binary())
    return pa.Array.from_buffers(pa.string(), ROWS, data.buffers())
