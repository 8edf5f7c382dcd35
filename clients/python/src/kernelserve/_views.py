"""Rows of a view column, with only the parts of its buffers that they point into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Arrow's: longer text lies in a buffer.
_INLINE_BYTES_MAX = 12

# Bytes a row that nothing points to, sent along rather than avoided: gathering the text costs 40 ns
# for each row, long or short, and a byte more to send about one.
_UNUSED_BYTES_A_ROW_MAX = 32

# Bytes of buffers, for each row, that are sent without a look at what points where: as many as the
# views have themselves, and sooner sent than the views are read.
WHOLE_BUFFERS_BYTES_A_ROW_MAX = 16

# Rows that follow each other mostly point into the same buffer. Where they do not, they are sorted.
_RUNS_A_BUFFER_MAX = 4


@dataclass(frozen=True, slots=True)
class ViewParts:
    """Views and what they point into."""

    views: memoryview
    buffers: list[memoryview]


def view_parts(
    values: memoryview, valid: npt.NDArray[np.bool_] | None, buffers: tuple[memoryview, ...]
) -> ViewParts | None:
    """The views in `values`, of those rows that are `valid`, pointing into parts of the buffers.

    None where the rows are scattered over the buffers, as after a sort or a filter: then the text
    is better gathered than its surroundings sent.
    """
    if are_sent_whole(buffers, len(values) // 16):
        return ViewParts(values, list(buffers))
    views = np.frombuffer(values, np.int32).reshape(-1, 4)
    outside = views[:, 0] > _INLINE_BYTES_MAX
    if valid is not None:  # what a null's view holds means nothing
        outside &= valid
    rows = np.flatnonzero(outside)
    if not len(rows):
        return ViewParts(values, [])
    found = views[rows]
    runs = _runs(found[:, 2])
    if len(runs) > _RUNS_A_BUFFER_MAX * len(buffers):
        order = np.argsort(found[:, 2], kind="stable")
        rows, found = rows[order], found[order]
        runs = _runs(found[:, 2])
    begins = found[:, 3].astype(np.int64)
    ends = begins + found[:, 0]
    parts: list[memoryview] = []
    unused = 0
    moved = False
    for run in runs:
        number = int(found[run.start, 2])
        if not 0 <= number < len(buffers):
            moved = True
            found[run, 2] = -1  # still points nowhere, for the server to say so
            continue
        first, past = int(begins[run].min()), int(ends[run].max())
        unused += past - first - int((ends[run] - begins[run]).sum())
        moved = moved or first != 0 or number != len(parts)
        found[run, 2] = len(parts)
        found[run, 3] -= first
        parts.append(buffers[number][first:past])
    if unused > _UNUSED_BYTES_A_ROW_MAX * len(views):
        return None
    if not moved:
        return ViewParts(values, parts)
    views = views.copy()
    views[rows] = found
    return ViewParts(memoryview(views.reshape(-1).view(np.uint8).data), parts)


def are_sent_whole(buffers: tuple[memoryview, ...], rows: int) -> bool:
    """Whether all buffers go with so many rows as they are. Empty ones have no place in a message,
    so that those behind them would have other numbers.
    """
    nbytes = sum(map(len, buffers))
    return nbytes <= WHOLE_BUFFERS_BYTES_A_ROW_MAX * rows and all(map(len, buffers))


def _runs(numbers: npt.NDArray[np.int32]) -> list[slice]:
    """Ranges of equal neighbours, which together are all."""
    edges = (np.flatnonzero(numbers[1:] != numbers[:-1]) + 1).tolist()
    return [slice(a, b) for a, b in zip([0, *edges], [*edges, len(numbers)], strict=True)]
