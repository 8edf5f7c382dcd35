"""Rows of a view column, with only the parts of its buffers that they point into."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ._wire import Deferred

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


# Estimates: rows to look at, or half as many, and how long buffers have to be for that.
_SAMPLED_ROWS = 2048
_LOOKED_INTO_BYTES_MIN = 64 << 10


@dataclass(frozen=True, slots=True)
class ViewParts:
    """Views and what they point into."""

    views: memoryview | Deferred
    buffers: list[memoryview]


@dataclass(frozen=True, slots=True, eq=False)
class _MovedViews(Deferred):
    """Views of which some are to point elsewhere."""

    values: memoryview  # as they were
    rows: npt.NDArray[np.intp]  # that change
    halves: npt.NDArray[np.int64]  # of each of them, the second half: number and offset

    def __len__(self) -> int:
        return len(self.values)

    def fill(self, out: npt.NDArray[np.uint8]) -> None:
        out[:] = np.frombuffer(self.values, np.uint8)
        out.view(np.int64)[1::2][self.rows] = self.halves


def view_parts(
    values: memoryview, valid: npt.NDArray[np.bool_] | None, buffers: tuple[memoryview, ...]
) -> ViewParts | None:
    """The views in `values`, of those rows that are `valid`, pointing into parts of the buffers.

    None where the rows are scattered over the buffers, as after a sort or a filter: then the text
    is better gathered than its surroundings sent.
    """
    if are_sent_whole(buffers, len(values) // 16):
        return ViewParts(values, list(buffers))
    # Halves of views, since numpy takes five times as long to gather or put whole ones.
    views = np.frombuffer(values, np.int32).reshape(-1, 4)
    outside = views[:, 0] > _INLINE_BYTES_MAX
    if valid is not None:  # what a null's view holds means nothing
        outside &= valid
    rows = np.flatnonzero(outside)
    if not len(rows):
        return ViewParts(values, [])
    sizes = views[:, 0][rows]
    halves = np.frombuffer(values, np.int64)[1::2][rows]
    numbers, begins = halves.view(np.int32).reshape(-1, 2).T
    runs = _runs(numbers)
    if len(runs) > _RUNS_A_BUFFER_MAX * len(buffers):
        order = np.argsort(numbers, kind="stable")
        rows, sizes, halves = rows[order], sizes[order], halves[order]
        numbers, begins = halves.view(np.int32).reshape(-1, 2).T
        runs = _runs(numbers)
    ends = begins.astype(np.int64) + sizes
    parts: list[memoryview] = []
    sent = 0
    moved = False
    for run in runs:
        number = int(numbers[run.start])
        size = len(buffers[number]) if 0 <= number < len(buffers) else -1
        first, past = int(begins[run].min()), int(ends[run].max())
        if first < 0 or past > size:  # some point nowhere, and still do: the server is to say so
            there = (begins[run] >= 0) & (ends[run] <= size)
            moved = True
            numbers[run] = -1
            if not there.any():
                continue
            first = int(begins[run][there].min())
            past = int(ends[run][there].max())
            numbers[run][there] = len(parts)
        else:
            moved = moved or first != 0 or number != len(parts)
            numbers[run] = len(parts)
        begins[run] -= first
        parts.append(buffers[number][first:past])
        sent += past - first
    if sent - int(sizes.sum(dtype=np.int64)) > _UNUSED_BYTES_A_ROW_MAX * len(views):
        return None
    return ViewParts(_MovedViews(values, rows, halves) if moved else values, parts)


def outside_bytes(values: memoryview, start: int, length: int, buffers: list[memoryview]) -> int:
    """About how many bytes of the buffers go with rows [start, start + length) of the views.

    By one row in each of many stretches, at a place that differs from stretch to stretch: rows that
    come in turns are met alike. Few long ones among short ones may be missed.
    """
    whole = sum(map(len, buffers))
    if whole <= _LOOKED_INTO_BYTES_MIN or length == 0:
        return whole
    views = np.frombuffer(values[start * 16 : (start + length) * 16], np.int32).reshape(-1, 4)
    stretch = max(1, length // _SAMPLED_ROWS)
    numbers = np.arange(length // stretch)
    # The golden ratio's multiples spread evenly, whatever the length.
    some = views[numbers * stretch + (numbers * 40_503 % 65_536) * stretch // 65_536]
    some = some[some[:, 0] > _INLINE_BYTES_MAX]
    if not len(some):
        return 0
    some = some[np.argsort(some[:, 2], kind="stable")]
    firsts = [run.start for run in _runs(some[:, 2])]
    begins = some[:, 3].astype(np.int64)
    ends = begins + some[:, 0]
    spread = np.maximum.reduceat(ends, firsts) - np.minimum.reduceat(begins, firsts)
    text = int(some[:, 0].sum(dtype=np.int64)) * stretch
    # What is spread further is gathered.
    return min(max(int(spread.sum()), text), text + _UNUSED_BYTES_A_ROW_MAX * length, whole)


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
