"""Rows cut into ranges of a size that a server takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import TypeAlias

from ._limits import REQUEST_BYTES_RESERVED, Limits

# Rows [begin, end).
Range: TypeAlias = "tuple[int, int]"


def cut(edges: Iterable[int], nbytes: Callable[[int, int], int], limits: Limits) -> list[Range]:
    """Ranges in ascending order, none of which lies on both sides of an edge.

    `edges` has the first row and the last row's end. Of about equal size, each as the limits prefer
    it. Where there are no rows, one range that is empty.
    """
    out: list[Range] = []
    for begin, end in pairwise(sorted(set(edges))):
        size = nbytes(begin, end)
        count = max(
            -(-size // limits.request_bytes_preferred), -(-(end - begin) // limits.rows_max)
        )
        step = -(-(end - begin) // max(1, count))
        # What goes with each range, however short, makes them longer than their share.
        share = nbytes(begin, min(begin + step, end))
        count = max(count, -(-count * share // limits.request_bytes_preferred))
        step = -(-(end - begin) // max(1, count))
        for first in range(begin, end, step):
            _add(out, (first, min(first + step, end)), nbytes, limits)
    return out or [(0, 0)]


def _add(out: list[Range], rows: Range, nbytes: Callable[[int, int], int], limits: Limits) -> None:
    """Adds the range, in halves where rows of uneven length make it too long."""
    bytes_max = limits.request_bytes_max - REQUEST_BYTES_RESERVED
    if rows[1] - rows[0] > 1 and nbytes(*rows) > bytes_max:
        for half in halves(rows):
            _add(out, half, nbytes, limits)
    else:
        out.append(rows)


def halves(rows: Range) -> list[Range]:
    """Two halves; nothing for a single row."""
    begin, end = rows
    middle = (begin + end) // 2
    return [(begin, middle), (middle, end)] if end - begin > 1 else []
