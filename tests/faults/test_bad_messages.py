"""Messages that are none: malformed, too long, compressed, too late."""

from __future__ import annotations

from collections.abc import Callable

import grpc
import pytest
from harness import http2
from harness.columns import decode, literal, texts
from harness.rpc import METHODS, REQUEST_ID, Raw
from harness.server import Server
from harness.waiting import PATIENCE_S
from harness.wire import bytes_field, number_field
from harness.work import PADDING_FIELD
from kernelserve.v1 import fibonacci_pb2, string_distance_pb2, types_pb2

MALFORMED = {
    "a tag cut short": b"\xff",
    "a varint without an end": b"\x08" + b"\xff" * 11,
    "a field number of 0": b"\x02\x00",
    "a length past the end": b"\x0a\x7fabc",
    "a length of 2^63": b"\x0a" + b"\xff" * 8 + b"\x7f",
    "a wire type that there is not": b"\x0f",
    "a group that does not end": b"\xa3\x06",
    "a group that ends twice": b"\xa3\x06\xa4\x06\xa4\x06",
}


@pytest.mark.parametrize("malformed", MALFORMED.values(), ids=MALFORMED.keys())
@pytest.mark.parametrize("method", ["Pairwise", "Run", "Compare", "EditScript", "Align", "Compute"])
def test_what_is_no_protobuf_is_refused(raw: Raw, method: str, malformed: bytes) -> None:
    refusal = raw.refusal(method, malformed)
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "MALFORMED_MESSAGE")
    assert refusal.value == f"{len(malformed)} bytes"
    columnar = method in ("Pairwise", "Run")
    assert refusal.bound == (
        "a protobuf message" if columnar else f"kernelserve.v1.{method}Request"
    )


@pytest.mark.parametrize("malformed", MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_column_is_a_malformed_message(raw: Raw, malformed: bytes) -> None:
    for number in (14, 15):
        refusal = raw.refusal("Pairwise", bytes_field(number, malformed))
        refusal.check_form()
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "MALFORMED_MESSAGE")


def test_a_stream_s_request_is_checked_alike(raw: Raw) -> None:
    refusal = raw.refusal("StreamTerms", b"\xff")
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "MALFORMED_MESSAGE")


def test_a_name_that_is_no_utf8_is_malformed(raw: Raw) -> None:
    """Protobuf's strings are UTF-8, unlike texts."""
    refusal = raw.refusal("Pairwise", bytes_field(1, bytes_field(1, b"\xff")))
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "MALFORMED_MESSAGE")


def test_nesting_without_end_is_refused(raw: Raw) -> None:
    """A dictionary in a dictionary in a dictionary: some bytes a level, and a stack has an end."""
    column = b""
    for _ in range(100_000):
        column = bytes_field(5, column)
        if len(column) > 1 << 20:
            break
    refusal = raw.refusal("Pairwise", bytes_field(14, column))
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "MALFORMED_MESSAGE")


# ---- Too long ----

LIMIT = 4 << 20


def padded(request: bytes, size: int) -> bytes:
    """`request` as a message of exactly `size` bytes."""
    head = len(bytes_field(PADDING_FIELD, bytes(size))) - size
    return request + bytes_field(PADDING_FIELD, bytes(size - len(request) - head))


REQUESTS = {
    "Compute": fibonacci_pb2.ComputeRequest(n=42).SerializeToString(),
    "Pairwise": string_distance_pb2.PairwiseRequest(
        left=texts(["kitten"]), right=literal("sitting")
    ).SerializeToString(),
    "StreamTerms": fibonacci_pb2.StreamTermsRequest(count=1).SerializeToString(),
}


@pytest.mark.parametrize("method", REQUESTS)
def test_the_limit_is_exact(start: Callable[..., Server], method: str) -> None:
    raw = start(f"--request_bytes_max={LIMIT}").raw()
    at_most = padded(REQUESTS[method], LIMIT)
    assert len(at_most) == LIMIT
    if method == "StreamTerms":
        assert [decode(m.terms) for m in raw.stream(method, at_most)] == [[0]]
    elif method == "Compute":
        assert raw.call(method, at_most).small == 267914296
    else:
        assert decode(raw.call(method, at_most).scores) == [3]

    refusal = raw.refusal(method, padded(REQUESTS[method], LIMIT + 1))
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("RESOURCE_EXHAUSTED", "REQUEST_TOO_LARGE")
    assert refusal.field == "request"
    assert refusal.bound == f"at most {LIMIT} bytes"
    assert refusal.value == str(LIMIT + 1)
    assert refusal.request_id == REQUEST_ID
    assert refusal.retry_delay_s is None


def test_a_message_far_over_the_limit_is_not_taken_in(start: Callable[..., Server]) -> None:
    server = start(f"--request_bytes_max={LIMIT}", "--memory_ceiling_mb=64")
    server.check_alive()
    before = server.rss_peak_bytes()
    refusal = server.raw().refusal("Pairwise", bytes_field(PADDING_FIELD, bytes(256 << 20)))
    # By gRPC's quota, which knows no reasons, while it is still coming in.
    assert refusal.code == "RESOURCE_EXHAUSTED"
    assert server.rss_peak_bytes() - before < 64 << 20


def test_metadata_over_the_limit_is_refused(raw: Raw) -> None:
    refusal = raw.refusal("Compute", b"", metadata=[("x-padding", "x" * 70_000)])
    assert refusal.code in ("RESOURCE_EXHAUSTED", "INTERNAL")


# ---- Compressed ----


@pytest.mark.parametrize("compression", [grpc.Compression.Gzip, grpc.Compression.Deflate])
@pytest.mark.parametrize("method", ["Compute", "Pairwise"])
def test_a_compressed_message_is_refused(
    raw: Raw, method: str, compression: grpc.Compression
) -> None:
    request = padded(REQUESTS[method], 10_000)
    refusal = raw.refusal(method, request, compression=compression)
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("UNIMPLEMENTED", "COMPRESSION_NOT_SUPPORTED")
    assert (refusal.field, refusal.bound) == ("grpc-encoding", "identity")
    assert refusal.value == "compressed"
    assert refusal.request_id == REQUEST_ID


def test_zeros_are_not_inflated(start: Callable[..., Server]) -> None:
    """Sixty megabytes of zeros travel as sixty kilobytes."""
    server = start("--workers=1")
    server.check_alive()
    before = server.rss_peak_bytes()
    raw = server.raw()
    for _ in range(3):
        request = padded(REQUESTS["Pairwise"], 60 << 20)
        refusal = raw.refusal("Pairwise", request, compression=grpc.Compression.Gzip)
        assert refusal.reason == "COMPRESSION_NOT_SUPPORTED"
    assert server.rss_peak_bytes() - before < 8 << 20


# ---- Too late ----


def test_a_deadline_that_passes_before_the_request_is_there(server: Server) -> None:
    """A client's library would not even send it. The server ends the call by itself."""
    connection = http2.Connection(server.address)
    for method in REQUESTS:
        stream = connection.start(METHODS[method].path, [("grpc-timeout", "1n")])
        answer = connection.answer(stream)
        assert answer.headers["grpc-status"] == str(grpc.StatusCode.DEADLINE_EXCEEDED.value[0])
    connection.close()


def test_a_deadline_that_cannot_be_met_is_refused_at_once(raw: Raw) -> None:
    """By an estimate that is a thousand times over what is left, and so right for certain."""
    request = fibonacci_pb2.StreamTermsRequest(first=0, count=2**40, modulus=7)
    refusal = raw.refusal("StreamTerms", request, timeout=1)
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("DEADLINE_EXCEEDED", "DEADLINE_UNREACHABLE")
    assert refusal.field == "deadline"
    assert refusal.bound is not None
    assert refusal.bound.startswith("about ")
    assert refusal.value is not None
    assert refusal.value.endswith(" ms")


# ---- Not even gRPC ----


@pytest.mark.parametrize(
    "request_id", [b"\xff", "\u00e9".encode(), b"a\x7fb", b"a\tb", b"x" * 127 + b"\xff"]
)
@pytest.mark.parametrize("n", [42, 10_000_000_000_000], ids=["answered", "refused"])
def test_a_request_id_that_grpc_cannot_send_back_does_not_end_the_server(
    server: Server, request_id: bytes, n: int
) -> None:
    """gRPC takes any bytes of metadata in, and aborts the process that gives it such to send."""
    connection = http2.Connection(server.address)
    stream = connection.start(METHODS["Compute"].path, [("x-request-id", request_id)])
    connection.send(stream, http2.message(number_field(1, n)), end=True)
    headers = connection.answer(stream).headers
    if n == 42:
        assert headers["grpc-status"] == "0"
        assert "x-request-id" not in headers  # as if there had been none
    else:
        assert headers["grpc-status"] == str(grpc.StatusCode.OUT_OF_RANGE.value[0])
        assert len(headers["x-request-id"]) == 24  # the server's own
    connection.close()
    server.check_alive()


def test_a_message_cut_off_is_no_harm(server: Server) -> None:
    connection = http2.Connection(server.address)
    path = METHODS["Pairwise"].path
    stream = connection.start(path)
    connection.send(stream, http2.message(b"x" * 100)[:50], end=True)
    assert connection.answer(stream).headers.get("grpc-status") != "0"
    for _ in range(50):
        stream = connection.start(path)
        connection.send(stream, http2.message(b"x" * 100)[:50])
        connection.reset(stream)
    stream = connection.start(METHODS["Compute"].path)
    connection.send(stream, http2.message(number_field(1, 42)), end=True)
    assert connection.answer(stream).data == http2.message(number_field(1, 267914296))
    connection.close()


def test_a_connection_dropped_halfway_is_no_harm(server: Server) -> None:
    for _ in range(20):
        connection = http2.Connection(server.address)
        stream = connection.start(METHODS["Pairwise"].path)
        connection.send(stream, http2.message(bytes(100_000))[:70_000])
        connection.close()


def test_methods_and_services_that_are_not_there(raw: Raw) -> None:
    for path in ("/kernelserve.v1.KernelService/Nothing", "/nothing.at.all/Here", "/"):
        with pytest.raises(grpc.RpcError) as error:
            raw.bytes_call(path)(b"", timeout=PATIENCE_S)
        assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED


def test_unknown_fields_are_ignored(raw: Raw) -> None:
    """So that a newer client can talk to this server."""
    request = number_field(1, 42) + bytes_field(PADDING_FIELD, b"of the future")
    assert raw.call("Compute", request).small == 267914296
    column = texts(["kitten"]).SerializeToString() + bytes_field(PADDING_FIELD, b"of the future")
    pairwise = bytes_field(14, column) + bytes_field(15, literal("sitting").SerializeToString())
    response = raw.call("Pairwise", pairwise)
    assert response.scores.type == types_pb2.DATA_TYPE_INT32
    assert decode(response.scores) == [3]
