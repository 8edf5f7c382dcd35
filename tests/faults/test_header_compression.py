"""Headers that harmed other releases of gRPC than the one that is linked here, or this one."""

from __future__ import annotations

import socket

import hpack
import pytest
from harness import http2
from harness.rpc import METHODS
from harness.server import Server
from harness.waiting import PATIENCE_S
from harness.wire import number_field
from hyperframe.frame import HeadersFrame, PingFrame, SettingsFrame

PATH = METHODS["Compute"].path


def compute(connection: http2.Connection, stream: int) -> http2.Answer:
    connection.send(stream, http2.message(number_field(1, 42)), end=True)
    return connection.answer(stream)


def test_headers_that_are_too_long_leave_no_table_out_of_step(server: Server) -> None:
    """CVE-2023-32731: who skips the rest of such headers has others than were sent in the next
    call. This release ends the connection, and with it the table."""
    connection, another = (http2.Connection(server.address) for _ in range(2))
    large = [("x-large", "y" * 9_000), ("x-request-id", "entry-of-the-table")]
    connection.start(PATH, large)
    with pytest.raises(ConnectionError):
        connection.until_closed()
    answer = compute(another, another.start(PATH, large[1:]))
    assert answer.headers["x-request-id"] == "entry-of-the-table"
    another.close()


def test_a_header_that_is_no_base64_ends_its_own_connection_only(server: Server) -> None:
    """CVE-2023-32732: where a proxy puts calls of several clients on one connection, such headers
    are to be stopped there, as ours does."""
    connection, another = (http2.Connection(server.address) for _ in range(2))
    under_way = another.start(PATH)
    connection.start(PATH, [("x-note-bin", "!no base64!")])
    with pytest.raises(ConnectionError):
        connection.until_closed()
    assert compute(another, under_way).headers["grpc-status"] == "0"
    another.close()


@pytest.mark.parametrize(
    "header",
    [("te", "x"), (":scheme", "x"), ("grpclb_client_stats", "x")],
    ids=lambda header: header[0],
)
def test_a_header_of_no_counted_size_does_not_end_the_server(
    server: Server, header: tuple[str, str]
) -> None:
    """CVE-2023-1428: each of these, within more than 8 KiB."""
    headers = {
        ":method": "POST",
        ":scheme": "http",
        ":path": PATH,
        ":authority": "test",
        "content-type": "application/grpc",
        **{f"x-{i}": "y" * 1_000 for i in range(12)},
    }
    block = hpack.Encoder().encode(list({**headers, **dict([header])}.items()))
    frames = [
        SettingsFrame(0),
        HeadersFrame(1, data=block, flags=["END_HEADERS"]),
        PingFrame(0, opaque_data=b"the-last"),
    ]
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE_S)
        connection.connect(server.address.removeprefix("unix:"))
        start = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        connection.sendall(start + b"".join(frame.serialize() for frame in frames))
        # It has read them all when it answers the ping, or ends the connection.
        received = b""
        while b"the-last" not in received and (got := connection.recv(1 << 16)):
            received += got
    server.check_alive()
