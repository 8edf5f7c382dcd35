"""More work than there is room for: calls get their turn, or a reason and a time to come back."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import grpc
import pytest
from harness import http2, work
from harness.columns import decode, literal, numbers, texts
from harness.rpc import METHODS, SERVING, Refusal
from harness.server import Server
from kernelserve.v1 import kernel_pb2, string_distance_pb2

# limits.h
JOBS_MAX = 4096
STREAMS_MAX = 1024


def client(name: str) -> list[tuple[str, str]]:
    return [("kernelserve-client-id", name)]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_lookup_does_not_wait_for_a_long_job(start: Callable[..., Server], workers: int) -> None:
    """Hours of somebody else's work hold every worker; a call of this client's is answered."""
    server = start(f"--workers={workers}")
    raw = server.raw()
    hogs = [
        raw.future("Pairwise", work.hours_in_many_rows(), client("hog"), timeout=None)
        for _ in range(4)
    ]
    server.until_busy(workers)
    words = ["kitten", "flaw", "saturday"] * 2_000
    request = string_distance_pb2.PairwiseRequest(left=texts(words), right=literal("sitting"))
    for _ in range(10):
        scores = raw.call("Pairwise", request, metadata=client("lookup")).scores
        assert decode(scores) == [3, 7, 6] * 2_000
        # Without an id, it is the host that counts.
        assert raw.call("Compute", work.a_task()).small == work.A_TASK_S_RESULT
    assert server.busy_workers() > 0
    assert not any(hog.done() for hog in hogs)
    for hog in hogs:
        hog.cancel()


def test_what_costs_nothing_is_answered_though_all_workers_are_held(
    start: Callable[..., Server],
) -> None:
    """A row cannot be parted: a worker may be gone for long. Cheap calls need none."""
    server = start("--workers=2")
    raw = server.raw()
    hogs = [raw.future("Compare", work.hours_in_one_row(), timeout=None) for _ in range(2)]
    server.until_busy(2)
    assert raw.call("Compare", work.compare(b"kitten", b"sitting")).score.integer == 3
    assert raw.call("GetServerInfo", b"").workers == 2
    assert raw.call("ListKernels", b"").kernels
    assert raw.health() == SERVING
    for hog in hogs:
        hog.cancel()


def test_clients_are_served_in_turn(start: Callable[..., Server]) -> None:
    """One client has a thousand calls waiting; another's only one does not come last."""
    server = start("--workers=1")
    raw = server.raw()
    hog = raw.future("Compare", work.hours_in_one_row(), client("hog"), timeout=None)
    server.until_busy(1)
    order: list[str] = []
    done = threading.Semaphore(0)

    def submit(name: str) -> Any:
        call = raw.future("Compute", work.a_task(), client(name), timeout=None)

        def note(_: object) -> None:
            order.append(name)
            done.release()

        call.add_done_callback(note)
        return call

    calls = [submit("many") for _ in range(500)] + [submit("one")]
    # The last one has come: its connection is read in order.
    raw.call("Compare", work.compare(b"a", b"b"))
    hog.cancel()
    for _ in calls:
        done.acquire()
    assert {call.result().small for call in calls} == {work.A_TASK_S_RESULT}
    assert order.index("one") < 450


def test_too_many_waiting_calls_are_told_when_to_come_back(start: Callable[..., Server]) -> None:
    server = start("--workers=1", "--memory_ceiling_mb=4096")
    channels = [server.raw() for _ in range(6)]
    hog = channels[0].future("Compare", work.hours_in_one_row(), timeout=None)
    server.until_busy(1)
    refused = threading.Semaphore(0)
    calls = []
    for raw in channels[1:]:
        for _ in range(1_000):
            call = raw.future("Compute", work.a_task(), timeout=None)
            call.add_done_callback(lambda _: refused.release())
            calls.append(call)
    # The hog has a place too.
    expected = len(calls) - (JOBS_MAX - 1)
    for _ in range(expected):
        refused.acquire()
    hog.cancel()
    refusals = []
    for call in calls:
        if (error := call.exception()) is None:
            assert call.result().small == work.A_TASK_S_RESULT
        else:
            refusals.append(Refusal.of(error))
    assert len(refusals) == expected
    for refusal in refusals:
        refusal.check_form()
        assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "OVERLOADED")
        assert refusal.bound == f"at most {JOBS_MAX} calls"
        assert refusal.retry_delay_s == 0.1


def test_a_call_that_has_waited_for_half_of_its_time_leaves_its_worker_to_a_fresher_one(
    start: Callable[..., Server],
) -> None:
    """Calls that came all at once would else be begun in their order, each with too little time to
    end: the worker is busy, and no call is answered."""
    server = start("--workers=1")
    raw = server.raw()
    hog = raw.future("Compare", work.hours_in_one_row(), timeout=None)
    server.until_busy(1)
    stale = raw.future("Compute", work.a_task(), timeout=6)
    fresh = raw.future("Compute", work.a_task(), timeout=None)
    clock = raw.refusal("Compute", work.a_task(), timeout=3.2)
    assert clock.code == "DEADLINE_EXCEEDED"
    hog.cancel()
    refusal = Refusal.of(stale.exception())
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "OVERLOADED")
    assert refusal.message.startswith("the call has waited 3")
    assert refusal.retry_delay_s == 0.1
    assert fresh.result().small == work.A_TASK_S_RESULT


# ---- Memory ----

CEILING_MB = 64
# What a process of this kind takes beside: threads, gRPC's own buffers, the allocator's slack.
SLACK = 48 << 20


def test_large_calls_that_wait_are_bounded(start: Callable[..., Server]) -> None:
    """Forty calls of 8 MiB for one worker, who is busy: some wait, the others come back later."""
    server = start("--workers=1", f"--memory_ceiling_mb={CEILING_MB}")
    hog = server.raw().future("Compare", work.one_row(100_000), timeout=None)
    server.until_busy(1)
    before = server.rss_peak_bytes()
    request = work.padding(8 << 20)
    calls = [server.raw().future("Compute", request, timeout=None) for _ in range(40)]
    refused = threading.Semaphore(0)
    for call in calls:
        call.add_done_callback(lambda _: refused.release())
    for _ in range(36):
        refused.acquire()
    assert server.rss_peak_bytes() - before < (CEILING_MB << 20) + SLACK
    hog.cancel()
    refusals = [Refusal.of(error) for call in calls if (error := call.exception()) is not None]
    for refusal in refusals:
        if refusal.reason is None:  # gRPC's own quota: it drops connections
            assert refusal.code in ("RESOURCE_EXHAUSTED", "UNAVAILABLE")
        else:
            refusal.check_form()
            assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "MEMORY_CEILING")
            assert refusal.retry_delay_s == 0.1


def test_large_calls_that_never_start_are_bounded(start: Callable[..., Server]) -> None:
    """Messages of which the last byte does not come hold what came of them, before any handler
    could say no."""
    server = start("--workers=1", f"--memory_ceiling_mb={CEILING_MB}")
    server.check_alive()
    before = server.rss_peak_bytes()
    message = http2.message(work.padding(8 << 20))[:-1]
    connections = []
    for _ in range(40):
        with contextlib.suppress(ConnectionError):  # a way to say no
            connections.append(http2.Connection(server.address))
            stream = connections[-1].start(METHODS["Pairwise"].path)
            connections[-1].send(stream, message)
    assert len(connections) > CEILING_MB // 8
    assert server.rss_peak_bytes() - before < (CEILING_MB << 20) + SLACK
    for connection in connections:
        connection.close()


def test_a_call_that_is_too_large_for_the_server_is_not_asked_to_come_back(
    start: Callable[..., Server],
) -> None:
    server = start(f"--memory_ceiling_mb={CEILING_MB}")
    request = kernel_pb2.RunRequest(kernel="fibonacci", rows=16_000_000)
    request.columns.append(numbers([1]))
    request.columns[0].repeat = True
    refusal = server.raw().refusal("Run", request)
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "MEMORY_CEILING")
    assert refusal.retry_delay_s is None
    assert "send it in parts" in refusal.message


def test_an_edit_script_is_not_computed_where_there_is_no_memory_for_it(
    start: Callable[..., Server],
) -> None:
    """Texts of a megabyte can be a million edits apart, of some thirty bytes each until they are
    sent: more than a budget of 32 MB. (These are equal, which is known once it is all reserved.)"""
    raw = start(f"--memory_ceiling_mb={CEILING_MB}").raw()
    request = string_distance_pb2.EditScriptRequest()
    request.left.utf8 = request.right.utf8 = b"x" * 1_000_000
    refusal = raw.refusal("EditScript", request)
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "MEMORY_CEILING")
    assert refusal.retry_delay_s is None
    request.left.utf8 = request.right.utf8 = b"x" * 400_000
    assert not raw.call("EditScript", request).kinds


def test_more_calls_than_a_connection_may_have_wait_their_turn(
    start: Callable[..., Server],
) -> None:
    server = start("--workers=1")
    raw = server.raw()
    hog = raw.future("Compare", work.hours_in_one_row(), timeout=None)
    server.until_busy(1)
    calls = [raw.future("Compute", work.a_task(), timeout=None) for _ in range(STREAMS_MAX + 500)]
    hog.cancel()
    assert {call.result().small for call in calls} == {work.A_TASK_S_RESULT}
    assert calls[-1].code() == grpc.StatusCode.OK
