"""Matrices in shared memory: the same as through the socket, and their owners' alone."""

from __future__ import annotations

import ctypes
import gc
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from rapidfuzz import process as rapidfuzz_process
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from kernelserve import _matrix_memory as matrix_memory
from kernelserve._embedded import find_binary
from kernelserve._limits import Limits
from kernelserve._matrix_memory import MatrixMemory
from kernelserve._tiles import Grid
from kernelserve.bench.server_process import ServerProcess, start_server
from shared_regions import leave_out_others, mappings, memfds, regions_of, wait_until, words


@pytest.fixture(autouse=True)
def _only_own_regions() -> None:
    leave_out_others()


QUERIES, CHOICES = words(3, rows=900), words(4, rows=1_500)


@pytest.mark.parametrize("dtype", [None, "uint8", "float32", "int64"])
@pytest.mark.parametrize("scorer", ["levenshtein.distance", "jaro_winkler.similarity"])
@pytest.mark.parametrize("nulls", [False, True])
@pytest.mark.parametrize("kept", [False, True])
def test_a_matrix_is_that_of_the_socket(
    server: ServerProcess,
    dtype: str | None,
    scorer: str,
    nulls: bool,
    kept: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not kept:
        nothing_is_kept(monkeypatch)
    if scorer != "levenshtein.distance" and dtype not in (None, "float32"):
        pytest.skip("no type for fractions")
    queries = words(3, rows=900, nulls=nulls)
    with (
        ks.connect(server.address) as shared,
        ks.connect(server.address, shared_memory=False) as sent,
    ):
        one = shared.cdist(queries, CHOICES, scorer=scorer, dtype=dtype)
        assert kept == (kept_of(shared) is not None)
        other = sent.cdist(queries, CHOICES, scorer=scorer, dtype=dtype)
    assert not is_shared(other)
    assert is_shared(one) != kept
    assert (type(one), one.dtype, one.shape) == (type(other), other.dtype, other.shape)
    np.testing.assert_array_equal(np.ma.getmaskarray(one), np.ma.getmaskarray(other))
    np.testing.assert_array_equal(np.ma.filled(one, 0), np.ma.filled(other, 0))


def is_shared(scores: Any) -> bool:
    """Whether a matrix lies where the server has left it."""
    base = np.ma.getdata(scores)
    while isinstance(base.base, np.ndarray):
        base = base.base
    return isinstance(base.base, ctypes.Array)


def kept_of(client: ks.Client) -> MatrixMemory | None:
    """The memory that a client keeps for its next matrix."""
    return regions_of(client)._matrices._kept


def nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """All matrices are of those that are too large for that."""
    monkeypatch.setattr(matrix_memory, "KEPT_BYTES_MAX", 0)


def test_a_matrix_is_its_owners_alone(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_is_kept(monkeypatch)
    threads = threading.active_count()
    descriptors = len(os.listdir("/proc/self/fd"))
    client = ks.connect(server.address)
    kept = [client.cdist(QUERIES, CHOICES, dtype="uint8") for _ in range(3)]
    assert all(map(is_shared, kept))
    check_that_they_stay(client, kept)
    assert memfds() == memfds(server.pid) == 0
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert threading.active_count() == threads
    assert mappings() == 3
    del kept
    gc.collect()
    assert mappings() == 0


def check_that_they_stay(client: ks.Client, kept: list[Any]) -> None:
    """Three matrices of QUERIES and CHOICES, whatever is computed or written next."""
    expected = rapidfuzz_process.cdist(QUERIES, CHOICES, scorer=Levenshtein.distance)
    kept[0][:] = 0
    client.cdist(CHOICES, QUERIES, dtype="uint8")
    child = os.fork()
    if child == 0:
        kept[1][:] = 7
        os._exit(0 if (kept[1] == 7).all() else 1)
    assert os.waitpid(child, 0)[1] == 0
    client.close()
    assert (kept[0] == 0).all()
    for scores in kept[1:]:
        np.testing.assert_array_equal(scores, expected)


def test_a_matrix_stays_as_it_is_when_its_memory_takes_the_next(server: ServerProcess) -> None:
    descriptors = len(os.listdir("/proc/self/fd"))
    client = ks.connect(server.address)
    kept = [client.cdist(QUERIES, CHOICES, dtype="uint8") for _ in range(3)]
    memory = kept_of(client)
    assert memory is not None
    assert memory._turn == 3
    assert memfds() == memfds(server.pid) == 1
    check_that_they_stay(client, kept)
    assert memfds() == 0
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert mappings() == 0


def test_one_memory_is_kept_however_many_matrices_there_were(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = rapidfuzz_process.cdist(QUERIES, CHOICES, scorer=Levenshtein.distance)
    cells = len(QUERIES) * len(CHOICES)
    with ks.connect(server.address) as client:

        def ask(dtype: str) -> None:
            np.testing.assert_array_equal(client.cdist(QUERIES, CHOICES, dtype=dtype), expected)

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(ask, ["uint8", "uint16", "int32", "int64"] * 3))
        # What is too small makes room; and what is too large leaves it alone.
        ask("int32")
        memory = kept_of(client)
        assert memory is not None
        assert memory.nbytes >= 4 * cells
        ask("uint8")
        assert kept_of(client) is memory
        monkeypatch.setattr(matrix_memory, "KEPT_BYTES_MAX", memory.nbytes)
        large = client.cdist(QUERIES * 3, CHOICES, dtype="int64")
        assert is_shared(large)
        np.testing.assert_array_equal(large[-len(QUERIES) :], expected)
        assert kept_of(client) is memory
        wait_until(server, lambda: memfds(server.pid) == memfds())
        held = memfds()
        del large
    assert held == 2, "that one, and that of the columns"


def test_a_forked_child_does_not_share_the_kept_memory(server: ServerProcess) -> None:
    expected = rapidfuzz_process.cdist(QUERIES, CHOICES, scorer=Levenshtein.distance)
    with ks.connect(server.address) as client:
        client.cdist(QUERIES, CHOICES, dtype="uint8")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                assert memfds() == 0
                assert mappings() == 0
                assert (client.cdist(QUERIES, CHOICES, dtype="uint8") == expected).all()
                code = 0
            finally:
                os._exit(code)
        np.testing.assert_array_equal(client.cdist(QUERIES, CHOICES, dtype="uint8"), expected)
        assert os.waitpid(child, 0)[1] == 0
        assert kept_of(client) is not None


def test_a_column_with_itself_has_a_shared_matrix() -> None:
    texts = QUERIES + CHOICES
    with ks.connect() as client:
        scores = client.cdist(texts, dtype="uint8")
        assert kept_of(client) is not None
    expected = rapidfuzz_process.cdist(texts, texts, scorer=Levenshtein.distance)
    np.testing.assert_array_equal(scores, expected)


def test_small_matrices_are_sent() -> None:
    with ks.connect() as client:
        assert not is_shared(client.cdist(QUERIES[:100], CHOICES, dtype="uint8"))
        assert kept_of(client) is None


def test_a_matrix_that_a_server_has_no_room_for_is_sent() -> None:
    # A quarter of half of it is for regions: less than the matrix takes.
    small = start_server(find_binary(), "--memory_ceiling_mb=64")
    with small as server, ks.connect(server.address) as client:
        scores = client.cdist(QUERIES, CHOICES, dtype="int64")
        assert kept_of(client) is None
    assert not is_shared(scores)
    expected = rapidfuzz_process.cdist(QUERIES, CHOICES, scorer=Levenshtein.distance)
    np.testing.assert_array_equal(scores, expected)


@pytest.mark.parametrize("kept", [False, True])
def test_tiles_of_a_matrix_are_left_side_by_side(
    kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not kept:
        nothing_is_kept(monkeypatch)
    plan = Grid.plan
    few = Limits(request_bytes_max=40_000, request_bytes_preferred=5_000, rows_max=1_500)
    monkeypatch.setattr(Grid, "plan", lambda grid, _: plan(grid, few))
    with ks.connect() as client:
        scores = client.cdist(QUERIES, CHOICES, dtype="uint16")
        unknown = client.cdist(QUERIES, CHOICES)
    expected = rapidfuzz_process.cdist(QUERIES, CHOICES, scorer=Levenshtein.distance)
    np.testing.assert_array_equal(scores, expected)
    np.testing.assert_array_equal(unknown, expected)
    assert is_shared(scores) != kept
