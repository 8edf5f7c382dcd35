"""Whoever does some work, under one signature; and what all of them have to agree on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

# Normalised scores are quotients, which some libraries round in other places than others.
_TOLERANCE = 1e-6

Kind = Literal["ours", "floor", "peer"]


@dataclass(frozen=True)
class Contender:
    """One way to do some work, which is `units` of what the work is counted in.

    `scores` makes of what `run` gave what all contenders have in common: an array, of which a peer
    that takes long may give the beginning only, or a list of matches for each query, alike. None:
    it gives nothing to compare. `seconds` gives, of a contender that has a clock of its own, what
    that showed for the latest run.
    """

    name: str
    kind: Kind
    run: Callable[[], Any]
    units: int
    scores: Callable[[Any], Any] | None = None
    seconds: Callable[[], float] | None = None


class UnequalResultsError(Exception):
    """Two contenders gave different results for the same texts."""


def check_equal(contenders: Sequence[Contender]) -> None:
    """Runs all; raises UnequalResultsError unless they give what the first does."""
    first: tuple[Contender, Any] | None = None
    for contender in contenders:
        if contender.scores is None:
            continue
        scores = contender.scores(contender.run())
        if first is None:
            first = contender, scores
        elif not _same(first[1], scores):
            raise UnequalResultsError(
                f"{contender.name} gives other results than {first[0].name}: "
                f"{_difference(first[1], scores)}"
            )


def _same(expected: Any, found: Any) -> bool:
    if isinstance(found, list):
        return bool(found) and expected[: len(found)] == found
    if len(found) == 0 or expected[: len(found)].shape != found.shape:
        return False
    return bool(np.allclose(expected[: len(found)], found, rtol=0, atol=_TOLERANCE))


def _difference(expected: Any, found: Any) -> str:
    """The first row that differs."""
    for row, (one, other) in enumerate(zip(expected, found, strict=False)):
        if not _same(np.atleast_1d(one), np.atleast_1d(other)):
            return f"in row {row}, {other} instead of {one}"
    return f"{len(found)} of them"
