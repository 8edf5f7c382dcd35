"""How a server ends: what it has begun it finishes, and then it exits with 0."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import pytest
from harness import work
from harness.columns import decode
from harness.rpc import NOT_SERVING, SERVING, Raw, Refusal
from harness.server import Server
from harness.waiting import until
from kernelserve.v1 import fibonacci_pb2

TERMS = 3_000_000


def begin_stream(raw: Raw) -> Any:
    """A reply of many messages, of which one has been read: it is under way, and cannot end before
    it is read on."""
    request = fibonacci_pb2.StreamTermsRequest(first=0, count=TERMS, modulus=2**63)
    call = raw.stream("StreamTerms", request)
    assert decode(next(call).terms)[:3] == [0, 1, 1]
    return call


def socket_of(server: Server) -> Path:
    return Path(server.address.removeprefix("unix:"))


def drain(server: Server, number: signal.Signals = signal.SIGTERM) -> None:
    """Returns once the server has noticed the signal."""
    watch = server.raw().watch_health()
    assert next(watch) == SERVING
    server.signal(number)
    # Without a pause before connections are closed, it may tell of no more than the end.
    with contextlib.suppress(grpc.RpcError):
        assert next(watch) == NOT_SERVING


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_calls_in_flight_are_finished(start: Callable[..., Server], number: signal.Signals) -> None:
    server = start("--workers=2", "--lame_duck_ms=50", "--drain_timeout_ms=3600000")
    raw = server.raw()
    stream = begin_stream(raw)
    # gRPC closes a connection with its last call, even if the client has not read all of it yet.
    last = begin_stream(raw)
    # For each worker one, and one that waits.
    calls = [raw.future("Compare", work.one_row(12_000)) for _ in range(3)]
    server.until_busy(2)
    drain(server, number)
    rest = list(stream)
    assert rest[-1].first + rest[-1].terms.length == TERMS
    assert len({call.result().score.integer for call in calls}) == 1
    assert server.process.poll() is None
    last.cancel()
    assert server.wait() == 0
    assert "drained" in server.log


def test_new_calls_are_refused_while_it_drains(start: Callable[..., Server]) -> None:
    server = start()
    raw = server.raw()
    stream = begin_stream(raw)
    server.signal(signal.SIGTERM)
    until(lambda: not socket_of(server).exists(), "the server has stopped listening")
    assert server.raw().refusal("Compute", b"\x08\x2a").code == "UNAVAILABLE"
    # gRPC itself cancels what comes before its GOAWAY has reached the client, who tries both again.
    assert raw.refusal("Compute", b"\x08\x2a").code in ("UNAVAILABLE", "CANCELLED")
    list(stream)
    assert server.wait() == 0


def test_the_drain_has_an_end(start: Callable[..., Server]) -> None:
    """What is not done by then is cut off, and the server exits nevertheless."""
    server = start("--workers=1", "--drain_timeout_ms=100")
    call = server.raw().future("Compare", work.hours_in_one_row(), timeout=None)
    server.until_busy(1)
    server.signal(signal.SIGTERM)
    refusal = Refusal.of(call.exception())
    assert refusal.code in ("UNAVAILABLE", "CANCELLED")
    assert server.wait() == 0


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_a_second_signal_ends_it_at_once(
    start: Callable[..., Server], second: signal.Signals
) -> None:
    server = start("--workers=1", "--drain_timeout_ms=3600000")
    call = server.raw().future("Compare", work.hours_in_one_row(), timeout=None)
    server.until_busy(1)
    drain(server)
    server.signal(second)
    # As a shell tells of a process that a signal ended.
    assert server.wait() in (-second, 128 + second)
    assert call.exception().code() == grpc.StatusCode.UNAVAILABLE


def test_nothing_is_left_behind(start: Callable[..., Server]) -> None:
    server = start()
    socket = socket_of(server)
    assert socket.is_socket()
    server.stop()
    assert not socket.exists()


def test_an_idle_server_with_clients_ends(start: Callable[..., Server]) -> None:
    """Open connections hold it up no more than open watches do."""
    server = start("--drain_timeout_ms=3600000")
    raws = [server.raw(address) for address in server.addresses for _ in range(5)]
    for raw in raws:
        assert raw.health() == SERVING
    server.signal(signal.SIGTERM)
    assert server.wait() == 0
