"""Whoever computes the Levenshtein distance of pairs, under one signature.

A contender is a function without arguments that computes all pairs; `scores` makes a numpy array of
what it gave, outside the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

import numpy as np
import numpy.typing as npt
import polars_ds
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

import kernelserve as ks

from .words import Pairs

# The kernel that looks at nothing: what is left is the boundary.
NULL_KERNEL = "null"

# A Python loop needs ten seconds for a million pairs and shows the same with fewer.
PYTHON_PAIRS = 20_000


@dataclass(frozen=True)
class Contender:
    """One way to compute `pairs` distances."""

    name: str
    run: Callable[[], Any]
    pairs: int

    def scores(self) -> npt.NDArray[np.int64]:
        return np.asarray(self.run()).astype(np.int64)


def kernelserve(client: ks.Client, pairs: Pairs) -> Contender:
    return Contender(
        "kernelserve pairwise",
        lambda: client.pairwise(pairs.left_arrow, pairs.right_arrow),
        len(pairs),
    )


def null_kernel(client: ks.Client, pairs: Pairs) -> Contender:
    return Contender(
        "kernelserve, null kernel",
        lambda: client.pairwise(pairs.left_arrow, pairs.right_arrow, scorer=NULL_KERNEL),
        len(pairs),
    )


def rapidfuzz(pairs: Pairs, workers: int) -> Contender:
    return Contender(
        f"RapidFuzz, workers={workers}",
        lambda: process.cpdist(
            pairs.left, pairs.right, scorer=Levenshtein.distance, workers=workers, dtype=np.int32
        ),
        len(pairs),
    )


def polars(pairs: Pairs) -> Contender:
    distance = polars_ds.str_leven("left", "right", parallel=True)
    return Contender(
        "polars_ds, parallel",
        lambda: pairs.frame.select(distance).to_series(),
        len(pairs),
    )


def python_loop(pairs: Pairs) -> Contender:
    left, right = pairs.left[:PYTHON_PAIRS], pairs.right[:PYTHON_PAIRS]
    return Contender(
        f"Python loop, {len(left):,} pairs",
        lambda: [levenshtein(a, b) for a, b in zip(left, right, strict=True)],
        len(left),
    )


def levenshtein(a: str, b: str) -> int:
    """Wagner and Fischer's algorithm, a row at a time, as anybody writes it."""
    above = list(range(len(b) + 1))
    for i, unit in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (unit != other)))
        above = row
    return above[-1]


def versions() -> str:
    """Of the libraries that are compared."""
    names = {"RapidFuzz": "rapidfuzz", "polars_ds": "polars_ds", "Polars": "polars"}
    return ", ".join(f"{name} {version(package)}" for name, package in names.items())


def check_equal(contenders: Sequence[Contender]) -> None:
    """Raises unless all give the same distances; those of a sample, as far as it goes."""
    first = contenders[0].scores()
    for other in contenders[1:]:
        scores = other.scores()
        differ = np.flatnonzero(scores != first[: len(scores)])
        if len(scores) != other.pairs or len(differ):
            raise AssertionError(
                f"{other.name} gives {len(differ)} of {len(scores)} distances that differ from "
                f"those of {contenders[0].name}, the first at row {differ[:1]}"
            )
