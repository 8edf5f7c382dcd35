"""Lists of Python objects as pieces: text, numbers, or sequences of hashables.

Long lists of text are pyarrow's to convert, which takes half the time. Otherwise, all strings are
joined with a separator, the whole is encoded, and separators are looked for: that takes lone
surrogates, and imports neither pyarrow nor (as that does) pandas.
"""

from __future__ import annotations

import contextlib
import sys
from array import array
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ._columns import Piece, bytes_of
from ._exceptions import Error, invalid, quote
from ._nulls import NULL_TYPES
from ._symbols import SymbolTable
from .v1 import types_pb2 as types

# From here on, what pyarrow gains is worth its calls, and from there on its import, too.
_ARROW_ROWS_MIN = 4096
_ARROW_IMPORT_ROWS_MIN = 500_000

_Kind: TypeAlias = Literal["null", "bool", "int", "float", "str", "bytes", "sequence", "other"]


def pieces_of_list(values: Sequence[Any], name: str, symbols: SymbolTable) -> list[Piece]:
    """The rows as pieces of one type. What `is_null` says is null."""
    if not values:
        return [Piece(types.DATA_TYPE_NULL, 0)]
    texts = _texts_by_arrow(values)
    if texts is not None:
        return [texts]
    with contextlib.suppress(TypeError):  # nearly every list is of str only: one pass less
        return [_text_piece("\0".join(values), values, None)]
    by_kind: dict[_Kind, set[type]] = {}
    for t in set(map(type, values)):
        by_kind.setdefault(_kind_of(t), set()).add(t)
    nulls = by_kind.pop("null", set())
    if nulls - {type(None)}:
        values = [None if type(v) in nulls else v for v in values]
    floats = by_kind.get("float", set())
    if floats and len(by_kind) > 1 and all(v != v for v in values if type(v) in floats):
        values = [None if type(v) in floats else v for v in values]
        del by_kind["float"]
    present = by_kind.keys()
    if "other" in present:
        raise _mixed(values, name)
    if not present:
        return [Piece(types.DATA_TYPE_NULL, len(values))]
    if present <= {"str", "bytes", "sequence"}:
        validity = _validity(values)
        if "sequence" in present:
            return [_symbol_piece(values, name, symbols, validity)]
        if present == {"bytes"}:
            return [_bytes_piece([b"" if v is None else bytes(v) for v in values], validity)]
        strings = ["" if v is None else _as_str(v) for v in values]
        return [_text_piece("\0".join(strings), strings, validity)]
    if present == {"bool"}:
        bits = np.fromiter((bool(v) for v in values), np.bool_, len(values))
        packed = np.packbits(bits, bitorder="little").data
        return [Piece(types.DATA_TYPE_BOOL, len(values), 0, _validity(values), values=packed)]
    if present == {"int"}:
        return [_int_piece(values, name)]
    if present <= {"int", "float"}:
        values = [
            None if v is None or v != v else _as_float(v, i, name) for i, v in enumerate(values)
        ]
        validity = _validity(values)
        if validity is not None and values.count(None) == len(values):
            return [Piece(types.DATA_TYPE_NULL, len(values))]  # text perhaps, all of it missing
        data = bytes_of(np.array([0.0 if v is None else v for v in values]))
        return [Piece(types.DATA_TYPE_FLOAT64, len(values), 0, validity, values=data)]
    raise _mixed(values, name)


def _texts_by_arrow(values: Sequence[Any]) -> Piece | None:
    """The piece of a long list of str and None; None of anything else."""
    known = "pyarrow" in sys.modules
    if len(values) < (_ARROW_ROWS_MIN if known else _ARROW_IMPORT_ROWS_MIN):
        return None
    if not isinstance(values[0], str):
        return None
    import pyarrow as pa

    from ._arrow import piece_of

    try:
        found = pa.array(values)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return None  # lone surrogates, NaN, or no column at all
    # Of str and bytes it makes bytes; and of too much text for one array, several.
    return piece_of(found) if isinstance(found, pa.StringArray) else None


def _kind_of(t: type) -> _Kind:
    if t.__name__ in NULL_TYPES:
        return "null"
    if issubclass(t, str):
        return "str"
    if issubclass(t, (bytes, bytearray, memoryview)):
        return "bytes"
    if issubclass(t, (bool, np.bool_)):
        return "bool"
    if issubclass(t, Integral):
        return "int"
    if issubclass(t, Real) and not hasattr(t, "numerator"):
        return "float"
    if issubclass(t, (Sequence, np.ndarray, array)):
        return "sequence"
    return "other"


def _validity(values: Sequence[object]) -> memoryview | None:
    """The bitmap of what is not None; None where everything is there."""
    there = np.fromiter((v is not None for v in values), np.bool_, len(values))
    return None if there.all() else np.packbits(there, bitorder="little").data


def _text_piece(joined: str, values: Sequence[str], validity: memoryview | None) -> Piece:
    """The piece of strings that are joined already, by zeros."""
    rows = len(values)
    data = joined.encode("utf-8", "surrogatepass")
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == 0)
    if len(ends) == rows - 1:
        data = data.translate(None, b"\0")
        offsets = np.zeros(rows + 1, np.int64)
        offsets[1:-1] = ends - np.arange(rows - 1)
        offsets[-1] = len(data)
    else:  # there are zeros in the text
        encoded = [value.encode("utf-8", "surrogatepass") for value in values]
        data = b"".join(encoded)
        offsets = _ends(encoded)
    return Piece(types.DATA_TYPE_UTF8, rows, 0, validity, offsets, memoryview(data))


def _bytes_piece(values: Sequence[bytes], validity: memoryview | None) -> Piece:
    data = memoryview(b"".join(values))
    return Piece(types.DATA_TYPE_BINARY, len(values), 0, validity, _ends(values), data)


def _symbol_piece(
    values: Sequence[Any], name: str, symbols: SymbolTable, validity: memoryview | None
) -> Piece:
    units = [
        array("I") if v is None else symbols.units(_as_sequence(v, i, name), f"{name}[{i}]")
        for i, v in enumerate(values)
    ]
    data = memoryview(b"".join(units))
    return Piece(types.DATA_TYPE_SYMBOLS, len(values), 0, validity, _ends(units), data)


def _ends(values: Sequence[Any]) -> npt.NDArray[np.int64]:
    """Where each value ends once all are joined: 0 first, one more than there are values."""
    out = np.zeros(len(values) + 1, np.int64)
    np.cumsum(np.fromiter(map(len, values), np.int64, len(values)), out=out[1:])
    return out


def _int_piece(values: Sequence[Any], name: str) -> Piece:
    validity = _validity(values)
    numbers = values if validity is None else [0 if v is None else v for v in values]
    lowest, highest = int(min(numbers)), int(max(numbers))
    if lowest >= -(1 << 63) and highest < 1 << 63:
        data_type, code = types.DATA_TYPE_INT64, "q"
    elif lowest >= 0 and highest < 1 << 64:
        data_type, code = types.DATA_TYPE_UINT64, "Q"
    else:
        worst = highest if highest >= 1 << 63 else lowest
        row = next(i for i, number in enumerate(numbers) if number == worst)
        raise invalid(
            f"{name}[{row}] is {quote(worst)}, which no 64-bit column holds",
            field=f"{name}[{row}]",
            bound="-2^63 to 2^63-1, or 0 to 2^64-1",
            value=worst,
            reason="OUT_OF_RANGE",
        )
    data = memoryview(array(code, map(int, numbers))).cast("B")
    return Piece(data_type, len(values), 0, validity, values=data)


def _as_float(value: Any, row: int, name: str) -> float:
    """An integer among floats, which has to be one of those that a float can be."""
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if not isinstance(value, Integral) or number == value:
        return number
    raise invalid(
        f"{name}[{row}] is {quote(value)}, which no float is: there are floats beside it, and a "
        f"column has one type",
        field=f"{name}[{row}]",
        bound="an integer that a 64-bit float holds, or integers alone",
        value=value,
        reason="OUT_OF_RANGE",
    )


def _as_str(value: Any) -> str:
    """Bytes among text are Latin-1, as everywhere."""
    return value if isinstance(value, str) else bytes(value).decode("latin-1")


def _as_sequence(value: Any, row: int, name: str) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _as_str(value)
    if not isinstance(value, np.ndarray):
        return value
    if value.ndim == 0 and value.dtype.kind != "U":
        raise invalid(
            f"{name}[{row}] is a numpy array of no dimension, which is no sequence",
            field=f"{name}[{row}]",
            bound="text, a sequence, a number or None",
            value=value,
            reason="WRONG_TYPE",
        )
    return value.tolist()


def _mixed(values: Sequence[object], name: str) -> Error:
    """Names the first row whose type does not go with that of the first that is not null."""
    first: str | None = None
    for row, value in enumerate(values):
        kind = _kind_of(type(value))
        if kind == "null" or (kind == "float" and value != value):
            continue
        if kind != "other" and first in (None, kind):
            first = kind
            continue
        beside = f" beside rows of {first}" if first and kind != "other" else ""
        return invalid(
            f"{name}[{row}] is a {type(value).__name__}{beside}: a column holds text (str, bytes), "
            f"sequences of hashables, integers, floats or booleans, and None",
            field=f"{name}[{row}]",
            bound=first or "text, a sequence, a number or None",
            value=type(value).__name__,
            reason="WRONG_TYPE",
        )
    raise AssertionError("no row is at fault")
