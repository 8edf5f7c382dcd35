"""Connections that are too many, too old, silent or abusive: others are served meanwhile."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest
from harness import work
from harness.http2 import Connection, message
from harness.pages import metric
from harness.rpc import Raw
from harness.server import Server
from harness.waiting import PATIENCE_S, until
from kernelserve.v1 import fibonacci_pb2

Start = Callable[..., Server]

METRICS = "--metrics_listen=127.0.0.1:0"
COMPARE = "/kernelserve.v1.StringDistanceService/Compare"
STREAM_TERMS = "/kernelserve.v1.FibonacciService/StreamTerms"
# What a process of this kind takes beside what it counts: threads, gRPC's buffers, the allocator's.
SLACK = 48 << 20
RESOURCE_EXHAUSTED = "8"
REQUEST = work.compare(b"kitten", b"sitting").SerializeToString()
# More than a connection takes in before somebody reads it.
TERMS = fibonacci_pb2.StreamTermsRequest(first=0, count=5_000_000, modulus=7)


@contextmanager
def sockets(server: Server, count: int, host: str = "127.0.0.1") -> Iterator[list[socket.socket]]:
    """Connections from `host` that say nothing; those that the server refuses are among them."""
    to, _, port = server.tcp.rpartition(":")
    opened: list[socket.socket] = []
    try:
        for _ in range(count):
            opened.append(socket.socket())
            opened[-1].settimeout(PATIENCE_S)
            opened[-1].bind((host, 0))
            opened[-1].connect((to, int(port)))
        yield opened
    finally:
        for each in opened:
            each.close()


def is_closed(connection: socket.socket) -> bool:
    """Waits for what comes first: the server's settings, or the end."""
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def answers(server: Server, host: str = "127.0.0.1") -> bool:
    """Whether a new client from `host` is served."""
    address = f"ipv4:{server.tcp}"
    options = [
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.enable_http_proxy", 0),
        ("grpc.initial_reconnect_backoff_ms", 100),
    ]
    with grpc.insecure_channel(address, options) as channel:
        return bool(Raw(channel).call("GetServerInfo", b"").instance_id)


def answers_again(server: Server) -> bool:
    """As `answers`, while it may not have noticed yet that others have gone."""
    try:
        return answers(server)
    except grpc.RpcError:
        return False


def test_a_server_that_ran_out_of_descriptors_accepts_again(start: Start) -> None:
    server = start(
        METRICS, "--connections_max=1000", "--connections_per_peer_max=1000", descriptors=80
    )
    for _ in range(2):
        with sockets(server, 300) as opened:
            assert is_closed(opened[-1])
        until(lambda: answers_again(server), "it has noticed that they are gone")
    bound = {"bound": "descriptors"}
    assert (metric(server, "kernelserve_connections_refused_total", **bound) or 0) > 0
    assert "the process has no descriptor left" in server.log


def test_one_host_cannot_take_the_places_of_others(start: Start) -> None:
    server = start(METRICS, "--listen=0.0.0.0:0", "--connections_max=8")
    with sockets(server, 5, host="127.0.0.2") as opened:
        assert [is_closed(each) for each in opened] == [False] * 4 + [True]
        assert metric(server, "kernelserve_connections") == 4
        assert answers(server)
    assert metric(server, "kernelserve_connections_refused_total", bound="peer") == 1
    assert "flag=--connections_per_peer_max bound=4" in server.log


def test_connections_over_the_bound_are_closed_at_once(start: Start) -> None:
    server = start(METRICS, "--connections_max=4", "--connections_per_peer_max=4")
    with sockets(server, 6) as opened:
        assert [is_closed(each) for each in opened] == [False] * 4 + [True] * 2
        raw = server.raw(server.addresses[0])
        with pytest.raises(grpc.RpcError):
            raw.call("GetServerInfo", b"", timeout=0.2)
    until(lambda: metric(server, "kernelserve_connections") == 0, "all are closed")
    assert answers(server)
    assert "flag=--connections_max bound=4" in server.log


@pytest.mark.slow
def test_ten_thousand_silent_connections_are_bounded_and_let_go(start: Start) -> None:
    server = start(METRICS, "--listen=0.0.0.0:0")
    before = server.rss_peak_bytes()
    with sockets(server, 10_000, host="127.0.0.2"):
        refused = metric(server, "kernelserve_connections_refused_total", bound="peer") or 0
        assert refused > 0  # where it took so long to make them that the first were let go, not all
        assert (metric(server, "kernelserve_connections") or 0) <= 2048
        assert answers(server)
        assert server.rss_peak_bytes() - before < 256 << 20
        # Silence is no handshake: after some seconds the server closes them by itself.
        until(lambda: metric(server, "kernelserve_connections") == 0, "silence is not waited for")


def test_a_connection_of_some_age_is_replaced_without_failing_a_call(start: Start) -> None:
    server = start("--connection_age_max_s=1", "--log_requests=all")
    slow = server.raw(server.tcp).stream("StreamTerms", TERMS)
    read = next(slow).terms.length
    raw = server.raw(server.tcp)
    ports: set[str] = set()

    def connections() -> int:
        raw.call("Compare", work.compare(b"kitten", b"sitting"))
        ports.update(re.findall(r"peer=ipv4:127\.0\.0\.1:(\d+)", server.log))
        return len(ports)

    until(lambda: connections() >= 3, "calls have come over three connections")
    # What began on the first goes on there.
    assert read + sum(block.terms.length for block in slow) == TERMS.count


def test_readers_who_take_nothing_hold_no_worker_and_bounded_memory(start: Start) -> None:
    """Not a byte of an answer is let through: what has been computed waits in the server."""
    ceiling_mb = 64
    server = start(METRICS, "--workers=1", f"--memory_ceiling_mb={ceiling_mb}")
    before = server.rss_peak_bytes()
    readers = [Connection(server.address, window=0) for _ in range(60)]
    for reader in readers:
        stream = reader.start(STREAM_TERMS)
        reader.send(stream, message(TERMS.SerializeToString()), end=True)
    started = {"grpc_method": STREAM_TERMS[1:]}
    until(
        lambda: metric(server, "grpc_server_call_started_total", **started) == len(readers),
        "all have come",
    )
    until(lambda: metric(server, "kernelserve_workers_busy") == 0, "no worker is held")
    server.raw(server.tcp).call("Compute", work.a_task())
    assert server.rss_peak_bytes() - before < (ceiling_mb << 20) + SLACK
    for reader in readers:
        reader.close()
    until(lambda: metric(server, "kernelserve_memory_reserved_bytes") == 0, "all is free")


def test_writers_who_send_a_byte_at_a_time_hold_nobody_up(start: Start) -> None:
    server = start("--workers=1")
    request = message(REQUEST)
    writers = [Connection(server.address) for _ in range(100)]
    streams = [writer.start(COMPARE) for writer in writers]
    raw = server.raw(server.tcp)
    for at in range(len(request)):
        for writer, stream in zip(writers, streams, strict=True):
            writer.send(stream, request[at : at + 1], end=at == len(request) - 1)
        raw.call("Compare", work.compare(b"kitten", b"sitting"))
    for writer, stream in zip(writers, streams, strict=True):
        assert writer.answer(stream).headers["grpc-status"] == "0"
        writer.close()


def test_resets_in_quick_succession_cost_no_memory_and_hold_nobody_up(start: Start) -> None:
    server = start(METRICS)
    raw = server.raw(server.tcp)
    raw.call("Compare", work.compare(b"kitten", b"sitting"))
    before = server.rss_peak_bytes()
    for _ in range(4):
        connection = Connection(server.address)
        for _ in range(2_000):
            connection.reset(connection.start(COMPARE))
        raw.call("Compare", work.compare(b"kitten", b"sitting"))
        connection.close()
    in_flight = {"grpc_method": COMPARE[1:]}
    until(lambda: metric(server, "kernelserve_calls_in_flight", **in_flight) == 0, "all have ended")
    assert server.rss_peak_bytes() - before < 64 << 20


def test_a_flood_of_pings_ends_its_own_connection_only(start: Start) -> None:
    server = start()
    flood = Connection(server.address)
    with pytest.raises(ConnectionError):
        flood.flood_pings(10_000)
    server.raw(server.tcp).call("Compare", work.compare(b"kitten", b"sitting"))


@pytest.mark.parametrize(
    "header",
    [("x", "y" * 60_000), ("x" * 60_000, "y")],
    ids=["value", "name"],
)
def test_giant_headers_end_their_own_connection_only(start: Start, header: tuple[str, str]) -> None:
    server = start()
    before = server.rss_peak_bytes()
    for _ in range(20):
        connection = Connection(server.address)
        try:
            answer = connection.answer(connection.start(COMPARE, [header]))
            assert answer.headers["grpc-status"] == RESOURCE_EXHAUSTED
        except ConnectionError:
            pass  # too much even to be refused
    server.raw(server.tcp).call("Compare", work.compare(b"kitten", b"sitting"))
    assert server.rss_peak_bytes() - before < 64 << 20


@pytest.mark.parametrize("part_bytes", [0, 1, 100, 16_000])
def test_headers_without_end_end_their_own_connection_only(start: Start, part_bytes: int) -> None:
    """gRPC's own would take in all of the 15 MB, and read them from the beginning for each part."""
    server = start()
    server.check_alive()
    before = server.rss_peak_bytes()
    bytes_max = 15 << 20
    with ThreadPoolExecutor() as pool:
        attacks = [
            pool.submit(Connection(server.address).send_endless_headers, part_bytes, bytes_max)
            for _ in range(8)
        ]
        server.raw(server.tcp).call("Compare", work.compare(b"kitten", b"sitting"))
        assert all(attack.result() < bytes_max for attack in attacks)
    assert server.rss_peak_bytes() - before < 32 << 20
    server.check_alive()


@pytest.mark.parametrize(
    "block",
    [
        b"\xff" * 64,  # an index of the table without end
        b"\x80",  # index 0, which there is not
        b"\xfe\xff\xff\xff\xff\x7f",  # an entry that nobody has made
        b"\x00\x7f\xff\xff\xff\xff\x7f",  # a name of gigabytes
        b"\x3f\xe1\xff\xff\xff\xff\x7f",  # a table of gigabytes
        b"\x00\x81\xff\x81\xff",  # Huffman codes that are none
    ],
)
def test_header_blocks_that_are_no_hpack_end_their_own_connection_only(
    start: Start, block: bytes
) -> None:
    server = start()
    connection = Connection(server.address)
    with pytest.raises(ConnectionError):
        connection.send_header_block(block)
    again = Connection(server.address)
    stream = again.start(COMPARE)
    again.send(stream, message(REQUEST), end=True)
    assert again.answer(stream).headers["grpc-status"] == "0"
