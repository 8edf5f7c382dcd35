"""The rows of matches that blocks bring, put in order and given back as a table."""

from __future__ import annotations

import sys
import threading
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ._inputs import Origin
from ._results import WIDE_SCORES, ReplyColumn
from ._tiles import Tile
from ._wire import DecodeError
from .v1 import types_pb2 as types

TableKind: TypeAlias = Literal["pyarrow", "polars", "pandas"]


@dataclass(frozen=True, slots=True)
class Rows:
    """Three columns of one length: a query, a choice and their score in each row."""

    queries: npt.NDArray[np.uint64]
    choices: npt.NDArray[np.uint64]
    scores: npt.NDArray[Any]

    @classmethod
    def parse(cls, columns: dict[int, memoryview]) -> Rows:
        queries, choices, scores = (ReplyColumn.parse(columns[number]) for number in (13, 14, 15))
        lengths = {queries.length, choices.length, scores.length}
        if len(lengths) > 1:
            raise DecodeError(f"columns of {sorted(lengths)} rows in one block")
        return cls(_indices(queries), _indices(choices), scores.numbers())

    def take(self, rows: npt.NDArray[Any]) -> Rows:
        return Rows(self.queries[rows], self.choices[rows], self.scores[rows])


def _indices(column: ReplyColumn) -> npt.NDArray[np.uint64]:
    if column.type != types.DATA_TYPE_UINT64:
        raise DecodeError(f"indices of type {column.type}")
    return column.numbers()


class Matches:
    """Takes blocks in any order and from any thread.

    `names` are the table's columns. `k` is how many of a query's matches stay, by `higher` the
    greatest or the least scores; None: all, by choice.
    """

    def __init__(
        self,
        names: tuple[str, str, str],
        kind: TableKind,
        k: int | None = None,
        higher: bool = True,
    ) -> None:
        self._names = names
        self._kind = kind
        self._k = k
        self._higher = higher
        self._lock = threading.Lock()
        self._blocks: list[tuple[int, int, Rows]] = []

    def put(self, tile: Tile, begin: int, end: int, columns: dict[int, memoryview]) -> None:
        """Takes the matches of queries [begin, end) of a tile."""
        rows = Rows.parse(columns)
        with self._lock:
            self._blocks.append((begin, tile.choices[0], rows))

    def finish(self) -> Any:
        """The table, ordered by query, then from best to worst or by choice."""
        whole = self.rows()
        return self._table(whole.queries, whole.choices, whole.scores)

    def tables(self, rows: Rows, begins: list[int]) -> list[Any]:
        """A table for each range of queries, each of which counts its own from 0."""
        edges = np.searchsorted(rows.queries, begins).tolist()
        return [
            self._table(rows.queries[a:b] - np.uint64(begin), rows.choices[a:b], rows.scores[a:b])
            for begin, (a, b) in zip(begins, pairwise(edges), strict=False)
        ]

    def _table(self, *columns: npt.NDArray[Any]) -> Any:
        return table(dict(zip(self._names, columns, strict=True)), self._kind)

    def rows(self) -> Rows:
        """What the table is made of."""
        parts = {first for _, first, _ in self._blocks}
        blocks = [rows for _, _, rows in sorted(self._blocks, key=lambda block: block[:2])]
        whole = Rows(
            np.concatenate([np.empty(0, np.uint64), *(b.queries for b in blocks)]),
            np.concatenate([np.empty(0, np.uint64), *(b.choices for b in blocks)]),
            self._scores(blocks),
        )
        if len(parts) > 1:
            whole = self._merged(whole)
        return whole

    def _scores(self, blocks: list[Rows]) -> npt.NDArray[Any]:
        dtype = WIDE_SCORES[blocks[0].scores.dtype.kind] if blocks else np.dtype(np.int32)
        return np.concatenate([np.empty(0, dtype), *(b.scores for b in blocks)], dtype=dtype)

    def _merged(self, rows: Rows) -> Rows:
        """What came of several parts of the choices, as if it came of one."""
        if self._k is None:
            return rows.take(np.lexsort((rows.choices, rows.queries)))
        losses = -rows.scores if self._higher else rows.scores
        rows = rows.take(np.lexsort((rows.choices, losses, rows.queries)))
        counts = np.unique(rows.queries, return_counts=True)[1]
        rank = np.arange(len(rows.queries)) - np.repeat(np.cumsum(counts) - counts, counts)
        return rows.take(rank < self._k)


class MatchRows(Matches):
    """The k best matches as they are, without a library of tables."""

    def __init__(self, k: int, higher: bool) -> None:
        super().__init__(("query_index", "choice_index", "score"), "pyarrow", k, higher)

    @classmethod
    def of(cls, matches: Matches) -> MatchRows:
        """In place of those, which make tables of what this gives."""
        assert matches._k is not None
        return cls(matches._k, matches._higher)

    def finish(self) -> Rows:
        return self.rows()


def table_kind(origins: list[Origin]) -> TableKind:
    """The library of the first column that is a Series; pyarrow where none is."""
    for origin in origins:
        if origin.family == "polars" or origin.family == "pandas":
            return origin.family
    return "pyarrow"


def table(columns: dict[str, npt.NDArray[Any]], kind: TableKind) -> Any:
    """Columns as a table of the library. Whoever has a Series has imported it."""
    if kind == "pyarrow":
        import pyarrow as pa

        return pa.table({name: pa.array(column) for name, column in columns.items()})
    return sys.modules[kind].DataFrame(columns)
