"""Queries by choices, cut into tiles: some of the queries by some of the choices, a stream each.

Choices that fit into one message, as they nearly always do, are one part, sent with the first tile
and named by their digest with the others. Of one column with itself there is a tile for each pair
of its parts.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ._limits import REQUEST_BYTES_RESERVED, Limits
from ._ranges import Range, cut, halves

if TYPE_CHECKING:
    from ._columns import Column
    from ._symbols import SymbolTable


class ChoicesPart:
    """Some rows of the choices, which tiles have in common, and the digest that names them.

    One tile sends the column; those beside it wait until a server has answered with the digest.
    Thread-safe.
    """

    def __init__(self, rows: Range) -> None:
        self.rows = rows
        self._changed = threading.Condition()
        self._digest: bytes | None = None
        self._sending = False

    def take(self) -> bytes | None:
        """The digest; None for the one tile that is to send the column, and to leave() then."""
        with self._changed:
            while self._sending and self._digest is None:
                self._changed.wait()
            self._sending = self._sending or self._digest is None
            return self._digest

    def told(self, digest: bytes) -> None:
        """A stream has begun, and its server calls the choices so; empty where it does not say."""
        with self._changed:
            self._digest = digest or self._digest
            self._sending = False
            self._changed.notify_all()

    def leave(self) -> None:
        """What take() made wait need not any longer, however it went."""
        self.told(b"")


@dataclass(slots=True)
class Tile:
    """Queries [begin, end) by a part of the choices; with no part, by themselves.

    `done` is the first query whose block has not arrived.
    """

    begin: int
    end: int
    part: ChoicesPart | None
    done: int = field(init=False)

    def __post_init__(self) -> None:
        self.done = self.begin

    @property
    def choices(self) -> Range:
        return (self.begin, self.end) if self.part is None else self.part.rows


class Choices:
    """A column of choices for any number of verbs, with its parts. Thread-safe.

    `symbols` numbers what their sequences have, and those of the queries.
    """

    def __init__(self, column: Column, symbols: SymbolTable) -> None:
        self.column = column
        self.symbols = symbols
        self._parts: dict[tuple[int, Limits], list[ChoicesPart]] = {}
        self._lock = threading.Lock()

    def parts(self, nbytes: int, limits: Limits) -> list[ChoicesPart]:
        """Of at most so many bytes each; the same ones when asked for again."""
        with self._lock:
            if (nbytes, limits) not in self._parts:
                ranges = _cut(self.column, nbytes, limits)
                self._parts[nbytes, limits] = [ChoicesPart(rows) for rows in ranges]
            return self._parts[nbytes, limits]


@dataclass(frozen=True, slots=True)
class Grid:
    """What there is to cut. Without choices, the queries are the choices.

    `half`: of one column with itself, only pairs whose choice is of a later row. `first_row` is
    where the queries begin in a longer column.
    """

    queries: Column
    choices: Choices | None
    half: bool = False
    first_row: int = 0

    @property
    def choices_column(self) -> Column:
        return self.queries if self.choices is None else self.choices.column

    def cells(self, tile: Tile, begin: int, end: int) -> int:
        """How many pairs queries [begin, end) of a tile make."""
        first, past = tile.choices
        if tile.part is not None or not self.half:
            return (end - begin) * (past - first)
        return ((past - begin) * (past - begin - 1) - (past - end) * (past - end - 1)) // 2

    def plan(self, limits: Limits) -> list[Tile]:
        """The tiles, all of one part of the choices before the next; at least one."""
        room = limits.request_bytes_max - REQUEST_BYTES_RESERVED
        if self.choices is None:
            return self._plan_with_itself(limits, room)
        preferred = min(limits.request_bytes_preferred, room // 2)
        queries = _cut(self.queries, preferred, limits)
        parts = self.choices.parts(room - preferred, limits)
        return [Tile(*rows, part) for part in parts for rows in queries]

    def _plan_with_itself(self, limits: Limits, room: int) -> list[Tile]:
        whole = _cut(self.queries, room, limits)
        if len(whole) == 1:
            return [Tile(*whole[0], None)]
        return self._pairs(_cut(self.queries, room // 2, limits))

    def _pairs(self, ranges: list[Range]) -> list[Tile]:
        """The tiles of ranges of one column, each with itself and with the others."""
        out: list[Tile] = []
        for number, choices in enumerate(ranges):
            part = ChoicesPart(choices)
            for other, rows in enumerate(ranges):
                if other == number:
                    out.append(Tile(*rows, None))
                elif other < number or not self.half:
                    out.append(Tile(*rows, part))
        return out

    def split(self, tile: Tile) -> list[Tile]:
        """Two or more tiles in place of what is not done of one that is too large.

        Nothing where it is a single pair, or cannot be split any more.
        """
        if tile.part is None:
            both = halves((tile.begin, tile.end)) if tile.done == tile.begin else []
            return self._pairs(both) if both else []
        queries, choices = halves((tile.done, tile.end)), halves(tile.part.rows)
        choices_nbytes = self.choices_column.nbytes(*tile.part.rows)
        longer = self.queries.nbytes(tile.done, tile.end) >= choices_nbytes
        if queries and (longer or not choices):
            return [Tile(*rows, tile.part) for rows in queries]
        return [Tile(tile.done, tile.end, ChoicesPart(rows)) for rows in choices]


def _cut(column: Column, nbytes: int, limits: Limits) -> list[Range]:
    """Ranges of a column, each at most so long."""
    bound = Limits(nbytes + REQUEST_BYTES_RESERVED, nbytes, limits.rows_max)
    return cut(column.starts, column.nbytes, bound)
