"""What RapidFuzz says, one pair at a time: the independent source of every expected score."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from harness.columns import Value
from rapidfuzz import distance, fuzz, utils

from conformance.engines import Score, Scorer

METRICS: dict[str, Any] = {
    "levenshtein": distance.Levenshtein,
    "damerau_levenshtein": distance.DamerauLevenshtein,
    "osa": distance.OSA,
    "indel": distance.Indel,
    "lcs_seq": distance.LCSseq,
    "hamming": distance.Hamming,
    "jaro": distance.Jaro,
    "jaro_winkler": distance.JaroWinkler,
    "prefix": distance.Prefix,
    "postfix": distance.Postfix,
}
_FORMS = ("distance", "similarity", "normalized_distance", "normalized_similarity")

_RATIOS = (
    "ratio",
    "partial_ratio",
    "token_sort_ratio",
    "token_set_ratio",
    "token_ratio",
    "partial_token_sort_ratio",
    "partial_token_set_ratio",
    "partial_token_ratio",
    "WRatio",
    "QRatio",
)

# By the scorer's name in the catalog.
FORMS: dict[str, Callable[..., int | float]] = {
    f"{name}.{form}": getattr(metric, form) for name, metric in METRICS.items() for form in _FORMS
} | {f"fuzz.{name}": getattr(fuzz, name) for name in _RATIOS}


def is_whole(name: str) -> bool:
    """Whether the scorer gives integers."""
    return "normalized" not in name and not name.startswith(("jaro", "fuzz."))


def expected(scorer: Scorer, left: Sequence[Value], right: Sequence[Value]) -> list[Score]:
    return [_score(scorer, a, b) for a, b in zip(left, right, strict=True)]


def _score(scorer: Scorer, left: Value, right: Value) -> Score:
    if left is None or right is None:
        return None  # where RapidFuzz raises, or gives its worst score
    options: dict[str, Any] = {"score_cutoff": scorer.score_cutoff}
    if scorer.name.startswith("levenshtein."):
        options |= {"weights": scorer.weights or (1, 1, 1), "score_hint": scorer.score_hint}
    if scorer.processor is not None:
        options["processor"] = utils.default_process
    if scorer.prefix_weight is not None:
        options["prefix_weight"] = scorer.prefix_weight
    return FORMS[scorer.name](left, right, **options)
