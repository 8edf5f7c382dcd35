"""Choices of rapidfuzz.process: a list, a dict, a pandas Series, any column or iterable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .._columns import FIXED_WIDTH, VIEW_TYPES, Column
from .._exceptions import WrongTypeError, invalid
from .._inputs import column_from
from .._symbols import SymbolTable
from ..v1 import types_pb2 as types
from ._plans import Plan, not_a_string
from ._scores import is_missing, sequence

_NUMBERS = {types.DATA_TYPE_BOOL, *FIXED_WIDTH} - set(VIEW_TYPES)


@dataclass(frozen=True, slots=True)
class Choices:
    """All choices at once. `column` is what a verb takes for a column of the texts.

    `text` and `key` give what a result has of a row: the choice itself, and its key, if that is
    not the row.
    """

    column: Any
    rows: int
    text: Callable[[int], Any]
    key: Callable[[int], Any] | None = None

    @classmethod
    def of(cls, choices: Any) -> Choices:
        """Reads what is no list: an iterator to its end.

        Raises WrongTypeError where it is not iterable.
        """
        if isinstance(choices, (list, tuple)):
            return cls(choices, len(choices), choices.__getitem__)
        if _is_series(choices):
            # As iterating has it: numbers of the index as Python's.
            return cls(
                choices,
                len(choices),
                lambda row: next(iter(choices.iloc[row : row + 1])),
                lambda row: next(iter(choices.index[row : row + 1])),
            )
        if hasattr(choices, "items"):
            keys, values = [], []
            for key, value in choices.items():
                keys.append(key)
                values.append(value)
            return cls(values, len(values), values.__getitem__, keys.__getitem__)
        if _is_column(choices):
            return cls(choices, len(choices), choices.__getitem__)
        values = list(iterated(choices))
        return cls(values, len(values), values.__getitem__)

    def matches(self, rows: list[int], scores: list[Any]) -> list[tuple[Any, Any, Any]]:
        """The choice, the score, and the key or index of each row."""
        keys = rows if self.key is None else map(self.key, rows)
        return list(zip(map(self.text, rows), scores, keys, strict=True))


def blocks_of_all(choices: Any, rows_max: int) -> Iterator[tuple[Sequence[Any], Sequence[Any]]]:
    """Keys and choices of a list, tuple or dict, so many at a time."""
    keys: Sequence[Any] = range(len(choices))
    if isinstance(choices, dict):
        keys, choices = list(choices), list(choices.values())
    for begin in range(0, len(choices), rows_max):
        yield keys[begin : begin + rows_max], choices[begin : begin + rows_max]


def pairs_of(choices: Any) -> Iterator[tuple[Any, Any]]:
    """Each choice's key, or index, and the choice, read one by one."""
    if hasattr(choices, "items"):
        return iter(choices.items())
    return enumerate(iterated(choices))


def iterated(choices: Any) -> Iterable[Any]:
    """`choices`, if it can be iterated over."""
    if not hasattr(choices, "__iter__") and not hasattr(choices, "__getitem__"):
        kind = type(choices).__name__
        raise invalid(
            f"choices is a {kind}: {kind!r} object is not iterable",
            field="choices",
            bound="an iterable of texts, or a mapping to them",
            value=kind,
            reason="WRONG_TYPE",
        )
    return choices  # type: ignore[no-any-return]


def _is_series(value: object) -> bool:
    library = type(value).__module__.partition(".")[0]
    return library == "pandas" and type(value).__name__ == "Series"


def _is_column(value: object) -> bool:
    """Whether a verb takes it as it is, and its elements are what iterating over it gives."""
    if isinstance(value, np.ndarray):
        return value.ndim == 1
    library = type(value).__module__.partition(".")[0]
    return library == "polars" and type(value).__name__ == "Series"


def sized_column(values: Any, name: str) -> Any:
    """What a verb takes for the column of a sized collection, iterated over.

    Raises WrongTypeError where it has no length, as RapidFuzz's matrices do.
    """
    if isinstance(values, (list, tuple)) or _is_series(values) or _is_column(values):
        return values
    if not hasattr(values, "__len__"):
        kind = type(values).__name__
        raise invalid(
            f"{name} is a {kind}: object of type {kind!r} has no len()",
            field=name,
            bound="a collection of texts",
            value=kind,
            reason="WRONG_TYPE",
        )
    return list(values)


def text_column(
    values: Any, plan: Plan, name: str, symbols: SymbolTable, *, skips_missing: bool = True
) -> Column:
    """The column of what is compared; what is missing is null in it.

    `skips_missing`: the processor is not called for that.

    Raises WrongTypeError, whose field begins with `name`, for what is no text.
    """
    if plan.processor is not None:
        values = _processed(values, plan, name, skips_missing)
    try:
        column, _ = column_from(values, name, symbols)
    except WrongTypeError:
        if not isinstance(values, (list, tuple)):
            raise
        # A class of somebody's own may do for a sequence.
        column, _ = column_from(_sequences(values, name), name, symbols)
    check_text(column, plan, name, values)
    return column


def _sequences(values: Any, name: str) -> list[Any]:
    """Raises WrongTypeError for the first that is none, naming its row."""
    return [
        None if is_missing(value) else sequence(value, f"{name}[{row}]")
        for row, value in enumerate(values)
    ]


def _processed(values: Any, plan: Plan, name: str, skips_missing: bool) -> list[Any]:
    rows = []
    for row, value in enumerate(values):
        missing = skips_missing and is_missing(value)
        rows.append(None if missing else plan.text(value, f"{name}[{row}]"))
    return rows


def check_text(column: Column, plan: Plan, name: str, values: Any) -> None:
    """Raises WrongTypeError where the column has numbers, or sequences for default_process."""
    for piece in column.pieces:
        if piece.type in _NUMBERS and piece.dictionary is None:
            _sequences(values, name)
        if plan.scorer.processor is not None and piece.type == types.DATA_TYPE_SYMBOLS:
            raise not_a_string([], name)
