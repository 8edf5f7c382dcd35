"""Parquet in and out, some rows at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from .errors import DataError

# A few milliseconds of work for a call, and a usual size for a row group of the output.
_BATCH_ROWS = 1 << 17


class ParquetReader:
    """Reads a file that can be searched; what its attributes mean is said at CsvReader."""

    unit = "rows"

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self.name = name
        self._stream = stream
        try:
            # Buffering ahead would hold whole row groups in memory.
            self._file = pq.ParquetFile(stream, pre_buffer=False)
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{name} is not a Parquet file: {error}") from None
        self.columns: list[str] = self._file.schema_arrow.names
        self.position = 0
        self.size: int | None = self._file.metadata.num_rows

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The rows, in order, and at least one batch. The file says what types they are."""
        if not self.size:
            yield pa.RecordBatch.from_pylist([], self._file.schema_arrow)
        try:
            for batch in self._file.iter_batches(_BATCH_ROWS):
                self.position += batch.num_rows
                yield batch
        except (pa.ArrowException, OSError) as error:
            raise DataError(f"{self.name}: {error}") from None

    def close(self) -> None:
        self._file.close()
        self._stream.close()


class ParquetWriter:
    """Writes record batches of one schema."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._writer: pq.ParquetWriter | None = None

    def write(self, batch: pa.RecordBatch) -> None:
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._stream, batch.schema)
        self._writer.write_batch(batch)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
