"""Columns that come in batches: an iterator of them in, an iterator of results out.

Nothing is read before it is asked for, and nothing is kept: it takes the memory of a batch, however
many there are.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from ._deadline import UNSET
from ._exceptions import Error, LengthMismatchError, describe, invalid
from ._nulls import is_null

# Two columns of one length.
Pair: TypeAlias = "tuple[Any, Any]"

_END = object()


def batches_of(value: Any) -> tuple[Any, Iterator[Any] | None]:
    """What to read instead of `value`, and its batches where it is an iterator of such.

    That is a pyarrow.RecordBatchReader, or an iterator whose first item is a column of some
    library, a table, or a pair of columns. Of other iterators the items are rows.
    """
    if is_reader(value):
        return value, iter(value)
    if not isinstance(value, Iterator):
        return value, None
    first = next(value, _END)
    if first is _END:
        return [], None
    rest = itertools.chain([first], value)
    pair = isinstance(first, tuple) and len(first) == 2 and all(map(_is_column, first))
    return rest, rest if pair or _is_column(first) else None


def is_reader(value: object) -> bool:
    """Whether it is a pyarrow.RecordBatchReader. Whoever has one has imported pyarrow."""
    return type(value).__module__.startswith("pyarrow") and hasattr(value, "read_next_batch")


def _is_column(value: object) -> bool:
    """A column or a table of some library; a list is a row, of symbols."""
    library = type(value).__module__.partition(".")[0]
    sized = hasattr(value, "__len__") and not hasattr(value, "as_py")
    return library in ("numpy", "pandas", "polars", "pyarrow") and sized


def pairs_of(left: Any, right: Any) -> tuple[Any, Any, Iterator[Pair] | None]:
    """What to read instead of both, and pairs of batches where they come in batches."""
    left, lefts = batches_of(left)
    if right is UNSET:
        if lefts is None:
            raise _unfit("right", right, "is missing")
        return left, right, ((c[0], c[1]) for c in (_columns(b, 2, "left") for b in lefts))
    right, rights = batches_of(right)
    if lefts is None and rights is None:
        return left, right, None
    if lefts is not None and rights is not None:
        return left, right, _aligned(columns_of(lefts, "left"), columns_of(rights, "right"))
    if lefts is not None:
        if not _is_text(right):
            raise _unfit("right", right, "does not come in batches, as left does")
        return left, right, ((column, right) for column in columns_of(lefts, "left"))
    assert rights is not None
    if not _is_text(left):
        raise _unfit("left", left, "does not come in batches, as right does")
    return left, right, ((left, column) for column in columns_of(rights, "right"))


def queries_of(queries: Any, choices: Any) -> tuple[Any, Iterator[Any] | None]:
    """What to read instead of the queries, and their columns where they come in batches."""
    queries, batches = batches_of(queries)
    if batches is None:
        return queries, None
    if choices is None:
        raise invalid(
            "the queries come in batches and there are no choices: a column that is compared with "
            "itself has to be there as a whole",
            field="choices",
            bound="a column",
            value="None",
            reason="INVALID_ARGUMENT",
        )
    return queries, columns_of(batches, "queries")


def columns_of(batches: Iterator[Any], name: str) -> Iterator[Any]:
    """One column for each batch."""
    return (_columns(batch, 1, name)[0] for batch in batches)


def _is_text(value: object) -> bool:
    return is_null(value) or isinstance(value, (str, bytes))


def _unfit(name: str, value: object, how: str) -> Error:
    return invalid(
        f"{name} {how}: it should be a column, an iterator of columns, or one text",
        field=name,
        bound="a column, an iterator of columns, or one text",
        value="nothing" if value is UNSET else type(value).__name__,
        reason="WRONG_TYPE",
    )


def _columns(batch: Any, count: int, name: str) -> list[Any]:
    """The columns of a batch: a table's, a pair's, or the batch itself."""
    columns = [batch]
    if isinstance(batch, tuple):
        columns = list(batch)
    elif hasattr(batch, "iter_columns"):  # a table of Polars
        columns = list(batch.iter_columns())
    elif hasattr(batch, "itercolumns"):  # of pyarrow
        columns = list(batch.itercolumns())
    elif getattr(batch, "ndim", 1) == 2 and hasattr(batch, "iloc"):  # of pandas
        columns = [batch.iloc[:, column] for column in range(batch.shape[1])]
    if len(columns) != count:
        raise invalid(
            f"a batch of {name} has {len(columns)} columns, expected {count}",
            field=name,
            bound=str(count),
            value=len(columns),
            reason="INVALID_ARGUMENT",
        )
    return columns


def _aligned(lefts: Iterator[Any], rights: Iterator[Any]) -> Iterator[Pair]:
    """Pairs of one length, whatever lengths the batches of both sides have."""
    left, right, rows = _next(lefts), _next(rights), 0
    while left is not _END and right is not _END:
        count = min(len(left), len(right))
        yield _slice(left, 0, count), _slice(right, 0, count)
        rows += count
        left = _slice(left, count, len(left)) if count < len(left) else _next(lefts)
        right = _slice(right, count, len(right)) if count < len(right) else _next(rights)
    if left is not right:
        longer, shorter = ("right", "left") if left is _END else ("left", "right")
        raise LengthMismatchError(
            describe(
                f"columns differ in length: {shorter} has {rows} rows, {longer} has more",
                "INVALID_ARGUMENT",
                reason="LENGTH_MISMATCH",
                field=longer,
                bound=str(rows),
                value=f"over {rows}",
            )
        )


def _next(batches: Iterator[Any]) -> Any:
    """The next batch that has rows."""
    return next((batch for batch in batches if len(batch)), _END)


def _slice(column: Any, begin: int, end: int) -> Any:
    return column.iloc[begin:end] if hasattr(column, "iloc") else column[begin:end]


def numbered(batches: Iterator[Any]) -> Iterator[tuple[Any, int]]:
    """Each batch, or pair of them, and the number of its first row."""
    first_row = 0
    for batch in batches:
        yield batch, first_row
        columns = batch if isinstance(batch, tuple) else [batch]
        first_row += next(len(column) for column in columns if not _is_text(column))


def reader_of(results: Iterator[Any], empty: Callable[[], Any]) -> Any:
    """Arrays of scores, or tables, as a pyarrow.RecordBatchReader.

    Its schema is that of the first, which is computed here; `empty` gives one where there is none.
    """
    import pyarrow as pa

    def batches() -> Iterator[Any]:
        for result in itertools.chain([first], results):
            if isinstance(result, pa.Table):
                yield from result.to_batches()
            else:
                chunks = result.chunks if isinstance(result, pa.ChunkedArray) else [result]
                yield from (pa.record_batch([chunk], names=["score"]) for chunk in chunks)

    first = next(results, None)
    if first is None:
        first = empty()
    schema = first.schema if isinstance(first, pa.Table) else pa.schema({"score": first.type})
    return pa.RecordBatchReader.from_batches(schema, batches())


def empty_batch(value: object, columns: int) -> Any:
    """A batch of no rows, of one column or a pair, where `value` is a reader; else None."""
    if not is_reader(value):
        return None
    import pyarrow as pa

    column = pa.array([], pa.string())
    return column if columns == 1 else (column, column)
