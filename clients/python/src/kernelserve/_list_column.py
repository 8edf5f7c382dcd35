"""Long lists of text as columns of which each call's rows are joined when its turn comes.

To join strings is the fastest that Python can do with many of them; the server finds where each
begins (Column.separated in types.proto), and computes the scores of some rows while the next ones
are being joined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
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
# Rows that are looked at for an estimate.
_SAMPLED_ROWS = 1000
# Rows whose objects a core's cache holds: joining looks at each several times.
_CACHED_ROWS = 4096


@dataclass(frozen=True, slots=True, eq=False)
class TextList:
    """`values` are str, as far as one has looked; a row has about `row_bytes` bytes.

    `encode` makes a Column of them, whatever they are.
    """

    values: list[Any]
    row_bytes: int
    encode: Callable[[], Column]


@dataclass(frozen=True, slots=True, eq=False)
class ListColumn(Column):
    """A column of no pieces."""

    texts: TextList

    @classmethod
    def of_texts(cls, values: object, encode: Callable[[], Column]) -> ListColumn | None:
        """None of what is no list, or a short one, or not of str as far as a few rows tell."""
        if not isinstance(values, list) or len(values) < _ROWS_MIN:
            return None
        some = values[:: -(-len(values) // _SAMPLED_ROWS)]
        if not all(type(value) is str for value in some):
            return None
        size = len("\0".join(some).encode("utf-8", "surrogatepass"))
        texts = TextList(values, 1 + size // len(some), encode)
        return cls(pieces=[], repeat=False, starts=[0, len(values)], texts=texts)

    @property
    def lazy(self) -> bool:
        return True

    def prepared(self) -> Column:
        return self.texts.encode()

    def nbytes(self, begin: int, end: int) -> int:
        return (end - begin) * self.texts.row_bytes

    def encode(self, begin: int, end: int, writer: Callable[[], Writer] = Writer) -> Writer:
        """Raises OtherRowsError where the rows are not all str without zeros."""
        data_type, joined = _join(self.texts.values, begin, end)
        out = writer()
        out.uint(TYPE, data_type)
        out.uint(LENGTH, end - begin)
        out.uint(SEPARATED, 1)
        out.buffer(VALUES, memoryview(joined))
        return out


def _join(values: Sequence[Any], begin: int, end: int) -> tuple[int, bytes]:
    """Rows [begin, end), with a zero byte between each and the next.

    Code points below 256 are bytes as they are, which Python copies as a whole and the server need
    not decode: scorers, which alone get such columns, tell no text's code points from bytes of the
    same values. To UTF-8, Python brings a text that is not ASCII one code point at a time.
    """
    steps = [*range(begin, end, _CACHED_ROWS), end]
    try:
        parts = ["\0".join(values[one:next_one]) for one, next_one in pairwise(steps)]
    except TypeError:
        raise OtherRowsError from None
    text = "\0".join(parts)
    try:
        data_type = types.DATA_TYPE_UTF8 if text.isascii() else types.DATA_TYPE_BINARY
        joined = text.encode("latin-1")
    except UnicodeEncodeError:
        data_type = types.DATA_TYPE_UTF8
        joined = text.encode("utf-8", "surrogatepass")
    zeros = len(joined) - np.count_nonzero(np.frombuffer(joined, np.uint8))
    if zeros != end - begin - 1:  # in the texts; or somebody changes the list meanwhile
        raise OtherRowsError
    return data_type, joined
