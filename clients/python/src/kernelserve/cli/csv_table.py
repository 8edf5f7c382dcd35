"""CSV in and out, block by block.

Every column is text, so that "007" leaves as it came. An empty field is a null and `""` an empty
text, in both directions.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from .errors import DataError

# Some 150,000 pairs of words: enough that a call's own cost does not show, and a progress bar still
# moves.
_BLOCK_BYTES = 4 << 20

# What a row may have, since a row is held as a whole; it is an open quote's fault if it has more.
_ROW_BYTES_MAX = 256 << 20


class CsvReader:
    """Reads a stream that begins with a line of column names.

    pyarrow's own reader of streams reads ahead from threads, which a process that ends meanwhile
    does not survive if the stream is Python's. So blocks of whole rows are cut here.

    Attributes:
        name: what the stream is called in messages.
        columns: the names of its columns.
        position: how many bytes have been handed out.
        size: how many there are, None if that is not known.
    """

    def __init__(self, stream: BinaryIO, name: str, delimiter: str) -> None:
        self.name = name
        self.position = 0
        self.size: int | None = None
        if stream.seekable():
            self.size = stream.seek(0, io.SEEK_END)
            stream.seek(0)
        self._stream = stream
        self._delimiter = delimiter
        row = _row_pattern(delimiter)
        self._row = re.compile(row)
        self._rows = re.compile(b"(?:%b)*+" % row)
        self._data = b""  # read, and not handed out
        self._ended = False
        self._rows_done = 0
        self._lines_done = 0
        self.columns = self._read_names()

    def _read_names(self) -> list[str]:
        line = self._take(self._row)
        if line is None:
            raise DataError(f"{self.name} is empty, expected a line with the names of its columns")
        try:
            text = line.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DataError(f"{self.name}: its first line is not UTF-8") from None
        try:
            names = next(csv.reader([text], delimiter=self._delimiter), [])
        except csv.Error as error:
            raise DataError(f"{self.name}: its first line cannot be read: {error}") from None
        if not names:
            raise DataError(f"{self.name} begins with an empty line, expected its columns' names")
        return names

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, in order, and at least one batch, if an empty one."""
        block = self._take(self._rows)
        if block is None:
            schema = pa.schema([(name, pa.string()) for name in self.columns])
            yield pa.RecordBatch.from_pylist([], schema)
        while block is not None:
            yield from self._parse(block)
            block = self._take(self._rows)

    def _take(self, pattern: re.Pattern[bytes]) -> bytes | None:
        """The next bytes that match `pattern`, which begins and ends with a row; None at the end.

        The last row may lack its line end.
        """
        wanted = _BLOCK_BYTES
        while True:
            if not self._ended and len(self._data) < wanted:
                some = self._stream.read(wanted - len(self._data))
                self._data += some
                self._ended = not some
                continue
            if self._ended and pattern is self._rows:
                end = len(self._data)
            elif pattern is self._rows and b'"' not in self._data:
                # What the pattern would find, in a tenth of the time.
                end = self._data.rfind(b"\n") + 1
            else:
                found = pattern.match(self._data)
                end = found.end() if found else len(self._data) if self._ended else 0
            if end:
                block, self._data = self._data[:end], self._data[end:]
                self.position += end
                self._lines_done += block.count(b"\n")
                return block
            if self._ended:
                return None
            if wanted >= _ROW_BYTES_MAX:
                raise DataError(
                    f"{self.name}: behind row {self._rows_done} comes one of over "
                    f"{_ROW_BYTES_MAX} bytes; is a quote left open?"
                )
            wanted *= 2

    def _parse(self, block: bytes) -> Iterator[pa.RecordBatch]:
        if not block.endswith(b"\n"):
            block += b"\n"  # without, pyarrow takes a null at the end for an empty text
        stream: Any = pa.BufferReader(block)
        try:
            table = pyarrow.csv.read_csv(
                stream,
                read_options=pyarrow.csv.ReadOptions(
                    block_size=len(block) + 1,
                    column_names=self.columns,
                    use_threads=False,  # with them, errors do not name a row
                ),
                parse_options=pyarrow.csv.ParseOptions(
                    delimiter=self._delimiter,
                    newlines_in_values=True,
                    # In a file of one column, an empty line is a row.
                    ignore_empty_lines=len(self.columns) > 1,
                ),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types={name: pa.string() for name in self.columns},
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
        except pa.ArrowInvalid as error:
            raise DataError(f"{self.name}: {self._explain(str(error), block)}") from None
        yield from table.to_batches()
        self._rows_done += table.num_rows

    def _explain(self, message: str, block: bytes) -> str:
        """pyarrow's message with names for numbers of columns, and rows counted over the file."""

        def row(match: re.Match[str]) -> str:
            number = int(match[1]) - 1  # it counts from 1, and everybody else here from 0
            return f"row {number + self._rows_done} (line {self._line_of(number, block)})"

        message = re.sub(
            r"In CSV column #(\d+):", lambda m: f"column {self.columns[int(m[1])]!r}:", message
        )
        return re.sub(r"Row #(\d+)", row, message)

    def _line_of(self, row: int, block: bytes) -> int:
        """The line of the file, from 1, in which a row of the last block handed out begins."""
        found = self._row.finditer(block)
        if len(self.columns) > 1:
            found = (one for one in found if one.group().strip(b"\r\n"))
        begin = next((one.start() for at, one in enumerate(found) if at == row), len(block))
        return self._lines_done - block.count(b"\n", begin) + 1

    def close(self) -> None:
        self._stream.close()


def _row_pattern(delimiter: str) -> bytes:
    """What matches one row with its line end: RFC 4180's, as pyarrow takes it.

    A quote opens a field only at its beginning. The quantifiers are possessive: nothing is tried
    twice, so that time is linear and a row that does not end matches nothing.
    """
    d = re.escape(delimiter.encode())
    quoted = rb'"[^"]*+(?:""[^"]*+)*+"[^%b\n]*+' % d
    plain = rb'[^"%b\n][^%b\n]*+' % (d, d)
    field = rb"(?:%b|%b|)" % (quoted, plain)
    return rb"(?:%b%b)*+%b\n" % (field, d, field)


class CsvWriter:
    """Writes record batches to a stream, under a line with their columns' names."""

    def __init__(self, stream: BinaryIO, delimiter: str) -> None:
        self._stream = stream
        self._delimiter = delimiter
        self._begun = False

    def write(self, batch: pa.RecordBatch) -> None:
        plain = _plain(batch)
        texts = [column for column in plain.columns if _is_text(column.type)]
        # Quotes only where a value of the batch needs them: the usual look, and easier to read.
        special = f'^$|["\r\n{self._delimiter}]'
        quoted = any(pc.any(pc.match_substring_regex(text, special)).as_py() for text in texts)
        options = pyarrow.csv.WriteOptions(
            include_header=False,
            delimiter=self._delimiter,
            quoting_style="needed" if quoted else "none",
        )
        out = pa.BufferOutputStream()
        try:
            pyarrow.csv.write_csv(plain, out, options)
        except pa.ArrowInvalid as error:
            raise DataError(f"CSV cannot hold this: {error}") from None
        if not self._begun:
            line = io.StringIO()
            csv.writer(line, delimiter=self._delimiter, lineterminator="\n").writerow(
                batch.schema.names
            )
            self._stream.write(line.getvalue().encode())
            self._begun = True
        self._stream.write(out.getvalue())

    def close(self) -> None:
        self._stream.flush()


def _is_text(kind: pa.DataType) -> bool:
    return kind in (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())


def _plain(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The rows without what pyarrow's CSV writer does not know, or would not quote.

    Views it does not know, and in dictionaries nobody sees which values need quotes.
    """
    columns: list[Any] = []
    for column in batch.columns:
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        if column.type == pa.string_view():
            column = column.cast(pa.large_string())
        elif column.type == pa.binary_view():
            column = column.cast(pa.large_binary())
        elif pa.types.is_fixed_size_binary(column.type):
            column = column.cast(pa.binary())
        columns.append(column)
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
