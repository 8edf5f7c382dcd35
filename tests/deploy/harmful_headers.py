"""Headers over which a replica ends a connection, or worse: balancers have calls of several clients
on one, and are to let none of these through."""

from __future__ import annotations

import socket

import hpack
from harness import http2
from harness.rpc import METHODS
from harness.waiting import PATIENCE_S
from hyperframe.frame import ContinuationFrame, HeadersFrame, SettingsFrame

PATH = METHODS["GetServerInfo"].path

# With the status of HTTP that each call gets: the first is let through without its header.
HARMFUL = {
    "no base64": ([("x-note-bin", "!no base64!")], "200"),
    "long": ([("x-large", "y" * 7_000)], "431"),
    "many": ([(f"x-{i}", "") for i in range(100)], "431"),
}


def status(connection: http2.Connection, headers: list[tuple[str, str]]) -> str | None:
    """None where the call is reset instead."""
    stream = connection.start(PATH, headers)
    connection.send(stream, http2.message(b""), end=True)
    return connection.answer(stream).headers.get(":status")


def send_headers_without_end(address: str) -> None:
    """Sixteen megabytes of one header that is to have two gigabytes. CVE-2023-33953."""
    head = [(":method", "POST"), (":scheme", "http"), (":authority", "test"), (":path", PATH)]
    block = hpack.Encoder().encode(head) + b"\x00\x01x\x7f\x81\xff\xff\xff\x07"
    start = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + SettingsFrame(0).serialize()
    part = ContinuationFrame(1, data=bytes(16_000)).serialize()
    host, _, port = address.rpartition(":")
    with socket.create_connection((host, int(port)), timeout=PATIENCE_S) as connection:
        connection.sendall(start + HeadersFrame(1, data=block).serialize())
        connection.sendall(part * 1_000)
