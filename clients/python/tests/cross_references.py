"""What cdist, top_k and join should give: RapidFuzz's score of each pair by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, Hamming, Indel, Jaro, JaroWinkler, Levenshtein, Prefix

Texts = Sequence[str | None]
Rows = list[tuple[int, int, float]]


@dataclass(frozen=True)
class Reference:
    """RapidFuzz's function, and what a score beyond the cutoff becomes."""

    function: Callable[..., Any]
    higher: bool
    worst: Callable[[float], float]
    dtype: type

    def scores(self, queries: Texts, choices: Texts) -> npt.NDArray[Any]:
        """NaN where a text is null."""
        out = np.full((len(queries), len(choices)), np.nan)
        for q, query in enumerate(queries):
            for c, choice in enumerate(choices):
                if query is not None and choice is not None:
                    out[q, c] = self.function(query, choice)
        return out

    def passes(self, scores: npt.NDArray[Any], cutoff: float | None) -> npt.NDArray[np.bool_]:
        sign = 1 if self.higher else -1
        worst = -np.inf if cutoff is None else sign * cutoff
        there: npt.NDArray[np.bool_] = sign * scores >= worst
        return there


def distance(function: Callable[..., Any]) -> Reference:
    return Reference(function, False, lambda cutoff: cutoff + 1, np.int32)


def similarity(function: Callable[..., Any]) -> Reference:
    return Reference(function, True, lambda _: 0, np.int32)


def normalized_distance(function: Callable[..., Any]) -> Reference:
    return Reference(function, False, lambda _: 1.0, np.float64)


def normalized(function: Callable[..., Any]) -> Reference:
    return Reference(function, True, lambda _: 0.0, np.float64)


SCORERS = {
    "levenshtein.distance": distance(Levenshtein.distance),
    "levenshtein.similarity": similarity(Levenshtein.similarity),
    "levenshtein.normalized_distance": normalized_distance(Levenshtein.normalized_distance),
    "levenshtein.normalized_similarity": normalized(Levenshtein.normalized_similarity),
    "osa.distance": distance(OSA.distance),
    "indel.distance": distance(Indel.distance),
    "hamming.distance": distance(Hamming.distance),
    "prefix.similarity": similarity(Prefix.similarity),
    "jaro.similarity": normalized(Jaro.similarity),
    "jaro_winkler.similarity": normalized(JaroWinkler.similarity),
    "fuzz.ratio": normalized(fuzz.ratio),
    "fuzz.token_set_ratio": normalized(fuzz.token_set_ratio),
    "fuzz.WRatio": normalized(fuzz.WRatio),
}


def rows(table: Any) -> Rows:
    return list(zip(*table.to_pydict().values(), strict=True))
