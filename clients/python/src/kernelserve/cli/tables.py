"""A file of rows in, the same rows with one more column out, in constant memory."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias

from .._exceptions import Error, RowErrorWarning
from .csv_table import CsvReader, CsvWriter
from .errors import DataError, line_of, unknown_column
from .json_lines_table import JsonLinesReader, JsonLinesWriter
from .listing import is_terminal
from .parquet_table import ParquetReader, ParquetWriter
from .progress import show_progress

Reader: TypeAlias = CsvReader | JsonLinesReader | ParquetReader
Writer: TypeAlias = CsvWriter | JsonLinesWriter | ParquetWriter

# What names without an ending are, and standard streams that nothing else is said of.
_CSV = ".csv"
_DELIMITERS = {_CSV: ",", ".tsv": "\t"}
_JSON_LINES = (".jsonl", ".ndjson")
_PARQUET = (".parquet", ".pq")
FORMATS = "CSV (.csv), TSV (.tsv), JSON Lines (.jsonl) or Parquet (.parquet)"


def append_column(
    reader: Reader,
    out: str,
    name: str,
    columns: Sequence[str],
    compute: Callable[..., Any],
    *,
    progress: bool,
    standard: str = _CSV,
) -> None:
    """Writes the reader's rows to `out`, and as column `name` what `compute` gives for `columns`.

    `compute` takes Arrow arrays and gives one of as many rows. `standard` is as in open_writer().
    Whatever fails, `out` is either what
    it was or complete.
    """
    for wanted in columns:
        if wanted not in reader.columns:
            raise unknown_column(wanted, reader.columns, reader.name)
    for there in reader.columns:
        if reader.columns.count(there) > 1:
            raise DataError(f"{reader.name} has {reader.columns.count(there)} columns {there!r}")
    if name in reader.columns:
        raise DataError(
            f"{reader.name} already has a column {name!r}: name the new one with --column"
        )
    rows_done = 0
    bar = show_progress(reader, bar_is_wanted(out, progress))
    with bar as advance, open_writer(out, standard) as writer:
        for batch in reader.batches():
            with _counted_from(rows_done, reader.name):
                result = compute(*(batch.column(wanted) for wanted in columns))
            writer.write(batch.append_column(name, result))
            rows_done += batch.num_rows
            advance(rows_done)


def bar_is_wanted(out: str, progress: bool) -> bool:
    """Not where the rows go to the same terminal."""
    return progress and not (out == "-" and is_terminal(sys.stdout))


@contextmanager
def _counted_from(rows_done: int, source: str) -> Iterator[None]:
    """Errors and warnings count rows from the first of a batch: says where that is."""
    where = f"{source}, in the rows after the first {rows_done}: " if rows_done else f"{source}: "
    try:
        with warnings.catch_warnings(record=True, action="always") as caught:
            yield
    except Error as error:
        if error.row is None:
            raise
        raise DataError(f"{where}{line_of(error)}") from None
    for warning in caught:
        placed = where if issubclass(warning.category, RowErrorWarning) else ""
        warnings.warn(f"{placed}{warning.message}", warning.category, stacklevel=2)


def open_reader(path: str, standard: str = _CSV) -> AbstractContextManager[Reader]:
    """The table in a file; `-` is standard input, which is of the format `standard`."""
    ending = _ending(path, standard)
    name = "standard input" if path == "-" else path
    try:
        if path == "-" and sys.stdin is None:
            raise DataError("standard input is closed")
        stream = sys.stdin.buffer if path == "-" else open(path, "rb")  # noqa: SIM115
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from None
    try:
        if ending in _PARQUET:
            return closing(ParquetReader(stream, name))
        if ending in _JSON_LINES:
            return closing(JsonLinesReader(stream, name))
        return closing(CsvReader(stream, name, _DELIMITERS[ending]))
    except BaseException:
        stream.close()
        raise


@contextmanager
def open_writer(path: str, standard: str = _CSV) -> Iterator[Writer]:
    """What writes a table to a file; `-` is standard output, which is of the format `standard`."""
    ending = _ending(path, standard)
    with _open_output(path) as stream:
        if ending in _PARQUET:
            with closing(ParquetWriter(stream)) as parquet:
                yield parquet
        elif ending in _JSON_LINES:
            with closing(JsonLinesWriter(stream)) as lines:
                yield lines
        else:
            with closing(CsvWriter(stream, _DELIMITERS[ending])) as csv:
                yield csv


def _ending(path: str, standard: str) -> str:
    ending = standard if path == "-" else Path(path).suffix.lower() or _CSV
    if ending not in (*_DELIMITERS, *_JSON_LINES, *_PARQUET):
        raise DataError(f"{path} is of no known format, expected {FORMATS} by the name's ending")
    return ending


@contextmanager
def _open_output(path: str) -> Iterator[BinaryIO]:
    """A file gets its name once it is complete: a reader never sees half of one."""
    if path == "-":
        if sys.stdout is None:
            raise DataError("standard output is closed")
        yield sys.stdout.buffer
        return
    target = Path(path)
    # A pipe, a device, or another name of an open file, such as /dev/stdout.
    in_place = (target.exists() and not target.is_file()) or path.startswith(("/dev/", "/proc/"))
    if not in_place:
        target = target.resolve()  # a symbolic link stays one
    partial = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        stream = open(target if in_place else partial, "wb" if in_place else "xb")  # noqa: SIM115
    except OSError as error:
        raise DataError(f"{path} cannot be written: {error.strerror}") from None
    try:
        with stream:
            yield stream
        if not in_place:
            partial.replace(target)
    finally:
        if not in_place:
            partial.unlink(missing_ok=True)
