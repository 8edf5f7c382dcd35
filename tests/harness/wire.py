"""Protobuf's wire format by hand, for messages that no protobuf library would write."""

from __future__ import annotations


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def number_field(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value)


def bytes_field(number: int, payload: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(payload)) + payload


def split(message: bytes) -> list[bytes]:
    """The fields of a well-formed message that has no groups, each with its tag."""
    parts = []
    at = 0
    while at < len(message):
        begin = at
        tag, at = _read_varint(message, at)
        size, at = {0: _skip_varint, 1: _fixed64, 2: _read_varint, 5: _fixed32}[tag & 7](
            message, at
        )
        at += size
        parts.append(message[begin:at])
    return parts


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        shift += 7
        at += 1
        if byte < 0x80:
            return value, at


def _skip_varint(message: bytes, at: int) -> tuple[int, int]:
    return 0, _read_varint(message, at)[1]


def _fixed64(message: bytes, at: int) -> tuple[int, int]:
    return 8, at


def _fixed32(message: bytes, at: int) -> tuple[int, int]:
    return 4, at
