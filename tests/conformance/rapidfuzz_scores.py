"""What RapidFuzz says, one pair at a time: the independent source of every expected score."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.columns import Value
from rapidfuzz.distance import Levenshtein

from conformance.engines import Score, Scorer

FORMS: dict[str, Callable[..., int | float]] = {
    "levenshtein.distance": Levenshtein.distance,
    "levenshtein.similarity": Levenshtein.similarity,
    "levenshtein.normalized_distance": Levenshtein.normalized_distance,
    "levenshtein.normalized_similarity": Levenshtein.normalized_similarity,
}


def expected(scorer: Scorer, left: Sequence[Value], right: Sequence[Value]) -> list[Score]:
    return [_score(scorer, a, b) for a, b in zip(left, right, strict=True)]


def _score(scorer: Scorer, left: Value, right: Value) -> Score:
    if left is None or right is None:
        return None  # where RapidFuzz raises, or gives its worst score
    return FORMS[scorer.name](
        left,
        right,
        weights=scorer.weights or (1, 1, 1),
        score_cutoff=scorer.score_cutoff,
        score_hint=scorer.score_hint,
    )
