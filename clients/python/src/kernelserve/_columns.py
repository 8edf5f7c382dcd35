"""Columns as the wire has them, and the request bytes of any range of their rows.

A Column is a list of Pieces; a Piece holds the buffers of one Arrow array as they are. Encoding a
range of rows slices those buffers and copies nothing but offsets (to begin at 0, as int32), and
the text of views that point into long buffers, unless the server reads these.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ._views import are_read_as_they_are, go_as_they_are
from ._wire import Buffer, Rebased, Writer
from .v1 import types_pb2 as types

# Bytes of one element in `values`; types that are not here have none, or bits, or vary.
FIXED_WIDTH = {
    types.DATA_TYPE_INT8: 1,
    types.DATA_TYPE_INT16: 2,
    types.DATA_TYPE_INT32: 4,
    types.DATA_TYPE_INT64: 8,
    types.DATA_TYPE_UINT8: 1,
    types.DATA_TYPE_UINT16: 2,
    types.DATA_TYPE_UINT32: 4,
    types.DATA_TYPE_UINT64: 8,
    types.DATA_TYPE_FLOAT32: 4,
    types.DATA_TYPE_FLOAT64: 8,
    types.DATA_TYPE_UTF8_VIEW: 16,
    types.DATA_TYPE_BINARY_VIEW: 16,
}
VIEW_TYPES = (types.DATA_TYPE_UTF8_VIEW, types.DATA_TYPE_BINARY_VIEW)

TYPE, LENGTH, _REPEAT, _BIT_OFFSET, _DICTIONARY = 1, 2, 3, 4, 5
_VALIDITY, _OFFSETS, VALUES, _VIEW_BUFFERS, SEPARATED = 12, 13, 14, 15, 20


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """The buffers of one Arrow array. Row i of the piece is element `start + i` of the buffers.

    `offsets` counts units of `values`: bytes, or for SYMBOLS uint32. With `dictionary`, `type` is
    the type of the indices in `values`. `text_bytes` are about as many as views have of text.
    `is_whole`: all rows go together, so that views go with all of their buffers, none empty.
    """

    type: types.DataType.ValueType
    length: int
    start: int = 0
    validity: memoryview | None = None
    offsets: npt.NDArray[np.signedinteger[Any]] | None = None
    values: memoryview = field(default_factory=lambda: memoryview(b""))
    view_buffers: tuple[memoryview, ...] = ()
    text_bytes: int = 0
    dictionary: Piece | None = None
    is_whole: bool = False

    def nbytes(self, begin: int, end: int) -> int:
        """About how long encode(begin, end) is.

        Exact but for headers of a few bytes, and for views: as if all took the same.
        """
        rows = end - begin
        size = rows // 8 if self.validity is not None else 0
        if self.dictionary is not None:
            size += self.dictionary.nbytes(0, self.dictionary.length)
        if self.offsets is not None:
            lo = self.start + begin
            text = int(self.offsets[lo + rows]) - int(self.offsets[lo])
            size += 4 * rows + text * _unit_bytes(self.type)
        elif self.type in VIEW_TYPES:
            if self.is_whole or go_as_they_are(self.view_buffers, rows):
                size += 16 * rows + sum(map(len, self.view_buffers))
            else:
                size += 4 * rows + self.text_bytes * rows // max(1, self.length)
        elif self.type == types.DATA_TYPE_BOOL:
            size += rows // 8
        else:
            size += rows * FIXED_WIDTH.get(self.type, 0)
        return size

    def encode(
        self,
        begin: int,
        end: int,
        *,
        repeat: bool = False,
        writer: Callable[[], Writer] = Writer,
    ) -> Writer:
        """The Column message of rows [begin, end). `writer` makes what it is written with."""
        lo, hi = self.start + begin, self.start + end
        out = writer()
        views = self.type in VIEW_TYPES
        if views and not self._views_go_as_they_are(lo, end - begin, out):
            from ._arrow import with_offsets

            rest = with_offsets(self, begin, end)
            return rest.encode(0, end - begin, repeat=repeat, writer=writer)
        out.uint(TYPE, self.type)
        out.uint(LENGTH, end - begin)
        out.uint(_REPEAT, repeat)
        if self.validity is not None or self.type == types.DATA_TYPE_BOOL:
            out.uint(_BIT_OFFSET, lo % 8)
        if self.dictionary is not None:
            distinct = self.dictionary.encode(0, self.dictionary.length, writer=writer)
            out.message(_DICTIONARY, distinct)
        if self.validity is not None:
            out.buffer(_VALIDITY, self.validity[lo // 8 : (hi + 7) // 8])
        if self.offsets is not None:
            self._encode_offsets(out, lo, hi)
        elif self.type == types.DATA_TYPE_BOOL:
            out.buffer(VALUES, self.values[lo // 8 : (hi + 7) // 8])
        elif self.type != types.DATA_TYPE_NULL:
            width = FIXED_WIDTH[self.type]
            out.buffer(VALUES, self.values[lo * width : hi * width])
            if views:
                for data in self.view_buffers:
                    out.buffer(_VIEW_BUFFERS, data)
        return out

    def _views_go_as_they_are(self, start: int, rows: int, out: Writer) -> bool:
        if self.is_whole or go_as_they_are(self.view_buffers, rows):
            return True
        read = out.reads_views(rows * FIXED_WIDTH[self.type])
        return read and are_read_as_they_are(self.values, start, rows, self.view_buffers)

    def _encode_offsets(self, out: Writer, lo: int, hi: int) -> None:
        assert self.offsets is not None
        offsets = self.offsets[lo : hi + 1]
        first, last = int(offsets[0]), int(offsets[-1])
        if first or offsets.dtype != np.int32:
            out.rebased(_OFFSETS, Rebased(offsets))
        else:
            out.buffer(_OFFSETS, bytes_of(offsets))
        unit = _unit_bytes(self.type)
        out.buffer(VALUES, self.values[first * unit : last * unit])


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One argument of a call: pieces of one type, end to end, or one value for every row.

    `starts` are the rows at which the pieces begin, and the length.
    """

    pieces: list[Piece]
    repeat: bool
    starts: list[int]

    @classmethod
    def of(cls, pieces: list[Piece], *, repeat: bool = False) -> Column:
        starts = [0]
        for piece in pieces:
            starts.append(starts[-1] + piece.length)
        return cls(pieces, repeat, starts)

    def __len__(self) -> int:
        return self.starts[-1]

    def nbytes(self, begin: int, end: int) -> int:
        """About how long encode(begin, end) is."""
        index = self._piece_at(begin)
        return self.pieces[index].nbytes(*self._within(index, begin, end))

    def encode(self, begin: int, end: int, writer: Callable[[], Writer] = Writer) -> Writer:
        """The Column message of rows [begin, end), which lie in one piece."""
        index = self._piece_at(begin)
        within = self._within(index, begin, end)
        return self.pieces[index].encode(*within, repeat=self.repeat, writer=writer)

    @property
    def edges(self) -> Sequence[int]:
        """Rows that no call may have both sides of."""
        return () if self.repeat else self.starts

    @property
    def has_view_buffers(self) -> bool:
        """Whether there is text that a server may read more of than is needed."""
        return any(piece.view_buffers for piece in self.pieces)

    @property
    def lazy(self) -> bool:
        """Whether it is encoded only when it is sent."""
        return False

    def prepared(self) -> Column:
        """The same column, not lazy: this one."""
        return self

    def greatest(self) -> int:
        """The greatest of a column of 64-bit integers; 0 of anything else, or of nothing."""
        dtypes = {types.DATA_TYPE_INT64: "<i8", types.DATA_TYPE_UINT64: "<u8"}
        found = [0]
        for piece in self.pieces:
            if piece.length and piece.type in dtypes:
                numbers = np.frombuffer(piece.values, dtypes[piece.type])
                found.append(int(numbers[piece.start : piece.start + piece.length].max()))
        return max(found)

    def _piece_at(self, row: int) -> int:
        if self.repeat or row >= len(self):
            return 0
        return bisect_right(self.starts, row) - 1

    def _within(self, index: int, begin: int, end: int) -> tuple[int, int]:
        if self.repeat:
            return 0, 1
        return begin - self.starts[index], end - self.starts[index]


@dataclass(frozen=True, slots=True, eq=False)
class WholeColumn(Column):
    """A column of one piece that each call has all of: other columns point to its rows."""

    @property
    def edges(self) -> Sequence[int]:
        return ()

    def _piece_at(self, row: int) -> int:
        return 0

    def _within(self, index: int, begin: int, end: int) -> tuple[int, int]:
        return 0, len(self)


def bytes_of(array: npt.NDArray[np.generic]) -> memoryview:
    """A contiguous array's memory, as single bytes."""
    return memoryview(np.ascontiguousarray(array).view(np.uint8).reshape(-1).data)


def unpack_bits(bitmap: Buffer, begin: int, length: int) -> npt.NDArray[np.bool_]:
    """Bits [begin, begin + length) of an Arrow bitmap."""
    some = np.frombuffer(bitmap, np.uint8)[begin // 8 : (begin + length + 7) // 8]
    skip = begin % 8
    return np.unpackbits(some, bitorder="little")[skip : skip + length].view(np.bool_)


def _unit_bytes(data_type: types.DataType.ValueType) -> int:
    return 4 if data_type == types.DATA_TYPE_SYMBOLS else 1
