"""The result of editops()."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, TypeAlias, overload

from .v1 import string_distance_pb2 as sd

EditKind: TypeAlias = Literal["replace", "insert", "delete"]

_KINDS: dict[int, EditKind] = {
    sd.EDIT_KIND_REPLACE: "replace",
    sd.EDIT_KIND_INSERT: "insert",
    sd.EDIT_KIND_DELETE: "delete",
}


class Editop(NamedTuple):
    """One edit: a tuple like RapidFuzz's Editop, and with its names as well.

    Positions are in units, code points for str. "replace": the unit at left_position becomes the
    one at right_position. "insert": the unit at right_position goes in before left_position.
    "delete": the unit at left_position goes.
    """

    kind: EditKind
    left_position: int
    right_position: int

    @property
    def tag(self) -> EditKind:
        """RapidFuzz's name of `kind`."""
        return self.kind

    @property
    def src_pos(self) -> int:
        """RapidFuzz's name of `left_position`."""
        return self.left_position

    @property
    def dest_pos(self) -> int:
        """RapidFuzz's name of `right_position`."""
        return self.right_position


class Editops(Sequence[Editop]):
    """The edits that turn the left text into the right one, in ascending order of position.

    A sequence: its length is the distance. `left_length` and `right_length` are the lengths of the
    texts in units. Equal to any sequence of equal edits.
    """

    __slots__ = ("_edits", "left_length", "right_length")

    def __init__(self, edits: Sequence[Editop], left_length: int, right_length: int) -> None:
        self._edits = tuple(edits)
        self.left_length = left_length
        self.right_length = right_length

    @classmethod
    def from_message(cls, message: sd.EditScriptResponse) -> Editops:
        """From the wire's lists of kinds and positions."""
        edits = [
            Editop(_KINDS[kind], left, right)
            for kind, left, right in zip(
                message.kinds, message.left_positions, message.right_positions, strict=True
            )
        ]
        return cls(edits, message.left_length, message.right_length)

    def __len__(self) -> int:
        return len(self._edits)

    @overload
    def __getitem__(self, index: int) -> Editop: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Editop]: ...
    def __getitem__(self, index: int | slice) -> Editop | Sequence[Editop]:
        return self._edits[index]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return self._edits == tuple(other)

    def __hash__(self) -> int:
        return hash(self._edits)

    def __repr__(self) -> str:
        edits = ", ".join(map(repr, self._edits))
        return (
            f"Editops([{edits}], left_length={self.left_length}, right_length={self.right_length})"
        )
