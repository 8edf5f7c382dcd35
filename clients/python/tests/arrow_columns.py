"""Columns in every encoding, and what the wire's Column says, read with pyarrow alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from kernelserve.v1 import types_pb2 as types

# Wire type to pyarrow's, and how many bytes or units an offset counts.
ARROW_TYPES = {
    types.DATA_TYPE_BOOL: pa.bool_(),
    types.DATA_TYPE_INT8: pa.int8(),
    types.DATA_TYPE_INT16: pa.int16(),
    types.DATA_TYPE_INT32: pa.int32(),
    types.DATA_TYPE_INT64: pa.int64(),
    types.DATA_TYPE_UINT8: pa.uint8(),
    types.DATA_TYPE_UINT16: pa.uint16(),
    types.DATA_TYPE_UINT32: pa.uint32(),
    types.DATA_TYPE_UINT64: pa.uint64(),
    types.DATA_TYPE_FLOAT32: pa.float32(),
    types.DATA_TYPE_FLOAT64: pa.float64(),
    types.DATA_TYPE_UTF8: pa.string(),
    types.DATA_TYPE_BINARY: pa.binary(),
    types.DATA_TYPE_UTF8_VIEW: pa.string_view(),
    types.DATA_TYPE_BINARY_VIEW: pa.binary_view(),
}


def read(column: types.Column) -> list[Any]:
    """The values of a Column message; of SYMBOLS, lists of numbers."""
    if column.type == types.DATA_TYPE_NULL:
        return [None] * column.length
    if column.HasField("dictionary"):
        values = read(column.dictionary)
        plain = types.Column()
        plain.CopyFrom(column)
        plain.ClearField("dictionary")
        return [None if index is None else values[index] for index in read(plain)]
    validity = pa.py_buffer(column.validity) if column.validity else None
    values_buffer = pa.py_buffer(column.values)
    if column.type == types.DATA_TYPE_SYMBOLS:
        units = np.frombuffer(column.values, np.uint32).tolist()
        ends = np.frombuffer(column.offsets, np.int32).tolist()
        there = validity_bits(column)
        return [units[ends[i] : ends[i + 1]] if there[i] else None for i in range(column.length)]
    if column.type in (types.DATA_TYPE_UTF8, types.DATA_TYPE_BINARY):
        assert len(column.offsets) == 4 * (column.length + 1)
        buffers = [validity, pa.py_buffer(column.offsets), values_buffer]
        shift = 0
    elif column.type in (types.DATA_TYPE_UTF8_VIEW, types.DATA_TYPE_BINARY_VIEW):
        buffers = [validity, values_buffer, *map(pa.py_buffer, column.view_buffers)]
        shift = 0
    else:
        buffers = [validity, values_buffer]
        shift = column.bit_offset if column.type == types.DATA_TYPE_BOOL else 0
    if validity is not None and not shift:  # pyarrow shifts all buffers or none
        bits = np.packbits(validity_bits(column), bitorder="little")
        buffers[0] = pa.py_buffer(bits.tobytes())
    array = pa.Array.from_buffers(ARROW_TYPES[column.type], column.length, buffers, offset=shift)
    array.validate(full=True)
    return array.to_pylist()  # type: ignore[no-any-return]


def shuffled_views(array: Any) -> Any:
    """Rows of a column of views in another order, into the same buffers."""
    _, views, *buffers = array.buffers()
    order = np.random.default_rng(1).permutation(len(array))
    mixed = pa.py_buffer(np.frombuffer(views, np.complex128)[order])
    return pa.Array.from_buffers(array.type, len(array), [None, mixed, *buffers])


def as_list(result: Any) -> list[Any]:
    """The values of a result of any kind; nulls of any kind as None."""
    if isinstance(result, (pa.Array, pa.ChunkedArray)):
        return result.to_pylist()  # type: ignore[no-any-return]
    values: Iterable[Any] = result.tolist() if hasattr(result, "tolist") else list(result)
    return [None if value is pd.NA or value != value else value for value in values]


def validity_bits(column: types.Column) -> list[bool]:
    if not column.validity:
        return [True] * column.length
    bits = np.unpackbits(np.frombuffer(column.validity, np.uint8), bitorder="little")
    return [bool(b) for b in bits[column.bit_offset : column.bit_offset + column.length]]


def _sliced(array: Any) -> Any:
    around = pa.concat_arrays([pa.array(["around", None, "a longer one around it"]), array, array])
    return around.slice(3, len(array))


def _chunked(array: Any) -> Any:
    third = len(array) // 3
    return pa.chunked_array(
        [array[:third], array[third:third], array[third : third + 1], array[third + 1 :]]
    )


def _shuffled_view(array: Any) -> Any:
    """Views whose texts lie in another order than the rows, with others between."""
    order = np.argsort(np.arange(len(array)) * 7 % max(1, len(array) | 1), kind="stable")
    back = np.empty_like(order)
    back[order] = np.arange(len(order))
    padded = pa.array([x for v in array.take(pa.array(order)).to_pylist() for x in (v, "-" * 99)])
    # pyarrow cannot take from views: the views themselves are moved.
    view = padded.cast(pa.string_view())
    _, views, *data = view.buffers()
    rows = np.frombuffer(views, np.uint8).reshape(-1, 16)[2 * back].tobytes()
    valid = np.array([v is not None for v in array.to_pylist()], np.bool_)
    bitmap = pa.py_buffer(np.packbits(valid, bitorder="little").tobytes())
    return pa.Array.from_buffers(pa.string_view(), len(array), [bitmap, pa.py_buffer(rows), *data])


# How a pyarrow array of strings can be laid out; each gives the same values.
ENCODINGS: Mapping[str, Callable[[Any], Any]] = {
    "utf8": lambda array: array,
    "large_utf8": lambda array: array.cast(pa.large_string()),
    "view": lambda array: array.cast(pa.string_view()),
    "shuffled view": _shuffled_view,
    "dictionary": lambda array: array.dictionary_encode(),
    "dictionary of large_utf8": lambda array: array.cast(pa.large_string()).dictionary_encode(),
    "run ends": lambda array: pc.run_end_encode(array),
    "sliced": _sliced,
    "sliced view": lambda array: _sliced(array).cast(pa.string_view()),
    "slice of view": lambda array: (
        pa.concat_arrays([pa.array(["a longer one around it", None]), array])
        .cast(pa.string_view())
        .slice(2)
    ),
    "slice of dictionary": lambda array: (
        pa.concat_arrays([pa.array(["around", None]), array]).dictionary_encode().slice(2)
    ),
    "chunked": _chunked,
    "chunked view": lambda array: _chunked(array).cast(pa.string_view()),
    "chunked dictionary": lambda array: _chunked(array).dictionary_encode(),
}
