"""pyarrow arrays as pieces: their buffers as they are. Imported only once there is Arrow data."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ._columns import Piece
from ._exceptions import Error, invalid
from ._lists import pieces_of_list
from ._symbols import SymbolTable
from ._views import text_bytes
from .v1 import types_pb2 as types

_TYPES = {
    pa.bool_(): types.DATA_TYPE_BOOL,
    pa.int8(): types.DATA_TYPE_INT8,
    pa.int16(): types.DATA_TYPE_INT16,
    pa.int32(): types.DATA_TYPE_INT32,
    pa.int64(): types.DATA_TYPE_INT64,
    pa.uint8(): types.DATA_TYPE_UINT8,
    pa.uint16(): types.DATA_TYPE_UINT16,
    pa.uint32(): types.DATA_TYPE_UINT32,
    pa.uint64(): types.DATA_TYPE_UINT64,
    pa.float32(): types.DATA_TYPE_FLOAT32,
    pa.float64(): types.DATA_TYPE_FLOAT64,
    pa.string(): types.DATA_TYPE_UTF8,
    pa.large_string(): types.DATA_TYPE_UTF8,
    pa.binary(): types.DATA_TYPE_BINARY,
    pa.large_binary(): types.DATA_TYPE_BINARY,
    pa.string_view(): types.DATA_TYPE_UTF8_VIEW,
    pa.binary_view(): types.DATA_TYPE_BINARY_VIEW,
    pa.null(): types.DATA_TYPE_NULL,
}

# A piece shorter than this is joined with its neighbours first: a call covers rows of one piece.
_PIECE_BYTES_MIN = 1 << 20

# Every call of a verb sends the dictionary again, so that a large one is expanded instead.
_DICTIONARY_BYTES_MAX = 64 << 10


def pieces_of_arrow(value: Any, name: str, symbols: SymbolTable) -> list[Piece]:
    """The pieces of a pyarrow Array or ChunkedArray."""
    try:
        return _pieces(value, name, symbols)
    except (ValueError, pa.lib.ArrowIndexError) as error:
        # pyarrow's, and numpy's of a buffer that is too short.
        if isinstance(error, (Error, UnicodeError)):
            raise
        raise invalid(
            f"{name} is no valid Arrow data: {error}",
            field=name,
            bound="buffers that hold what the offsets say",
            value=value.type,
            reason="MALFORMED_COLUMN",
        ) from None


def _pieces(value: Any, name: str, symbols: SymbolTable) -> list[Piece]:
    chunks = [value]
    if isinstance(value, pa.ChunkedArray):
        chunks = [chunk for chunk in value.chunks if len(chunk)] or [value.combine_chunks()]
    chunks = [_plain(chunk, name) for chunk in _joined(chunks)]
    if isinstance(chunks[0], list):
        return [p for chunk in chunks for p in pieces_of_list(chunk, name, symbols)]
    if pa.types.is_floating(chunks[0].type) and all(map(_is_missing, chunks)):
        return [Piece(types.DATA_TYPE_NULL, len(value))]  # text perhaps, all of it missing
    return [piece_of(chunk) for chunk in chunks]


def _is_missing(floats: Any) -> bool:
    """Whether there is no number in it; of no rows, too."""
    return bool(pc.all(pc.is_nan(floats), min_count=0).as_py())


def piece_of(array: Any) -> Piece:
    """The piece of an array whose type, or whose dictionary's type, the wire has."""
    if pa.types.is_dictionary(array.type):
        indices = piece_of(array.indices)
        return Piece(
            indices.type,
            indices.length,
            indices.start,
            indices.validity,
            values=indices.values,
            dictionary=piece_of(array.dictionary),
        )
    data_type = _TYPES[array.type]
    if data_type == types.DATA_TYPE_NULL:
        return Piece(data_type, len(array))
    start = array.offset
    validity, *data = [memoryview(b if b is not None else b"").cast("B") for b in array.buffers()]
    offsets: npt.NDArray[np.signedinteger[Any]] | None = None
    if data_type in (types.DATA_TYPE_UTF8, types.DATA_TYPE_BINARY):
        large = pa.types.is_large_string(array.type) or pa.types.is_large_binary(array.type)
        raw = data.pop(0)
        count = start + len(array) + 1 if raw else 0  # an empty array may come without offsets
        offsets = np.frombuffer(raw, np.int64 if large else np.int32, count)
        offsets = offsets if count else np.zeros(1, np.int32)
    values = data[0] if data else memoryview(b"")
    outside = data[1:]
    return Piece(
        data_type,
        len(array),
        start,
        validity if array.null_count else None,
        offsets,
        values,
        tuple(outside),
        text_bytes(values, start, len(array)) if outside else 0,
    )


def with_offsets(piece: Piece, begin: int, end: int) -> Piece:
    """Rows [begin, end) of a piece of views, their text gathered."""
    utf8 = piece.type == types.DATA_TYPE_UTF8_VIEW
    views = pa.Array.from_buffers(
        pa.string_view() if utf8 else pa.binary_view(),
        end - begin,
        [
            None if piece.validity is None else pa.py_buffer(piece.validity),
            pa.py_buffer(piece.values),
            *map(pa.py_buffer, piece.view_buffers),
        ],
        offset=piece.start + begin,
    )
    try:
        return piece_of(views.cast(pa.string() if utf8 else pa.binary()))
    except pa.ArrowInvalid:  # over 2 GiB of text, which its length will be found to be too much
        return piece_of(views.cast(pa.large_string() if utf8 else pa.large_binary()))


def _joined(chunks: list[Any]) -> list[Any]:
    """Neighbours put together until each has a size worth a call."""
    if len(chunks) == 1:
        return chunks
    out: list[Any] = []
    group: list[Any] = []
    size = 0
    for chunk in chunks:
        group.append(chunk)
        size += _nbytes(chunk)
        if size >= _PIECE_BYTES_MIN:
            out.append(group[0] if len(group) == 1 else pa.concat_arrays(group))
            group, size = [], 0
    if group:
        out.append(group[0] if len(group) == 1 else pa.concat_arrays(group))
    return out


def _nbytes(array: Any) -> int:
    """About the size of an array; of views, with all that they may point into."""
    if pa.types.is_dictionary(array.type):
        array = array.indices
    if array.type in _TYPES and array.type not in (pa.string_view(), pa.binary_view()):
        return int(array.nbytes)
    # For views and what holds them, pyarrow's own nbytes fails, in some releases by a crash.
    whole = sum(buffer.size for buffer in array.buffers() if buffer is not None)
    return int(whole * len(array) // max(1, array.offset + len(array)))


def _plain(array: Any, name: str) -> Any:
    """An array of a type that the wire has; or a list of rows, for sequences."""
    kind = array.type
    if kind in _TYPES:
        return array
    if pa.types.is_dictionary(kind):
        values = array.dictionary
        if values.type in _TYPES and _nbytes(values) <= _DICTIONARY_BYTES_MAX:
            return array
        return _plain(pc.take(_takeable(_plain(values, name)), array.indices), name)
    if isinstance(array, pa.ExtensionArray):
        return _plain(array.storage, name)
    if pa.types.is_struct(kind) and kind.num_fields == 1:
        return _plain(array.flatten()[0], name)
    if pa.types.is_run_end_encoded(kind):
        return _plain(pc.run_end_decode(array), name)
    if pa.types.is_fixed_size_binary(kind):
        return array.cast(pa.binary())
    if pa.types.is_float16(kind):
        return array.cast(pa.float32())
    if any(is_list(kind) for is_list in _LISTS):
        return array.to_pylist()
    raise invalid(
        f"{name} has Arrow type {kind}, which kernels do not take: "
        f"a column holds text, numbers, booleans or lists; of a table, select one column",
        field=name,
        bound=", ".join(sorted(str(t) for t in _TYPES)),
        value=str(kind),
        reason="WRONG_TYPE",
    )


def _takeable(values: Any) -> Any:
    """pyarrow gathers rows of everything but views."""
    if pa.types.is_string_view(values.type):
        return values.cast(pa.large_string())
    return values.cast(pa.large_binary()) if pa.types.is_binary_view(values.type) else values


_LISTS = [
    getattr(pa.types, test)
    for test in ("is_list", "is_large_list", "is_fixed_size_list", "is_list_view")
    if hasattr(pa.types, test)
]
