"""Protobuf's wire format by hand, for the few messages that carry whole columns.

The protobuf library copies each `bytes` field into the message and again out of it. Here a message
is a list of buffers that one `b"".join` turns into the request, and a reply's columns are views
of the bytes that arrived. https://protobuf.dev/programming-guides/encoding has the format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:  # numpy is not imported before there are columns
    import numpy as np
    import numpy.typing as npt

VARINT, FIXED64, LENGTH_DELIMITED, FIXED32 = 0, 1, 2, 5

# A view is of single bytes (format "B"), so that its length is its size.
Buffer: TypeAlias = "bytes | memoryview"


class DecodeError(ValueError):
    """The bytes are not a protobuf message."""


_SHORT_VARINTS = [bytes([number]) for number in range(0x80)]


def varint(number: int) -> bytes:
    """A number from 0 to 2^64 - 1, seven bits a byte, lowest first."""
    if 0 <= number < 0x80:
        return _SHORT_VARINTS[number]
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def uint_field(field: int, number: int) -> bytes:
    """An unsigned integer, bool or enum. Nothing at all for 0, which is proto3's default."""
    return varint(field << 3 | VARINT) + varint(number) if number else b""


@dataclass(frozen=True, slots=True, eq=False)
class Rebased:
    """Offsets that are to begin at 0, as int32: computed where they belong, once that is known."""

    offsets: npt.NDArray[np.signedinteger[Any]]

    def __len__(self) -> int:
        return 4 * len(self.offsets)

    @property
    def base(self) -> int:
        """What is to be subtracted, modulo 2^32."""
        return int(self.offsets[0]) & 0xFFFFFFFF

    def raw(self) -> memoryview | None:
        """Their bytes as they are, if they are int32 in a row."""
        if self.offsets.dtype != "<i4" or not self.offsets.flags.c_contiguous:
            return None
        return memoryview(self.offsets.view("u1").data)

    def make(self, out: npt.NDArray[np.int32]) -> None:
        import numpy as np

        np.subtract(self.offsets, self.offsets[0], out=out, casting="unsafe")

    def made(self) -> memoryview:
        import numpy as np

        out = np.empty(len(self.offsets), np.int32)
        self.make(out)
        return memoryview(out.view(np.uint8).data)


class Writer:
    """The buffers of one message in the order written, and how long they are together."""

    __slots__ = ("buffers", "nbytes")

    def __init__(self) -> None:
        self.buffers: list[Buffer] = []
        self.nbytes = 0

    def reads_views(self, nbytes: int) -> bool:
        """Whether so many bytes of views stay where they are, and the server reads of the buffers
        that they point into what it needs."""
        return False

    def raw(self, data: Buffer) -> None:
        """Fields that are encoded already."""
        self.buffers.append(data)
        self.nbytes += len(data)

    def uint(self, field: int, number: int) -> None:
        self.raw(uint_field(field, number))

    def buffer(self, field: int, data: Buffer) -> None:
        """A `bytes` field; `data` is a view of single bytes. Nothing at all where it is empty."""
        if len(data):
            self.raw(varint(field << 3 | LENGTH_DELIMITED) + varint(len(data)))
            self.raw(data)

    def rebased(self, field: int, data: Rebased) -> None:
        """A `bytes` field of offsets."""
        self.buffer(field, data.made())

    def message(self, field: int, inner: Writer) -> None:
        """A submessage, present even where it is empty."""
        self.raw(varint(field << 3 | LENGTH_DELIMITED) + varint(inner.nbytes))
        self.buffers += inner.buffers
        self.nbytes += inner.nbytes

    def join(self) -> bytes:
        return b"".join(self.buffers)


def read_varint(data: memoryview, at: int) -> tuple[int, int]:
    """The number at position `at`, and the position past it."""
    number = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        number |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return number & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
    raise DecodeError("a varint does not end")


def fields(data: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of a message in order: number, and an int or a view of `data`."""
    at = 0
    while at < len(data):
        key, at = read_varint(data, at)
        wire_type = key & 7
        if wire_type == VARINT:
            number, at = read_varint(data, at)
            yield key >> 3, number
            continue
        if wire_type == LENGTH_DELIMITED:
            size, at = read_varint(data, at)
        elif wire_type == FIXED64:
            size = 8
        elif wire_type == FIXED32:
            size = 4
        else:
            raise DecodeError(f"wire type {wire_type} of field {key >> 3} is not known")
        if at + size > len(data):
            raise DecodeError(f"field {key >> 3} ends {at + size - len(data)} bytes past the end")
        yield key >> 3, data[at : at + size]
        at += size
