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
    views = np.frombuffer(values, np.int32).reshape(-1, 4)
    outside = views[:, 0] > _INLINE_BYTES_MAX
    if valid is not None:  # what a null's view holds means nothing
        outside &= valid
    rows = np.flatnonzero(outside)
    if not len(rows):
        return ViewParts(values, [])
    views = views.copy()
    parts: list[memoryview] = []
    unused = 0
    numbers = views[rows, 2]
    for number in np.unique(numbers).tolist():
        used = rows[numbers == number]
        if not 0 <= number < len(buffers):
            views[used, 2] = -1  # still points nowhere, for the server to say so
            continue
        begins = views[used, 3]
        ends = begins.astype(np.int64) + views[used, 0]
        first, past = int(begins.min()), int(ends.max())
        unused += past - first - int((ends - begins).sum())
        parts.append(buffers[number][first:past])
        views[used, 2] = len(parts) - 1
        views[used, 3] = begins - first
    if unused > _UNUSED_BYTES_A_ROW_MAX * len(views):
        return None
    return ViewParts(memoryview(views.reshape(-1).view(np.uint8).data), parts)
