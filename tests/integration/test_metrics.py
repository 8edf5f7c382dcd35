"""The operator's pages: metrics as Prometheus reads them, and the status page."""

from __future__ import annotations

import json
import signal
import urllib.error
from collections.abc import Callable

import pytest
from harness import work
from harness.columns import texts
from harness.pages import metric, page
from harness.server import Server
from harness.waiting import until
from kernelserve.v1 import fibonacci_pb2, string_distance_pb2

COMPARE = "kernelserve.v1.StringDistanceService/Compare"
CDIST = "kernelserve.v1.StringDistanceService/Cdist"
COMPUTE = "kernelserve.v1.FibonacciService/Compute"


Start = Callable[..., Server]


@pytest.fixture
def server(start: Start) -> Server:
    return start("--metrics_listen=127.0.0.1:0", "--log_requests=errors")


def test_calls_are_counted_by_method_code_and_kernel(server: Server) -> None:
    raw = server.raw()
    for _ in range(3):
        raw.reply("Compare", work.compare(b"kitten", b"sitting"))
    raw.refusal("Compute", fibonacci_pb2.ComputeRequest(n=10**12))
    words = texts(["kitten", "sitting", "mitten"])
    cdist = string_distance_pb2.CdistRequest(queries=words, column=words)
    sent = sum(len(block.SerializeToString()) for block in raw.stream("Cdist", cdist))

    assert metric(server, "grpc_server_call_started_total", grpc_method=COMPARE) == 3
    assert metric(server, "kernelserve_calls_in_flight", grpc_method=CDIST) == 0
    ok = {"grpc_method": COMPARE, "grpc_status": "OK"}
    assert metric(server, "grpc_server_call_duration_seconds_count", **ok) == 3
    failed = {"grpc_method": COMPUTE, "grpc_status": "OUT_OF_RANGE"}
    assert metric(server, "grpc_server_call_duration_seconds_count", **failed) == 1
    assert metric(server, "kernelserve_errors_total", reason="OUT_OF_RANGE") == 1
    assert metric(server, "kernelserve_cells_total", kernel="levenshtein.distance") == 3 + 9
    assert metric(server, "kernelserve_rows_total", kernel="levenshtein.distance") == 3 + 3
    received = metric(server, "kernelserve_received_bytes_total", grpc_method=CDIST)
    assert received == len(cdist.SerializeToString())
    assert metric(server, "kernelserve_sent_bytes_total", grpc_method=CDIST) == sent
    run = {"grpc_method": CDIST, "stage": "run"}
    assert metric(server, "kernelserve_call_stage_seconds_count", **run) == 1


def test_the_server_s_own_figures_are_there(server: Server) -> None:
    assert metric(server, "kernelserve_serving") == 1
    assert metric(server, "kernelserve_build_info", instance_id=instance_id(server)) == 1
    assert metric(server, "kernelserve_workers_busy") == 0
    assert metric(server, "kernelserve_memory_reserved_bytes") == 0
    assert (metric(server, "process_resident_memory_bytes") or 0) > 1_000_000
    assert (metric(server, "process_open_fds") or 0) > 3
    resident = metric(server, "process_resident_memory_bytes") or 0
    assert 100_000 < (metric(server, "kernelserve_heap_bytes") or 0) < resident


def test_work_under_way_shows(server: Server) -> None:
    raw = server.raw()
    call = raw.future("Compare", work.hours_in_one_row(), timeout=None)
    until(lambda: metric(server, "kernelserve_workers_busy") == 1, "a worker is busy")
    assert metric(server, "kernelserve_jobs") == 1
    assert metric(server, "kernelserve_flows") == 1
    assert metric(server, "kernelserve_calls_in_flight", grpc_method=COMPARE) == 1
    assert (metric(server, "kernelserve_memory_reserved_bytes") or 0) > 6_000_000
    call.cancel()
    in_flight = {"grpc_method": COMPARE}
    until(lambda: metric(server, "kernelserve_calls_in_flight", **in_flight) == 0, "it has ended")
    cancelled = {"grpc_method": COMPARE, "grpc_status": "CANCELLED"}
    assert metric(server, "grpc_server_call_duration_seconds_count", **cancelled) == 1


def test_the_status_page_shows_the_last_errors_as_text(server: Server) -> None:
    raw = server.raw()
    request = string_distance_pb2.CompareRequest()
    request.scorer.name = "<script>alert(1)</script>"
    raw.refusal("Compare", request, metadata=[("x-request-id", "mine-7")])
    html = page(server, "/")
    assert "<script" not in html
    assert "there is no scorer &#39;&lt;script&gt;alert(1)&lt;/script&gt;&#39;" in html
    assert "mine-7" in html


def test_an_error_s_line_in_the_log_has_the_client_s_request_id(server: Server) -> None:
    raw = server.raw()
    raw.reply("Compare", work.compare(b"kitten", b"sitting"))
    raw.refusal("Compute", fibonacci_pb2.ComputeRequest(n=10**12), [("x-request-id", "mine-8")])
    until(lambda: " info call " in server.log, "a call is logged")
    server.stop()
    (line,) = [line for line in server.log.splitlines() if " info call " in line]
    assert f"method={COMPUTE} status=OUT_OF_RANGE reason=OUT_OF_RANGE" in line
    assert "request_id=mine-8" in line


def test_every_call_has_a_line_where_that_is_asked_for(start: Start) -> None:
    server = start("--log_requests=all", "--log_format=json")
    request = work.compare(b"kitten", b"sitting")
    server.raw().reply("Compare", request, [("x-request-id", "mine-9")])
    server.stop()
    events = [json.loads(line) for line in server.log.splitlines()]
    assert events[-1]["message"] == "drained"
    (call,) = [event for event in events if event["message"] == "call"]
    assert (call["method"], call["status"], call["request_id"]) == (COMPARE, "OK", "mine-9")
    assert (call["kernel"], call["cells"]) == ("levenshtein.distance", "1")


def test_a_drain_loses_no_line_of_the_log(start: Start) -> None:
    server = start("--log_requests=all")
    raw = server.raw()
    calls = [raw.future("Compare", work.compare(b"kitten", b"sitting")) for _ in range(1_000)]
    assert {call.result().score.integer for call in calls} == {3}
    server.stop()
    assert server.log.count(" info call ") == 1_000


def test_a_fault_loses_no_line_of_the_log(start: Start) -> None:
    server = start("--log_requests=all")
    server.raw().reply("Compare", work.compare(b"kitten", b"sitting"))
    server.signal(signal.SIGABRT)
    assert server.wait() == -signal.SIGABRT
    assert server.log.count(" info call ") == 1


def test_health_is_told_by_http_too(server: Server) -> None:
    assert page(server, "/healthz") == "serving\n"


def test_there_are_no_pages_unless_asked_for(start: Start) -> None:
    assert "metrics" not in start().ready


@pytest.mark.parametrize("path", ["/nothing", "/metrics/x", "/../etc/passwd"])
def test_there_is_nothing_elsewhere(server: Server, path: str) -> None:
    with pytest.raises(urllib.error.HTTPError, match="404"):
        page(server, path)


def instance_id(server: Server) -> str:
    info = server.raw().call("GetServerInfo", b"")
    assert isinstance(info.instance_id, str)
    return info.instance_id
