"""CSV in and out, block by block.

Every column is text, so that "007" leaves as it came. An empty field is a null and `""` an empty
text, in both directions.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from .errors import DataError

# Some 100,000 pairs of words: enough that a call's own cost does not show, and a progress bar still
# moves. It also bounds the length of a row.
_BLOCK_BYTES = 4 << 20

# A header longer than this is no header: the file is something else.
_HEADER_BYTES_MAX = 1 << 20


class CsvReader:
    """Reads a stream that begins with a line of column names.

    Attributes:
        name: what the stream is called in messages.
        columns: the names of its columns.
        unit: what `position` and `size` count.
        position: how far reading has got.
        size: where it ends, None if that is not known.
    """

    unit = "bytes"

    def __init__(self, stream: BinaryIO, name: str, delimiter: str) -> None:
        self.name = name
        self._delimiter = delimiter
        seekable = stream.seekable()
        self.size: int | None = stream.seek(0, io.SEEK_END) if seekable else None
        if seekable:
            stream.seek(0)
        header, rest = _read_header(stream, name)
        try:
            text = header.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise DataError(f"{name}: its first line is not UTF-8") from None
        self.columns: list[str] = next(csv.reader([text], delimiter=delimiter), [])
        if not self.columns:
            raise DataError(f"{name} begins with an empty line, expected the names of its columns")
        self._rest = _Rest(rest, stream)
        self._header_bytes = len(header)

    @property
    def position(self) -> int:
        return self._header_bytes + self._rest.position

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, in order, and at least one batch, if an empty one."""
        types = {name: pa.string() for name in self.columns}
        if self._rest.at_end():
            yield pa.RecordBatch.from_pylist([], pa.schema(types))
            return
        try:
            stream: Any = self._rest  # any object that can be read
            reader = pyarrow.csv.open_csv(
                stream,
                read_options=pyarrow.csv.ReadOptions(
                    block_size=_BLOCK_BYTES, column_names=self.columns
                ),
                parse_options=pyarrow.csv.ParseOptions(
                    delimiter=self._delimiter,
                    newlines_in_values=True,
                    # In a file of one column, an empty line is a row.
                    ignore_empty_lines=len(self.columns) > 1,
                ),
                convert_options=pyarrow.csv.ConvertOptions(
                    column_types=types,
                    null_values=[""],
                    strings_can_be_null=True,
                    quoted_strings_can_be_null=False,
                ),
            )
            yield from reader
        except pa.ArrowInvalid as error:
            raise DataError(f"{self.name}: {self._explain(str(error))}") from None

    def close(self) -> None:
        self._rest.close()

    def _explain(self, message: str) -> str:
        if "straddl" in message:
            return f"a row is longer than {_BLOCK_BYTES} bytes; is a quote left open?"
        for index, name in enumerate(self.columns):
            message = message.replace(f"In CSV column #{index}:", f"column {name!r}:")
        return message


class CsvWriter:
    """Writes record batches to a stream, under a line with their columns' names."""

    def __init__(self, stream: BinaryIO, delimiter: str) -> None:
        self._stream = stream
        self._delimiter = delimiter
        self._begun = False

    def write(self, batch: pa.RecordBatch) -> None:
        if not self._begun:
            line = io.StringIO()
            csv.writer(line, delimiter=self._delimiter, lineterminator="\n").writerow(
                batch.schema.names
            )
            self._stream.write(line.getvalue().encode())
            self._begun = True
        texts = [column for column in batch.columns if _is_text(column.type)]
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
            pyarrow.csv.write_csv(_without_views(batch), out, options)
        except pa.ArrowInvalid as error:
            raise DataError(f"CSV cannot hold this: {error}") from None
        self._stream.write(out.getvalue())

    def close(self) -> None:
        self._stream.flush()


def _read_header(stream: BinaryIO, name: str) -> tuple[bytes, bytes]:
    """The first record with its line end, and what was read beyond it."""
    data = b""
    while True:
        block = stream.read1(1 << 16) if isinstance(stream, io.BufferedIOBase) else stream.read()
        data += block
        end = data.find(b"\n")
        # A line end within quotes belongs to a name: there, the quotes before it are odd in number.
        while end >= 0 and data.count(b'"', 0, end) % 2:
            end = data.find(b"\n", end + 1)
        if end >= 0:
            return data[: end + 1], data[end + 1 :]
        if not block:
            if not data:
                raise DataError(f"{name} is empty, expected a line with the names of its columns")
            return data, b""
        if len(data) > _HEADER_BYTES_MAX:
            raise DataError(
                f"{name} has no line end in its first {len(data)} bytes, expected a line with "
                f"the names of its columns in {_HEADER_BYTES_MAX}"
            )


class _Rest(io.RawIOBase):
    """What is left of a stream after the header, counting what has been taken."""

    def __init__(self, first: bytes, stream: BinaryIO) -> None:
        super().__init__()
        self._first = first
        self._stream = stream
        self.position = 0

    def at_end(self) -> bool:
        if not self._first:
            self._first = self._stream.read(1)
        return not self._first

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        if self._first:
            size = len(self._first) if size < 0 else size
            data, self._first = self._first[:size], self._first[size:]
        else:
            data = self._stream.read(size)
        self.position += len(data)
        return data


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _without_views(batch: pa.RecordBatch) -> pa.RecordBatch:
    """pyarrow's CSV writer does not know string views."""
    columns: list[Any] = [
        column.cast(pa.string()) if column.type == pa.string_view() else column
        for column in batch.columns
    ]
    return pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
