"""A call that nobody waits for any more costs nothing any more.

Where the work would take hours, that the test ends is the proof. Where it takes seconds, processor
time is: of a call given up at its beginning, less than half of what the whole one takes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import grpc
import pytest
from google.protobuf.message import Message
from harness import http2, work
from harness.rpc import METHODS, Raw, Refusal
from harness.server import Server
from kernelserve.v1 import fibonacci_pb2, string_distance_pb2

TIMED = [("kernelserve-timing", "1")]


@pytest.fixture
def server(start: Callable[..., Server]) -> Server:
    """One worker: what comes next has to wait for it."""
    return start("--workers=1")


@pytest.fixture
def raw(server: Server) -> Raw:
    return server.raw()


def check_free(server: Server, raw: Raw) -> None:
    """The worker takes the next call, and has nothing else to do."""
    assert raw.call("Compute", work.a_task()).small == work.A_TASK_S_RESULT
    server.until_idle()


def long_edit_script(scorer: str = "", pairs: int = 8_000_000) -> Message:
    request = string_distance_pb2.EditScriptRequest()
    request.scorer.name = scorer
    request.left.utf8 = b"ab" * pairs
    request.right.utf8 = b"ba" * pairs
    return request


def long_alignment() -> Message:
    request = string_distance_pb2.AlignRequest()
    request.scorer.name = "fuzz.partial_ratio"
    request.left.utf8 = b"ab" * 500_000
    request.right.utf8 = b"bac" * 1_000_000
    return request


HOURS: dict[str, tuple[str, Callable[[], Message]]] = {
    "one pair": ("Compare", work.hours_in_one_row),
    "one pair's edits": ("EditScript", long_edit_script),
    "one pair's insertions": ("EditScript", partial(long_edit_script, "indel.distance", 2_000_000)),
    "one pair's swaps": ("EditScript", partial(long_edit_script, "osa.distance", 2_000_000)),
    "one pair's alignment": ("Align", long_alignment),
    "many pairs": ("Pairwise", work.hours_in_many_rows),
}


@pytest.mark.parametrize("kind", HOURS)
def test_a_cancelled_call_frees_its_worker(server: Server, raw: Raw, kind: str) -> None:
    method, request = HOURS[kind]
    call = raw.future(method, request(), timeout=None)
    server.until_busy(1)
    call.cancel()
    check_free(server, raw)


@pytest.mark.parametrize("kind", HOURS)
def test_a_lost_connection_frees_the_worker(server: Server, raw: Raw, kind: str) -> None:
    """As when a client is killed."""
    method, request = HOURS[kind]
    connection = http2.Connection(server.address)
    stream = connection.start(METHODS[method].path)
    message = http2.message(request().SerializeToString())
    assert connection.send(stream, message, end=True) == b""
    server.until_busy(1)
    connection.close()
    check_free(server, raw)


def whole_cost_s(server: Server, raw: Raw, method: str, request: Message) -> float:
    timing = raw.reply(method, request, metadata=TIMED, timeout=None).timing
    return float(timing.run_cpu_ns) / 1e9


SECONDS: dict[str, tuple[str, Message]] = {
    "a huge number": ("Compute", fibonacci_pb2.ComputeRequest(n=100_000_000)),
    "an edit distance": ("Compare", work.one_row(24_000)),
}


@pytest.mark.parametrize("kind", SECONDS)
def test_a_cancelled_call_costs_no_more(server: Server, raw: Raw, kind: str) -> None:
    method, request = SECONDS[kind]
    whole_s = whole_cost_s(server, raw, method, request)
    assert whole_s > 0.2, "too little work to tell"
    before_s = server.cpu_s()
    call = raw.future(method, request, timeout=None)
    server.until_busy(1)
    call.cancel()
    check_free(server, raw)
    assert server.cpu_s() - before_s < whole_s / 2


@pytest.mark.parametrize("kind", SECONDS)
def test_a_call_past_its_deadline_costs_no_more(start: Callable[..., Server], kind: str) -> None:
    # The call is refused at once where all workers together could not do it in twice the time:
    # with so many, it is let in.
    server = start("--workers=64")
    raw = server.raw()
    method, request = SECONDS[kind]
    whole_s = whole_cost_s(server, raw, method, request)
    before_s = server.cpu_s()
    refusal = raw.refusal(method, request, timeout=whole_s / 8)
    assert refusal.code == "DEADLINE_EXCEEDED"
    server.until_idle()
    assert server.cpu_s() - before_s < whole_s / 2


def test_calls_cancelled_while_they_wait_are_never_begun(server: Server, raw: Raw) -> None:
    running = raw.future("Compare", work.hours_in_one_row(), timeout=None)
    server.until_busy(1)
    waiting = [raw.future("Compare", work.one_row(400_000), timeout=None) for _ in range(50)]
    for call in waiting:
        call.cancel()
    running.cancel()
    check_free(server, raw)


def test_a_deadline_passes_while_a_call_waits(server: Server, raw: Raw) -> None:
    running = raw.future("Compare", work.hours_in_one_row(), timeout=None)
    server.until_busy(1)
    refusal = raw.refusal("Compute", work.a_task(), timeout=0.2)
    assert refusal.code == "DEADLINE_EXCEEDED"
    running.cancel()
    check_free(server, raw)


def test_a_stream_that_is_cancelled_ends(server: Server, raw: Raw) -> None:
    """Whether its reader is fast, slow, or has not read anything."""
    endless = fibonacci_pb2.StreamTermsRequest(first=0, count=2**63, modulus=2**63)
    for read in (0, 1, 5):
        call = raw.stream("StreamTerms", endless, timeout=None)
        for _ in range(read):
            next(call)
        call.cancel()
        with pytest.raises(grpc.RpcError) as error:
            list(call)
        assert Refusal.of(error.value).code == "CANCELLED"
        check_free(server, raw)


def test_a_stream_that_nobody_reads_holds_no_worker(server: Server, raw: Raw) -> None:
    """Its blocks wait for the reader, who waits: the only worker is free for others."""
    endless = fibonacci_pb2.StreamTermsRequest(first=0, count=2**63, modulus=2**63)
    calls = [server.raw().stream("StreamTerms", endless, timeout=None) for _ in range(3)]
    for call in calls:
        next(call)
    check_free(server, raw)
    for call in calls:
        call.cancel()


def test_the_memory_of_a_cancelled_call_is_free_again(start: Callable[..., Server]) -> None:
    server = start("--workers=1", "--memory_ceiling_mb=64")
    raw = server.raw()
    # Over half of the budget: it fits once.
    large = work.one_row(7_000_000)
    call = raw.future("Compare", large, timeout=None)
    server.until_busy(1)
    refusal = raw.refusal("Compare", large, timeout=None)
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "MEMORY_CEILING")
    assert refusal.retry_delay_s == 0.1, "it may succeed later"
    call.cancel()
    server.until_idle()
    call = raw.future("Compare", large, timeout=None)
    server.until_busy(1)
    call.cancel()
    check_free(server, raw)
