"""Edit scripts: Editops, unit by unit, as editops() gives them, and Opcodes, run by run.

The types of RapidFuzz with its names and behaviour, and the only ones here. A script is kept as
plain tuples; its Editop and Opcode are made as they are asked for, so changing one changes no
script.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, SupportsIndex, TypeVar, overload

from ._edit_records import Editop, EditTag, MatchingBlock, Opcode, OpcodeTag, as_size
from ._edit_rows import (
    ADVANCE,
    INVERSE,
    EditRow,
    RunRow,
    checked_edits,
    checked_runs,
    width_of,
)
from .v1 import string_distance_pb2 as sd

_EDIT_TAGS: dict[int, EditTag] = {
    sd.EDIT_KIND_REPLACE: "replace",
    sd.EDIT_KIND_INSERT: "insert",
    sd.EDIT_KIND_DELETE: "delete",
    sd.EDIT_KIND_TRANSPOSE: "transpose",
}


class _Script:
    """What both kinds of script have: the lengths of the two sequences that they are about."""

    __slots__ = ("_dest_len", "_src_len")

    @property
    def src_len(self) -> int:
        """The length of the source in units."""
        return self._src_len

    @src_len.setter
    def src_len(self, value: SupportsIndex) -> None:
        self._src_len = as_size(value)

    @property
    def dest_len(self) -> int:
        """The length of the destination in units."""
        return self._dest_len

    @dest_len.setter
    def dest_len(self, value: SupportsIndex) -> None:
        self._dest_len = as_size(value)

    def _has_lengths_of(self, other: _Script) -> bool:
        return (self._src_len, self._dest_len) == (other._src_len, other._dest_len)

    def __repr__(self) -> str:
        rows = ", ".join(map(repr, self))  # type: ignore[call-overload]
        return (
            f"{type(self).__name__}([{rows}], src_len={self._src_len}, dest_len={self._dest_len})"
        )


class Editops(_Script, Sequence[Editop]):
    """The edits that turn a source into a destination, in ascending order of position.

    A sequence: the length of what editops() gives is the distance. Equal to Editops of equal edits
    and lengths, and to any other sequence of equal edits.

    Args:
        editops: (tag, src_pos, dest_pos) each; "equal" is left out. Or the rows of an Opcodes.
        src_len, dest_len: the lengths of the sequences in units.

    Raises:
        ValueError: the edits are out of order or outside of the sequences.
    """

    __slots__ = ("_edits",)

    def __init__(
        self,
        editops: Sequence[Any] | None = None,
        src_len: SupportsIndex = 0,
        dest_len: SupportsIndex = 0,
    ) -> None:
        self.src_len = src_len
        self.dest_len = dest_len
        self._edits: list[EditRow]
        if width_of(editops) == 5:
            self._edits = Opcodes(editops, src_len, dest_len).as_editops()._edits
        else:
            self._edits = checked_edits(editops or (), self._src_len, self._dest_len)

    @classmethod
    def _of(cls, edits: list[EditRow], src_len: int, dest_len: int) -> Editops:
        """Edits that are known to be in order."""
        made = cls.__new__(cls)
        made._src_len = src_len
        made._dest_len = dest_len
        made._edits = edits
        return made

    @classmethod
    def from_opcodes(cls, opcodes: Opcodes) -> Editops:
        """The same edits, unit by unit."""
        return _expect(opcodes, Opcodes, "opcodes").as_editops()

    def as_opcodes(self) -> Opcodes:
        """The same edits run by run, with what stays equal between them."""
        runs: list[RunRow] = []
        src = dest = 0
        for tag, src_pos, dest_pos in self._edits:
            if src < src_pos or dest < dest_pos:
                runs.append(("equal", src, src_pos, dest, dest_pos))
            src_step, dest_step = ADVANCE[tag]
            src, dest = src_pos + src_step, dest_pos + dest_step
            if runs and runs[-1][0] == tag and runs[-1][2::2] == (src_pos, dest_pos):
                runs[-1] = (tag, runs[-1][1], src, runs[-1][3], dest)
            else:
                runs.append((tag, src_pos, src, dest_pos, dest))
        if src < self._src_len or dest < self._dest_len:
            runs.append(("equal", src, self._src_len, dest, self._dest_len))
        return Opcodes._of(runs, self._src_len, self._dest_len)

    def as_matching_blocks(self) -> list[MatchingBlock]:
        """The runs that both sequences have, and an empty one at their ends, as difflib's."""
        return self.as_opcodes().as_matching_blocks()

    def as_list(self) -> list[tuple[EditTag, int, int]]:
        """The edits as plain tuples."""
        return list(self._edits)

    def copy(self) -> Editops:
        """A script of its own with the same edits."""
        return Editops._of(list(self._edits), self._src_len, self._dest_len)

    def inverse(self) -> Editops:
        """The edits that turn the destination into the source."""
        edits = [(INVERSE[tag], dest, src) for tag, src, dest in self._edits]
        return Editops._of(edits, self._dest_len, self._src_len)

    def remove_subsequence(self, subsequence: Editops) -> Editops:
        """What is left to do once the edits of `subsequence` have been made.

        Raises:
            ValueError: it is no subsequence of these edits.
        """
        gone = iter(_expect(subsequence, Editops, "subsequence")._edits)
        left: list[EditRow] = []
        # By how much what is done already has moved the rest of the source.
        moved = 0
        following = next(gone, None)
        for edit in self._edits:
            tag, src_pos, dest_pos = edit
            if edit == following:
                src_step, dest_step = ADVANCE[tag]
                moved += dest_step - src_step
                following = next(gone, None)
            else:
                left.append((tag, src_pos + moved, dest_pos))
        if following is not None:
            raise ValueError("subsequence is not a subsequence")
        return Editops._of(left, self._src_len, self._dest_len)

    def apply(self, source_string: str | bytes, destination_string: str | bytes) -> str:
        """`source_string` with the edits made, units to put in taken from `destination_string`.

        Bytes are taken for Latin-1.

        Raises:
            IndexError: a string is shorter than the edits reach.
        """
        source, destination = _as_text(source_string), _as_text(destination_string)
        parts: list[str] = []
        at = 0
        for tag, src_pos, dest_pos in self._edits:
            src_step, dest_step = ADVANCE[tag]
            parts.append(_part(source, at, src_pos))
            parts.append(_part(destination, dest_pos, dest_pos + dest_step))
            at = src_pos + src_step
        _part(source, at, at)
        return "".join([*parts, source[at:]])

    def __len__(self) -> int:
        return len(self._edits)

    @overload
    def __getitem__(self, index: SupportsIndex) -> Editop: ...
    @overload
    def __getitem__(self, index: slice) -> Editops: ...
    def __getitem__(self, index: SupportsIndex | slice) -> Editop | Editops:
        if isinstance(index, slice):
            _check_step(index)
            return Editops._of(self._edits[index], self._src_len, self._dest_len)
        return Editop(*_row(self._edits, index, "Editops", "Expected index or slice"))

    def __delitem__(self, index: SupportsIndex | slice) -> None:
        if isinstance(index, slice):
            _check_step(index)
        else:
            _row(self._edits, index, "Editops", "Expected index or slice")
        del self._edits[index]

    def __iter__(self) -> Iterator[Editop]:
        return (Editop(*edit) for edit in self._edits)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Editops):
            return self._has_lengths_of(other) and self._edits == other._edits
        if isinstance(other, Sequence):
            return len(other) == len(self) and all(map(Editop.__eq__, self, other))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]


class Opcodes(_Script, Sequence[Opcode]):
    """The runs that turn a source into a destination, from the start of both to their ends.

    Each starts where the one before it ends; what stays is a run as well, "equal". As the tuples of
    difflib's SequenceMatcher.get_opcodes(). Equal to Opcodes of equal runs and lengths, and to any
    other sequence of equal runs.

    Args:
        opcodes: (tag, src_start, src_end, dest_start, dest_end) each. Or the rows of an Editops.
        src_len, dest_len: the lengths of the sequences in units.

    Raises:
        ValueError: the runs leave gaps, or are outside of the sequences.
    """

    __slots__ = ("_runs",)

    def __init__(
        self,
        opcodes: Sequence[Any] | None = None,
        src_len: SupportsIndex = 0,
        dest_len: SupportsIndex = 0,
    ) -> None:
        self.src_len = src_len
        self.dest_len = dest_len
        self._runs: list[RunRow]
        if width_of(opcodes) == 5:
            self._runs = checked_runs(opcodes or (), self._src_len, self._dest_len)
        else:
            self._runs = Editops(opcodes, src_len, dest_len).as_opcodes()._runs

    @classmethod
    def _of(cls, runs: list[RunRow], src_len: int, dest_len: int) -> Opcodes:
        """Runs that are known to be in order."""
        made = cls.__new__(cls)
        made._src_len = src_len
        made._dest_len = dest_len
        made._runs = runs
        return made

    @classmethod
    def from_editops(cls, editops: Editops) -> Opcodes:
        """The same edits, run by run."""
        return _expect(editops, Editops, "editops").as_opcodes()

    def as_editops(self) -> Editops:
        """The same edits, unit by unit."""
        edits: list[EditRow] = []
        for tag, src, src_end, dest, dest_end in self._runs:
            if tag != "equal":
                src_step, dest_step = ADVANCE[tag]
                units = max(src_end - src, dest_end - dest) // max(src_step, dest_step)
                edits += [(tag, src + i * src_step, dest + i * dest_step) for i in range(units)]
        return Editops._of(edits, self._src_len, self._dest_len)

    def as_matching_blocks(self) -> list[MatchingBlock]:
        """The runs that both sequences have, and an empty one at their ends, as difflib's."""
        blocks = []
        for tag, src, src_end, dest, dest_end in self._runs:
            size = min(src_end - src, dest_end - dest)
            if tag == "equal" and size > 0:
                blocks.append(MatchingBlock(src, dest, size))
        blocks.append(MatchingBlock(self._src_len, self._dest_len, 0))
        return blocks

    def as_list(self) -> list[tuple[OpcodeTag, int, int, int, int]]:
        """The runs as plain tuples."""
        return list(self._runs)

    def copy(self) -> Opcodes:
        """A script of its own with the same runs."""
        return Opcodes._of(list(self._runs), self._src_len, self._dest_len)

    def inverse(self) -> Opcodes:
        """The runs that turn the destination into the source."""
        runs: list[RunRow] = [
            (INVERSE[tag], dest, dest_end, src, src_end)
            for tag, src, src_end, dest, dest_end in self._runs
        ]
        return Opcodes._of(runs, self._dest_len, self._src_len)

    def apply(self, source_string: str | bytes, destination_string: str | bytes) -> str:
        """`source_string` with the edits made, units to put in taken from `destination_string`.

        Bytes are taken for Latin-1.

        Raises:
            IndexError: a string is shorter than the runs reach.
        """
        source, destination = _as_text(source_string), _as_text(destination_string)
        return "".join(
            _part(source, src, src_end) if tag == "equal" else _part(destination, dest, dest_end)
            for tag, src, src_end, dest, dest_end in self._runs
        )

    def __len__(self) -> int:
        return len(self._runs)

    def __getitem__(self, index: SupportsIndex) -> Opcode:  # type: ignore[override]
        if isinstance(index, slice):
            raise TypeError("Expected index")
        return Opcode(*_row(self._runs, index, "Opcodes", "Expected index"))

    def __iter__(self) -> Iterator[Opcode]:
        return (Opcode(*run) for run in self._runs)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Opcodes):
            return self._has_lengths_of(other) and self._runs == other._runs
        if isinstance(other, Sequence):
            return len(other) == len(self) and all(map(Opcode.__eq__, self, other))
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]


def editops_from_message(message: sd.EditScriptResponse) -> Editops:
    """From the wire's lists of kinds and positions."""
    kinds = (_EDIT_TAGS[kind] for kind in message.kinds)
    edits = list(zip(kinds, message.left_positions, message.right_positions, strict=True))
    return Editops._of(edits, message.left_length, message.right_length)


_Made = TypeVar("_Made")


def _expect(value: object, kind: type[_Made], name: str) -> _Made:
    if isinstance(value, kind):
        return value
    raise TypeError(
        f"Argument '{name}' has incorrect type (expected {kind.__module__}.{kind.__qualname__}, "
        f"got {type(value).__qualname__})"
    )


def _as_text(value: str | bytes) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    raise TypeError("expected strings or bytes object")


def _part(text: str, start: int, end: int) -> str:
    if end > len(text):
        raise IndexError(f"a string has {len(text)} units, and the edits reach to {end}")
    return text[start:end]


_Row = TypeVar("_Row", EditRow, RunRow)


def _row(rows: list[_Row], index: SupportsIndex, kind: str, expected: str) -> _Row:
    try:
        return rows[index]
    except IndexError:
        raise IndexError(f"{kind} index out of range") from None
    except TypeError:
        raise TypeError(expected) from None


def _check_step(index: slice) -> None:
    if index.step is not None and index.step < 0:
        raise ValueError("step sizes below 0 lead to an invalid order of editops")
