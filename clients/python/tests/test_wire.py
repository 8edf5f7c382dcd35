"""Messages written by hand are those of the protobuf library, and the other way round."""

from __future__ import annotations

import pytest
from google.protobuf import wrappers_pb2
from hypothesis import given
from hypothesis import strategies as st

from kernelserve._wire import DecodeError, Writer, fields, read_varint, uint_field, varint
from kernelserve.v1 import string_distance_pb2 as sd
from kernelserve.v1 import types_pb2 as types

uint64s = st.integers(0, 2**64 - 1)


@given(uint64s)
def test_an_integer_field_is_protobufs(number: int) -> None:
    assert uint_field(1, number) == wrappers_pb2.UInt64Value(value=number).SerializeToString()


@given(uint64s)
def test_a_varint_reads_back(number: int) -> None:
    encoded = varint(number)
    assert read_varint(memoryview(encoded + b"\xff"), 0) == (number, len(encoded))


@given(uint64s, st.binary(max_size=300), st.booleans())
def test_a_nested_message_is_protobufs(length: int, values: bytes, repeat: bool) -> None:
    inner = Writer()
    inner.uint(2, length)
    inner.uint(3, repeat)
    inner.buffer(14, values)
    outer = Writer()
    outer.message(15, inner)
    column = types.Column(length=length, repeat=repeat, values=values)
    assert outer.join() == sd.PairwiseRequest(right=column).SerializeToString()
    assert outer.nbytes == len(outer.join())


@given(st.integers(), st.floats(allow_nan=False), st.binary(), st.lists(st.binary()))
def test_every_field_of_a_message_is_found(
    cutoff: int, hint: float, values: bytes, buffers: list[bytes]
) -> None:
    message = sd.PairwiseRequest(
        scorer=sd.Scorer(name="x", score_cutoff=cutoff % 1000, score_hint=hint),
        left=types.Column(values=values, view_buffers=buffers, bit_offset=7),
    )
    found = dict(fields(memoryview(message.SerializeToString())))
    assert sorted(found) == [1, 14]
    left = found[14]
    assert isinstance(left, memoryview)
    inner = list(fields(left))
    assert [value for number, value in inner if number == 4] == [7]
    assert [bytes(v) for n, v in inner if n == 15 and isinstance(v, memoryview)] == buffers


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"\x80", "a varint does not end"),
        (b"\x08" + b"\x80" * 10 + b"\x01", "a varint does not end"),
        (b"\x0a\x05abc", "field 1 ends 2 bytes past the end"),
        (b"\x0d\x01", "field 1 ends 3 bytes past the end"),
        (b"\x0b", "wire type 3 of field 1 is not known"),
    ],
)
def test_what_is_no_message_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(DecodeError, match=f"^{message}$"):
        list(fields(memoryview(data)))
