"""A verb over rows: cut into calls of a size that the server takes, and put together again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ._exceptions import RowErrorWarning, TooLargeError, describe
from ._limits import Limits
from ._loops import warn_outside
from ._placement import Placement
from ._ranges import Range, cut, halves
from ._shared_memory import Region, columns_bytes_max
from ._wire import DecodeError, Writer, fields
from .v1 import types_pb2 as types

if TYPE_CHECKING:  # numpy is not imported before there are columns
    from ._columns import Column
    from ._results import Results

# As long as a call should be whose columns are encoded while the server has the one before.
_LAZY_REQUEST_BYTES = 4 << 20

_ROW_ERRORS, _RESULT = 1, 15  # in PairwiseResponse as in RunResponse


class OtherRowsError(Exception):
    """A list has other rows than such as can be encoded one by one: it is to be seen as a whole."""


@dataclass(slots=True)
class ColumnVerb:
    """Columns to send, each with its field number, behind a `head` of the other fields."""

    method: str
    head: bytes
    columns: Sequence[tuple[int, Column]]
    rows: int
    results: Results
    # The fields in which the request has a RegionSpan for its results; none: it has no such.
    result_span: tuple[int, ...] = ()
    # What errors count rows from: where the columns are a batch of longer ones.
    first_row: int = 0
    _row_errors: int = 0
    _first_error: tuple[int, str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _encoding: threading.Lock = field(default_factory=threading.Lock)

    def plan(self, limits: Limits) -> list[Range]:
        """Cuts the rows into calls, in ascending order; one call even where there are no rows."""
        if self.lazy:  # in smaller ones: so the server has something to do sooner
            preferred = min(limits.request_bytes_preferred, _LAZY_REQUEST_BYTES)
            limits = replace(limits, request_bytes_preferred=preferred)
        edges = {0, self.rows}
        for _, column in self.columns:
            edges.update(column.edges)
        return cut(edges, self.nbytes, limits)

    def split(self, rows: Range) -> list[Range]:
        """Two halves; nothing for a single row."""
        return halves(rows)

    def nbytes(self, begin: int, end: int) -> int:
        """About how long the columns of a range are."""
        return sum(column.nbytes(begin, end) for _, column in self.columns)

    def request(
        self, rows: Range, region: Region | None = None, bytes_max: int | None = None
    ) -> bytes:
        """The request for a range that plan() or split() gave; its columns in the region.

        Raises TooLargeError for a message over `bytes_max` whose rows can be split.
        """
        if region is not None:
            placement = Placement(region, columns_bytes_max(results=True))
            out = self._write(rows, placement.writer)
            if placement.finish():
                if self.result_span:
                    self._write_result_span(out, region)
                return out.join()
        out = self._write(rows, Writer)
        if bytes_max is not None and out.nbytes > bytes_max and self.split(rows):
            # What goes with views is estimated, and may lie anywhere.
            raise TooLargeError(
                describe(
                    f"the request would have {out.nbytes} bytes",
                    "RESOURCE_EXHAUSTED",
                    bound=f"at most {bytes_max} bytes",
                    value=out.nbytes,
                )
            )
        return out.join()

    def _write(self, rows: Range, writer: Callable[[], Writer]) -> Writer:
        out = Writer()
        out.raw(self.head)
        # What the interpreter does one at a time is done in order, so that calls leave in turn.
        with self._encoding if self.lazy else nullcontext():
            for number, column in self.columns:
                out.message(number, column.encode(*rows, writer))
        return out

    def _write_result_span(self, out: Writer, region: Region) -> None:
        """Messages that come twice merge: this adds to what `head` has."""
        inner = region.result_span()
        for number in reversed(self.result_span[1:]):
            outer = Writer()
            outer.message(number, inner)
            inner = outer
        out.message(self.result_span[0], inner)

    def accept(self, rows: Range, reply: bytes, region: Region | None = None) -> None:
        """Takes the reply for a range, whose results may be in the region.

        Thread-safe. Raises DecodeError where it is none.
        """
        result: memoryview | None = None
        for number, value in fields(memoryview(reply)):
            if number == _RESULT and isinstance(value, memoryview):
                result = value
            elif number == _ROW_ERRORS and isinstance(value, memoryview):
                first_row = self.first_row + rows[0]
                self._note(types.RowErrors.FromString(bytes(value)), first_row)
        if result is None:
            raise DecodeError("there is no result column in it")
        self.results.put(*rows, result, region)

    def _note(self, errors: types.RowErrors, first_row: int) -> None:
        with self._lock:
            self._row_errors += errors.count
            for error in errors.first[:1]:
                row = error.row + first_row
                if self._first_error is None or row < self._first_error[0]:
                    self._first_error = (row, f"row {row}, {error.reason}: {error.message}")

    @property
    def lazy(self) -> bool:
        """Whether some columns are encoded only when they are sent."""
        return any(column.lazy for _, column in self.columns)

    def prepare(self) -> None:
        """Begins anew, with all columns encoded beforehand. Raises what is wrong with them."""
        self.columns = [(number, column.prepared()) for number, column in self.columns]
        self._row_errors, self._first_error = 0, None

    def finish(self) -> Any:
        """The result, once every range has been accepted."""
        return self.results.finish()

    def warn(self) -> None:
        """Tells of rows that failed: in the caller's thread, whose code the warning points at."""
        if self._row_errors:
            _warn_of_row_errors(
                self._row_errors, self._first_error[1] if self._first_error else "?"
            )


def _warn_of_row_errors(count: int, first: str) -> None:
    """Null results are easy to overlook. Points at the first code outside of this package."""
    warn_outside(f"{count} rows failed and are null; the first: {first}", RowErrorWarning)
