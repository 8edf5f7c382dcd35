"""The blocks of a matrix, each written to its place in one array as it arrives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ._columns import bytes_of
from ._results import WIDE_SCORES, ReplyColumn
from ._tiles import Tile
from ._wire import DecodeError, fields
from .v1 import types_pb2 as types

if TYPE_CHECKING:  # not everywhere is there such memory
    from ._matrix_memory import MatrixMemory


class Matrix:
    """queries x choices scores. Takes blocks in any order and from any thread.

    `dtype`: what they are asked for as; None: int32 or float64, as the scorer's own are. `convert`
    makes what is kept, of that dtype, of the scores of a block, which are sent then.
    """

    def __init__(
        self,
        queries: int,
        choices: int,
        dtype: npt.DTypeLike | None,
        convert: Callable[[npt.NDArray[Any]], npt.NDArray[Any]] | None = None,
    ) -> None:
        self._shape = (queries, choices)
        self._dtype = None if dtype is None else np.dtype(dtype)
        self._convert = convert
        self._lock = threading.Lock()
        self._scores: npt.NDArray[Any] | None = None
        self._valid: npt.NDArray[np.bool_] | None = None
        # Where the server leaves scores, if there is such. To be set before the first block.
        self.memory: MatrixMemory | None = None

    @property
    def nbytes_max(self) -> int:
        """Of all scores; of the type's that it may turn out to be, the greatest."""
        width = self._dtype.itemsize if self._dtype is not None else 8
        return self._shape[0] * self._shape[1] * width

    def span(self, tile: Tile) -> types.RegionSpan | None:
        """Where the server may leave what is not done of a tile; None where it has to send that."""
        if self.memory is None or self.memory.is_lost or tile.choices != (0, self._shape[1]):
            return None
        if tile.done and self._dtype is None:
            return None
        width = self._dtype.itemsize if self._dtype is not None else 0
        return self.memory.span(tile.done * self._shape[1] * width)

    def put(self, tile: Tile, begin: int, end: int, columns: dict[int, memoryview]) -> None:
        """Takes the scores of queries [begin, end) of a tile."""
        column = ReplyColumn.parse(columns[15])
        first, past = tile.choices
        shape = (end - begin, past - first)
        if column.length != shape[0] * shape[1]:
            raise DecodeError(f"{column.length} scores for {shape[0]} by {shape[1]} pairs")
        valid = column.valid()
        if column.values_span is not None:
            self._take_span(begin, end, column)
        elif column.type != types.DATA_TYPE_NULL:
            numbers = column.numbers()
            if self._convert is not None:
                numbers = self._convert(numbers)
            self._write(begin, first, numbers.reshape(shape))
        if valid is not None:
            self._mask()[begin:end, first:past] = valid.reshape(shape)

    def _type(self, arrived: np.dtype[Any]) -> np.dtype[Any]:
        """Of the scores; the first that arrive tell where nobody has asked for one."""
        with self._lock:
            if self._dtype is None:
                self._dtype = WIDE_SCORES[arrived.kind]
            return self._dtype

    def _take_span(self, begin: int, end: int, column: ReplyColumn) -> None:
        """Of rows that did not arrive; they have to be where they belong."""
        row_bytes = self._shape[1] * self._type(column.dtype()).itemsize
        told = dict(fields(column.values_span or memoryview(b"")))
        place = (told.get(2, 0), told.get(3, 0))
        expected = (begin * row_bytes, (end - begin) * row_bytes)
        if self.memory is None or column.dtype() != self._dtype or place != expected:
            raise DecodeError(f"scores of type {column.type} at {place}, expected {expected}")
        if self.memory.is_kept:
            self.memory.read(begin * row_bytes, self._rows(column.dtype())[begin:end])

    def _write(self, begin: int, first: int, numbers: npt.NDArray[Any]) -> None:
        dtype = self._type(numbers.dtype)
        rows, choices = numbers.shape
        if self.memory is None or self.memory.is_kept:
            self._rows(dtype)[begin : begin + rows, first : first + choices] = numbers
            return
        data = bytes_of(numbers.astype(dtype, copy=False))
        width = self._shape[1]
        if choices == width:
            self.memory.write(begin * width * dtype.itemsize, data)
            return
        row_bytes = choices * dtype.itemsize
        for row in range(rows):
            at = ((begin + row) * width + first) * dtype.itemsize
            self.memory.write(at, data[row * row_bytes : (row + 1) * row_bytes])

    def _rows(self, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        """Where the scores are collected, unless that is the server's, too."""
        with self._lock:
            if self._scores is None:
                self._scores = np.empty(self._shape, dtype)
            return self._scores

    def _mask(self) -> npt.NDArray[np.bool_]:
        with self._lock:
            if self._valid is None:
                self._valid = np.ones(self._shape, np.bool_)
            return self._valid

    def finish(self) -> npt.NDArray[Any]:
        """The matrix; a MaskedArray where a text is null."""
        scores = self._scores
        dtype = self._dtype or np.dtype(np.int32)
        if self.memory is not None and not self.memory.is_kept:
            scores = self.memory.take(dtype, self._shape[0] * self._shape[1]).reshape(self._shape)
        elif scores is None:
            scores = np.empty(self._shape, dtype)
        if self._valid is None or self._valid.all():
            return scores
        return np.ma.MaskedArray(scores, ~self._valid)
