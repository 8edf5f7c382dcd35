"""Columns of views, 16 bytes a row, which point into buffers where texts are over 12 bytes long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

# Bytes of buffers, for each row, with which views go as they are: as many as they have themselves.
# Of more, much may belong to other rows, and to find out what does takes as long as to gather it.
_BUFFERS_BYTES_A_ROW_MAX = 16

# Rows to look at for an estimate, or half as many.
_SAMPLED_ROWS = 2048


def go_as_they_are(buffers: Sequence[memoryview], rows: int) -> bool:
    """Whether so many rows of views are sent with all that they may point into.

    Empty buffers have no place in a message, so that those behind them would have other numbers.
    """
    nbytes = sum(map(len, buffers))
    return nbytes <= _BUFFERS_BYTES_A_ROW_MAX * rows and all(map(len, buffers))


def text_bytes(values: memoryview, start: int, length: int) -> int:
    """About how many bytes of text the views of rows [start, start + length) have.

    By one row in each of many stretches, at a place that differs from stretch to stretch: rows that
    come in turns are met alike. Few long ones among short ones may be missed.
    """
    if length == 0:
        return 0
    sizes = np.frombuffer(values[start * 16 : (start + length) * 16], np.int32)[::4]
    stretch = max(1, length // _SAMPLED_ROWS)
    numbers = np.arange(length // stretch)
    # The golden ratio's multiples spread evenly, whatever the length.
    some = sizes[numbers * stretch + (numbers * 40_503 % 65_536) * stretch // 65_536]
    return int(np.maximum(some, 0).mean(dtype=np.float64) * length)
