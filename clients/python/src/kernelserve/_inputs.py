"""Whatever a caller has, as a Column: Arrow data of any library, numpy, pandas, Polars, lists.

What Arrow data holds is used as it is, in its own layout; numpy's numbers too. Lists, and arrays
and Series of Python objects, are encoded here. Polars and pandas are never imported: an object of
theirs shows that they are there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, MappingView, Sequence, Set
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ._columns import Column, Piece
from ._exceptions import Error, LengthMismatchError, describe, invalid
from ._list_column import ListColumn
from ._lists import pieces_of_list
from ._nulls import is_null
from ._symbols import SymbolTable
from .v1 import types_pb2 as types

Family: TypeAlias = Literal["scalar", "list", "numpy", "pyarrow", "chunked", "polars", "pandas"]

_NUMPY_TYPES = {
    "i1": types.DATA_TYPE_INT8,
    "i2": types.DATA_TYPE_INT16,
    "i4": types.DATA_TYPE_INT32,
    "i8": types.DATA_TYPE_INT64,
    "u1": types.DATA_TYPE_UINT8,
    "u2": types.DATA_TYPE_UINT16,
    "u4": types.DATA_TYPE_UINT32,
    "u8": types.DATA_TYPE_UINT64,
    "f4": types.DATA_TYPE_FLOAT32,
    "f8": types.DATA_TYPE_FLOAT64,
}


@dataclass(frozen=True, slots=True)
class Origin:
    """What a column was made from, so that results can come back as the same.

    `name` is a Series' name and `index` a pandas Series' index.
    """

    family: Family
    name: Any = None
    index: Any = None


@dataclass(frozen=True, slots=True)
class Arguments:
    """The columns of one call, agreeing in length, and what the result is to come back as."""

    columns: list[Column]
    rows: int
    origin: Origin


def arguments(values: Sequence[object], names: Sequence[str], *, lazy: bool = False) -> Arguments:
    """Turns the arguments of a verb into columns. The first that is no scalar gives the origin.

    `lazy`: long lists may become columns that are encoded while they are sent (ListColumn).

    A scalar, or a column of one row beside columns of another length, stands for every row.
    `names` are for errors.
    """
    symbols = SymbolTable()
    columns: list[Column] = []
    origins = []
    for value, name in zip(values, names, strict=True):
        encode = partial(_column_of_list, value, name, symbols)
        listed = ListColumn.of_texts(value, encode) if lazy else None
        if listed is None:
            column, origin = column_from(value, name, symbols)
        else:
            column, origin = listed, Origin("list")
        columns.append(column)
        origins.append(origin)
    lengths = {len(column) for column in columns if not column.repeat}
    if len(lengths) > 1:
        lengths.discard(1)
    if len(lengths) > 1:
        told = [f"{n} has {len(c)}" for c, n in zip(columns, names, strict=True) if not c.repeat]
        raise LengthMismatchError(
            describe(
                f"columns differ in length: {', '.join(told)} rows",
                "INVALID_ARGUMENT",
                reason="LENGTH_MISMATCH",
                field=names[1],
                bound=str(len(columns[0])),
                value=str(len(columns[1])),
            )
        )
    rows = lengths.pop() if lengths else 1
    columns = [
        Column.of(c.pieces, repeat=True) if len(c) == 1 and rows != 1 else c for c in columns
    ]
    origin = next((o for o in origins if o.family != "scalar"), Origin("scalar"))
    return Arguments(columns, rows, origin)


def _column_of_list(values: Any, name: str, symbols: SymbolTable) -> Column:
    return Column.of(pieces_of_list(values, name, symbols))


def column_from(value: object, name: str, symbols: SymbolTable) -> tuple[Column, Origin]:
    """One argument as a column."""
    if is_null(value) or isinstance(value, (str, bytes, bytearray, memoryview, int, float)):
        return Column.of(pieces_of_list([value], name, symbols), repeat=True), Origin("scalar")
    if isinstance(value, np.generic):
        return column_from(value.item(), name, symbols)
    if isinstance(value, np.ndarray):
        if value.ndim == 0:
            return column_from(value.item(), name, symbols)
        return Column.of(_pieces_of_numpy(value, name, symbols)), Origin("numpy")
    if isinstance(value, (list, tuple)):
        return _column_of_list(value, name, symbols), Origin("list")

    library = type(value).__module__.partition(".")[0]
    if library == "pandas" and hasattr(value, "to_numpy"):
        return _from_pandas(value, name, symbols)
    if library == "polars" and type(value).__name__ == "Series":
        return _from_polars(value, name, symbols)
    if library == "pyarrow" and hasattr(value, "as_py"):
        return column_from(value.as_py(), name, symbols)
    if hasattr(value, "__arrow_c_array__") or hasattr(value, "__arrow_c_stream__"):
        return _from_arrow(value, name, symbols)
    if isinstance(value, (Set, Mapping)) and not isinstance(value, MappingView):
        raise _not_a_column(value, name, "which has no order of rows")
    if isinstance(value, (Iterator, Iterable)):
        return Column.of(pieces_of_list(list(value), name, symbols)), Origin("list")
    raise _not_a_column(value, name, "which is no column")


def in_one_piece(value: Any) -> Any:
    """What has many chunks with its rows together, for what is best sent in one message."""
    library = type(value).__module__.partition(".")[0]
    if library == "polars" and type(value).__name__ == "Series":
        return value.rechunk()
    if library == "pyarrow" and hasattr(value, "combine_chunks") and hasattr(value, "chunks"):
        import pyarrow as pa

        try:
            return value.unify_dictionaries().combine_chunks()
        except (pa.ArrowException, OverflowError):
            return value  # more than one array holds, or chunks that are no valid Arrow data
    return value


def _pieces_of_numpy(value: npt.NDArray[Any], name: str, symbols: SymbolTable) -> list[Piece]:
    if value.ndim != 1:
        raise _not_a_column(value, name, f"of {value.ndim} dimensions; a column has one")
    mask = np.ma.getmaskarray(value) if isinstance(value, np.ma.MaskedArray) else None
    value = np.asarray(value)
    if value.dtype.kind in "UST" and (texts := _arrow_of_texts(value, mask)) is not None:
        from ._arrow import pieces_of_arrow

        return pieces_of_arrow(texts, name, symbols)
    if value.dtype.kind in "OUST":
        rows = value.tolist()
        if mask is not None:
            rows = [None if gone else row for row, gone in zip(rows, mask.tolist(), strict=True)]
        return pieces_of_list(rows, name, symbols)
    if value.dtype.kind == "f":
        missing = np.isnan(value)
        mask = missing if mask is None else mask | missing
        if mask.all():  # text perhaps, all of it missing
            return [Piece(types.DATA_TYPE_NULL, len(value))]
    validity = None
    if mask is not None and mask.any():
        validity = np.packbits(~mask, bitorder="little").data
    if value.dtype.kind == "b":
        bits = np.packbits(value, bitorder="little").data
        return [Piece(types.DATA_TYPE_BOOL, len(value), 0, validity, values=bits)]
    if value.dtype == np.float16:
        value = value.astype(np.float32)
    data_type = _NUMPY_TYPES.get(value.dtype.newbyteorder("=").str[1:])
    if data_type is None:
        raise _not_a_column(value, name, f"of dtype {value.dtype}, which kernels do not take")
    little = np.ascontiguousarray(value, value.dtype.newbyteorder("<"))
    return [Piece(data_type, len(value), 0, validity, values=little.view(np.uint8).data)]


def _arrow_of_texts(value: npt.NDArray[Any], mask: npt.NDArray[np.bool_] | None) -> Any:
    """An array of numpy's texts as pyarrow's; None where that would not be the same texts.

    Several times as fast as by objects of Python, one for each row.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = value.dtype.kind
    try:
        texts = pa.array(value)
        if kind != "T":
            # pyarrow ends a text at its first NUL: then there are units that it has not.
            units = np.ascontiguousarray(value).view(np.uint8 if kind == "S" else np.uint32)
            sizes = pc.binary_length(texts) if kind == "S" else pc.utf8_length(texts)
            if np.count_nonzero(units) != (pc.sum(sizes).as_py() or 0):
                return None
    except (pa.ArrowException, UnicodeDecodeError):
        return None  # lone surrogates, or an older pyarrow that has no such type
    return texts if mask is None else pc.if_else(pa.array(~mask), texts, None)


def _from_pandas(value: Any, name: str, symbols: SymbolTable) -> tuple[Column, Origin]:
    if getattr(value, "ndim", 1) != 1:
        raise _not_a_column(value, name, "of several columns; select one")
    kind = type(value).__name__
    origin = Origin("pandas", value.name, value.index) if kind == "Series" else Origin("pandas")
    if value.dtype != object:
        import pyarrow as pa

        try:
            return _from_arrow_type(pa.array(value, from_pandas=True), name, symbols), origin
        except (pa.ArrowException, UnicodeEncodeError):
            pass  # lone surrogates, or a dtype of somebody's own: by its elements
    return Column.of(pieces_of_list(value.tolist(), name, symbols)), origin


def _from_polars(value: Any, name: str, symbols: SymbolTable) -> tuple[Column, Origin]:
    origin = Origin("polars", value.name)
    polars = sys.modules["polars"]
    if value.dtype == polars.Object:
        return Column.of(pieces_of_list(value.to_list(), name, symbols)), origin
    # As Polars holds it: anything older would turn views into offsets, row by row.
    newest = polars.CompatLevel.newest()
    return _from_arrow_type(value.to_arrow(compat_level=newest), name, symbols), origin


def _from_arrow(value: Any, name: str, symbols: SymbolTable) -> tuple[Column, Origin]:
    import pyarrow as pa

    if isinstance(value, pa.Array):
        return _from_arrow_type(value, name, symbols), Origin("pyarrow")
    if hasattr(value, "__arrow_c_stream__"):
        if not isinstance(value, pa.ChunkedArray):
            value = pa.chunked_array(value)
        return _from_arrow_type(value, name, symbols), Origin("chunked")
    return _from_arrow_type(pa.array(value), name, symbols), Origin("pyarrow")


def _from_arrow_type(value: Any, name: str, symbols: SymbolTable) -> Column:
    from ._arrow import pieces_of_arrow

    return Column.of(pieces_of_arrow(value, name, symbols))


def _not_a_column(value: object, name: str, why: str) -> Error:
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    return invalid(
        f"{name} is a {kind} {why}: a column is a list, a numpy array, a Series, or Arrow data",
        field=name,
        bound="a column",
        value=kind,
        reason="WRONG_TYPE",
    )
