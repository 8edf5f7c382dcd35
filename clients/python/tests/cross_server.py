"""A server of Cdist, TopK and Join in Python: every pair by RapidFuzz, in blocks as small as asked.

What the real one cannot be made to do at a given block, this one does: break off, forget choices.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any

import grpc
import numpy as np
from rapidfuzz.distance import Levenshtein

from arrow_columns import read
from google_status import error_info, status
from kernelserve.v1 import server_info_pb2
from kernelserve.v1 import string_distance_pb2 as sd
from kernelserve.v1 import types_pb2 as types

_REQUESTS: dict[str, Any] = {
    "Cdist": sd.CdistRequest,
    "TopK": sd.TopKRequest,
    "Join": sd.JoinRequest,
}
_SCORERS = {
    "levenshtein.distance": Levenshtein.distance,
    "levenshtein.normalized_similarity": Levenshtein.normalized_similarity,
}


@dataclass
class Call:
    """One stream, as it was asked for."""

    method: str
    metadata: dict[str, Any]
    query_begin: int
    query_base: int
    choice_base: int
    symmetric: bool
    choices: str  # "column", "digest" or None
    query_count: int
    blocks: int = 0
    ended: futures.Future[None] = field(default_factory=futures.Future)


# Called before each block with the call and its context: may abort, or wait.
Trouble = Callable[[Call, grpc.ServicerContext], None]


class CrossServer(grpc.GenericRpcHandler):  # type: ignore[type-arg, unused-ignore]
    """Sends `block` queries in a message; `limits` is what GetServerInfo tells."""

    def __init__(
        self,
        block: int = 2,
        trouble: Trouble | None = None,
        limits: server_info_pb2.Limits | None = None,
    ) -> None:
        self.calls: list[Call] = []
        self.known: dict[bytes, list[Any]] = {}
        self._block = block
        self._trouble = trouble
        self._limits = limits or server_info_pb2.Limits()
        self._server = grpc.server(futures.ThreadPoolExecutor(8))
        self._server.add_generic_rpc_handlers((self,))
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def stop(self) -> None:
        self._server.stop(None).wait()

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        method = details.method.rpartition("/")[2]
        if method == "GetServerInfo":
            info = server_info_pb2.GetServerInfoResponse(limits=self._limits)
            return grpc.unary_unary_rpc_method_handler(lambda *_: info.SerializeToString())

        if method not in _REQUESTS:
            return None  # health checks: none is as good as healthy

        def answer(message: bytes, context: grpc.ServicerContext) -> Iterator[bytes]:
            return self._answer(method, _REQUESTS[method].FromString(message), context)

        return grpc.unary_stream_rpc_method_handler(answer)

    def _answer(self, method: str, request: Any, context: grpc.ServicerContext) -> Iterator[bytes]:
        options = request.options
        how = request.WhichOneof("choices")
        queries = read(request.queries)
        call = Call(
            method,
            dict(context.invocation_metadata()),
            options.query_begin,
            options.query_base,
            options.choice_base,
            options.symmetric,
            how,
            len(queries),
        )
        self.calls.append(call)
        if not context.add_callback(lambda: call.ended.set_result(None)):
            call.ended.set_result(None)  # it is over already
        digest = b""
        if options.symmetric:
            choices = queries
        elif how == "digest":
            if request.digest not in self.known:
                refuse(context, grpc.StatusCode.FAILED_PRECONDITION, "CHOICES_UNKNOWN")
            choices = self.known[request.digest]
        else:
            choices = read(request.column)
            digest = hashlib.sha256(request.column.SerializeToString()).digest()
            self.known[digest] = choices
        begin = options.query_begin
        while True:
            if self._trouble is not None:
                self._trouble(call, context)
            end = min(begin + self._block, len(queries))
            reply = _reply(method, request, queries, choices, begin, end)
            reply.block.query_begin, reply.block.query_end = begin, end
            reply.block.choices_digest = digest
            yield reply.SerializeToString()
            call.blocks += 1
            digest, begin = b"", end
            if begin == len(queries):
                return


def refuse(context: grpc.ServicerContext, code: grpc.StatusCode, reason: str) -> None:
    details = status(ErrorInfo=error_info(reason))
    context.set_trailing_metadata((("grpc-status-details-bin", details),))
    context.abort(code, f"refused: {reason}")


def _reply(
    method: str, request: Any, queries: list[Any], choices: list[Any], begin: int, end: int
) -> Any:
    options = request.options
    scorer = _SCORERS[options.scorer.name]
    cutoff = options.scorer.score_cutoff if options.scorer.HasField("score_cutoff") else None
    whole = options.scorer.name.endswith(".distance")
    pairs = [(q, c) for q in range(begin, end) for c in range(len(choices))]
    if method == "Cdist":
        scores = [_score(scorer, queries[q], choices[c], cutoff) for q, c in pairs]
        return sd.CdistResponse(scores=_column(scores, whole))
    rows: list[tuple[int, int, float]] = []
    sign = 1 if whole else -1
    for query in range(begin, end):
        found = [
            (query, c, score)
            for c, choice in enumerate(choices)
            if (score := _score(scorer, queries[query], choice, None)) is not None
            and (cutoff is None or sign * score <= sign * cutoff)
            and not (options.symmetric and (c == query or (method == "Join" and c < query)))
        ]
        if method == "TopK":
            found = sorted(found, key=lambda row: (sign * row[2], row[1]))[: request.k]
        rows += found
    kind = sd.TopKResponse if method == "TopK" else sd.JoinResponse
    return kind(
        query_indices=_indices([q + options.query_base for q, _, _ in rows]),
        choice_indices=_indices([c + options.choice_base for _, c, _ in rows]),
        scores=_column([score for _, _, score in rows], whole),
    )


def _score(scorer: Any, a: Any, b: Any, cutoff: float | None) -> Any:
    return None if a is None or b is None else scorer(a, b, score_cutoff=cutoff)


def _indices(values: list[int]) -> types.Column:
    return types.Column(
        type=types.DATA_TYPE_UINT64,
        length=len(values),
        values=np.array(values, np.uint64).tobytes(),
    )


def _column(scores: list[Any], whole: bool) -> types.Column:
    valid = np.array([score is not None for score in scores], np.bool_)
    numbers = np.array([score or 0 for score in scores], np.int32 if whole else np.float64)
    return types.Column(
        type=types.DATA_TYPE_INT32 if whole else types.DATA_TYPE_FLOAT64,
        length=len(scores),
        validity=b"" if valid.all() else np.packbits(valid, bitorder="little").tobytes(),
        values=numbers.tobytes(),
    )
