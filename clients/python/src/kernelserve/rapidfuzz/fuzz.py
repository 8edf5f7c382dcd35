"""Ratios from 0 to 100, as rapidfuzz.fuzz has them.

Each call is a round trip: for many pairs, give the function to kernelserve.pairwise as its scorer.
"""

from __future__ import annotations

from typing import Any

from .._api import default_client
from .._edit_records import ScoreAlignment
from .._scorers import RAPIDFUZZ_RATIOS, Scorer
from ._docs import described
from ._scores import Score, is_missing, processed, ratio_cutoff
from ._signatures import Plain, plain

__all__ = [*RAPIDFUZZ_RATIOS, "partial_ratio_alignment"]

_END = """\
Returns:
    A float; 0.0 where one is None, NaN or pandas.NA.

Raises:
    TypeError: one is no sequence of hashable things, or score_cutoff no number."""
_ALIGNMENT_END = """\
Returns:
    The score and which parts of s1 and s2 it is of; None where the score is below the cutoff, or
    one is None, NaN or pandas.NA.

Raises:
    TypeError: one is no sequence of hashable things, or score_cutoff no number."""


def _ratio(name: str, summary: str) -> Plain[float]:
    score = Score(f"fuzz.{name}", f"fuzz.{name}", float, worst=0.0, cutoff=ratio_cutoff)
    instead = "0.0 comes instead of a smaller one"
    return described(plain(score), __name__, name, summary, instead=instead, end=_END)


ratio: Plain[float] = _ratio(
    "ratio",
    "The normalized Indel similarity, times 100.",
)
partial_ratio: Plain[float] = _ratio(
    "partial_ratio",
    "The ratio of the shorter text and that part of the longer which is most like it.",
)
token_sort_ratio: Plain[float] = _ratio(
    "token_sort_ratio",
    "The ratio of both texts with their words sorted.",
)
token_set_ratio: Plain[float] = _ratio(
    "token_set_ratio",
    "The best ratio between the words that both texts have and those with what each has beyond: "
    "100 where the words of one are all in the other, 0 where one has no words.",
)
token_ratio: Plain[float] = _ratio(
    "token_ratio",
    "The greater of token_sort_ratio and token_set_ratio.",
)
partial_token_sort_ratio: Plain[float] = _ratio(
    "partial_token_sort_ratio",
    "The partial_ratio of both texts with their words sorted.",
)
partial_token_set_ratio: Plain[float] = _ratio(
    "partial_token_set_ratio",
    "100 where the texts have a word in common, else the partial_ratio of their sorted sets of "
    "words; 0 where one has no words.",
)
partial_token_ratio: Plain[float] = _ratio(
    "partial_token_ratio",
    "The greater of partial_token_sort_ratio and partial_token_set_ratio.",
)
WRatio: Plain[float] = _ratio(
    "WRatio",
    "The greatest of the other ratios, each weighted: those of words by 0.95, partial ones, which "
    "count where one text is at least half as long again as the other, by 0.9 or less. 0 where one "
    "is empty.",
)
QRatio: Plain[float] = _ratio(
    "QRatio",
    "The ratio, or 0 where one is empty.",
)


def _alignment(
    s1: Any, s2: Any, *, processor: Any = None, score_cutoff: Any = None
) -> ScoreAlignment | None:
    if is_missing(s1) or is_missing(s2):
        return None
    left, right, served = processed(s1, s2, processor)
    cutoff = None
    if score_cutoff is not None:
        cutoff = ratio_cutoff(score_cutoff)
        if cutoff is None:
            return None
    scorer = Scorer("fuzz.partial_ratio", processor=served)
    return default_client().align(left, right, scorer=scorer, score_cutoff=cutoff)


partial_ratio_alignment: Plain[ScoreAlignment | None] = described(
    _alignment,
    __name__,
    "partial_ratio_alignment",
    "Where the shorter text is most like a part of the longer, and their ratio.",
    instead="None comes instead of a smaller one",
    end=_ALIGNMENT_END,
)
