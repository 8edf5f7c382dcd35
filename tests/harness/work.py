"""Work of known kinds: hours of it, or a task's worth, each for one thread."""

from __future__ import annotations

from kernelserve.v1 import fibonacci_pb2, string_distance_pb2, types_pb2

from harness.columns import literal, numbers, texts
from harness.wire import bytes_field

# No version of the contract has this field.
PADDING_FIELD = 2000


def compare(
    left: bytes, right: bytes, weights: tuple[int, int, int] | None = None
) -> string_distance_pb2.CompareRequest:
    request = string_distance_pb2.CompareRequest()
    request.left.utf8 = left
    request.right.utf8 = right
    if weights:
        column = numbers(weights, types_pb2.DATA_TYPE_INT64)
        request.scorer.parameters.add(name="weights", column=column)
    return request


def one_row(units: int) -> string_distance_pb2.CompareRequest:
    """An edit distance that no shortcut helps, by its weights: the square of `units` in cells, of a
    nanosecond or two each."""
    return compare(b"ab" * (units // 2), b"ba" * (units // 2), weights=(1, 3, 2))


def hours_in_one_row() -> string_distance_pb2.CompareRequest:
    return one_row(3_000_000)


def hours_in_many_rows() -> string_distance_pb2.PairwiseRequest:
    """Four million rows of about a millisecond, in a request of four megabytes: indices into a
    dictionary of one."""
    rows = 4_000_000
    right = types_pb2.Column(
        type=types_pb2.DATA_TYPE_UINT8,
        length=rows,
        values=bytes(rows),
        dictionary=texts(["ba" * 4_000]),
    )
    return string_distance_pb2.PairwiseRequest(left=literal("ab" * 4_000), right=right)


def a_task() -> bytes:
    """Little work, yet for the pool: a request that is too long to be answered at once."""
    request = fibonacci_pb2.ComputeRequest(n=42).SerializeToString()
    return request + padding(20_000)


A_TASK_S_RESULT = 267914296


def padding(size: int) -> bytes:
    """A field of `size` bytes that is ignored."""
    return bytes_field(PADDING_FIELD, bytes(size))
