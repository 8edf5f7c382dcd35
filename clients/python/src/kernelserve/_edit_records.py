"""The parts of edit scripts and alignments: RapidFuzz's Editop, Opcode and their like, by value.

Each is a record of a few named fields that may also be had by position, as those of a tuple, and
that equals any sequence of equal values. Like RapidFuzz's, they can be changed and not be hashed.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import Any, ClassVar, Generic, Literal, SupportsIndex, TypeAlias, TypeVar

EditTag: TypeAlias = Literal["replace", "insert", "delete", "transpose"]
OpcodeTag: TypeAlias = Literal["replace", "insert", "delete", "transpose", "equal"]

FieldT_co = TypeVar("FieldT_co", covariant=True)


class Record(Generic[FieldT_co]):
    """A tuple of named fields. FieldT_co is what any of them may be."""

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]]

    def __len__(self) -> int:
        return len(self._fields)

    def __iter__(self) -> Iterator[FieldT_co]:
        return (getattr(self, name) for name in self._fields)

    def __getitem__(self, index: SupportsIndex) -> FieldT_co:
        try:
            name = self._fields[operator.index(index)]
        except IndexError:
            raise IndexError(f"{type(self).__name__} index out of range") from None
        value: FieldT_co = getattr(self, name)
        return value

    def __eq__(self, other: Any) -> bool:
        try:
            return len(other) == len(self) and all(
                other[at] == value for at, value in enumerate(self)
            )
        except (TypeError, LookupError):
            return False

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        told = ", ".join(f"{name}={getattr(self, name)!r}" for name in self._fields)
        return f"{type(self).__name__}({told})"


class Editop(Record[Any]):
    """One edit: (tag, src_pos, dest_pos), positions in units: code points for str.

    "replace": the unit of the source at src_pos becomes the destination's at dest_pos. "insert":
    the destination's unit at dest_pos goes in before src_pos. "delete": the source's unit at
    src_pos goes. "transpose", which RapidFuzz does not have: the source's units at src_pos and
    after change places, and are the destination's at dest_pos and after.
    """

    __slots__ = _fields = ("tag", "src_pos", "dest_pos")

    tag: str
    src_pos: int
    dest_pos: int

    def __init__(self, tag: str, src_pos: SupportsIndex, dest_pos: SupportsIndex) -> None:
        self.tag = tag
        self.src_pos = operator.index(src_pos)
        self.dest_pos = operator.index(dest_pos)


class Opcode(Record[Any]):
    """An edit of a run of units: (tag, src_start, src_end, dest_start, dest_end).

    As difflib's: "equal" and "replace" are of src[src_start:src_end] and dest[dest_start:dest_end],
    "insert" has src_start == src_end, "delete" dest_start == dest_end, "transpose" is of pairs of
    neighbours one after another.
    """

    __slots__ = _fields = ("tag", "src_start", "src_end", "dest_start", "dest_end")

    tag: str
    src_start: int
    src_end: int
    dest_start: int
    dest_end: int

    def __init__(
        self,
        tag: str,
        src_start: SupportsIndex,
        src_end: SupportsIndex,
        dest_start: SupportsIndex,
        dest_end: SupportsIndex,
    ) -> None:
        self.tag = tag
        self.src_start = operator.index(src_start)
        self.src_end = operator.index(src_end)
        self.dest_start = operator.index(dest_start)
        self.dest_end = operator.index(dest_end)


class MatchingBlock(Record[int]):
    """A run that both sequences have: src[a:a + size] equals dest[b:b + size]. As difflib's Match.

    Raises:
        OverflowError: a field is negative.
    """

    __slots__ = _fields = ("a", "b", "size")

    a: int
    b: int
    size: int

    def __init__(self, a: SupportsIndex, b: SupportsIndex, size: SupportsIndex) -> None:
        self.a = as_size(a)
        self.b = as_size(b)
        self.size = as_size(size)


class ScoreAlignment(Record[float]):
    """Which parts were compared, src[src_start:src_end] and dest[dest_start:dest_end], and how
    alike they are."""

    __slots__ = _fields = ("score", "src_start", "src_end", "dest_start", "dest_end")

    score: float
    src_start: int
    src_end: int
    dest_start: int
    dest_end: int

    def __init__(
        self,
        score: float,
        src_start: SupportsIndex,
        src_end: SupportsIndex,
        dest_start: SupportsIndex,
        dest_end: SupportsIndex,
    ) -> None:
        self.score = score
        self.src_start = operator.index(src_start)
        self.src_end = operator.index(src_end)
        self.dest_start = operator.index(dest_start)
        self.dest_end = operator.index(dest_end)


def as_size(value: SupportsIndex) -> int:
    """`value` as a length or position, which is never negative."""
    size = operator.index(value)
    if size < 0:
        raise OverflowError("can't convert negative value to size_t")
    return size
