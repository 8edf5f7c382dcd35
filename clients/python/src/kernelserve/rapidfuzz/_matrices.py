"""The matrices of rapidfuzz.process on the server: cdist and cpdist."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .. import _cross
from .._columns import Column, unpack_bits
from .._exceptions import LengthMismatchError, WrongTypeError, describe, invalid, quote
from .._inputs import Arguments, Origin
from .._list_column import ListColumn
from .._symbols import SymbolTable
from .._tiles import Choices, Grid
from .._verbs import pairwise_of
from ..v1 import types_pb2 as types
from ._choices import check_text, sized_column, text_column
from ._extraction import run
from ._plans import Plan
from ._remembered import memory
from ._scores import as_number

Scores: TypeAlias = npt.NDArray[Any]

# The greatest float below 0.5: with 0.5 itself, what is just below it would become 1. Beyond the
# other, floats are whole.
_ALMOST_HALF = 0.49999999999999994
_EXACT_MAX = 1 << 52

_DTYPES = {
    *map(np.dtype, (np.int8, np.int16, np.int32, np.int64)),
    *map(np.dtype, (np.uint8, np.uint16, np.uint32, np.uint64)),
    *map(np.dtype, (np.float32, np.float64)),
}


def cdist(
    plan: Plan, queries: Any, choices: Any, multiplier: object, dtype: npt.DTypeLike | None
) -> Scores:
    """Every query with every choice."""
    wanted = result_dtype(dtype, np.uint32 if plan.whole else np.float32)
    convert = _conversion(plan, multiplier, wanted)
    symbols = SymbolTable()
    shared = None
    if queries is choices:
        rows = _column(queries, plan, "queries", symbols)
        if "weights" in plan.scorer.parameters:  # by which it may not be symmetric
            shared = Choices(rows, symbols)
    else:
        shared, symbols = _choices(choices, plan)
        rows = _column(queries, plan, "queries", symbols)
    grid = Grid(rows, shared)
    shape = (len(grid.queries), len(grid.choices_column))
    if plan.hopeless or 0 in shape:
        return _filled(np.ma.MaskedArray(np.zeros(shape), True), plan, wanted, convert)
    asked = _asked(plan, wanted, convert)
    verb = _cross.cdist_of(grid, plan.scorer, plan.cutoff, asked, False, convert, wanted)
    return _filled(run(verb), plan, wanted, convert)


def cpdist(
    plan: Plan, queries: Any, choices: Any, multiplier: object, dtype: npt.DTypeLike | None
) -> Scores:
    """Each query with the choice of the same row."""
    check_lengths(queries, choices)
    wanted = result_dtype(dtype, np.uint32 if plan.whole else np.float32)
    convert = _conversion(plan, multiplier, wanted)
    symbols = SymbolTable()
    lazy = not plan.hopeless and plan.processor is None
    columns = []
    for values, name in ((queries, "queries"), (choices, "choices")):
        encode = partial(_column, values, plan, name, symbols)
        listed = ListColumn.of_texts(values, encode) if lazy else None
        columns.append(listed or encode())
    rows = len(columns[0])
    if plan.hopeless or not rows:
        return _filled(np.ma.MaskedArray(np.zeros(rows), True), plan, wanted, convert)
    told = Arguments(columns, rows, Origin("numpy"))
    asked = _asked(plan, wanted, convert)
    scores = run(pairwise_of(told, plan.scorer, plan.cutoff, asked, "fail"))
    if convert is not None:
        scores = np.ma.MaskedArray(convert(np.ma.getdata(scores)), np.ma.getmask(scores))
    return _filled(scores, plan, wanted, convert)


def check_lengths(queries: Any, choices: Any) -> None:
    """Raises LengthMismatchError, a ValueError, as RapidFuzz words it."""
    lengths = [_length(queries, "queries"), _length(choices, "choices")]
    if lengths[0] != lengths[1]:
        raise LengthMismatchError(
            describe(
                "Length of queries and choices must be the same!",
                "INVALID_ARGUMENT",
                reason="LENGTH_MISMATCH",
                field="choices",
                bound=str(lengths[0]),
                value=str(lengths[1]),
            )
        )


def _length(values: Any, name: str) -> int:
    return len(sized_column(values, name))


def result_dtype(dtype: npt.DTypeLike | None, default: npt.DTypeLike) -> np.dtype[Any]:
    """The dtype asked for, one of those that scores come in."""
    made = np.dtype(default if dtype is None else dtype)
    if made not in _DTYPES:
        raise invalid(
            f"unsupported dtype: {made}",
            field="dtype",
            bound="int8 to int64, uint8 to uint64, float32 or float64",
            value=dtype,
            reason="WRONG_TYPE",
        )
    return made


def _column(values: Any, plan: Plan, name: str, symbols: SymbolTable) -> Column:
    values = sized_column(values, name)
    column = text_column(values, plan, name, symbols, skips_missing=plan.takes_missing)
    _check_missing(column, plan, name)
    return column


def _choices(values: Any, plan: Plan) -> tuple[Choices, SymbolTable]:
    """A column that the server may have already, and the symbols of queries."""
    if plan.processor is None and isinstance(values, (list, tuple)):
        try:
            known = memory.recall(values)
        except WrongTypeError:
            known = None  # text_column() knows more kinds of texts, or which one is none
        if known is not None:
            check_text(known.shared.choices.column, plan, "choices", values)
            _check_missing(known.shared.choices.column, plan, "choices")
            return known.shared.choices, known.symbols()
    symbols = SymbolTable()
    return Choices(_column(values, plan, "choices", symbols), symbols), symbols


def _check_missing(column: Column, plan: Plan, name: str) -> None:
    """Raises where a text is missing and the scorer has no score for that."""
    if plan.takes_missing:
        return
    for piece, start in zip(column.pieces, column.starts, strict=False):
        row = -1
        if piece.type == types.DATA_TYPE_NULL and piece.length:
            row = start
        elif piece.validity is not None:
            valid = unpack_bits(piece.validity, piece.start, piece.length)
            if not valid.all():
                row = start + int(valid.argmin())
        if row >= 0:
            raise invalid(
                f"passed unsupported element None: {name}[{row}] is missing, "
                f"and {plan.scorer.name} has no score for that",
                field=f"{name}[{row}]",
                bound="a text",
                value="None",
                reason="WRONG_TYPE",
            )


# --- From a scorer's scores to what was asked for -------------------------------------------------


def _asked(plan: Plan, wanted: np.dtype[Any], convert: Callable[[Scores], Scores] | None) -> str:
    """The type of scores to ask the server for."""
    if convert is None:
        return str(wanted)
    return "int64" if plan.whole else "float64"


def _conversion(
    plan: Plan, multiplier: object, wanted: np.dtype[Any]
) -> Callable[[Scores], Scores] | None:
    """What makes the wanted scores; None where the server can, if nothing is multiplied."""
    factor = as_number(multiplier, "score_multiplier")
    if plan.whole:
        times = int(factor)
        if times < 0:
            raise invalid(
                f"score_multiplier is {quote(multiplier)}, expected at least 0 for the whole "
                f"numbers of {plan.scorer.name}",
                field="score_multiplier",
                bound="at least 0",
                value=multiplier,
                reason="OUT_OF_RANGE",
            )
        return None if times == 1 else lambda scores: _multiplied(scores, times, wanted)
    if factor == 1 and wanted.kind == "f":
        return None
    return lambda scores: as_dtype(scores.astype(np.float64, copy=False) * factor, wanted)


def _multiplied(scores: Scores, times: int, wanted: np.dtype[Any]) -> Scores:
    """Whole numbers times another; what is too great for the type is its maximum."""
    if wanted.kind == "f":
        return (scores * np.float64(times)).astype(wanted)
    most = int(np.iinfo(wanted).max)
    fits = most // times if times else most
    products = np.minimum(scores.astype(np.uint64), np.uint64(fits)) * np.uint64(min(times, most))
    products[scores > fits] = most
    return products.astype(wanted)


def as_dtype(scores: Scores, wanted: np.dtype[Any]) -> Scores:
    """Floats as a type: for integers rounded, halves away from 0, and kept in its range."""
    if wanted.kind == "f":
        return scores.astype(wanted)
    info = np.iinfo(wanted)
    if scores.size and scores.min() >= 0 and scores.max() < min(info.max, _EXACT_MAX):
        return (scores + _ALMOST_HALF).astype(wanted)  # which cuts off what is behind the point
    whole = np.trunc(scores + np.copysign(_ALMOST_HALF, scores))
    # A float of the greatest 64-bit integer is one more than that: such are put in by themselves.
    over, under = whole >= float(info.max), whole <= float(info.min)
    whole[over | under | np.isnan(whole)] = 0
    out: Scores = whole.astype(wanted)
    out[over], out[under] = info.max, info.min
    return out


def _filled(
    scores: Any,
    plan: Plan,
    wanted: np.dtype[Any],
    convert: Callable[[Scores], Scores] | None,
) -> Scores:
    """The worst score where a text is missing, or no score passes the cutoff."""
    if not isinstance(scores, np.ma.MaskedArray):
        return scores  # type: ignore[no-any-return]
    worst = np.array([plan.worst or 0.0])
    worst = worst.astype(wanted) if convert is None else convert(worst)
    out = np.array(scores.data, wanted)
    out[np.ma.getmaskarray(scores)] = worst[0]
    return out
