"""Columns as raw messages: in every encoding that the contract has, and back to Python values.

What is not said to matter is made to differ: buffers are longer than they need to be and hold
garbage around the values, slices begin at any bit, and the rows that are null point anywhere.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from kernelserve.v1 import types_pb2 as pb

Column = pb.Column
Value = str | None

INTEGER_FORMATS = {
    pb.DATA_TYPE_INT8: "b",
    pb.DATA_TYPE_INT16: "h",
    pb.DATA_TYPE_INT32: "i",
    pb.DATA_TYPE_INT64: "q",
    pb.DATA_TYPE_UINT8: "B",
    pb.DATA_TYPE_UINT16: "H",
    pb.DATA_TYPE_UINT32: "I",
    pb.DATA_TYPE_UINT64: "Q",
}
NUMBER_FORMATS = {**INTEGER_FORMATS, pb.DATA_TYPE_FLOAT32: "f", pb.DATA_TYPE_FLOAT64: "d"}


def encode_text(text: str) -> bytes:
    """UTF-8 with surrogates as the contract has them."""
    return text.encode("utf-8", "surrogatepass")


# ---- Plain columns, for tests that are about something else ----


def texts(values: Sequence[Value | bytes]) -> pb.Column:
    """A UTF8 column as the client would write it. Bytes go in as they are, valid or not."""
    encoded = [encode_text(v) if isinstance(v, str) else v or b"" for v in values]
    return pb.Column(
        type=pb.DATA_TYPE_UTF8,
        length=len(values),
        validity=_validity([v is not None for v in values]),
        offsets=_offsets([len(e) for e in encoded]),
        values=b"".join(encoded),
    )


def literal(value: str) -> pb.Column:
    """One text for every row."""
    column = texts([value])
    column.repeat = True
    return column


def numbers(
    values: Sequence[float | None], data_type: pb.DataType.ValueType = pb.DATA_TYPE_UINT64
) -> pb.Column:
    """A column of integers or floating-point numbers."""
    packed = [0 if v is None else v for v in values]
    return pb.Column(
        type=data_type,
        length=len(values),
        validity=_validity([v is not None for v in values]),
        values=struct.pack(f"<{len(values)}{NUMBER_FORMATS[data_type]}", *packed),
    )


def decode(column: pb.Column) -> list[Any]:
    """The values of a reply's column, which has to be plain; text as bytes."""
    assert not column.repeat
    assert not column.HasField("dictionary")
    assert column.bit_offset == 0
    rows = column.length
    if column.type in NUMBER_FORMATS:
        form = f"<{rows}{NUMBER_FORMATS[column.type]}"
        assert len(column.values) == struct.calcsize(form)
        values: Sequence[Any] = struct.unpack(form, column.values)
    else:
        assert column.type in (pb.DATA_TYPE_UTF8, pb.DATA_TYPE_BINARY)
        assert len(column.offsets) == 4 * (rows + 1)
        ends = struct.unpack(f"<{rows + 1}i", column.offsets)
        assert (ends[0], ends[-1]) == (0, len(column.values))
        values = [column.values[ends[i] : ends[i + 1]] for i in range(rows)]
    if not column.validity:
        return list(values)
    assert len(column.validity) == (rows + 7) // 8
    bits = [column.validity[i // 8] >> (i % 8) & 1 for i in range(rows)]
    return [value if bit else None for value, bit in zip(values, bits, strict=True)]


def _validity(present: Sequence[bool], bit_offset: int = 0, random: Random | None = None) -> bytes:
    """Bits of rows from `bit_offset` on; those around them are random. Empty where all are set."""
    if all(present):
        return b""
    size = (bit_offset + len(present) + 7) // 8 + (random.randrange(3) if random else 0)
    bits = bytearray(random.randbytes(size) if random else size)
    for i, is_present in enumerate(present, bit_offset):
        bits[i // 8] = bits[i // 8] & ~(1 << i % 8) | is_present << i % 8
    return bytes(bits)


def _offsets(lengths: Sequence[int], begin: int = 0) -> bytes:
    ends = [begin]
    for length in lengths:
        ends.append(ends[-1] + length)
    return struct.pack(f"<{len(ends)}i", *ends)


# ---- Every encoding ----

# Encodes values, or returns None where it cannot hold them.
Encoding = Callable[[Sequence[Value], Random], "pb.Column | None"]


def _is_latin1(values: Sequence[Value]) -> bool:
    return all(ord(c) < 256 for v in values if v for c in v)


def _garbage(random: Random) -> bytes:
    """Bytes that are no UTF-8 wherever they are read."""
    return b"\xff" * random.randrange(6)


def _with_offsets(
    data_type: pb.DataType.ValueType,
    chunks: Sequence[bytes],
    values: Sequence[Value],
    random: Random,
    unit: int,
) -> pb.Column:
    """Offsets that begin anywhere, gaps of garbage for nulls, and more of both at the end."""
    bit_offset = random.randrange(12)
    filled = [
        chunk if value is not None else _garbage(random) * unit
        for chunk, value in zip(chunks, values, strict=True)
    ]
    before = _garbage(random) * unit
    offsets = _offsets([len(f) // unit for f in filled], len(before) // unit)
    return pb.Column(
        type=data_type,
        length=len(values),
        bit_offset=bit_offset,
        padding=random.randbytes(random.randrange(8)),
        validity=_validity([v is not None for v in values], bit_offset, random),
        offsets=offsets + random.randbytes(random.randrange(9)),
        values=before + b"".join(filled) + _garbage(random),
    )


def utf8(values: Sequence[Value], random: Random) -> pb.Column | None:
    return texts(values)


def utf8_sliced(values: Sequence[Value], random: Random) -> pb.Column | None:
    chunks = [encode_text(v or "") for v in values]
    return _with_offsets(pb.DATA_TYPE_UTF8, chunks, values, random, 1)


def binary(values: Sequence[Value], random: Random) -> pb.Column | None:
    if not _is_latin1(values):
        return None
    chunks = [(v or "").encode("latin-1") for v in values]
    return _with_offsets(pb.DATA_TYPE_BINARY, chunks, values, random, 1)


def symbols(values: Sequence[Value], random: Random) -> pb.Column | None:
    chunks = [struct.pack(f"<{len(v)}I", *map(ord, v)) if v else b"" for v in values]
    return _with_offsets(pb.DATA_TYPE_SYMBOLS, chunks, values, random, 4)


def _views(
    data_type: pb.DataType.ValueType,
    chunks: Sequence[bytes],
    values: Sequence[Value],
    random: Random,
) -> pb.Column:
    """Long texts in several buffers, in no order."""
    buffers = [bytearray(_garbage(random)) for _ in range(random.randrange(1, 4))]
    views = b""
    for chunk, value in zip(chunks, values, strict=True):
        if value is None:
            views += random.randbytes(16)
        elif len(chunk) <= 12:
            views += struct.pack("<i", len(chunk)) + chunk.ljust(12, b"\0")
        else:
            index = random.randrange(len(buffers))
            # The prefix is not read.
            views += struct.pack(
                "<i4sii", len(chunk), random.randbytes(4), index, len(buffers[index])
            )
            buffers[index] += chunk + _garbage(random)
    bit_offset = random.randrange(12)
    return pb.Column(
        type=data_type,
        length=len(values),
        bit_offset=bit_offset,
        validity=_validity([v is not None for v in values], bit_offset, random),
        values=views + random.randbytes(random.randrange(20)),
        view_buffers=[bytes(b) for b in buffers],
    )


def utf8_view(values: Sequence[Value], random: Random) -> pb.Column | None:
    return _views(pb.DATA_TYPE_UTF8_VIEW, [encode_text(v or "") for v in values], values, random)


def binary_view(values: Sequence[Value], random: Random) -> pb.Column | None:
    if not _is_latin1(values):
        return None
    chunks = [(v or "").encode("latin-1") for v in values]
    return _views(pb.DATA_TYPE_BINARY_VIEW, chunks, values, random)


def repeat(values: Sequence[Value], random: Random) -> pb.Column | None:
    """A literal, in any other encoding, where all values are the same."""
    if not values or len(set(values)) > 1:
        return None
    column = random.choice([utf8_sliced, symbols, utf8_view, dictionary])(values[:1], random)
    assert column is not None
    column.repeat = True
    return column


def null(values: Sequence[Value], random: Random) -> pb.Column | None:
    if any(v is not None for v in values):
        return None
    return pb.Column(type=pb.DATA_TYPE_NULL, length=len(values))


def dictionary(values: Sequence[Value], random: Random) -> pb.Column | None:
    """Indices of any integer type. A null has no index, or that of a null, as Arrow allows both."""
    distinct: list[Value] = [v for v in dict.fromkeys(values) if v is not None]
    distinct += ["not used", None]
    random.shuffle(distinct)
    inner = random.choice([utf8_sliced, symbols, utf8_view])(distinct, random)
    assert inner is not None
    places = {v: i for i, v in enumerate(distinct)}
    data_type = random.choice([t for t in INTEGER_FORMATS if len(distinct) <= _index_end(t)])
    present = [v is not None or random.random() < 0.5 for v in values]
    indices = [
        places[v] if p else random.randrange(_index_end(data_type))
        for v, p in zip(values, present, strict=True)
    ]
    bit_offset = random.randrange(12)
    packed = struct.pack(f"<{len(indices)}{INTEGER_FORMATS[data_type]}", *indices)
    return pb.Column(
        type=data_type,
        length=len(values),
        bit_offset=bit_offset,
        dictionary=inner,
        validity=_validity(present, bit_offset, random),
        values=packed + random.randbytes(random.randrange(9)),
    )


def _index_end(data_type: pb.DataType.ValueType) -> int:
    """Past the greatest index of an integer type."""
    form = INTEGER_FORMATS[data_type]
    return 1 << 8 * struct.calcsize(form) - form.islower()


ENCODINGS: dict[str, Encoding] = {
    encode.__name__: encode
    for encode in (
        utf8,
        utf8_sliced,
        binary,
        symbols,
        utf8_view,
        binary_view,
        dictionary,
        repeat,
        null,
    )
}
