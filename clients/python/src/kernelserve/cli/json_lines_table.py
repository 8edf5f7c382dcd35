"""JSON Lines in and out, block by block: an object a line, whose fields are columns.

What columns there are, and of what types, the first rows say: some 4 MB of them. Texts stay texts,
also where they look like times. A field that a later row lacks is null.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.json

from .errors import DataError

# As CSV has it.
_BLOCK_BYTES = 4 << 20

# What a line may have, since it is held as a whole.
_LINE_BYTES_MAX = 256 << 20


class JsonLinesReader:
    """Reads a stream of lines; what its attributes mean is said at CsvReader."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.name = name
        self.position = 0
        self.size: int | None = None
        if stream.seekable():
            self.size = stream.seek(0, io.SEEK_END)
            stream.seek(0)
        self._stream = stream
        self._data = b""  # read, and not handed out
        self._ended = False
        self._rows_done = 0
        self._first = self._take()
        self._schema = pa.schema([])
        if self._first is None:
            raise DataError(f"{self.name} is empty, expected an object of JSON in each line")
        self._schema = self._schema_of(self._first)
        self.columns: list[str] = self._schema.names

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, in order, and at least one batch."""
        block, self._first = self._first, None
        while block is not None:
            table = self._parse(block, self._schema)
            self._rows_done += table.num_rows
            yield from table.to_batches()
            block = self._take()

    def _schema_of(self, block: bytes) -> pa.Schema:
        """The types of the fields, none of which is guessed from what a text looks like."""
        found = self._parse(block, None).schema
        return pa.schema([(field.name, _type_of_json(field.type)) for field in found])

    def _take(self) -> bytes | None:
        """The next whole lines; None at the end. The last line may lack its end."""
        wanted = _BLOCK_BYTES
        while True:
            if not self._ended and len(self._data) < wanted:
                some = self._stream.read(wanted - len(self._data))
                self._data += some
                self._ended = not some
                continue
            end = len(self._data) if self._ended else self._data.rfind(b"\n") + 1
            if end:
                block, self._data = self._data[:end], self._data[end:]
                self.position += end
                if not block.strip():
                    continue
                return block
            if self._ended:
                return None
            if wanted >= _LINE_BYTES_MAX:
                raise DataError(
                    f"{self.name}: behind row {self._rows_done} comes a line of over "
                    f"{_LINE_BYTES_MAX} bytes"
                )
            wanted *= 2

    def _parse(self, block: bytes, schema: pa.Schema | None) -> pa.Table:
        options = pyarrow.json.ParseOptions(
            explicit_schema=schema,
            unexpected_field_behavior="infer" if schema is None else "error",
        )
        # In one piece and one thread, so that errors name a row that is counted from its beginning.
        read = pyarrow.json.ReadOptions(use_threads=False, block_size=len(block) + 1)
        stream: Any = pa.BufferReader(block)
        try:
            return pyarrow.json.read_json(stream, read, options)
        except pa.ArrowException as error:
            raise DataError(f"{self.name}: {self._explain(str(error), block)}") from None

    def _explain(self, message: str, block: bytes) -> str:
        """pyarrow's message, with rows counted over the file."""
        message = message.removeprefix("JSON parse error: ")
        if message == "unexpected field":
            for row, line in enumerate(filter(bytes.strip, block.split(b"\n"))):
                for name in json.loads(line):
                    if name not in self._schema.names:
                        return f"row {row + self._rows_done} has a field {name!r}, new to the file"
        return re.sub(r"in row (\d+)", lambda m: f"in row {int(m[1]) + self._rows_done}", message)

    def close(self) -> None:
        self._stream.close()


def _text_of(value: Any) -> str:
    """Of what Parquet has and JSON has not."""
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"a value of type {type(value).__name__}")


def _type_of_json(kind: pa.DataType) -> pa.DataType:
    """What JSON itself says of a value: pyarrow takes some texts for times."""
    if pa.types.is_null(kind) or pa.types.is_temporal(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_type_of_json(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(field.name, _type_of_json(field.type)) for field in kind])
    return kind


class JsonLinesWriter:
    """Writes record batches to a stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream

    def write(self, batch: pa.RecordBatch) -> None:
        try:
            lines = [
                json.dumps(row, ensure_ascii=False, allow_nan=False, default=_text_of)
                for row in batch.to_pylist()
            ]
        except (TypeError, ValueError) as error:
            raise DataError(f"JSON cannot hold this: {error}") from None
        if lines:
            self._stream.write(("\n".join(lines) + "\n").encode("utf-8", "surrogatepass"))

    def close(self) -> None:
        self._stream.flush()
