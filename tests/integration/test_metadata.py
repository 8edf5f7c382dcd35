"""What travels beside the messages: request ids, timing."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from google.protobuf.message import Message
from harness import work
from harness.columns import literal, numbers, texts
from harness.rpc import Raw, Reply
from harness.server import Server
from harness.waiting import until
from kernelserve.v1 import fibonacci_pb2, kernel_pb2, string_distance_pb2

ROWS = 50_000

PAIRWISE = string_distance_pb2.PairwiseRequest(
    left=texts(["kitten"] * ROWS), right=literal("sitting")
)
CALLS: dict[str, tuple[str, Message | bytes]] = {
    "answered at once": ("Compute", fibonacci_pb2.ComputeRequest(n=42)),
    "by the pool": ("Pairwise", PAIRWISE),
}
TERMS = fibonacci_pb2.StreamTermsRequest(first=0, count=500_000, modulus=7)
TIMED = [("kernelserve-timing", "1")]


@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("request_id", ["a", "a/b:c=d e", "x" * 128])
def test_the_request_id_is_echoed(raw: Raw, kind: str, request_id: str) -> None:
    reply = raw.reply(*CALLS[kind], metadata=[("x-request-id", request_id)])
    assert (reply.initial | reply.trailing)["x-request-id"] == request_id
    refusal = raw.refusal("Compute", b"\xff", metadata=[("x-request-id", request_id)])
    refusal.check_form()
    assert refusal.request_id == request_id


def test_a_stream_s_request_id_is_echoed(raw: Raw) -> None:
    call = raw.stream("StreamTerms", TERMS, [("x-request-id", "mine")])
    assert sum(message.terms.length for message in call) == 500_000
    metadata = dict(call.initial_metadata()) | dict(call.trailing_metadata())
    assert metadata["x-request-id"] == "mine"
    refusal = raw.refusal("StreamTerms", b"\xff", [("x-request-id", "mine")])
    refusal.check_form()
    assert refusal.request_id == "mine"


def test_an_endless_request_id_is_cut(raw: Raw) -> None:
    refusal = raw.refusal("Compute", b"\xff", metadata=[("x-request-id", "x" * 1000)])
    refusal.check_form()
    assert refusal.request_id == "x" * 128


def test_an_error_without_a_request_id_gets_one_of_its_own(raw: Raw) -> None:
    ids = set()
    for _ in range(100):
        refusal = raw.refusal("Compute", b"\xff", metadata=[])
        refusal.check_form()
        ids.add(refusal.request_id)
    assert len(ids) == 100


def test_timing_is_given_where_it_is_asked_for(raw: Raw) -> None:
    instance_id = raw.call("GetServerInfo", b"").instance_id
    for kind, cells in (("answered at once", 1), ("by the pool", ROWS)):
        timing = raw.reply(*CALLS[kind], metadata=TIMED).timing
        assert timing.instance_id == instance_id
        assert timing.cells == cells
        assert timing.run_cpu_ns > 0
        # Several tasks, or none where it was answered at once.
        assert (timing.tasks > 1) == (timing.queue_ns > 0) == (kind == "by the pool")
    assert timing.decode_ns > 0
    assert timing.encode_ns > 0


def test_timing_is_not_given_where_it_is_not_asked_for(raw: Raw) -> None:
    for metadata in ([], [("kernelserve-timing", "0")]):
        reply = raw.reply(*CALLS["by the pool"], metadata=metadata)
        assert "kernelserve-timing-bin" not in reply.trailing


def test_a_stream_and_a_failure_have_their_timing_too(raw: Raw) -> None:
    call = raw.stream("StreamTerms", TERMS, TIMED)
    assert sum(message.terms.length for message in call) == 500_000
    timing = Reply(None, {}, dict(call.trailing_metadata())).timing
    assert timing.cells == 500_000

    for method, request in (
        ("Pairwise", b"\xff"),
        ("Compute", fibonacci_pb2.ComputeRequest(n=1, modulus=0)),
        # Refused on the pool: the bad row is the last of many.
        ("Run", kernel_pb2.RunRequest(kernel="fibonacci", columns=[numbers([1] * ROWS + [94])])),
    ):
        refusal = raw.refusal(method, request, metadata=TIMED)
        refusal.check_form()
        assert Reply(None, {}, refusal.trailing).timing.instance_id, method


def test_the_time_that_a_call_waits_is_told(start: Callable[..., Server]) -> None:
    """A call that waits behind hours of another's work until that is given up."""
    server = start("--workers=1")
    raw = server.raw()
    hog = raw.future("Compare", work.hours_in_one_row(), timeout=None)
    server.until_busy(1)
    before_s = server.cpu_s()
    waiting = raw.future("Compute", work.a_task(), TIMED)
    # The worker works on meanwhile: what it has used by then is time that the call has waited.
    raw.call("Compare", work.compare(b"a", b"b"))
    until(lambda: server.cpu_s() - before_s >= 0.05, "the worker has gone on for a while")
    hog.cancel()
    assert waiting.result().small == work.A_TASK_S_RESULT
    timing = Reply(None, {}, dict(waiting.trailing_metadata())).timing
    assert timing.queue_ns > 10_000_000
