"""Lists of Python objects as pieces: text, numbers, or sequences of hashables.

Joining all strings and encoding the whole is as fast as pyarrow's conversion, takes lone
surrogates, and does not import pyarrow or (as that does) pandas.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ._columns import Piece, bytes_of
from ._exceptions import Error, invalid, shorten
from ._symbols import SymbolTable
from .v1 import types_pb2 as types

# Bounds the index that counts code points: 8 bytes for each one of a block.
_BLOCK_ROWS = 1 << 17

_Kind: TypeAlias = Literal["null", "bool", "int", "float", "str", "bytes", "sequence", "other"]


def pieces_of_list(values: Sequence[Any], name: str, symbols: SymbolTable) -> list[Piece]:
    """The rows as pieces of one type. None, NaN among text, and pandas.NA are null."""
    by_kind: dict[_Kind, set[type]] = {}
    for t in set(map(type, values)):
        by_kind.setdefault(_kind_of(t), set()).add(t)
    nulls = by_kind.pop("null", set())
    if nulls - {type(None)}:
        values = [None if type(v) in nulls else v for v in values]
    if by_kind.keys() & {"str", "bytes", "sequence"} and "float" in by_kind:
        floats = by_kind.pop("float")
        if any(v == v for v in values if type(v) in floats):
            raise _mixed(values, name)
        values = [None if type(v) in floats else v for v in values]
    present = by_kind.keys()
    if "other" in present:
        raise _mixed(values, name)
    if not present:
        return [Piece(types.DATA_TYPE_NULL, len(values))]
    if present <= {"str", "bytes", "sequence"}:
        blocks = (values[i : i + _BLOCK_ROWS] for i in range(0, len(values), _BLOCK_ROWS))
        if "sequence" in present:
            return [_symbol_piece(block, name, symbols) for block in blocks]
        if present == {"bytes"}:
            return [_bytes_piece(block) for block in blocks]
        if "bytes" in present:
            return [_text_piece([_as_str(v) for v in block]) for block in blocks]
        return [_text_piece(block) for block in blocks]
    if present == {"bool"}:
        bits = np.fromiter((bool(v) for v in values), np.bool_, len(values))
        packed = np.packbits(bits, bitorder="little").data
        return [Piece(types.DATA_TYPE_BOOL, len(values), 0, _validity(values), values=packed)]
    if present == {"int"}:
        return [_int_piece(values, name)]
    if present == {"float"} and all(v is None or v != v for v in values):
        return [Piece(types.DATA_TYPE_NULL, len(values))]  # a column of text, all of it missing
    if present <= {"int", "float"}:
        numbers = np.array([0.0 if v is None else float(v) for v in values])
        validity = _validity(values)
        data = bytes_of(numbers)
        return [Piece(types.DATA_TYPE_FLOAT64, len(values), 0, validity, values=data)]
    raise _mixed(values, name)


def _kind_of(t: type) -> _Kind:
    if t is type(None) or t.__name__ in ("NAType", "NaTType"):
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


def _without_none(values: Sequence[Any], empty: Any) -> Sequence[Any]:
    return [empty if v is None else v for v in values]


def _ends(values: Iterable[Any], rows: int) -> npt.NDArray[np.int64]:
    """Where each value ends once all are joined: 0 first, rows + 1 in all."""
    out = np.zeros(rows + 1, np.int64)
    np.cumsum(np.fromiter(map(len, values), np.int64, rows), out=out[1:])
    return out


def _text_piece(values: Sequence[str | None]) -> Piece:
    validity = _validity(values) if None in values else None
    strings = values if validity is None else _without_none(values, "")
    joined = "".join(strings)  # type: ignore[arg-type]
    offsets = _ends(strings, len(values))
    data = joined.encode("utf-8", "surrogatepass")
    if len(data) != len(joined):  # offsets count code points as yet
        lead = (np.frombuffer(data, np.uint8) & 0xC0) != 0x80
        offsets = np.append(np.flatnonzero(lead), len(data))[offsets]
    return Piece(
        types.DATA_TYPE_UTF8, len(values), 0, validity, offsets=offsets, values=memoryview(data)
    )


def _bytes_piece(values: Sequence[bytes | None]) -> Piece:
    validity = _validity(values) if None in values else None
    rows = values if validity is None else _without_none(values, b"")
    data = memoryview(b"".join(rows))  # type: ignore[arg-type]
    offsets = _ends(rows, len(values))
    return Piece(types.DATA_TYPE_BINARY, len(values), 0, validity, offsets=offsets, values=data)


def _symbol_piece(values: Sequence[Any], name: str, symbols: SymbolTable) -> Piece:
    units = [
        array("I") if v is None else symbols.units(_as_sequence(v), f"{name}[{i}]")
        for i, v in enumerate(values)
    ]
    data = memoryview(b"".join(units))
    offsets = _ends(units, len(values))
    validity = _validity(values)
    return Piece(types.DATA_TYPE_SYMBOLS, len(values), 0, validity, offsets=offsets, values=data)


def _int_piece(values: Sequence[Any], name: str) -> Piece:
    validity = _validity(values) if None in values else None
    numbers = values if validity is None else _without_none(values, 0)
    lowest, highest = int(min(numbers)), int(max(numbers))
    if lowest >= -(1 << 63) and highest < 1 << 63:
        data_type, code = types.DATA_TYPE_INT64, "q"
    elif lowest >= 0 and highest < 1 << 64:
        data_type, code = types.DATA_TYPE_UINT64, "Q"
    else:
        worst = highest if highest >= 1 << 63 else lowest
        row = next(i for i, number in enumerate(numbers) if number == worst)
        raise invalid(
            f"{name}[{row}] is {shorten(str(worst))}, which no 64-bit column holds",
            field=f"{name}[{row}]",
            bound="-2^63 to 2^63-1, or 0 to 2^64-1",
            value=worst,
            reason="OUT_OF_RANGE",
        )
    data = memoryview(array(code, map(int, numbers))).cast("B")
    return Piece(data_type, len(values), 0, validity, values=data)


def _as_str(value: Any) -> str | None:
    """Bytes among text are Latin-1, as everywhere."""
    return value if value is None or isinstance(value, str) else bytes(value).decode("latin-1")


def _as_sequence(value: Any) -> Any:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return _as_str(value)
    return value.tolist() if isinstance(value, np.ndarray) else value


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
