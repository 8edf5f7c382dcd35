"""Long lists of text as columns of which each call's rows are joined when its turn comes.

To join strings is the fastest that Python can do with many of them; the server finds where each
begins (Column.separated in types.proto), and computes the scores of some rows while the next ones
are being joined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from ._columns import LENGTH, SEPARATED, TYPE, VALUES, Column
from ._limits import SAFE_LIMITS
from ._rows import OtherRowsError
from ._wire import Writer
from .v1 import types_pb2 as types

# Of shorter lists, no limits of the server's are known: nor whether it knows separated texts.
_ROWS_MIN = SAFE_LIMITS.rows_max + 1
# What is joined at a time: of names, half of what servers prefer as a call's size.
_JOINED_ROWS = 200_000
_JOINED_BYTES = 2 << 20
_SAMPLED_ROWS = 1000
# Rows whose objects a core's cache holds: joining looks at each several times.
_CACHED_ROWS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class ListColumn(Column):
    """A list of str. `row_bytes`: about as many as a row takes."""

    values: Sequence[Any] = ()
    row_bytes: int = 1
    _joined: dict[int, bytes] = field(default_factory=dict)

    @classmethod
    def of_texts(cls, values: Sequence[Any]) -> ListColumn | None:
        """None of a list that is short, or has something else among its first rows."""
        if len(values) < _ROWS_MIN:
            return None
        some = values[:: -(-len(values) // _SAMPLED_ROWS)]
        if not all(type(value) is str for value in some):
            return None
        row_bytes = 1 + sum(map(len, some)) // len(some)
        rows = max(1, min(_JOINED_ROWS, _JOINED_BYTES // row_bytes))
        count = -(-len(values) // rows)
        starts = [len(values) * number // count for number in range(count + 1)]
        return cls([], False, starts, values, row_bytes)

    def nbytes(self, begin: int, end: int) -> int:
        return (end - begin) * self.row_bytes

    def encode(self, begin: int, end: int, writer: Callable[[], Writer] = Writer) -> Writer:
        """Raises OtherRowsError for rows that are not all str without zeros, or not joined here."""
        index = self._piece_at(begin)
        if (begin, end) != tuple(self.starts[index : index + 2]):
            raise OtherRowsError  # cut by another column's rows, or since it is too large
        if index not in self._joined:
            self._joined[index] = _join(self.values, begin, end)
        out = writer()
        out.uint(TYPE, types.DATA_TYPE_UTF8)
        out.uint(LENGTH, end - begin)
        out.uint(SEPARATED, 1)
        out.buffer(VALUES, memoryview(self._joined[index]))
        return out


def _join(values: Sequence[Any], begin: int, end: int) -> bytes:
    """Rows [begin, end), with a zero byte between each and the next."""
    steps = [*range(begin, end, _CACHED_ROWS), end]
    try:
        parts = ["\0".join(values[one:next_one]) for one, next_one in pairwise(steps)]
    except TypeError:
        raise OtherRowsError from None
    joined = "\0".join(parts).encode("utf-8", "surrogatepass")
    zeros = len(joined) - np.count_nonzero(np.frombuffer(joined, np.uint8))
    if zeros != end - begin - 1:  # in the texts; or somebody changes the list meanwhile
        raise OtherRowsError
    return joined
