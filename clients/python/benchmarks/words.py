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


@dataclass(frozen=True)
class Searches:
    """Words to compare with words: for a matrix, for looking up, for a join of one column."""

    matrix_queries: list[str]
    matrix_choices: list[str]
    words: list[str]
    words_arrow: pa.StringArray
    lookups: list[str]
    joined: list[str]


def draw_searches(
    queries: int = 2_000, choices: int = 10_000, lookups: int = 1_000, joined: int = 100_000
) -> Searches:
    """Words drawn at random; those to look up have one or two edits. The same with every run."""
    words = WORDS.read_text(encoding="utf-8").split()
    random = np.random.default_rng(_SEED)
    return Searches(
        [words[i] for i in random.integers(len(words), size=queries)],
        [words[i] for i in random.integers(len(words), size=choices)],
        words,
        pa.array(words, pa.string()),
        [_misspelt(words[i], random) for i in random.integers(len(words), size=lookups)],
        [words[i] for i in random.permutation(len(words))[:joined]],
    )


def _misspelt(word: str, random: np.random.Generator) -> str:
    """One or two letters replaced, put in or left out, anywhere."""
    for _ in range(int(random.integers(1, 3))):
        at = int(random.integers(len(word) + 1))
        kept, letter = int(random.integers(2)), "abcdefghijklmnopqrstuvwxyz"[random.integers(26)]
        put_in = letter if random.integers(2) or kept else ""
        word = word[:at] + put_in + word[at + 1 - kept :]
    return word
