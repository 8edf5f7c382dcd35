"""Columns of views, 16 bytes a row, which point into buffers where texts are over 12 bytes long."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

# Bytes of buffers, for each row, with which views go as they are: as many as they have themselves.
# Of more, much may belong to other rows, and to find out what does takes as long as to gather it.
_BUFFERS_BYTES_A_ROW_MAX = 16

# With how many buffers, and with how many bytes of them for each that a text has, views go as they
# are where a server reads them: to name a buffer takes some microseconds.
_READ_BUFFERS_MAX = 64
_READ_BYTES_A_TEXT_BYTE_MAX = 2

# Rows to look at for an estimate, or up to twice as many; and how many of them have to have a long
# text, at least, before they tell where long texts are.
_SAMPLED_ROWS = 512
_LONG_SAMPLED_MIN = 32

# What a view's four int32 are; the second is the text's beginning.
_LENGTH, _BUFFER, _OFFSET = 0, 2, 3
_INLINE_BYTES_MAX = 12


def go_as_they_are(buffers: Sequence[memoryview], rows: int) -> bool:
    """Whether so many rows of views are sent with all that they may point into.

    Empty buffers have no place in a message, so that those behind them would have other numbers.
    """
    nbytes = sum(map(len, buffers))
    return nbytes <= _BUFFERS_BYTES_A_ROW_MAX * rows and all(map(len, buffers))


def are_read_as_they_are(
    values: memoryview, start: int, length: int, buffers: Sequence[memoryview]
) -> bool:
    """The same of rows [start, start + length), of which a server reads what they need.

    That is of each buffer from the first byte that they point to up to the last: little, where they
    are some rows of a longer column; of rows that were shuffled or sorted it may be much.
    """
    if len(buffers) > _READ_BUFFERS_MAX or not all(map(len, buffers)):
        return False
    some = _some_views(values, start, length)
    long = some[some[:, _LENGTH] > _INLINE_BYTES_MAX]
    if len(long) < _LONG_SAMPLED_MIN:
        return False
    places = np.sort((long[:, _BUFFER].astype(np.int64) << 32) + long[:, _OFFSET])
    in_one = places[1:] >> 32 == places[:-1] >> 32
    between = int((places[1:] - places[:-1])[in_one].sum())
    text = int(long[:, _LENGTH].sum(dtype=np.int64)) * length // len(some)
    return between <= _READ_BYTES_A_TEXT_BYTE_MAX * text + _BUFFERS_BYTES_A_ROW_MAX * length


def text_bytes(values: memoryview, start: int, length: int) -> int:
    """About how many bytes of text the views of rows [start, start + length) have.

    Few long ones among short ones may be missed.
    """
    if length == 0:
        return 0
    sizes = _some_views(values, start, length)[:, _LENGTH]
    return int(np.maximum(sizes, 0).sum(dtype=np.int64)) * length // len(sizes)


def _some_views(values: memoryview, start: int, length: int) -> npt.NDArray[np.int32]:
    """Views of some of the rows [start, start + length), four numbers each.

    One in each of many stretches, at a place that differs from stretch to stretch: rows that come
    in turns are met alike.
    """
    views = np.frombuffer(values[start * 16 : (start + length) * 16], np.int32).reshape(-1, 4)
    stretch = max(1, length // _SAMPLED_ROWS)
    numbers = np.arange(length // stretch)
    # The golden ratio's multiples spread evenly, whatever the length.
    places = numbers * stretch + (numbers * 40_503 % 65_536) * stretch // 65_536
    return views.take(places, 0)
