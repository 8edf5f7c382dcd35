"""Columns that the server reads where they are, in this process's memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pytest
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from arrow_columns import as_list, shuffled_views
from kernelserve import _columns
from kernelserve import _placement as placement
from kernelserve._embedded import find_binary
from kernelserve._lanes import Lane
from kernelserve._shared_memory import Region
from kernelserve.bench.server_process import start_server
from shared_regions import (
    DISTANCES,
    LEFT,
    RIGHT,
    ROWS,
    leave_out_others,
    regions_of,
    skip_unless_memory_is_read,
    turns,
)


@pytest.fixture(autouse=True)
def _only_own_regions() -> None:
    skip_unless_memory_is_read()
    leave_out_others()


def test_columns_that_the_server_cannot_read_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    with ks.connect() as client:
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        (region,) = regions_of(client)._all
        assert region.process
        monkeypatch.setattr(placement, "address_of", lambda data: 4096)
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert region.turn == 2, "it was tried"
        monkeypatch.undo()
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert turns(client) == 1


def test_columns_are_read_where_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Offsets of 64 bits are computed anew, and they alone are put into the region."""
    written = []
    monkeypatch.setattr(Region, "write", lambda region, buffers: written.append(buffers))
    left, right = pa.array(LEFT), pa.array(RIGHT)
    with ks.connect() as client:
        assert client.pairwise(left[:11_000], right[9_000:]).to_pylist() == [
            Levenshtein.distance(*both) for both in zip(LEFT[:11_000], RIGHT[9_000:], strict=True)
        ]
        assert written == [[]]
        monkeypatch.undo()
        large = left.cast(pa.large_string())[5:]
        assert client.pairwise(large, right[5:]).to_pylist() == DISTANCES[5:]
        (region,) = regions_of(client)._all
        assert 4 * (ROWS - 4) <= region._written < 4 * ROWS + 64


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[ks.Client, list[list[int]]]]:
    """A client, and how long the buffers are that are read of each of its calls."""
    sizes: list[list[int]] = []
    with ks.connect() as client:
        client.pairwise(LEFT, RIGHT)
        (region,) = regions_of(client)._all
        lend = client._connection._call

        def look(*arguments: Any) -> Any:
            sizes.append([len(data) for data in region.kept])
            return lend(*arguments)

        monkeypatch.setattr(client._connection, "_call", look)
        yield client, sizes
        assert region.kept == []


def test_what_is_read_is_kept_for_as_long_as_the_call_takes(
    kept: tuple[ks.Client, list[list[int]]],
) -> None:
    """Text of views all over a long buffer is gathered, in memory that nobody else refers to."""
    client, sizes = kept
    everything = pa.array([f"{i:040}" for i in range(10 * ROWS)]).cast(pa.string_view())
    shuffled = shuffled_views(everything)
    left, right = shuffled[:ROWS], shuffled[ROWS : 2 * ROWS]
    pairs = zip(left.to_pylist(), right.to_pylist(), strict=True)
    expected = [Levenshtein.distance(*both) for both in pairs]
    assert client.pairwise(left, right).to_pylist() == expected
    assert sizes == [[4 * (ROWS + 1), 40 * ROWS] * 2]


@pytest.mark.parametrize("library", ["pyarrow", "polars"])
def test_views_of_some_rows_of_a_longer_column_are_read_where_they_are(
    kept: tuple[ks.Client, list[list[int]]], library: str
) -> None:
    """With whatever else is in their buffers, of which the server reads what it needs."""
    client, sizes = kept
    rows = [f"{i:>9}" + "x" * (i % 40) for i in range(10 * ROWS)]
    if library == "pyarrow":
        column = pa.array(rows).cast(pa.string_view())
        nbytes = [len(data) for data in column.buffers()[2:]]
    else:
        column = pl.Series(rows)
        nbytes = []
    for begin in (0, 70_001, 9 * ROWS):
        del sizes[:]
        left, right = column[begin : begin + ROWS], column[begin // 2 : begin // 2 + ROWS]
        pairs = zip(rows[begin : begin + ROWS], rows[begin // 2 :], strict=False)
        expected = [Levenshtein.distance(*both) for both in pairs]
        assert list(client.pairwise(left, right).to_numpy()) == expected
        (call,) = sizes
        assert call.count(16 * ROWS) == 2, "there is no column of offsets"
        if nbytes:
            assert call == [16 * ROWS, *nbytes] * 2


@pytest.mark.parametrize("rows", [1, 60])
def test_a_few_rows_of_a_long_column_of_views_have_no_long_buffer_read(
    kept: tuple[ks.Client, list[list[int]]], rows: int
) -> None:
    """So few views are sent, not read: then a server would not know what it needs of a buffer."""
    client, sizes = kept
    column = pa.array([f"{i:02000}" for i in range(5_000)]).cast(pa.string_view())
    left = column[2_000 : 2_000 + rows]
    right: Any = RIGHT if rows == 1 else column[:rows]
    texts = left.to_pylist() * (len(RIGHT) if rows == 1 else 1)
    others = right if rows == 1 else right.to_pylist()
    expected = [Levenshtein.distance(*both) for both in zip(texts, others, strict=True)]
    assert as_list(client.pairwise(left, right)) == expected
    (call,) = sizes
    assert max(call) < 400_000, "the column's buffer has 10 MB"


def test_a_few_long_texts_all_over_a_buffer_do_not_have_it_read(
    kept: tuple[ks.Client, list[list[int]]],
) -> None:
    """Too few of them are met by the sample to tell that they are all over it."""
    client, sizes = kept
    texts = [f"{i:05000}" if i % 1000 == 0 else f"{i:05}" for i in range(4 * ROWS)]
    left = shuffled_views(pa.array(texts).cast(pa.string_view()))[:ROWS]
    assert 0 < sum(len(text) > 12 for text in left.to_pylist()) < 50
    right = pa.array(RIGHT)
    pairs = zip(left.to_pylist(), RIGHT, strict=True)
    expected = [Levenshtein.distance(*both) for both in pairs]
    assert as_list(client.pairwise(left, right)) == expected
    (call,) = sizes
    assert sum(map(len, left.buffers()[2:])) > 390_000
    assert max(call) < 390_000


def test_behind_an_empty_buffer_none_is_read(kept: tuple[ks.Client, list[list[int]]]) -> None:
    """Those behind it would have other numbers."""
    client, sizes = kept
    views = np.zeros((ROWS, 4), np.int32)
    views[:, 0], views[::2, 2] = 40, 2
    views[:, 3] = 40 * (np.arange(ROWS) // 2)
    parts = [b"a" * (20 * ROWS), b"", b"b" * (20 * ROWS)]
    buffers = [None, pa.py_buffer(views.tobytes()), *map(pa.py_buffer, parts)]
    left = pa.Array.from_buffers(pa.string_view(), ROWS, buffers)
    assert client.pairwise(left, "a" * 40).to_pylist() == [40, 0] * (ROWS // 2)
    (call,) = sizes
    assert call[:2] == [4 * (ROWS + 1), 40 * ROWS], "they are gathered"


def test_of_many_buffers_none_is_read(kept: tuple[ks.Client, list[list[int]]]) -> None:
    """To name them would take longer than to gather their texts."""
    client, sizes = kept
    column = pa.array([f"{i:>40}" for i in range(4 * ROWS)], pa.string_view())
    assert len(column.buffers()) > 66
    expected = [Levenshtein.distance(row, "abc") for row in column[:ROWS].to_pylist()]
    assert client.pairwise(column[:ROWS], "abc").to_pylist() == expected
    assert sizes == [[4 * (ROWS + 1), 40 * ROWS]]


@pytest.mark.parametrize("verb", ["pairwise", "top_k"])
def test_what_a_wrong_guess_makes_too_large_is_sent(
    monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """Not read in ever smaller parts, each of which has all of the long buffer."""
    everything = pa.array([f"{i:0400}" for i in range(ROWS)]).cast(pa.string_view())
    some = shuffled_views(everything)[: ROWS // 5]
    zeros = "0" * 400
    expected = [Levenshtein.distance(text, zeros) for text in some.to_pylist()]
    monkeypatch.setattr(_columns, "are_read_as_they_are", lambda *_: True)
    paths: list[str] = []
    for kind in ("method", "stream"):
        monkeypatch.setattr(Lane, kind, _noting(getattr(Lane, kind), paths))
    small = start_server(find_binary(), f"--request_bytes_max={4 << 20}")
    with small as server, ks.connect(server.address) as client:
        if verb == "pairwise":
            assert client.pairwise(some, zeros).to_pylist() == expected
        else:
            found = client.top_k(some, [zeros], k=1)
            assert found["score"].to_pylist() == expected
        assert len(paths) == 2
        assert len(regions_of(client)._all) == 1, "the server is no other one"


def _noting(kind: Callable[[Lane, str], Any], paths: list[str]) -> Callable[[Lane, str], Any]:
    def noted(lane: Lane, path: str) -> Any:
        paths.append(path)
        return kind(lane, path)

    return noted
