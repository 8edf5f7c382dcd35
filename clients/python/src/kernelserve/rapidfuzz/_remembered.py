"""Choices that were seen before, so that asking again costs neither a column nor its journey.

Whoever looks up one query after another passes the same list each time, and may have changed it in
between. So a list is known by what is in it: a copy is kept, and the two are compared. Where they
hold the same objects, that is a comparison of pointers, some 50 us for 100,000; what they hold is
str and bytes, which nobody can change.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

from .._cross import ChoicesOfBatches
from .._forks import renew_in_child
from .._symbols import SymbolTable
from ..v1 import types_pb2 as types

# Shorter ones are as quickly sent as remembered.
ROWS_MIN = 1_000
# Lists a program has on the go at a time.
_ENTRIES_MAX = 4
# What they may take together: of texts of 20 bytes, some two million.
_BYTES_MAX = 128 << 20

_IMMUTABLE = {str, bytes, type(None)}


class Remembered:
    """A list as it was, and its column. `calls` counts how often it was asked for."""

    def __init__(self, texts: Sequence[Any]) -> None:
        self.texts = list(texts)
        self.shared = ChoicesOfBatches(self.texts)
        self.calls = 0
        rows = len(self.texts)
        # A pointer and an offset each, beside the text.
        self.nbytes = 16 * rows + self.shared.choices.column.nbytes(0, rows)
        self._immutable: bool | None = None

    def symbols(self) -> SymbolTable:
        """Numbers for what queries hold. Of one query after another they are not to pile up."""
        if any(
            piece.type == types.DATA_TYPE_SYMBOLS for piece in self.shared.choices.column.pieces
        ):
            return self.shared.choices.symbols
        return SymbolTable()  # code points need none

    def is_of(self, texts: list[Any]) -> bool:
        """Whether that list has the same texts now."""
        if len(texts) != len(self.texts):
            return False
        try:
            same = texts == self.texts
        except Exception:  # of whatever has taken a text's place: that is another list then
            return False
        if same and self._immutable is None:
            self._immutable = set(map(type, self.texts)) <= _IMMUTABLE
        return same and bool(self._immutable)


class Memory:
    """The lists last used. Thread-safe."""

    def __init__(self) -> None:
        self.after_fork_in_child()
        renew_in_child(self)

    def after_fork_in_child(self) -> None:
        # What the parent's threads were at is nothing to wait for here.
        self._lock = threading.Lock()
        self._entries: list[Remembered] = []

    def recall(self, texts: Sequence[Any]) -> Remembered | None:
        """The list, from now on remembered unless it is very large; None if it is short.

        Raises WrongTypeError where it is no column.
        """
        if len(texts) < ROWS_MIN:
            return None
        rows = texts if isinstance(texts, list) else list(texts)
        entries = self._entries
        made = next((entry for entry in entries if entry.is_of(rows)), None) or Remembered(rows)
        made.calls += 1
        if made.nbytes <= _BYTES_MAX:
            self._keep(made)
        return made

    def _keep(self, made: Remembered) -> None:
        with self._lock:
            # A new list each time: others read the old one without the lock.
            entries = [made, *(entry for entry in self._entries if entry is not made)]
            entries = entries[:_ENTRIES_MAX]
            while sum(entry.nbytes for entry in entries) > _BYTES_MAX:
                entries.pop()
            self._entries = entries

    def forget(self) -> None:
        """Lets go of all."""
        with self._lock:
            self._entries = []


memory = Memory()
