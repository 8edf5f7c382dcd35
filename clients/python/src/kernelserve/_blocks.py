"""Blocking: which rows of two frames agree on their keys, and those pairs a bounded part at a time.

Pairs are numbered: by left row, and of one left row by right row. A part is a range of numbers, so
that neither many small blocks nor a large one takes more memory than a part does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from ._frames import Frame, Rows, expanded, without_views, wrong_column

Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Blocks:
    """Rows of both sides by key.

    The partners of left row i are right[first[i] : first[i] + count[i]], in ascending order.
    """

    first: Indices
    count: Indices
    right: Rows

    @classmethod
    def of(cls, left: Indices, right: Indices) -> Blocks:
        """By the codes of their keys, small numbers; -1 agrees with nothing."""
        # One more than the code, so that those without a key come first, as block 0.
        blocks = int(max(left.max(initial=-1), right.max(initial=-1))) + 2
        sizes = np.bincount(right + 1, minlength=blocks)
        begins = np.cumsum(sizes) - sizes
        sizes[0] = 0
        # numpy sorts 16 bits by radix.
        narrow = (right + 1).astype(np.uint16) if blocks <= 1 << 16 else right
        order = np.argsort(narrow, kind="stable")
        rows = order.astype(_rows_type(max(len(left), len(right))))
        return cls(begins.take(left + 1), sizes.take(left + 1), rows)

    @classmethod
    def within(cls, codes: Indices, *, later: bool) -> Blocks:
        """Of a frame with itself: the partners are the others, or those of later rows alone."""
        blocks = cls.of(codes, codes)
        if not later:
            return blocks
        place = np.empty(len(codes), np.int64)
        place[blocks.right] = np.arange(len(codes))
        end = blocks.first + blocks.count
        return cls(place + 1, np.where(blocks.count, end - place - 1, 0), blocks.right)

    @property
    def pairs(self) -> int:
        return int(self.count.sum())

    def without(self, rows: npt.NDArray[np.bool_]) -> Blocks:
        """The same, but that these left rows have no partners."""
        return Blocks(self.first, np.where(rows, 0, self.count), self.right)

    def parts(self, pairs_max: int) -> Iterator[tuple[Rows, Rows]]:
        """The left and right rows of all pairs, at most `pairs_max` at a time."""
        ends = np.cumsum(self.count)
        total = int(ends[-1]) if len(ends) else 0
        for begin in range(0, total, pairs_max):
            end = min(begin + pairs_max, total)
            rows = np.arange(
                np.searchsorted(ends, begin, "right"), np.searchsorted(ends, end, "left") + 1
            )
            starts = ends[rows] - self.count[rows]
            skipped = np.maximum(begin - starts, 0)
            taken = np.minimum(ends[rows], end) - starts - skipped
            left = np.repeat(rows.astype(self.right.dtype), taken)
            # Each pair's place among those of its row, from where the row's begin.
            base = self.first[rows] + skipped - (np.cumsum(taken) - taken)
            places = np.repeat(base, taken)
            places += np.arange(end - begin)
            yield left, self.right.take(places)


def _rows_type(rows: int) -> type[np.integer[Any]]:
    """Of numbers of so many rows."""
    return np.int32 if rows <= np.iinfo(np.int32).max else np.int64


def codes_of(
    left: Frame,
    right: Frame | None,
    left_by: Sequence[Any],
    right_by: Sequence[Any],
    arguments: tuple[str, str],
) -> tuple[Indices, Indices]:
    """A number for each row of either side, equal where all keys are; -1 where one is null.

    Without `right`, the second are the first.
    """
    rows = len(left)
    codes = np.zeros(rows + (len(right) if right is not None else 0), np.int64)
    for left_name, right_name in zip(left_by, right_by, strict=True):
        keys = [left.column(left_name, arguments[0])]
        if right is not None:
            keys.append(right.column(right_name, arguments[1]))
        try:
            found = _codes(keys)
        except (pa.ArrowException, TypeError) as error:
            against = "" if right is None else f" and {keys[-1].type} of {right.argument}"
            why = f"has type {keys[0].type}{against}, which are no keys of one kind: {error}"
            raise wrong_column(left, left_name, arguments[0], why) from None
        if not codes.any():  # the first column, or one that came before has a single value
            codes = np.where(codes < 0, codes, found)
            continue
        missing = (codes < 0) | (found < 0)
        # Dense again after each column, so that products stay far from 64 bits.
        _, dense = np.unique(codes * (int(found.max(initial=0)) + 1) + found, return_inverse=True)
        codes = np.where(missing, -1, dense)
    return (codes[:rows], codes[rows:]) if right is not None else (codes, codes)


def _codes(keys: list[Any]) -> Indices:
    """A number for each value of the arrays, end to end; -1 for nulls."""
    arrays = [_in_one_type(expanded(key)) for key in keys]
    if len({array.type for array in arrays}) > 1:
        arrays = _of_one_type(arrays)
    whole = pa.concat_arrays(arrays).dictionary_encode()
    indices = whole.indices.fill_null(-1) if whole.indices.null_count else whole.indices
    return np.asarray(indices.to_numpy(zero_copy_only=False), np.int64)


def _in_one_type(array: Any) -> Any:
    """In the one type for all that hold the same values."""
    kind = without_views(array.type)
    if pa.types.is_string(kind):
        kind = pa.large_string()
    elif pa.types.is_binary(kind):
        kind = pa.large_binary()
    elif pa.types.is_integer(kind) and kind != pa.uint64():
        kind = pa.int64()
    elif pa.types.is_floating(kind):
        kind = pa.float64()
    return array.cast(kind)


def _of_one_type(arrays: list[Any]) -> list[Any]:
    """Raises TypeError or ArrowInvalid where values of one are none of the other."""
    kinds = [array.type for array in arrays if not pa.types.is_null(array.type)]
    numeric = all(pa.types.is_integer(k) or pa.types.is_floating(k) for k in kinds)
    temporal = all(pa.types.is_temporal(k) for k in kinds)
    if len(kinds) > 1 and not numeric and not temporal:
        raise TypeError(f"{kinds[0]} is not {kinds[1]}")
    kind = kinds[0] if kinds else pa.null()
    if numeric and any(pa.types.is_floating(k) for k in kinds):
        kind = pa.float64()
    return [array.cast(kind) for array in arrays]
