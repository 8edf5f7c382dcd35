"""How long one core computes the pairs: the kernel's own time, without any boundary."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import grpc
import pyarrow as pa

from kernelserve._embedded import find_binary
from kernelserve.v1 import call_timing_pb2, string_distance_pb2, types_pb2

from .server_process import start_server
from .words import Pairs

_PAIRWISE = "/kernelserve.v1.StringDistanceService/Pairwise"


class OneCore:
    """A server with one worker, told to compute all pairs in one call.

    The worker's processor time, from the timing trailer, is what is measured: `seconds` has that of
    each run. Meanwhile, the client only waits: the other cores have nothing to do.
    """

    def __init__(self, address: str, pairs: Pairs) -> None:
        self.seconds: list[float] = []
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._channel = grpc.insecure_channel(address, options)
        self._pairwise = self._channel.unary_unary(_PAIRWISE, None, None)
        self._request = string_distance_pb2.PairwiseRequest(
            scorer=string_distance_pb2.Scorer(name="levenshtein.distance"),
            left=_column(pairs.left_arrow),
            right=_column(pairs.right_arrow),
        ).SerializeToString()

    def run(self) -> None:
        _, call = self._pairwise.with_call(self._request, metadata=(("kernelserve-timing", "1"),))
        trailer: Any = dict(call.trailing_metadata())["kernelserve-timing-bin"]
        timing = call_timing_pb2.CallTiming.FromString(trailer)
        self.seconds.append(timing.run_cpu_ns / 1e9)

    def close(self) -> None:
        self._channel.close()


@contextmanager
def one_core(pairs: Pairs) -> Iterator[OneCore]:
    with start_server(find_binary(), "--workers=1") as server:
        client = OneCore(server.address, pairs)
        try:
            yield client
        finally:
            client.close()


def _column(array: pa.StringArray) -> types_pb2.Column:
    _, offsets, values = array.buffers()
    assert offsets is not None
    assert values is not None
    return types_pb2.Column(
        type=types_pb2.DATA_TYPE_UTF8,
        length=len(array),
        offsets=memoryview(offsets)[: 4 * (len(array) + 1)].tobytes(),
        values=memoryview(values).tobytes(),
    )
