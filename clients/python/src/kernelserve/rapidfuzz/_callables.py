"""rapidfuzz.process by a scorer that is any function: it is called here, for each cell.

Best is the greatest score, from 0, unless the function says otherwise as RapidFuzz's own in Python
do, by an attribute.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from numbers import Real
from operator import itemgetter
from typing import Any

import numpy as np
import numpy.typing as npt

from .._callbacks import callback
from .._exceptions import invalid
from ._choices import pairs_of, sized_column
from ._extraction import Match
from ._matrices import as_dtype, check_lengths, result_dtype
from ._plans import called_processor, kwargs_of
from ._scores import as_number, is_missing

# RF_SCORER_FLAG_RESULT_I64 and _SIZE_T of RapidFuzz's C API.
_RESULT_I64, _RESULT_SIZE_T = 1 << 6, 1 << 7


class Called:
    """A function with what it is given beside the two texts."""

    def __init__(
        self, scorer: Any, processor: object, score_cutoff: Any, scorer_kwargs: object
    ) -> None:
        if not callable(scorer):
            kind = type(scorer).__name__
            raise invalid(
                f"scorer is a {kind}: {kind!r} object is not callable",
                field="scorer",
                bound="a scorer of RapidFuzz or kernelserve.rapidfuzz, or any function",
                value=kind,
                reason="WRONG_TYPE",
            )
        self.kwargs = kwargs_of(scorer_kwargs)
        self.processor = called_processor(processor)
        described = getattr(scorer, "_RF_ScorerPy", None)
        flags = {} if described is None else described["get_scorer_flags"](**self.kwargs)
        self.worst, self.optimal = flags.get("worst_score", 0), flags.get("optimal_score", 100)
        self.higher = self.optimal > self.worst
        result = int(flags.get("flags", 0))
        self.dtype: npt.DTypeLike = np.float32
        if result & _RESULT_I64:
            self.dtype = np.int32
        elif result & _RESULT_SIZE_T:
            self.dtype = np.uint32
        self.given_cutoff = score_cutoff
        self.cutoff = self.worst if score_cutoff is None else score_cutoff
        self.score: Callable[..., Any] = callback(scorer, "scorer")

    def process(self, value: Any) -> Any:
        return value if self.processor is None else self.processor(value)

    def passes(self, score: Any, cutoff: Any) -> bool:
        return bool(score >= cutoff if self.higher else score <= cutoff)


def extract_iter(called: Called, query: Any, choices: Any) -> Iterator[Match]:
    query = called.process(query)
    for key, choice in pairs_of(choices):
        if is_missing(choice):
            continue
        text = called.process(choice)
        score = called.score(query, text, **(called.kwargs | {"score_cutoff": called.cutoff}))
        if called.passes(score, called.cutoff):
            yield choice, score, key


def extract_one(called: Called, query: Any, choices: Any) -> Match | None:
    query, best, cutoff = called.process(query), None, called.cutoff
    for key, choice in pairs_of(choices):
        if is_missing(choice):
            continue
        text = called.process(choice)
        score = called.score(query, text, **(called.kwargs | {"score_cutoff": cutoff}))
        if called.passes(score, cutoff) and (best is None or score != best[1]):
            best, cutoff = (choice, score, key), score
        if score == called.optimal:
            break
    return best


def extract(called: Called, query: Any, choices: Any, limit: int | None) -> list[Match]:
    if not hasattr(choices, "__len__"):
        choices = list(choices)
    limit = len(choices) if limit is None else min(limit, len(choices))
    if limit == 1:
        best = extract_one(called, query, choices)
        return [] if best is None else [best]
    matches = extract_iter(called, query, choices)
    pick = heapq.nlargest if called.higher else heapq.nsmallest
    return pick(limit, matches, key=itemgetter(1))


def cdist(
    called: Called, queries: Any, choices: Any, multiplier: object, dtype: npt.DTypeLike | None
) -> npt.NDArray[Any]:
    left = _processed(called, queries, "queries")
    right = left if queries is choices else _processed(called, choices, "choices")
    scores = np.empty((len(left), len(right)))
    named = called.kwargs | {"score_cutoff": called.given_cutoff}
    for row, query in enumerate(left):
        for column, choice in enumerate(right):
            scores[row, column] = _number(called.score(query, choice, **named))
    return _wanted(called, scores, multiplier, dtype)


def cpdist(
    called: Called, queries: Any, choices: Any, multiplier: object, dtype: npt.DTypeLike | None
) -> npt.NDArray[Any]:
    check_lengths(queries, choices)
    left, right = _processed(called, queries, "queries"), _processed(called, choices, "choices")
    named = called.kwargs | {"score_cutoff": called.given_cutoff}
    scores = np.empty(len(left))
    for row, (query, choice) in enumerate(zip(left, right, strict=True)):
        scores[row] = _number(called.score(query, choice, **named))
    return _wanted(called, scores, multiplier, dtype)


def _number(score: Any) -> float:
    if isinstance(score, Real):
        return float(score)
    kind = type(score).__name__
    raise invalid(
        f"scorer gave a {kind}: a score is a number",
        field="scorer",
        bound="a function that gives numbers",
        value=kind,
        reason="WRONG_TYPE",
    )


def _wanted(
    called: Called, scores: npt.NDArray[Any], multiplier: object, dtype: npt.DTypeLike | None
) -> npt.NDArray[Any]:
    wanted = result_dtype(dtype, called.dtype)
    return as_dtype(scores * as_number(multiplier, "score_multiplier"), wanted)


def _processed(called: Called, values: Any, name: str) -> list[Any]:
    return [
        value if is_missing(value) else called.process(value)
        for value in sized_column(values, name)
    ]
