"""The distance as anybody writes it in Python."""

from __future__ import annotations

import numpy as np

from kernelserve.bench.contender import Contender
from kernelserve.bench.texts import Pairs

# The loop needs ten seconds for a million pairs and shows the same with fewer.
PYTHON_PAIRS = 20_000


def python_loop(pairs: Pairs) -> Contender:
    left, right = pairs.left[:PYTHON_PAIRS], pairs.right[:PYTHON_PAIRS]
    return Contender(
        f"Python loop, {len(left):,} pairs",
        "peer",
        lambda: [levenshtein(a, b) for a, b in zip(left, right, strict=True)],
        len(left),
        scores=np.asarray,
    )


def levenshtein(a: str, b: str) -> int:
    """Wagner and Fischer's algorithm, a row at a time."""
    above = list(range(len(b) + 1))
    for i, unit in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (unit != other)))
        above = row
    return above[-1]
