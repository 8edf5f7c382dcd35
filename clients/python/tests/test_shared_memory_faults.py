"""Columns in shared memory, where a client or server dies, forks, or lies."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from kernelserve import _matrix_memory as matrix_memory
from kernelserve import _shared_memory as shared_memory
from kernelserve._embedded import find_binary
from kernelserve._matrix import Matrix
from kernelserve._shared_memory import Region
from kernelserve._tiles import ChoicesPart, Tile
from kernelserve.bench.server_process import ServerProcess, start_server
from kernelserve.v1 import string_distance_pb2, types_pb2
from shared_regions import (
    DISTANCES,
    LEFT,
    RIGHT,
    ROWS,
    leave_out_others,
    mappings,
    memfds,
    regions_of,
    turns,
    wait_until,
)

WAIT_S = 30.0
_PAIRWISE = "/kernelserve.v1.StringDistanceService/Pairwise"
_CDIST = "/kernelserve.v1.StringDistanceService/Cdist"
QUERIES, CHOICES = LEFT[:900], RIGHT[:1_500]

# --- Who dies -------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _only_own_regions() -> None:
    leave_out_others()


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
        scores = client.cdist(QUERIES, CHOICES, dtype="uint8")
        matrix = regions_of(client)._matrices._kept
        assert matrix is not None
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
        np.testing.assert_array_equal(client.cdist(QUERIES, CHOICES, dtype="uint8"), scores)
        assert regions_of(client)._matrices._kept not in (None, matrix)
        assert memfds() == 2
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
        monkeypatch.setattr(shared_memory, "is_open", lambda _: True)
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
                inherited = memfds() + mappings()
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


def test_an_offer_that_was_interrupted_does_not_name_the_next_region(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The server's answer to it would be read as the token of the next one."""
    send = socket.send_fds

    def interrupted(*arguments: Any) -> int:
        send(*arguments)
        raise KeyboardInterrupt

    with ks.connect() as client:
        monkeypatch.setattr(socket, "send_fds", interrupted)
        with pytest.raises(KeyboardInterrupt):
            client.pairwise(LEFT, RIGHT)
        monkeypatch.undo()
        assert client.pairwise(LEFT, RIGHT) == DISTANCES
        assert (turns(client), memfds()) == (1, 1)


# --- Who lies -------------------------------------------------------------------------------------


def span(region: Region, offset: int, length: int) -> types_pb2.RegionSpan:
    return types_pb2.RegionSpan(region=region.token, offset=offset, length=length)


def test_whoever_rewrites_a_region_hurts_nobody(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Offsets and text are overwritten with others, and with nonsense, while the server reads."""
    offsets = np.arange(0, 8 * (ROWS + 1), 8, dtype=np.int32)
    nonsense = np.random.default_rng(3).integers(-(2**31), 2**31, ROWS + 1).astype(np.int32)
    text = np.frombuffer("é漢abc".encode() * ROWS, np.uint8)
    values = offsets.nbytes
    monkeypatch.setattr(shared_memory, "offer_process", lambda used: b"")
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
    region = Region(process=b"")
    for offset, length in [(0, 1), (9 << 20, (7 << 20) + 1), (16 << 20, 1), (2**64 - 1, 0)]:
        told = types_pb2.RegionSpan(offset=offset, length=length).SerializeToString()
        with pytest.raises(ValueError, match="outside of the results' place"):
            region.read(memoryview(told))
    region.close()


# --- Matrices -------------------------------------------------------------------------------------


def test_matrices_that_the_server_has_lost_are_sent(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = process.cdist(QUERIES, CHOICES, scorer=Levenshtein.distance)
    token = bytes(16)
    monkeypatch.setattr(matrix_memory, "offer", lambda used, memory: token)
    with ks.connect(server.address) as client:
        np.testing.assert_array_equal(client.cdist(QUERIES, CHOICES, dtype="uint8"), expected)
        np.testing.assert_array_equal(client.cdist(QUERIES, CHOICES), expected)
        assert regions_of(client)._matrices._kept is None
    assert memfds() == 0


def test_a_matrix_that_is_given_up_leaves_nothing(server: ServerProcess) -> None:
    with ks.connect(server.address) as client:
        long = ["x" * 3_000] * 1_200
        with pytest.raises(ks.DeadlineError):
            client.cdist(long, ["y" * 3_000] * 1_200, dtype="uint16", timeout=0.5)
        assert regions_of(client)._matrices._kept is None
        wait_until(server, lambda: memfds(server.pid) == memfds() <= 1)  # that of the columns
        expected = process.cdist(QUERIES, CHOICES, scorer=Levenshtein.distance)
        np.testing.assert_array_equal(client.cdist(QUERIES, CHOICES, dtype="uint8"), expected)


@pytest.mark.parametrize(
    ("type_", "offset", "length"),
    [
        (types_pb2.DATA_TYPE_UINT8, 4, 4),  # another row's place
        (types_pb2.DATA_TYPE_UINT8, 0, 5),
        (types_pb2.DATA_TYPE_UINT16, 0, 8),  # not what was asked for
        (types_pb2.DATA_TYPE_UINT8, 2**64 - 1, 1),
    ],
)
def test_a_server_that_lies_about_rows_is_an_error(type_: Any, offset: int, length: int) -> None:
    span = types_pb2.RegionSpan(offset=offset, length=length)
    column = types_pb2.Column(type=type_, length=4, values_span=span)
    columns = {15: memoryview(column.SerializeToString())}
    matrix = Matrix(2, 4, "uint8")
    tile = Tile(0, 2, ChoicesPart((0, 4)))
    matrix.memory = object.__new__(matrix_memory.MatrixMemory)
    with pytest.raises(ValueError, match=r"expected \(0, 4\)"):
        matrix.put(tile, 0, 1, columns)
    matrix.memory = None
    with pytest.raises(ValueError, match=r"expected \(0, 4\)"):
        matrix.put(tile, 0, 1, columns)


def test_what_a_verb_has_given_up_is_not_written_to_the_next_ones_matrix(
    server: ServerProcess,
) -> None:
    with ks.connect(server.address) as client:
        client.cdist(QUERIES, CHOICES, dtype="uint8")
        memory = regions_of(client)._matrices._kept
        assert memory is not None
        of_the_first = memory.span(0)
        scores = client.cdist(CHOICES, QUERIES, dtype="uint8")
        column = types_pb2.Column(type=types_pb2.DATA_TYPE_UTF8, length=1, values=b"abc")
        column.offsets = np.array([0, 3], np.int32).tobytes()
        asked = string_distance_pb2.CdistRequest(queries=column, column=column)
        asked.options.scorer.name = "levenshtein.distance"
        asked.options.format.type = types_pb2.DATA_TYPE_UINT8
        asked.options.format.result_span.CopyFrom(of_the_first)
        with grpc.insecure_channel(server.address) as channel:
            call = channel.unary_stream(_CDIST, None, None)
            (sent,) = call(asked.SerializeToString(), timeout=WAIT_S)
        assert string_distance_pb2.CdistResponse.FromString(sent).scores.values == b"\0"
        there = np.empty_like(scores)
        memory.read(0, there)
        np.testing.assert_array_equal(there, scores)


def test_nobody_writes_to_a_matrix_that_was_handed_out(server: ServerProcess) -> None:
    memory = matrix_memory.MatrixMemory(f"{server.address.removeprefix('unix:')}.memory", 4096)
    kept = os.dup(memory._fd)
    memory.write(0, b"kitten")
    scores = memory.take(np.dtype(np.uint8), 4096)
    memory.close()
    with pytest.raises(PermissionError):
        os.pwrite(kept, b"sitting", 0)
    with pytest.raises(PermissionError):
        os.ftruncate(kept, 0)
    os.close(kept)
    assert scores[:8].tobytes() == b"kitten\0\0"
