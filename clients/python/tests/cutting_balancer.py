"""A balancer of HTTP/2 that cuts answers short, as one does whose replica is killed meanwhile."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import grpc
import h2.config
import h2.connection
import h2.errors
import h2.events

# What ends with the cut: HAProxy ends the stream, by an empty DATA frame, and Envoy resets it; a
# server that is asked directly takes the connection along.
End = Literal["stream", "reset", "reset without error", "connection"]

_PASSED_ON = ("kernelserve-client-id", "x-request-id")
_FRAME_BYTES = 16_384
_RESETS = {"reset": h2.errors.ErrorCodes.INTERNAL_ERROR, "reset without error": 0}


@dataclass
class _Call:
    path: str
    metadata: list[tuple[str, str]]
    body: bytearray = field(default_factory=bytearray)


class CuttingBalancer:
    """Asks the server at `behind`, and ends each method's first `cuts` answers after their headers
    and `after_bytes` of their messages."""

    def __init__(self, behind: str, end: End, after_bytes: int, cuts: int = 1) -> None:
        self.asked: Counter[str] = Counter()  # by method
        self.too_short: list[str] = []
        self._end = end
        self._after_bytes = after_bytes
        self._cuts = cuts
        self._channel = grpc.insecure_channel(behind)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self._connections: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        for connection in self._connections:
            _shut_down(connection)
        for thread in self._threads[1:]:
            thread.join()
        for closing in (self._listener, *self._connections):
            closing.close()
        self._channel.close()
        assert not self.too_short, f"they end before they are cut: {self.too_short}"

    def _accept(self) -> None:
        while True:
            try:
                accepted, _ = self._listener.accept()
            except OSError:  # close()
                return
            self._connections.append(accepted)
            self._threads.append(threading.Thread(target=self._serve, args=(accepted,)))
            self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        config = h2.config.H2Configuration(client_side=False, header_encoding="utf-8")
        http2 = h2.connection.H2Connection(config)
        http2.initiate_connection()
        calls: dict[int, _Call] = {}
        try:
            client.sendall(http2.data_to_send())
            while data := client.recv(1 << 16):
                for event in http2.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        headers = [(str(name), str(value)) for name, value in event.headers]
                        ours = [(name, value) for name, value in headers if name in _PASSED_ON]
                        calls[event.stream_id] = _Call(dict(headers)[":path"], ours)
                    elif isinstance(event, h2.events.DataReceived):
                        calls[event.stream_id].body += event.data
                        size = event.flow_controlled_length
                        http2.acknowledge_received_data(size, event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded):
                        call = calls.pop(event.stream_id)
                        if self._answer(http2, event.stream_id, call):
                            client.sendall(http2.data_to_send())
                            return
                client.sendall(http2.data_to_send())
        except OSError:  # the client has gone, or close()
            pass
        finally:
            _shut_down(client)

    def _answer(self, http2: h2.connection.H2Connection, stream: int, call: _Call) -> bool:
        """Whether the connection is to end."""
        method = call.path.rpartition("/")[2]
        self.asked[method] += 1
        ask = self._channel.unary_stream(call.path, None, None)
        answer = ask(bytes(call.body[5:]), metadata=tuple(call.metadata))
        body = b"".join(b"\0" + len(m).to_bytes(4, "big") + m for m in answer)
        headers = [(":status", "200"), ("content-type", "application/grpc")]
        headers += [(str(name), str(value)) for name, value in answer.initial_metadata()]
        http2.send_headers(stream, headers)
        cut = self.asked[method] <= self._cuts and method != "GetServerInfo"
        if cut and len(body) <= self._after_bytes:
            self.too_short.append(method)
        sent = body[: self._after_bytes] if cut else body
        for begin in range(0, len(sent), _FRAME_BYTES):
            http2.send_data(stream, sent[begin : begin + _FRAME_BYTES])
        if not cut:
            http2.send_headers(stream, [("grpc-status", "0")], end_stream=True)
        elif self._end == "stream":
            http2.end_stream(stream)
        elif self._end in _RESETS:
            http2.reset_stream(stream, _RESETS[self._end])
        return cut and self._end == "connection"


def _shut_down(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # the other side has
        connection.shutdown(socket.SHUT_RDWR)
