"""The blocks of a matrix, each written to its place in one array as it arrives."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from ._results import WIDE_SCORES, ReplyColumn
from ._tiles import Tile
from ._wire import DecodeError
from .v1 import types_pb2 as types


class Matrix:
    """queries x choices scores. Takes blocks in any order and from any thread.

    `dtype`: what they are asked for as; None: int32 or float64, as the scorer's own are. `convert`
    makes what is kept, of that dtype, of the scores of a block.
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

    def put(self, tile: Tile, begin: int, end: int, columns: dict[int, memoryview]) -> None:
        """Takes the scores of queries [begin, end) of a tile."""
        column = ReplyColumn.parse(columns[15])
        first, past = tile.choices
        shape = (end - begin, past - first)
        if column.length != shape[0] * shape[1]:
            raise DecodeError(f"{column.length} scores for {shape[0]} by {shape[1]} pairs")
        numbers, valid = column.numbers(), column.valid()
        place = (slice(begin, end), slice(first, past))
        if column.type != types.DATA_TYPE_NULL:
            if self._convert is not None:
                numbers = self._convert(numbers)
            self._array(numbers.dtype)[place] = numbers.reshape(shape)
        if valid is not None:
            self._mask()[place] = valid.reshape(shape)

    def _array(self, arrived: np.dtype[Any]) -> npt.NDArray[Any]:
        with self._lock:
            if self._scores is None:
                self._scores = np.empty(self._shape, self._dtype or WIDE_SCORES[arrived.kind])
            return self._scores

    def _mask(self) -> npt.NDArray[np.bool_]:
        with self._lock:
            if self._valid is None:
                self._valid = np.ones(self._shape, np.bool_)
            return self._valid

    def finish(self) -> npt.NDArray[Any]:
        """The matrix; a MaskedArray where a text is null."""
        scores = self._array(np.dtype(np.int32))
        if self._valid is None or self._valid.all():
            return scores
        return np.ma.MaskedArray(scores, ~self._valid)
