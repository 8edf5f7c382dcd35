"""Columns in shared memory: the same results, and nothing left over, whoever dies or lies."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from benchmarks.server_process import ServerProcess, start_server
from kernelserve import _shared_memory as shared_memory
from kernelserve import _verbs as verbs
from kernelserve._embedded import find_binary
from kernelserve._rows import ColumnVerb
from kernelserve._shared_memory import Region, Regions
from kernelserve.v1 import string_distance_pb2, types_pb2

# A chunk of so many words is over REQUEST_BYTES_MIN.
ROWS = 20_000
WAIT_S = 30.0
_PAIRWISE = "/kernelserve.v1.StringDistanceService/Pairwise"


def words(seed: int, *, rows: int = ROWS, nulls: bool = False) -> list[Any]:
    random = np.random.default_rng(seed)
    letters = np.array(list("abcdéß漢"))
    lengths = random.integers(0, 20, rows)
    made: list[Any] = ["".join(letters[random.integers(len(letters), size=n)]) for n in lengths]
    if nulls:
        for row in range(0, rows, 7):
            made[row] = None
    return made


LEFT, RIGHT = words(1), words(2)
DISTANCES = [Levenshtein.distance(a, b) for a, b in zip(LEFT, RIGHT, strict=True)]


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    with start_server(find_binary()) as process:
        yield process


def regions_of(client: ks.Client) -> Regions:
    lanes = client._connection._lanes
    assert lanes is not None
    return lanes.regions


def turns(client: ks.Client) -> int:
    """How many requests a client has put into regions."""
    return sum(region.turn for region in regions_of(client)._all)


def memfds(pid: int | str = "self") -> int:
    """Regions that a process has open."""
    found = 0
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found += "/memfd:kernelserve" in os.readlink(descriptor)
        except FileNotFoundError:
            continue  # closed meanwhile
    return found


def wait_until(server: ServerProcess, true: Callable[[], bool]) -> None:
    """Asks the server's socket for regions again and again, which answers in order."""
    path = f"{server.address.removeprefix('unix:')}.memory"
    with shared_memory._connect(path) as asking:
        while not true():
            asking.send(b"anything")
            assert asking.recv(4096).startswith(b"refused: ")


# --- The same results -----------------------------------------------------------------------------

KINDS: dict[str, Callable[[list[Any]], Any]] = {
    "list": list,
    "numpy": lambda rows: np.array(rows, object),
    "pandas": lambda rows: pd.Series(rows, dtype="str"),
    "polars": lambda rows: pl.Series(rows, dtype=pl.String),
    "utf8": lambda rows: pa.array(rows, pa.string()),
    "large utf8": lambda rows: pa.array(rows, pa.large_string()),
    "views": lambda rows: pa.array(rows, pa.string_view()),
    "slice": lambda rows: pa.array(["x", None, *rows, "y"], pa.string())[2:-1],
    "chunks": lambda rows: pa.chunked_array([rows[:9_999], rows[9_999:]], pa.string()),
    "dictionary": lambda rows: pa.array(rows, pa.string()).dictionary_encode(),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nulls", [False, True])
@pytest.mark.parametrize("scorer", ["levenshtein.distance", "jaro_winkler.similarity"])
def test_results_are_those_of_the_socket(
    server: ServerProcess, kind: str, nulls: bool, scorer: str
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


def test_texts_and_large_numbers_come_back() -> None:
    with ks.connect() as shared, ks.connect(shared_memory=False) as sent:
        assert shared.run("soundex", LEFT) == sent.run("soundex", LEFT)
        numbers = [*range(100), None] * 200
        assert shared.fibonacci(numbers) == sent.fibonacci(numbers)
        assert turns(shared) == 2


def test_one_text_with_every_row() -> None:
    with ks.connect() as client:
        assert client.pairwise("abc", RIGHT) == [Levenshtein.distance("abc", b) for b in RIGHT]
        assert turns(client) == 1


def test_rows_that_fail_are_null() -> None:
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
    left = pa.array([f"{word:>20}" for word in LEFT], pa.string_view())
    verb = verbs.pairwise(left, RIGHT, "levenshtein.distance", None, None, "fail")
    assert isinstance(verb, ColumnVerb)
    region = Region()
    region.token = bytes(16)
    assert len(verb.request((0, ROWS), region)) < 1000 < len(verb.request((0, ROWS)))
    monkeypatch.setattr(shared_memory, bound, 0)
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


def test_large_columns_take_several_regions() -> None:
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
    somebody = os.getuid() + 1
    with ks.connect(server.address) as client:
        monkeypatch.setattr(os, "getuid", lambda: somebody)
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert regions_of(client)._all == set()
    assert memfds() == 0


def test_a_refused_region_is_closed_and_not_offered_again_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offers = []
    connect = shared_memory._connect

    def counting(path: str) -> Any:
        offers.append(path)
        return connect(path)

    monkeypatch.setattr(shared_memory, "_connect", counting)
    monkeypatch.setattr(shared_memory, "_PAUSE_S", 1e6)
    monkeypatch.setattr(fcntl, "F_SEAL_SHRINK", 0)
    with ks.connect() as client:
        for _ in range(3):
            assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert len(offers) == 1
        assert memfds() == 0


# --- Who dies -------------------------------------------------------------------------------------


def test_regions_go_with_the_client(server: ServerProcess) -> None:
    threads = threading.active_count()
    client = ks.connect(server.address)
    client.pairwise(LEFT, RIGHT)
    assert (memfds(), memfds(server.pid)) == (1, 1)
    client.close()
    assert memfds() == 0
    wait_until(server, lambda: memfds(server.pid) == 0)
    assert threading.active_count() == threads


def test_a_client_that_is_killed_leaves_nothing(server: ServerProcess) -> None:
    script = textwrap.dedent("""
    import sys, time
    import kernelserve as ks
    client = ks.connect(sys.argv[1])
    client.pairwise(["kitten"] * 100_000, ["sitting"] * 100_000)
    print("ready", flush=True)
    sys.stdin.read()
    """)
    command = [sys.executable, "-c", script, server.address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert memfds(server.pid) == 1
        process.send_signal(signal.SIGKILL)
        process.wait(WAIT_S)
    wait_until(server, lambda: memfds(server.pid) == 0)
    with ks.connect(server.address) as client:
        assert client.pairwise(LEFT, RIGHT) == DISTANCES


def test_a_server_that_starts_again_gets_new_regions() -> None:
    with start_server(find_binary()) as first:
        path = Path(first.address.removeprefix("unix:"))
        client = ks.connect(first.address)
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        before = set(regions_of(client)._all)
    path.parent.mkdir()
    command = [find_binary(), f"--listen=unix:{path}", "--lame_duck_ms=0", "--log_level=warning"]
    ready, write_end = os.pipe()
    second = subprocess.Popen([*command, f"--ready_fd={write_end}"], pass_fds=[write_end])
    os.close(write_end)
    try:
        with os.fdopen(ready) as lines:
            assert lines.readline()
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        after = set(regions_of(client)._all)
        assert len(after) == 1
        assert before.isdisjoint(after)
        assert memfds() == 1
        client.close()
    finally:
        second.terminate()
        second.wait(WAIT_S)
        path.parent.rmdir()
    assert memfds() == 0


def test_regions_that_the_server_has_lost_cost_nothing_but_the_sending(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ks.connect(server.address) as client:
        client.pairwise(LEFT, RIGHT)
        used = regions_of(client)
        # As where the server is gone between the look at its socket and the call.
        monkeypatch.setattr(shared_memory, "_is_open", lambda _: True)
        assert used._socket is not None
        used._socket.close()
        wait_until(server, lambda: memfds(server.pid) == 0)
        used._socket = None
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert used._all == set()
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert turns(client) == 1
    assert memfds() == 0


def test_a_forked_child_has_regions_of_its_own() -> None:
    with ks.connect() as client:
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        (region,) = regions_of(client)._all
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                inherited = memfds()
                right = client.pairwise(RIGHT, LEFT) == DISTANCES
                os.write(tell, f"{inherited} {right} {turns(client)} {memfds()}".encode())
            finally:
                os._exit(0)
        os.waitpid(child, 0)
        assert os.read(told, 100) == b"0 True 1 1"
        os.close(told)
        os.close(tell)
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert (region.turn, memfds()) == (2, 1)


def test_a_call_that_was_given_up_does_not_spoil_the_next_one() -> None:
    long = ["x" * 20_000] * 8 + ["y" * 20_000] * 8
    with ks.connect() as client:
        client.pairwise(LEFT, RIGHT)
        for _ in range(20):
            with pytest.raises(ks.DeadlineError):
                client.pairwise(long, long[::-1], timeout=0.005)
            assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert memfds() <= 2


# --- Who lies -------------------------------------------------------------------------------------


def span(region: Region, offset: int, length: int) -> types_pb2.RegionSpan:
    return types_pb2.RegionSpan(region=region.token, offset=offset, length=length)


def test_whoever_rewrites_a_region_hurts_nobody(server: ServerProcess) -> None:
    """Offsets and text are overwritten with others, and with nonsense, while the server reads."""
    offsets = np.arange(0, 8 * (ROWS + 1), 8, dtype=np.int32)
    nonsense = np.random.default_rng(3).integers(-(2**31), 2**31, ROWS + 1).astype(np.int32)
    text = np.frombuffer("é漢abc".encode() * ROWS, np.uint8)
    values = offsets.nbytes
    with ks.connect(server.address) as honest, ks.connect(server.address) as liar:
        liar.pairwise(LEFT, RIGHT)
        (region,) = regions_of(liar)._all
        column = types_pb2.Column(
            type=types_pb2.DATA_TYPE_UTF8,
            length=ROWS,
            offsets_span=span(region, 0, values),
            values_span=span(region, values, 8 * ROWS),
        )
        request = string_distance_pb2.PairwiseRequest(
            scorer=string_distance_pb2.Scorer(name="fuzz.token_set_ratio"),
            format=types_pb2.ResultFormat(result_span=span(region, 0, values)),
            left=column,
            right=column,
        ).SerializeToString()
        ends = threading.Event()

        def rewrite() -> None:
            while not ends.is_set():
                for numbers in (offsets, nonsense):
                    os.pwrite(region.fileno(), numbers.data, 0)
                for units in (text, np.roll(text, 3), np.full_like(text, 255)):
                    os.pwrite(region.fileno(), units.data, values)

        writer = threading.Thread(target=rewrite)
        writer.start()
        try:
            with grpc.insecure_channel(server.address) as channel:
                call = channel.unary_unary(_PAIRWISE, None, None)
                codes = {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT}
                for _ in range(30):
                    done = call.future(request, timeout=WAIT_S)
                    assert done.code() in codes
                    assert honest.pairwise(LEFT, RIGHT) == DISTANCES
        finally:
            ends.set()
            writer.join()


def test_spans_outside_of_their_region_are_refused(server: ServerProcess) -> None:
    with ks.connect(server.address) as client:
        client.pairwise(LEFT, RIGHT)
        (region,) = regions_of(client)._all
        size = os.fstat(region.fileno()).st_size
        with grpc.insecure_channel(server.address) as channel:
            call = channel.unary_unary(_PAIRWISE, None, None)
            for offset, length in [(0, size + 1), (size, 1), (2**64 - 1, 2), (1, 2**64 - 1)]:
                column = types_pb2.Column(
                    type=types_pb2.DATA_TYPE_INT8, values_span=span(region, offset, length)
                )
                request = string_distance_pb2.PairwiseRequest(
                    scorer=string_distance_pb2.Scorer(name="levenshtein.distance"), left=column
                )
                with pytest.raises(grpc.RpcError) as caught:
                    call(request.SerializeToString(), timeout=WAIT_S)
                assert caught.value.details() == (
                    f"left.values_span is {length} bytes at {offset}, expected a span inside "
                    f"{size} bytes, its region's size"
                )
        assert client.pairwise(LEFT, RIGHT) == DISTANCES


def test_a_server_that_lies_about_results_is_an_error() -> None:
    region = Region()
    for offset, length in [(0, 1), (9 << 20, (7 << 20) + 1), (16 << 20, 1), (2**64 - 1, 0)]:
        told = types_pb2.RegionSpan(offset=offset, length=length).SerializeToString()
        with pytest.raises(ValueError, match="outside of the results' place"):
            region.read(memoryview(told))
    region.close()
