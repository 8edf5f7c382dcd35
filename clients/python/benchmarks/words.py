"""A million pairs of real words."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

# Debian's package wamerican-huge.
WORDS = Path("/usr/share/dict/american-english-huge")
PAIRS = 1_000_000
_SEED = 1


@dataclass(frozen=True)
class Pairs:
    """The same pairs in the form that each contender likes best, made before any clock runs."""

    left: list[str]
    right: list[str]
    left_arrow: pa.StringArray
    right_arrow: pa.StringArray
    frame: pl.DataFrame
    words: int  # to draw from

    def __len__(self) -> int:
        return len(self.left)


def draw_pairs(count: int = PAIRS) -> Pairs:
    """`count` pairs, each side drawn from the list at random: the same with every run."""
    words = WORDS.read_text(encoding="utf-8").split()
    random = np.random.default_rng(_SEED)
    left = [words[i] for i in random.integers(len(words), size=count)]
    right = [words[i] for i in random.integers(len(words), size=count)]
    return Pairs(
        left,
        right,
        pa.array(left, pa.string()),
        pa.array(right, pa.string()),
        pl.DataFrame({"left": left, "right": right}),
        len(words),
    )
