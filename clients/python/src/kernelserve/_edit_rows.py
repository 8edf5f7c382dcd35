"""The rows that edit scripts are kept as, and which of them make a script."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, TypeAlias

from ._edit_records import EditTag, OpcodeTag, as_size

EditRow: TypeAlias = tuple[EditTag, int, int]
RunRow: TypeAlias = tuple[OpcodeTag, int, int, int, int]

INVERSE: dict[OpcodeTag, Any] = {
    "replace": "replace",
    "insert": "delete",
    "delete": "insert",
    "transpose": "transpose",
    "equal": "equal",
}
# By how much an edit advances in the source and in the destination.
ADVANCE: dict[str, tuple[int, int]] = {
    "replace": (1, 1),
    "insert": (0, 1),
    "delete": (1, 0),
    "transpose": (2, 2),
}

_INVALID = "List of edit operations invalid"


def width_of(rows: Sequence[Any] | None) -> int:
    """How many values each row has: 3 for edits, as which an empty list counts, 5 for runs."""
    if rows is None or not len(rows):
        return 3
    widths = {len(row) for row in rows}
    if widths not in ({3}, {5}):
        raise TypeError("Expected list of 3-tuples, or a list of 5-tuples")
    return widths.pop()


def checked_edits(rows: Sequence[Any], src_len: int, dest_len: int) -> list[EditRow]:
    """(tag, src_pos, dest_pos) each, without "equal"; ValueError where they make no script."""
    edits: list[EditRow] = []
    for given, *positions in rows:
        tag = _tag(given)
        src, dest = map(as_size, positions)
        src_step, dest_step = (1, 1) if tag == "equal" else ADVANCE[tag]
        if src + src_step > src_len or dest + dest_step > dest_len:
            raise ValueError(_INVALID)
        if tag != "equal":
            edits.append((tag, src, dest))
    for (tag, src, dest), (_, next_src, next_dest) in pairwise(edits):
        if next_src < src or next_dest < dest:
            raise ValueError("List of edit operations out of order")
        if (next_src, next_dest) == (src, dest):
            raise ValueError("Duplicated edit operation")
        src_step, dest_step = ADVANCE[tag]
        if next_src < src + src_step or next_dest < dest + dest_step:
            raise ValueError("List of edit operations out of order")
    return edits


def checked_runs(rows: Sequence[Any], src_len: int, dest_len: int) -> list[RunRow]:
    """(tag, src_start, src_end, dest_start, dest_end) each, runs of one tag that touch joined.

    ValueError where they make no script.
    """
    runs: list[RunRow] = []
    for given, *positions in rows:
        tag = _tag(given)
        src, src_end, dest, dest_end = map(as_size, positions)
        lengths = src_end - src, dest_end - dest
        if src_end > src_len or dest_end > dest_len or min(lengths) < 0 or max(lengths) == 0:
            raise ValueError(_INVALID)
        if tag in ("equal", "replace"):
            valid = lengths[0] == lengths[1]
        elif tag == "transpose":
            valid = lengths[0] == lengths[1] and lengths[0] % 2 == 0
        else:
            valid = lengths[1 if tag == "delete" else 0] == 0
        if not valid:
            raise ValueError(_INVALID)
        if runs and runs[-1][0] == tag and runs[-1][2::2] == (src, dest):
            runs[-1] = (tag, runs[-1][1], src_end, runs[-1][3], dest_end)
        else:
            runs.append((tag, src, src_end, dest, dest_end))
    if runs[0][1::2] != (0, 0):
        raise ValueError("List of edit operations does not start at position 0")
    if runs[-1][2::2] != (src_len, dest_len):
        raise ValueError("List of edit operations does not end at the string ends")
    if any(run[2::2] != following[1::2] for run, following in pairwise(runs)):
        raise ValueError("List of edit operations is not continuous")
    return runs


def _tag(given: object) -> OpcodeTag:
    for tag in INVERSE:
        if tag == given:
            return tag
    raise ValueError("Invalid Edit Type")
