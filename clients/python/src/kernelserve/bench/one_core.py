"""How long one core computes the pairs: the kernel's own time, without any boundary."""

from __future__ import annotations

from typing import Any

import grpc
import pyarrow as pa

from ..v1 import call_timing_pb2, string_distance_pb2, types_pb2
from .texts import Pairs

_PAIRWISE = "/kernelserve.v1.StringDistanceService/Pairwise"
TIMING_ASKED = ("kernelserve-timing", "1")
_TIMING_TRAILER = "kernelserve-timing-bin"


class OneCore:
    """A client of a server with one worker, which is told to compute all pairs in one call.

    The worker's processor time, from the timing trailer, is what is measured: `seconds` has that of
    the latest run. Meanwhile, the client only waits: the other cores have nothing to do.
    """

    def __init__(self, address: str, pairs: Pairs) -> None:
        self.seconds = 0.0
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._channel = grpc.insecure_channel(address, options)
        self._pairwise = self._channel.unary_unary(_PAIRWISE, None, None)
        self._request = string_distance_pb2.PairwiseRequest(
            scorer=string_distance_pb2.Scorer(name="levenshtein.distance"),
            left=_column(pairs.left_arrow),
            right=_column(pairs.right_arrow),
        ).SerializeToString()

    def run(self) -> None:
        _, call = self._pairwise.with_call(self._request, metadata=(TIMING_ASKED,))
        self.seconds = timing_of(call).run_cpu_ns / 1e9

    def close(self) -> None:
        self._channel.close()


def timing_of(call: Any) -> call_timing_pb2.CallTiming:
    """Where a call's time went on the server, if TIMING_ASKED was in its metadata."""
    trailer: Any = dict(call.trailing_metadata())[_TIMING_TRAILER]
    return call_timing_pb2.CallTiming.FromString(trailer)


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
