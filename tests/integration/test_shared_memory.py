"""Regions of shared memory, by a client that knows no more than the contract (RegionSpan)."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import stat
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness.server import Server
from harness.waiting import PATIENCE_S, until
from kernelserve.v1 import kernel_pb2
from kernelserve.v1.string_distance_pb2 import PairwiseRequest, Scorer
from kernelserve.v1.types_pb2 import (
    DATA_TYPE_BINARY,
    DATA_TYPE_INT32,
    DATA_TYPE_UTF8,
    Column,
    RegionSpan,
    ResultFormat,
)

Start = Callable[..., Server]

# Yama's, and that any process may read this one's memory: the server is none of its parents.
_PR_SET_PTRACER, _ANY = 0x59616D61, ctypes.c_ulong(-1)

SIZE = 4096
WORDS = b"kittensitting"
OFFSETS = struct.pack("<3i", 0, 6, 13)


def path_of(server: Server) -> Path:
    """Of the socket for regions."""
    return Path(f"{server.address.removeprefix('unix:')}.memory")


class Client:
    """A connection to that socket and one region, in which there are two words."""

    def __init__(self, server: Server) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(PATIENCE_S)
        self.address = 0
        self._socket.connect(str(path_of(server)))
        self.memory = os.memfd_create("test", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
        os.ftruncate(self.memory, SIZE)
        os.pwrite(self.memory, OFFSETS + WORDS, 0)
        fcntl.fcntl(self.memory, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
        socket.send_fds(self._socket, [b"region"], [self.memory])
        self.token = self._socket.recv(4096)
        assert len(self.token) == 16

    def ask(self, packet: bytes) -> bytes:
        self._socket.send(packet)
        return self._socket.recv(4096)

    def offer_process(self, address: int, proof: bytes) -> None:
        """From here on the spans are those of this process's memory, at `self.address`."""
        ctypes.CDLL(None).prctl(_PR_SET_PTRACER, _ANY, 0, 0, 0)
        self.token = self.ask(b"process" + struct.pack("<Q", address) + proof)
        if self.token.endswith((b"Operation not permitted", b"Function not implemented")):
            pytest.skip("this system lets no process read another one's memory")
        assert len(self.token) == 16, self.token

    def span(self, offset: int, length: int, turn: int = 0) -> RegionSpan:
        at = self.address + offset
        return RegionSpan(region=self.token, offset=at, length=length, turn=turn)

    def words(self) -> Column:
        return Column(
            type=DATA_TYPE_UTF8,
            length=2,
            offsets_span=self.span(0, len(OFFSETS)),
            values_span=self.span(len(OFFSETS), len(WORDS)),
        )

    def request(self, result_span: RegionSpan | None = None) -> PairwiseRequest:
        return PairwiseRequest(
            scorer=Scorer(name="levenshtein.distance"),
            format=ResultFormat(result_span=result_span),
            left=self.words(),
            right=Column(
                type=DATA_TYPE_UTF8,
                length=1,
                repeat=True,
                offsets=struct.pack("<2i", 0, 6),
                values=b"kitten",
            ),
        )

    def ended(self) -> bool:
        """Whether the server has closed the connection. It waits for that, or for an answer."""
        return self._socket.recv(4096) == b""

    def close(self) -> None:
        self._socket.close()
        os.close(self.memory)


@pytest.fixture
def connect() -> Any:
    clients: list[Client] = []

    def connect_to(server: Server) -> Client:
        clients.append(Client(server))
        return clients[-1]

    yield connect_to
    for client in clients:
        client.close()


Connect = Callable[[Server], Client]


def test_columns_are_read_from_a_region(server: Server, connect: Connect) -> None:
    client = connect(server)
    for address in server.addresses:  # the token is good over TCP, too
        scores = server.raw(address).call("Pairwise", client.request()).scores
        assert (scores.type, scores.length) == (DATA_TYPE_INT32, 2)
        assert struct.unpack("<2i", scores.values) == (0, 3)


def test_results_are_written_to_a_region(server: Server, connect: Connect) -> None:
    client = connect(server)
    request = client.request(result_span=client.span(100, 8))
    scores = server.raw().call("Pairwise", request).scores
    assert (scores.type, scores.length, scores.values) == (DATA_TYPE_INT32, 2, b"")
    assert scores.values_span == RegionSpan(offset=100, length=8)
    assert struct.unpack("<2i", os.pread(client.memory, 8, 100)) == (0, 3)


def test_run_has_regions_too(server: Server, connect: Connect) -> None:
    client = connect(server)
    request = kernel_pb2.RunRequest(
        kernel="soundex", columns=[client.words()], result_span=client.span(1000, 100)
    )
    result = server.raw().call("Run", request).result
    assert result.offsets_span == RegionSpan(offset=1000, length=12)
    assert result.values_span == RegionSpan(offset=1012, length=8)
    assert os.pread(client.memory, 8, 1012) == b"K350S352"


def test_results_that_do_not_fit_are_sent(server: Server, connect: Connect) -> None:
    client = connect(server)
    scores = server.raw().call("Pairwise", client.request(result_span=client.span(100, 7))).scores
    assert struct.unpack("<2i", scores.values) == (0, 3)
    assert os.pread(client.memory, 8, 100) == bytes(8)


def test_an_earlier_turn_does_not_write(server: Server, connect: Connect) -> None:
    client = connect(server)
    raw = server.raw()
    raw.call("Pairwise", client.request(result_span=client.span(100, 8, turn=2)))
    os.pwrite(client.memory, bytes(8), 100)
    late = raw.call("Pairwise", client.request(result_span=client.span(100, 8, turn=1))).scores
    assert struct.unpack("<2i", late.values) == (0, 3)
    assert os.pread(client.memory, 8, 100) == bytes(8)


def test_columns_are_read_where_their_client_has_them(server: Server, connect: Connect) -> None:
    memory = ctypes.create_string_buffer(OFFSETS + WORDS)
    address = ctypes.addressof(memory)
    client = connect(server)
    client.offer_process(address, memory.raw[:16])
    client.address = address
    request = client.request()
    assert struct.unpack("<2i", server.raw().call("Pairwise", request).scores.values) == (0, 3)
    # The second row alone: its offsets, 6 and 13, count from the first row's text.
    request.left.length = 1
    request.left.offsets_span.MergeFrom(RegionSpan(offset=address + 4, length=8, base=6))
    request.left.values_span.MergeFrom(RegionSpan(offset=address + 18, length=7))
    assert struct.unpack("<i", server.raw().call("Pairwise", request).scores.values) == (3,)


def test_the_server_finds_texts_that_are_separated(server: Server) -> None:
    assert "separated_texts" in server.raw().call("GetServerInfo", b"").capabilities
    for kind in (DATA_TYPE_UTF8, DATA_TYPE_BINARY):
        request = PairwiseRequest(scorer=Scorer(name="levenshtein.distance"))
        values = b"kitten\0\0sitting"
        left = Column(type=kind, length=3, values=values, separated=True, validity=b"\x05")
        right = Column(type=kind, length=1, repeat=True, values=b"sitting", separated=True)
        request.left.CopyFrom(left)
        request.right.CopyFrom(right)
        scores = server.raw().call("Pairwise", request).scores
        assert struct.unpack("<3i", scores.values)[::2] == (3, 0)
        assert scores.validity[0] & 7 == 5
        request.left.length = 4
        refusal = server.raw().refusal("Pairwise", request)
        refusal.check_form()
        assert (refusal.reason, refusal.field) == ("MALFORMED_COLUMN", "left.values")


def test_what_cannot_be_read_is_to_be_sent(server: Server, connect: Connect) -> None:
    proof = ctypes.create_string_buffer(16)
    client = connect(server)
    client.offer_process(ctypes.addressof(proof), proof.raw)
    client.address = 4096
    refusal = server.raw().refusal("Pairwise", client.request())
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "REGION_UNKNOWN")
    assert (refusal.field, refusal.value) == ("left.offsets_span", "12 bytes at 4096")


def test_a_process_that_is_not_the_senders_is_refused(server: Server, connect: Connect) -> None:
    """As where its number has come to be another's."""
    memory = ctypes.create_string_buffer(16)
    client = connect(server)
    refusal = client.ask(b"process" + struct.pack("<Q", ctypes.addressof(memory)) + b"x" * 16)
    assert refusal == b"refused: the process does not have these bytes there"


def test_a_region_ends_with_its_connection(server: Server, connect: Connect) -> None:
    client = Client(server)
    request = client.request()
    server.raw().call("Pairwise", request)
    client.close()
    raw = server.raw()

    def unknown() -> bool:
        try:
            return raw.refusal("Pairwise", request).reason == "REGION_UNKNOWN"
        except AssertionError:
            return False  # the server has not noticed yet

    until(unknown, "the server has let go of the region")
    refusal = raw.refusal("Pairwise", request)
    refusal.check_form()
    assert refusal.code == "FAILED_PRECONDITION"
    assert refusal.field == "left.offsets_span.region"


def test_a_few_bytes_that_name_many_are_read_by_a_worker(server: Server, connect: Connect) -> None:
    """Short requests are answered on the threads that all calls come in by."""
    raw = server.raw()
    client = connect(server)
    asks = (("kernelserve-timing", "1"),)
    assert raw.reply("Pairwise", client.request(), asks).timing.tasks == 1
    sent = client.request()
    sent.left.CopyFrom(sent.right)
    assert raw.reply("Pairwise", sent, asks).timing.tasks == 0


def test_errors_name_the_span(server: Server, connect: Connect) -> None:
    client = connect(server)
    request = client.request()
    request.left.values_span.offset = SIZE - 12
    refusal = server.raw().refusal("Pairwise", request)
    refusal.check_form()
    assert (refusal.reason, refusal.field) == ("MALFORMED_COLUMN", "left.values_span")
    assert (refusal.bound, refusal.value) == ("a span inside 4096 bytes", "13 bytes at 4084")
    wrong = client.request(result_span=client.span(SIZE, 1))
    refusal = server.raw().refusal("Pairwise", wrong)
    refusal.check_form()
    assert (refusal.reason, refusal.field) == ("INVALID_ARGUMENT", "format.result_span")


def test_the_socket_is_its_owners_alone(server: Server) -> None:
    mode = path_of(server).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_draining_frees_the_path_and_ends_connections(start: Start, connect: Connect) -> None:
    server = start()
    client = connect(server)
    server.signal(signal.SIGTERM)
    assert client.ended()
    assert server.wait() == 0
    assert not path_of(server).exists()


def test_a_socket_that_a_crash_left_is_replaced(start: Start, connect: Connect) -> None:
    killed = start()
    killed.process.kill()
    killed.process.wait()
    assert path_of(killed).is_socket()
    server = start(f"--listen={killed.address}")
    connect(server)


def test_what_is_no_socket_is_not_replaced_and_keeps_no_server_from_serving(start: Start) -> None:
    path = start().directory / "other.memory"
    path.write_text("precious")
    server = start(f"--listen=unix:{path.with_suffix('')}")
    server.raw().call("GetServerInfo", b"")
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
    assert str(path) in server.log
    assert path.read_text() == "precious"


def test_a_path_without_room_has_none(start: Start) -> None:
    directory = start().directory
    for length, there in [(100, True), (101, False)]:
        server = start(f"--listen=unix:{f'{directory}/'.ljust(length, 's')}")
        assert path_of(server).exists() == there
        capabilities = server.raw().call("GetServerInfo", b"").capabilities
        assert ("shared_memory" in capabilities) == there


def test_the_environment_turns_it_off(start: Start) -> None:
    server = start(env={"KERNELSERVE_SERVER_SHARED_MEMORY": "false"})
    assert not path_of(server).exists()
    assert "shared_memory" not in server.raw().call("GetServerInfo", b"").capabilities
