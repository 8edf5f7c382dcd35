"""Reply columns put together and given back as what the caller's left side was."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from ._columns import unpack_bits
from ._inputs import Origin
from ._shared_memory import Region
from ._wire import DecodeError, fields
from .v1 import types_pb2 as types

_DTYPES: dict[int, str] = {
    types.DATA_TYPE_INT8: "<i1",
    types.DATA_TYPE_INT16: "<i2",
    types.DATA_TYPE_INT32: "<i4",
    types.DATA_TYPE_INT64: "<i8",
    types.DATA_TYPE_UINT8: "<u1",
    types.DATA_TYPE_UINT16: "<u2",
    types.DATA_TYPE_UINT32: "<u4",
    types.DATA_TYPE_UINT64: "<u8",
    types.DATA_TYPE_FLOAT32: "<f4",
    types.DATA_TYPE_FLOAT64: "<f8",
}

# What scores are widened to where the caller names no type, by numpy's kinds.
WIDE_SCORES: dict[str, np.dtype[Any]] = {
    "i": np.dtype(np.int32),
    "u": np.dtype(np.int32),
    "f": np.dtype(np.float64),
}

_NOTHING = memoryview(b"")


@dataclass(slots=True)
class ReplyColumn:
    """A Column message that arrived; its buffers are views of the reply, or of a region."""

    type: int = 0
    length: int = 0
    bit_offset: int = 0
    validity: memoryview = _NOTHING
    offsets: memoryview = _NOTHING
    values: memoryview = _NOTHING
    values_span: memoryview | None = None  # as it arrived, where no region is given to look in

    @classmethod
    def parse(cls, message: memoryview, region: Region | None = None) -> ReplyColumn:
        out = cls()
        names = {1: "type", 2: "length", 4: "bit_offset", 12: "validity", 13: "offsets"}
        names[14] = "values"
        spans = {16: "validity", 17: "offsets", 18: "values"}
        for number, value in fields(message):
            if number in names:
                setattr(out, names[number], value)
            elif number in spans and region is not None and isinstance(value, memoryview):
                setattr(out, spans[number], region.read(value))
            elif number == 18 and isinstance(value, memoryview):
                out.values_span = value
        return out

    def copy(self) -> ReplyColumn:
        """The same, whatever becomes of the region that its buffers may lie in."""
        buffers = (self.validity, self.offsets, self.values)
        validity, offsets, values = (memoryview(bytes(data)) for data in buffers)
        return ReplyColumn(
            self.type, self.length, self.bit_offset, validity, offsets, values, self.values_span
        )

    def valid(self) -> npt.NDArray[np.bool_] | None:
        """Which elements are there; None where all are."""
        if self.type == types.DATA_TYPE_NULL:
            return np.zeros(self.length, np.bool_)
        if not len(self.validity):
            return None
        return unpack_bits(self.validity, self.bit_offset, self.length)

    def numbers(self) -> npt.NDArray[Any]:
        """The elements of a column of numbers or booleans, as a view of the reply if possible."""
        if self.type == types.DATA_TYPE_BOOL:
            return unpack_bits(self.values, self.bit_offset, self.length)
        if self.type == types.DATA_TYPE_NULL:
            return np.zeros(self.length, np.int32)
        return np.frombuffer(self.values, self.dtype(), self.length)

    def dtype(self) -> np.dtype[Any]:
        """numpy's type of a column of numbers."""
        return np.dtype(_DTYPES[self.type])

    def texts(self) -> list[bytes]:
        """The elements of a column of text or binary."""
        if not self.length:
            return []
        ends = np.frombuffer(self.offsets, np.int32, self.length + 1).tolist()
        data = bytes(self.values)
        return [data[a:b] for a, b in pairwise(ends)]


class Results:
    """Collects a verb's result, part by part in any order and from any thread.

    `dtype`: what numbers are widened to; None keeps what the server sent.
    `convert`: makes a Python object of each element of a BINARY result; and whatever the server
    sends, what comes back holds Python objects.
    """

    def __init__(
        self,
        rows: int,
        origin: Origin,
        *,
        dtype: npt.DTypeLike | None = None,
        convert: Callable[[bytes], object] | None = None,
    ) -> None:
        self.rows = rows
        self.origin = origin
        self._dtype = dtype
        self._convert = convert
        self._lock = threading.Lock()
        self._numbers: npt.NDArray[Any] | None = None
        self._valid: npt.NDArray[np.bool_] | None = None
        self._texts: dict[int, ReplyColumn] = {}

    def put(self, begin: int, end: int, message: memoryview, region: Region | None = None) -> None:
        """Takes the Column message with rows [begin, end). Raises DecodeError if it is not."""
        column = ReplyColumn.parse(message, region)
        if column.length != end - begin:
            raise DecodeError(f"{column.length} results for {end - begin} rows")
        try:
            if column.type in (types.DATA_TYPE_UTF8, types.DATA_TYPE_BINARY):
                self._texts[begin] = column if region is None else column.copy()
            else:
                self._put_numbers(begin, end, column, may_keep=region is None)
        except (KeyError, ValueError) as error:
            raise DecodeError(f"a result column of type {column.type}: {error}") from None

    def _put_numbers(self, begin: int, end: int, column: ReplyColumn, *, may_keep: bool) -> None:
        """`may_keep`: what the column's buffers hold, stays."""
        numbers, valid = column.numbers(), column.valid()
        dtype = np.dtype(self._dtype) if self._dtype is not None else numbers.dtype
        if numbers.dtype.kind == "f" and dtype.kind in "iu":
            dtype = numbers.dtype
        with self._lock:
            if self._numbers is None:
                whole = len(numbers) == self.rows and numbers.dtype == dtype
                if whole and may_keep and self._may_be_view():
                    self._numbers, self._valid = numbers, valid
                    return
                self._numbers = np.empty(self.rows, dtype)
            if valid is not None and self._valid is None:
                self._valid = np.ones(self.rows, np.bool_)
        self._numbers[begin:end] = numbers
        if valid is not None:
            assert self._valid is not None
            self._valid[begin:end] = valid

    def _may_be_view(self) -> bool:
        """numpy and pandas users expect to be able to write to what they get."""
        return self.origin.family not in ("numpy", "pandas")

    def finish(self) -> Any:
        """The whole result, as what the left side was."""
        if self._valid is not None and self._valid.all():
            self._valid = None
        family = self.origin.family
        if family == "scalar":
            return self._as_list()[0]
        if family == "list":
            return self._as_list()
        if family == "numpy":
            return self._as_numpy()
        if family == "pandas":
            return self._as_pandas()
        array = self._as_arrow()
        if family == "polars":
            return sys.modules["polars"].from_arrow(array).alias(self.origin.name)
        if family == "chunked":
            import pyarrow as pa

            return pa.chunked_array([array])
        return array

    def _as_list(self) -> list[Any]:
        if self._texts:
            return self._text_objects()
        out: list[Any] = [] if self._numbers is None else self._numbers.tolist()
        if self._valid is not None:
            for row in np.flatnonzero(~self._valid).tolist():
                out[row] = None
        return out

    def _text_objects(self) -> list[Any]:
        out: list[Any] = []
        for _, column in sorted(self._texts.items()):
            convert = self._convert
            if column.type == types.DATA_TYPE_UTF8:
                convert = _decode
            texts: list[Any] = column.texts()
            valid = column.valid()
            for row, text in enumerate(texts):
                there = valid is None or valid[row]
                out.append(None if not there else convert(text) if convert else text)
        return out

    def _as_numpy(self) -> npt.NDArray[Any]:
        if self._texts or self._convert is not None:
            out = np.empty(self.rows, object)
            out[:] = self._as_list()
            return out
        assert self._numbers is not None
        if self._valid is None:
            return self._numbers
        return np.ma.MaskedArray(self._numbers, ~self._valid)

    def _as_pandas(self) -> Any:
        pandas = sys.modules["pandas"]
        index = self.origin.index
        if index is not None and len(index) != self.rows:
            index = None
        values: Any = self._as_numpy()
        if isinstance(values, np.ma.MaskedArray):
            if values.dtype.kind in "iu":
                values = pandas.arrays.IntegerArray(values.data, values.mask)
            elif values.dtype.kind == "b":
                values = pandas.arrays.BooleanArray(values.data, values.mask)
            else:
                values = values.filled(np.nan)
        return pandas.Series(values, index=index, name=self.origin.name)

    def _as_arrow(self) -> Any:
        import pyarrow as pa

        if self._texts:
            parts = [_arrow_text(column) for _, column in sorted(self._texts.items())]
            return parts[0] if len(parts) == 1 else pa.concat_arrays(parts)
        assert self._numbers is not None
        if self._numbers.dtype == np.bool_:
            return pa.array(self._numbers, mask=None if self._valid is None else ~self._valid)
        validity = None
        if self._valid is not None:
            validity = pa.py_buffer(np.packbits(self._valid, bitorder="little"))
        data = pa.py_buffer(self._numbers.data)
        kind = pa.from_numpy_dtype(self._numbers.dtype)
        return pa.Array.from_buffers(kind, self.rows, [validity, data])


def _decode(text: bytes) -> str:
    return text.decode("utf-8", "surrogatepass")


def _arrow_text(column: ReplyColumn) -> Any:
    import pyarrow as pa

    kind = pa.string() if column.type == types.DATA_TYPE_UTF8 else pa.binary()
    validity = pa.py_buffer(column.validity) if len(column.validity) else None
    if column.bit_offset:  # offsets and values begin at 0 whatever the bitmap does
        valid = column.valid()
        validity = None if valid is None else pa.py_buffer(np.packbits(valid, bitorder="little"))
    offsets = column.offsets if column.length else memoryview(bytes(4))
    buffers = [validity, pa.py_buffer(offsets), pa.py_buffer(column.values)]
    return pa.Array.from_buffers(kind, column.length, buffers)
