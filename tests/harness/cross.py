"""Queries by choices: requests of Cdist, TopK and Join, and what their streams say all in all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kernelserve.v1 import string_distance_pb2, types_pb2

from harness.columns import Value, decode, texts
from harness.rpc import METHODS, Raw

Match = tuple[int, int, float]

_REQUESTS = {
    "Cdist": string_distance_pb2.CdistRequest,
    "TopK": string_distance_pb2.TopKRequest,
    "Join": string_distance_pb2.JoinRequest,
}


def as_column(values: types_pb2.Column | Sequence[Value | bytes]) -> types_pb2.Column:
    return values if isinstance(values, types_pb2.Column) else texts(values)


def request(
    method: str,
    queries: types_pb2.Column | Sequence[Value | bytes],
    choices: types_pb2.Column | Sequence[Value | bytes] | bytes | None = None,
    scorer: str = "",
    cutoff: float | None = None,
    weights: Sequence[int] = (),
    preprocessing: int = 0,
    k: int | None = None,
    matches_max: int = 0,
    query_cutoffs: types_pb2.Column | None = None,
    **options: Any,
) -> Any:
    """`choices` are a column, texts, or a digest; `options` the fields of CrossOptions, and of its
    format those that it does not have."""
    made: Any = _REQUESTS[method](queries=as_column(queries))
    if isinstance(choices, bytes):
        made.digest = choices
    elif choices is not None:
        made.column.CopyFrom(as_column(choices))
    made.options.scorer.name = scorer
    made.options.scorer.preprocessing = preprocessing
    if cutoff is not None:
        made.options.scorer.score_cutoff = cutoff
    if weights:
        parameter = made.options.scorer.parameters.add(name="weights")
        parameter.column.type = types_pb2.DATA_TYPE_INT64
        parameter.column.length = len(weights)
        parameter.column.values = b"".join(w.to_bytes(8, "little", signed=True) for w in weights)
    for name, value in options.items():
        owner = made.options if hasattr(made.options, name) else made.options.format
        setattr(owner, name, value)
    if k is not None:
        made.k = k
    if matches_max:
        made.matches_max = matches_max
    if query_cutoffs is not None:
        made.query_cutoffs.CopyFrom(query_cutoffs)
    return made


@dataclass
class Answer:
    """A stream that ended well."""

    messages: list[Any]
    digest: bytes = b""
    matrix: list[list[Any]] = field(default_factory=list)
    matches: list[Match] = field(default_factory=list)

    @property
    def errors(self) -> types_pb2.RowErrors:
        found: types_pb2.RowErrors = self.messages[0].block.row_errors
        return found


def answer(raw: Raw, method: str, made: Any, **options: Any) -> Answer:
    """The whole stream of a call, checked for what is promised of every stream."""
    messages = list(raw.stream(method, made, **options))
    assert messages, "there is always a message"
    assert all(isinstance(message, METHODS[method].response) for message in messages)
    got = Answer(messages, messages[0].block.choices_digest)
    if made.options.estimate_only:
        return got
    queries = made.queries.length
    end = made.options.query_end if made.options.HasField("query_end") else queries
    at = begin = made.options.query_begin
    for message in messages:
        block = message.block
        assert block.query_begin == at
        assert block.query_end > at or end == begin
        at = block.query_end
        total = block.cells_total
        assert block.cells_done == (0 if end == begin else total * (at - begin) // (end - begin))
        if message is not messages[0]:
            assert not block.choices_digest
            assert not block.row_errors.count
        if method == "Cdist":
            got.matrix += _rows(message, at - block.query_begin)
        else:
            got.matches += _matches(message)
    assert at == end
    return got


def _rows(message: Any, queries: int) -> list[list[Any]]:
    scores = decode(message.scores)
    width = len(scores) // queries if queries else 0
    assert len(scores) == queries * width
    return [scores[i * width : (i + 1) * width] for i in range(queries)]


def _matches(message: Any) -> list[Match]:
    assert message.query_indices.type == types_pb2.DATA_TYPE_UINT64
    assert message.choice_indices.type == types_pb2.DATA_TYPE_UINT64
    columns = [decode(c) for c in (message.query_indices, message.choice_indices, message.scores)]
    return list(zip(*columns, strict=True))
