"""Columns in shared memory: the same results as through the socket, and none where it is off."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from arrow_columns import shuffled_views
from kernelserve import _placement as placement
from kernelserve import _sealed_memory as sealed_memory
from kernelserve import _shared_memory as shared_memory
from kernelserve import _verbs as verbs
from kernelserve._embedded import find_binary
from kernelserve._rows import ColumnVerb
from kernelserve._shared_memory import Region
from kernelserve.bench.server_process import ServerProcess, start_server
from shared_regions import (
    DISTANCES,
    LEFT,
    RIGHT,
    ROWS,
    leave_out_others,
    memfds,
    regions_of,
    skip_unless_memory_is_read,
    turns,
    words,
)

# --- The same results -----------------------------------------------------------------------------


def long_views(rows: list[Any]) -> Any:
    longer = [None if row is None else f"{row:>24}" for row in rows]
    return pa.array(["x" * 40] * 1000 + longer, pa.string_view())[1000:]


KINDS: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "numpy": lambda rows: np.array(rows, object),
    "pandas": lambda rows: pd.Series(rows, dtype="str"),
    "polars": lambda rows: pl.Series(rows, dtype=pl.String),
    "utf8": lambda rows: pa.array(rows, pa.string()),
    "large utf8": lambda rows: pa.array(rows, pa.large_string()),
    "views": lambda rows: pa.array(rows, pa.string_view()),
    # Into a buffer that has more text, of others.
    "long views": lambda rows: long_views(rows),
    "slice": lambda rows: pa.array(["x", None, *rows, "y"], pa.string())[2:-1],
    "chunks": lambda rows: pa.chunked_array([rows[:9_999], rows[9_999:]], pa.string()),
    "dictionary": lambda rows: pa.array(rows, pa.string()).dictionary_encode(),
}


# Whether the server reads columns where they are, or what was put into a region of them.
WAYS = ["where they are", "in a region"]


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    if request.param == "in a region":
        monkeypatch.setattr(shared_memory, "offer_process", lambda used: b"")
    else:
        skip_unless_memory_is_read()
    return request.param


@pytest.fixture(autouse=True)
def _only_own_regions() -> None:
    leave_out_others()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nulls", [False, True])
@pytest.mark.parametrize("scorer", ["levenshtein.distance", "jaro_winkler.similarity"])
def test_results_are_those_of_the_socket(
    server: ServerProcess, way: str, kind: str, nulls: bool, scorer: str
) -> None:
    make = KINDS[kind]
    left, right = make(words(1, nulls=nulls)), make(RIGHT)
    with (
        ks.connect(server.address) as shared,
        ks.connect(server.address, shared_memory=False) as sent,
    ):
        one = shared.pairwise(left, right, scorer=scorer)
        other = sent.pairwise(left, right, scorer=scorer)
        assert turns(shared) > 0
        assert turns(sent) == 0
        assert all((way == WAYS[0]) == bool(r.process) for r in regions_of(shared)._all)
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(np.ma.getmaskarray(one), np.ma.getmaskarray(other))
    elif isinstance(one, (pd.Series, pl.Series)):
        pd.testing.assert_series_equal(pd.Series(one), pd.Series(other))
    else:
        assert one == other


def test_the_embedded_server_has_it_by_itself() -> None:
    with ks.connect() as client:
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert turns(client) == 1
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert turns(client) == 2
        assert len(regions_of(client)._all) == 1, "a region is filled again"


def test_what_is_short_goes_through_the_socket() -> None:
    with ks.connect() as client:
        assert client.pairwise(LEFT[:10], RIGHT[:10]) == DISTANCES[:10]
        assert regions_of(client)._all == set()


def test_texts_and_large_numbers_come_back(way: str) -> None:
    with ks.connect() as shared, ks.connect(shared_memory=False) as sent:
        assert shared.run("soundex", LEFT) == sent.run("soundex", LEFT)
        numbers = [*range(100), None] * 200
        assert shared.fibonacci(numbers) == sent.fibonacci(numbers)
        assert turns(shared) == 2


@pytest.mark.parametrize("kind", ["utf8", "large utf8", "chunks", "views"])
def test_a_region_is_refilled_with_less_and_with_more(way: str, kind: str) -> None:
    """What was written before goes through the mapping, and the rest beside it."""
    make = KINDS[kind]
    with ks.connect() as client:
        for rows in (12_000, 20_000, 9_000, 10_001, 20_000):
            left, right = make(LEFT[-rows:]), make(RIGHT[-rows:])
            assert client.pairwise(left, right).to_pylist() == DISTANCES[-rows:]
        assert len(regions_of(client)._all) == 1
        assert turns(client) == 5


def test_gathered_views_go_into_fresh_pages_and_into_old_ones(way: str) -> None:
    with ks.connect() as shared, ks.connect(shared_memory=False) as sent:
        for rows in (12_000, 20_000, 9_000):
            left = shuffled_views(long_views(LEFT * 8))[:rows]
            right = shuffled_views(long_views(RIGHT * 8))[:rows]
            expected = [
                Levenshtein.distance(*both)
                for both in zip(left.to_pylist(), right.to_pylist(), strict=True)
            ]
            assert shared.pairwise(left, right).to_pylist() == expected
            assert sent.pairwise(left, right).to_pylist() == expected
        assert turns(shared) == 3


def test_results_stay_when_their_region_is_used_again() -> None:
    left, right = pa.array(LEFT), pa.array(RIGHT)
    with ks.connect() as client, ks.connect(shared_memory=False) as sent:
        scores = client.pairwise(left, right, scorer="jaro_winkler.similarity")
        codes = client.run("soundex", left)
        client.pairwise(right, left)
        client.run("soundex", right)
        assert turns(client) == 4
        assert scores.equals(sent.pairwise(left, right, scorer="jaro_winkler.similarity"))
        assert codes.equals(sent.run("soundex", left))


def test_memory_that_cannot_be_mapped_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise OSError(errno.ENOMEM, "Cannot allocate memory")

    monkeypatch.setattr(shared_memory, "map_memory", refuse)
    with ks.connect() as client:
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert regions_of(client)._all == set()
        assert memfds() == 0


@pytest.mark.parametrize("way", WAYS[1:], indirect=True)
def test_a_region_that_runs_out_of_memory_is_done_without(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through a mapping, that would be a SIGBUS."""
    with ks.connect() as client:
        half = client.pairwise(LEFT[:12_000], RIGHT[:12_000])
        assert half == DISTANCES[:12_000]

        def full(*_: Any) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "pwrite", full)
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert turns(client) == 1
        assert client.pairwise(LEFT[:12_000], RIGHT[:12_000]) == half
        assert turns(client) == 2


def test_one_text_with_every_row(way: str) -> None:
    with ks.connect() as client:
        assert client.pairwise("abc", RIGHT) == [Levenshtein.distance("abc", b) for b in RIGHT]
        assert turns(client) == 1


def test_rows_that_fail_are_null(way: str) -> None:
    left = pa.array([b"\xff" if i == 777 else b"abc" for i in range(ROWS)]).cast(pa.binary())
    text = pa.Array.from_buffers(pa.string(), ROWS, left.buffers())
    with ks.connect() as client:
        with pytest.warns(ks.RowErrorWarning, match=r"1 rows failed.*row 777, INVALID_UTF8"):
            scores = client.pairwise(text, "abc", row_errors="null")
        assert scores.null_count == 1
        assert scores[777].as_py() is None
        with pytest.raises(ks.InvalidTextError) as caught:
            client.pairwise(text, "abc")
        assert caught.value.row == 777


def test_results_that_find_no_room_are_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_memory, "_RESULTS_BYTES", 100)
    with ks.connect() as client:
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert turns(client) == 1


@pytest.mark.parametrize("bound", ["_COLUMNS_BYTES", "_VIEW_BUFFERS_MAX"])
def test_columns_that_find_no_room_are_sent(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    left = pa.array([f"{row:014}" for row in range(ROWS)], pa.string_view())  # goes as it is
    verb = verbs.pairwise(left, RIGHT, "levenshtein.distance", None, None, "fail")
    assert isinstance(verb, ColumnVerb)
    region = Region(process=b"")
    region.token = bytes(16)
    assert len(verb.request((0, ROWS), region)) < 1000 < len(verb.request((0, ROWS)))
    monkeypatch.setattr(shared_memory if bound == "_COLUMNS_BYTES" else placement, bound, 0)
    assert verb.request((0, ROWS), region) == verb.request((0, ROWS))
    region.close()


def test_threads_have_regions_to_themselves() -> None:
    def distances(seed: int) -> bool:
        left = words(seed)
        expected = [Levenshtein.distance(a, b) for a, b in zip(left, RIGHT, strict=True)]
        return all(client.pairwise(left, RIGHT) == expected for _ in range(3))

    with ks.connect() as client, ThreadPoolExecutor(10) as threads:
        assert all(threads.map(distances, range(10)))
        assert 1 <= len(regions_of(client)._all) <= shared_memory._REGIONS_MAX


def test_large_columns_take_several_regions(way: str) -> None:
    left = pa.array(["kitten"] * 2_000_000)
    with ks.connect() as client:
        scores = client.pairwise(left, pa.array(["sitting"] * 2_000_000))
        assert scores.equals(pa.array(np.full(2_000_000, 3, np.int32)))
        assert turns(client) > 3


# --- Where there is none --------------------------------------------------------------------------


def test_a_server_may_have_it_turned_off() -> None:
    with start_server(find_binary(), "--shared_memory=false") as server:
        assert not os.path.exists(f"{server.address.removeprefix('unix:')}.memory")
        with ks.connect(server.address) as client:
            assert client.pairwise(LEFT, RIGHT) == DISTANCES
            assert regions_of(client)._all == set()
            assert "shared_memory" not in client.server_info().capabilities


def test_a_server_tells_that_it_has_it(server: ServerProcess) -> None:
    with ks.connect(server.address) as client:
        assert "shared_memory" in client.server_info().capabilities


def test_another_users_socket_gets_nothing(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    somebody = os.geteuid() + 1
    with ks.connect(server.address) as client:
        monkeypatch.setattr(os, "geteuid", lambda: somebody)
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert regions_of(client)._all == set()
    assert memfds() == 0


def test_a_refused_region_is_closed_and_not_offered_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offers = []
    connect = shared_memory.connect

    def counting(path: str) -> Any:
        offers.append(path)
        return connect(path)

    monkeypatch.setattr(shared_memory, "connect", counting)
    monkeypatch.setattr(shared_memory, "_PAUSE_S", 1e6)
    monkeypatch.setattr(fcntl, "F_SEAL_SHRINK", 0)
    with ks.connect() as client:
        for _ in range(3):
            assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert len(offers) == 1
        assert memfds() == 0


def test_a_system_older_than_flags_has_regions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealed_memory, "_MFD_NOEXEC_SEAL", 1 << 20)
    with ks.connect() as client:
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert turns(client) == 1


def test_queries_and_choices_go_by_region(way: str) -> None:
    with ks.connect() as shared, ks.connect(shared_memory=False) as sent:
        found = shared.top_k(LEFT[:300], RIGHT, k=2)
        assert found == sent.top_k(LEFT[:300], RIGHT, k=2)
        joined = shared.join(LEFT, RIGHT[:300], score_cutoff=1)
        assert joined == sent.join(LEFT, RIGHT[:300], score_cutoff=1)
        assert len(regions_of(shared)._all) == 1, "it is filled again"
        assert not regions_of(sent)._all
