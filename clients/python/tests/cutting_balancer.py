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
import h2.events

# What ends with the cut: HAProxy ends the stream, by an empty DATA frame; a server that is asked
# directly takes the connection along.
End = Literal["stream", "connection"]


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
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()
        for closing in (self._listener, *self._connections):
            closing.close()
        self._channel.close()

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
        with contextlib.suppress(OSError):
            client.sendall(http2.data_to_send())
            while data := client.recv(1 << 16):
                for event in http2.receive_data(data):
                    if isinstance(event, h2.events.RequestReceived):
                        headers = [(str(name), str(value)) for name, value in event.headers]
                        ours = [header for header in headers if "kernelserve" in header[0]]
                        calls[event.stream_id] = _Call(dict(headers)[":path"], ours)
                    elif isinstance(event, h2.events.DataReceived):
                        calls[event.stream_id].body += event.data
                        size = event.flow_controlled_length
                        http2.acknowledge_received_data(size, event.stream_id)
                    elif isinstance(event, h2.events.StreamEnded):
                        call = calls.pop(event.stream_id)
                        if self._answer(http2, event.stream_id, call):
                            client.sendall(http2.data_to_send())
                            client.shutdown(socket.SHUT_RDWR)
                client.sendall(http2.data_to_send())

    def _answer(self, http2: h2.connection.H2Connection, stream: int, call: _Call) -> bool:
        """Whether the connection is to end."""
        method = call.path.rpartition("/")[2]
        self.asked[method] += 1
        ask = self._channel.unary_stream(call.path, None, None)
        body = b"".join(
            b"\0" + len(message).to_bytes(4, "big") + message
            for message in ask(bytes(call.body[5:]), metadata=tuple(call.metadata))
        )
        headers = [(":status", "200"), ("content-type", "application/grpc")]
        if self._end == "connection":  # as the server does where the answer is long
            headers.append(("x-request-id", "the-client's"))
        http2.send_headers(stream, headers)
        if self.asked[method] <= self._cuts and method != "GetServerInfo":
            assert self._after_bytes < len(body)
            http2.send_data(stream, body[: self._after_bytes], end_stream=self._end == "stream")
            return self._end == "connection"
        http2.send_data(stream, body)
        http2.send_headers(stream, [("grpc-status", "0")], end_stream=True)
        return False
