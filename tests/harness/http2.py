"""HTTP/2 without a gRPC library, for what gRPC's own clients never send: half of a message, a
deadline that has passed, metadata of any bytes."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings

from harness.waiting import PATIENCE_S


def message(payload: bytes) -> bytes:
    """gRPC's frame around a message: not compressed, four bytes of length."""
    return b"\0" + len(payload).to_bytes(4, "big") + payload


@dataclass
class Answer:
    headers: dict[str, str] = field(default_factory=dict)  # trailers included
    data: bytes = b""
    ended: bool = False
    reset: int | None = None  # the error code of RST_STREAM


class Connection:
    """One connection to "unix:/path" or "host:port"; calls on it by their stream's number."""

    def __init__(self, address: str, window: int | None = None) -> None:
        """`window`: bytes of each answer that the server may send before it is read."""
        if address.startswith("unix:"):
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(PATIENCE_S)
            self._socket.connect(address.removeprefix("unix:"))
        else:
            host, _, port = address.rpartition(":")
            self._socket = socket.create_connection((host, int(port)), timeout=PATIENCE_S)
        config = h2.config.H2Configuration(client_side=True, header_encoding="utf-8")
        self._http2 = h2.connection.H2Connection(config)
        self._http2.initiate_connection()
        if window is not None:
            self._http2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: window})
        self.answers: dict[int, Answer] = {}
        self._pings = 0
        self._flush()
        self._ping()  # the server's settings have arrived

    def start(self, path: str, metadata: Sequence[tuple[str, str | bytes]] = ()) -> int:
        """Begins a call, and returns its number."""
        stream = self._http2.get_next_available_stream_id()
        self._http2.send_headers(
            stream,
            [
                (":method", "POST"),
                (":scheme", "http"),
                (":path", path),
                (":authority", "test"),
                ("te", "trailers"),
                ("content-type", "application/grpc"),
                *metadata,
            ],
        )
        self.answers[stream] = Answer()
        self._flush()
        return stream

    def send(self, stream: int, data: bytes, end: bool = False) -> bytes:
        """Sends as much of `data` as the server ever lets in while the call is not answered, and
        returns the rest."""
        while True:
            while data and not self._answer(stream):
                size = min(
                    self._http2.local_flow_control_window(stream),
                    self._http2.max_outbound_frame_size,
                    len(data),
                )
                if size == 0:
                    break
                self._http2.send_data(stream, data[:size])
                data = data[size:]
            if not data or self._answer(stream):
                break
            # What the server has let in by the time that it has read all this is what there is.
            before = self._http2.local_flow_control_window(stream)
            self._ping()
            if self._http2.local_flow_control_window(stream) == before == 0:
                break
        if end and not data and not self._answer(stream):
            self._http2.end_stream(stream)
        self._flush()
        return data

    def _answer(self, stream: int) -> bool:
        return self.answers[stream].ended

    def answer(self, stream: int) -> Answer:
        """The call's answer, once it has ended."""
        while not self.answers[stream].ended:
            self._receive()
        return self.answers[stream]

    def reset(self, stream: int) -> None:
        self._http2.reset_stream(stream)
        self._flush()

    def until_closed(self) -> NoReturn:
        """Raises ConnectionError once the server has closed the connection."""
        while True:
            self._receive()

    def flood_pings(self, count: int) -> NoReturn:
        """Sends so many, waits for none, and then as until_closed()."""
        for number in range(count):
            self._http2.ping(number.to_bytes(8, "big"))
        self._flush()
        self.until_closed()

    def send_header_block(self, block: bytes) -> NoReturn:
        """Sends bytes for a call's headers that may be no HPACK, and then as until_closed()."""
        stream = self._http2.get_next_available_stream_id()
        end_of_both = b"\x01\x05"
        frame = len(block).to_bytes(3, "big") + end_of_both + stream.to_bytes(4, "big") + block
        self._socket.sendall(frame)
        self.until_closed()

    def send_endless_headers(self, part_bytes: int, bytes_max: int) -> int:
        """Sends a call's headers in parts that do not end, until the server ends the connection.
        Returns how many bytes it sent."""
        stream = self._http2.get_next_available_stream_id().to_bytes(4, "big")
        # A value, by its length, of a hundred megabytes.
        block = b"\x00\x01x\x7f\x81\xc1\xd7\x2f" + b"y" * part_bytes
        kind = b"\x01"  # HEADERS, then CONTINUATION
        sent = 0
        with contextlib.suppress(ConnectionError):
            while sent < bytes_max:
                self._socket.sendall(len(block).to_bytes(3, "big") + kind + b"\0" + stream + block)
                sent += 9 + len(block)
                kind = b"\x09"
                block = b"y" * part_bytes
        return sent

    def close(self) -> None:
        self._socket.close()

    def _ping(self) -> None:
        """Returns once the server has read everything sent before."""
        awaited = self._pings + 1
        self._http2.ping(awaited.to_bytes(8, "big"))
        self._flush()
        while self._pings < awaited:
            self._receive()

    def _flush(self) -> None:
        self._socket.sendall(self._http2.data_to_send())

    def _receive(self) -> None:
        data = self._socket.recv(1 << 16)
        if not data:
            raise ConnectionError("the server closed the connection")
        try:
            events = self._http2.receive_data(data)
        except h2.exceptions.ProtocolError as error:
            # Whatever comes after the server's goodbye.
            raise ConnectionError("the server has ended the connection") from error
        for event in events:
            self._take(event)
        self._flush()

    def _take(self, event: h2.events.Event) -> None:
        if isinstance(event, h2.events.PingAckReceived):
            self._pings = int.from_bytes(event.ping_data, "big")
        elif isinstance(event, h2.events.ResponseReceived | h2.events.TrailersReceived):
            headers = {str(name): str(value) for name, value in event.headers}
            self.answers[event.stream_id].headers |= headers
        elif isinstance(event, h2.events.DataReceived):
            self.answers[event.stream_id].data += event.data
            self._http2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self.answers[event.stream_id].ended = True
        elif isinstance(event, h2.events.StreamReset):
            self.answers[event.stream_id].ended = True
            self.answers[event.stream_id].reset = event.error_code
