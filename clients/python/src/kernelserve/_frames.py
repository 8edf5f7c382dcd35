"""Data frames of Polars, pandas and Arrow under one signature: columns in, rows put side by side.

Neither Polars nor pandas is imported: whoever has a frame of theirs has imported them.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from ._exceptions import Error, UnknownNameError, describe, invalid, quote

Library: TypeAlias = Literal["pyarrow", "polars", "pandas"]
# Of one or of many frames, by number; -1 is no row. Of 32 bits where there are many.
Rows: TypeAlias = "npt.NDArray[np.integer[Any]]"


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame, its library, and the argument that it was given as."""

    data: Any
    library: Library
    argument: str

    @classmethod
    def of(cls, value: Any, argument: str) -> Frame:
        """Raises WrongTypeError where it is no frame."""
        library = type(value).__module__.partition(".")[0]
        if library == "polars" and type(value).__name__ == "DataFrame":
            return cls(value, "polars", argument)
        if library == "pandas" and getattr(value, "ndim", 0) == 2:
            return cls(value, "pandas", argument)
        if isinstance(value, pa.Table):
            return cls(value, "pyarrow", argument)
        if type(value).__name__ == "LazyFrame":
            raise no_frame(value, argument, "which `.ks` of kernelserve.polars takes")
        if hasattr(value, "__arrow_c_stream__") or hasattr(value, "__arrow_c_array__"):
            try:
                return cls(pa.table(value), "pyarrow", argument)
            except (pa.ArrowException, TypeError, ValueError):
                pass
        raise no_frame(value, argument, "which has no columns by name")

    @property
    def names(self) -> list[Any]:
        return list(self.data.column_names if self.library == "pyarrow" else self.data.columns)

    def __len__(self) -> int:
        return self.data.num_rows if self.library == "pyarrow" else len(self.data)

    def column(self, name: Any, argument: str) -> Any:
        """A column as an Arrow array, under the type that its library has it in.

        Raises UnknownNameError, naming the argument, where there is none of this name, and
        WrongTypeError where Arrow has no type for it.
        """
        names = self.names
        if names.count(name) != 1:
            raise self._unknown(name, names, argument)
        try:
            if self.library == "polars":
                newest = sys.modules["polars"].CompatLevel.newest()
                return self.data.get_column(name).rechunk().to_arrow(compat_level=newest)
            if self.library == "pandas":
                made = pa.array(self.data[name], from_pandas=True)
            else:
                made = self.data.column(name)
            return _in_one_array(made)
        except (pa.ArrowException, UnicodeEncodeError, TypeError, NotImplementedError) as error:
            raise wrong_column(self, name, argument, f"cannot be an Arrow array: {error}") from None

    def _unknown(self, name: Any, names: list[Any], argument: str) -> Error:
        close = difflib.get_close_matches(str(name), map(str, names), 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        told = "no column" if name not in names else "more than one column"
        return UnknownNameError(
            describe(
                f"{argument}: {self.argument} has {told} named {quote(name)}{hint}",
                "NOT_FOUND",
                field=argument,
                bound=quote(names, str),
                value=quote(name, str),
            )
        )

    def select(self, names: Sequence[Any]) -> Frame:
        """The frame with these columns alone."""
        data = self.data[list(names)] if self.library == "pandas" else self.data.select(names)
        return Frame(data, self.library, self.argument)

    def take(self, rows: Rows) -> Any:
        """The frame of these rows, in this order; nulls where there is no row."""
        if self.library == "polars":
            return self._take_polars(rows)
        if self.library == "pandas":
            plain = self.data.reset_index(drop=True)
            return plain.take(rows) if len(rows) == 0 or rows.min() >= 0 else plain.reindex(rows)
        mask = rows < 0
        at = pa.array(rows, mask=mask if mask.any() else None)
        columns = [_taken(column, at) for column in self.data.itercolumns()]
        return pa.table(columns, schema=self.data.schema)

    def _take_polars(self, rows: Rows) -> Any:
        polars = sys.modules["polars"]
        at = polars.Series(rows)
        if not len(rows) or rows.min() >= 0:
            return self.data[at]
        return self.data.select(polars.all().gather(at.set(at < 0, None)))

    def to(self, library: Library) -> Frame:
        """The same rows as a frame of another library."""
        if library == self.library:
            return self
        table = self.data
        if self.library != "pyarrow":
            table = pa.table(table) if self.library == "polars" else pa.Table.from_pandas(table)
        if library == "polars":
            table = sys.modules["polars"].from_arrow(table)
        elif library == "pandas":
            table = table.to_pandas()
        return Frame(table, library, self.argument)


def is_frame(value: object) -> bool:
    """Whether it has columns by name, of which one has to be chosen."""
    library = type(value).__module__.partition(".")[0]
    if library in ("polars", "pandas"):
        return type(value).__name__ in ("DataFrame", "LazyFrame")
    return isinstance(value, (pa.Table, pa.RecordBatch))


def side_by_side(
    left: Any,
    right: Any,
    scores: npt.NDArray[Any],
    missing: npt.NDArray[np.bool_] | None,
    *,
    library: Library,
    names: Sequence[Any],
    score_name: str,
) -> Any:
    """Two frames of one height and a column of scores, `missing` ones null, as one frame.

    `names` are those of right's columns.
    """
    if library == "pyarrow":
        columns = [*left.itercolumns(), *right.itercolumns(), pa.array(scores, mask=missing)]
        return pa.table(columns, names=[*left.column_names, *names, score_name])
    module = sys.modules[library]
    if library == "polars":
        made = module.from_arrow(pa.array(scores, mask=missing)).alias(score_name)
        renamed = [c.alias(name) for c, name in zip(right.iter_columns(), names, strict=True)]
        return left.hstack([*renamed, made])
    right = right.set_axis(list(names), axis=1).reset_index(drop=True)
    column: Any = scores
    if missing is not None:
        whole = scores.dtype.kind in "iu"
        column = module.arrays.IntegerArray(scores, missing) if whole else scores.copy()
        if not whole:
            column[missing] = np.nan
    frame = module.concat([left.reset_index(drop=True), right], axis=1)
    frame[score_name] = column
    return frame


def wrong_column(frame: Frame, name: Any, argument: str, why: str) -> Error:
    return invalid(
        f"{argument}: the column {quote(name)} of {frame.argument} {why}",
        field=argument,
        bound="a column of texts" if argument.endswith("on") else "a column of values",
        value=quote(name, str),
        reason="WRONG_TYPE",
    )


def no_frame(value: object, argument: str, why: str) -> Error:
    kind = type(value).__name__
    return invalid(
        f"{argument} is a {kind}, {why}: with on= or by=, it should be a frame of Polars, pandas "
        f"or pyarrow",
        field=argument,
        bound="a frame",
        value=kind,
        reason="WRONG_TYPE",
    )


def _in_one_array(made: Any) -> Any:
    if not isinstance(made, pa.ChunkedArray):
        return made
    whole = made.unify_dictionaries().combine_chunks()
    return whole.chunk(0) if isinstance(whole, pa.ChunkedArray) else whole


def _taken(column: Any, rows: Any) -> Any:
    """pyarrow gathers rows of everything but views."""
    kind = column.type
    wide = without_views(kind)
    return pc.take(column, rows) if wide == kind else pc.take(column.cast(wide), rows).cast(kind)


def expanded(array: Any) -> Any:
    """An array's values, where it has them in a dictionary."""
    if not pa.types.is_dictionary(array.type):
        return array
    values = array.dictionary
    return pc.take(values.cast(without_views(values.type)), array.indices)


def without_views(kind: Any) -> Any:
    """The type of the same values that pyarrow's functions take."""
    wide = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}
    return wide.get(kind, kind)
