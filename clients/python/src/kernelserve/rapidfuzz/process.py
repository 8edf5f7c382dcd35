"""One query by many choices, and matrices of scores, as rapidfuzz.process has them.

A scorer of RapidFuzz or of kernelserve.rapidfuzz runs on the server; so does default_process as
processor. Any other function is called here, in Python, for each cell. docs/rapidfuzz.md says what
differs from RapidFuzz.
"""

# Over 400 lines: overloads for each of the ways to call, which generic defaults ask for, and
# docstrings that are the reference.

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Generator, Iterable
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar, overload

from .._exceptions import invalid, quote
from .._verbs import TextLike
from . import _callables, _extraction, _matrices
from ._plans import Plan
from ._scores import is_missing
from .fuzz import WRatio, ratio

if TYPE_CHECKING:
    import numpy.typing as npt

__all__ = ["cdist", "cpdist", "extract", "extractOne", "extract_iter"]

TextT = TypeVar("TextT")
ScoreT = TypeVar("ScoreT")
KeyT = TypeVar("KeyT")
KeyT_co = TypeVar("KeyT_co", covariant=True)
TextT_co = TypeVar("TextT_co", covariant=True)

Processor: TypeAlias = "Callable[[Any], TextLike] | None"
Kwargs: TypeAlias = "dict[str, Any] | None"


class Items(Protocol[KeyT_co, TextT_co]):
    """What names its choices: a dict, a pandas Series."""

    def items(self) -> Iterable[tuple[KeyT_co, TextT_co]]: ...


@overload
def extract(
    query: Any,
    choices: Items[KeyT, TextT | None],
    *,
    processor: Processor = None,
    limit: int | None = 5,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> list[tuple[TextT, float, KeyT]]: ...
@overload
def extract(
    query: Any,
    choices: Iterable[TextT | None],
    *,
    processor: Processor = None,
    limit: int | None = 5,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> list[tuple[TextT, float, int]]: ...
@overload
def extract(
    query: Any,
    choices: Items[KeyT, TextT | None],
    *,
    scorer: Callable[..., ScoreT],
    processor: Processor = None,
    limit: int | None = 5,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> list[tuple[TextT, ScoreT, KeyT]]: ...
@overload
def extract(
    query: Any,
    choices: Iterable[TextT | None],
    *,
    scorer: Callable[..., ScoreT],
    processor: Processor = None,
    limit: int | None = 5,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> list[tuple[TextT, ScoreT, int]]: ...
def extract(
    query: Any,
    choices: Any,
    *,
    scorer: Callable[..., Any] = WRatio,
    processor: Processor = None,
    limit: int | None = 5,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> list[tuple[Any, Any, Any]]:
    """The best choices for a query, best first, and in their own order where they are as good.

    Of a list of over 1,000 choices that comes again, as in a loop over queries, the server has the
    choices already: such a call takes about a millisecond. For many queries at once, see
    kernelserve.top_k().

    Args:
        query: str (its units are code points), bytes or a sequence of hashable things.
        choices: an iterable of such, or a dict or pandas Series of them. None, NaN and pandas.NA
            are left out.
        scorer: a function of kernelserve.rapidfuzz.fuzz or distance, or of rapidfuzz's. Any other
            is called here for each choice, with both texts, score_cutoff and scorer_kwargs; its
            greater scores are better.
        processor: called with the query and each choice, makes what is compared. default_process,
            ours or RapidFuzz's, runs on the server.
        limit: how many choices at most; None for all.
        score_cutoff: the greatest distance, or the least similarity, of a match.
        score_hint: taken, and not needed: the server finds by itself what it is for.
        scorer_kwargs: what else the scorer takes: weights, prefix_weight or pad.

    Returns:
        A list of (choice, score, index); (choice, score, key) of a dict or Series. Empty where the
        query is missing.

    Raises:
        TypeError: an argument is no text, no number, or nothing to iterate over; the error's
            `field` says which.
        ValueError: limit is negative, or another argument out of its range.
    """
    if is_missing(query):
        return []
    bound = _limit(limit)
    plan = Plan.of(scorer, processor, score_cutoff, score_hint, scorer_kwargs)
    if plan is None:
        called = _callables.Called(scorer, processor, score_cutoff, scorer_kwargs)
        return _callables.extract(called, query, choices, bound)
    return _extraction.extract(plan, query, choices, bound)


def _limit(limit: Any) -> int | None:
    if limit is None:
        return None
    try:
        number = int(limit) if isinstance(limit, float) else operator.index(limit)
    except (TypeError, ValueError, OverflowError):
        raise invalid(
            f"limit is {quote(limit)}, a {type(limit).__name__}: it should be an integer or None",
            field="limit",
            bound="an integer or None",
            value=limit,
            reason="WRONG_TYPE",
        ) from None
    if number < 0:
        raise invalid(
            f"limit is {number}, expected at least 0, or None for all",
            field="limit",
            bound="at least 0",
            value=limit,
            reason="OUT_OF_RANGE",
        )
    return number


@overload
def extractOne(
    query: Any,
    choices: Items[KeyT, TextT | None],
    *,
    processor: Processor = None,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> tuple[TextT, float, KeyT] | None: ...
@overload
def extractOne(
    query: Any,
    choices: Iterable[TextT | None],
    *,
    processor: Processor = None,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> tuple[TextT, float, int] | None: ...
@overload
def extractOne(
    query: Any,
    choices: Items[KeyT, TextT | None],
    *,
    scorer: Callable[..., ScoreT],
    processor: Processor = None,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> tuple[TextT, ScoreT, KeyT] | None: ...
@overload
def extractOne(
    query: Any,
    choices: Iterable[TextT | None],
    *,
    scorer: Callable[..., ScoreT],
    processor: Processor = None,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> tuple[TextT, ScoreT, int] | None: ...
def extractOne(  # noqa: N802 - RapidFuzz's name
    query: Any,
    choices: Any,
    *,
    scorer: Callable[..., Any] = WRatio,
    processor: Processor = None,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> tuple[Any, Any, Any] | None:
    """The best choice for a query: the first of those that are as good.

    An iterator of choices is read in blocks, and not much further than a perfect match.

    Args:
        query, choices, scorer, processor, score_cutoff, score_hint, scorer_kwargs: as in extract().

    Returns:
        (choice, score, index); (choice, score, key) of a dict or Series. None where no choice
        passes the cutoff, or the query is missing.

    Raises:
        TypeError, ValueError: as in extract().
    """
    if is_missing(query):
        return None
    plan = Plan.of(scorer, processor, score_cutoff, score_hint, scorer_kwargs)
    if plan is None:
        called = _callables.Called(scorer, processor, score_cutoff, scorer_kwargs)
        return _callables.extract_one(called, query, choices)
    return _extraction.extract_one(plan, query, choices)


@overload
def extract_iter(
    query: Any,
    choices: Items[KeyT, TextT | None],
    *,
    processor: Processor = None,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> Generator[tuple[TextT, float, KeyT], None, None]: ...
@overload
def extract_iter(
    query: Any,
    choices: Iterable[TextT | None],
    *,
    processor: Processor = None,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> Generator[tuple[TextT, float, int], None, None]: ...
@overload
def extract_iter(
    query: Any,
    choices: Items[KeyT, TextT | None],
    *,
    scorer: Callable[..., ScoreT],
    processor: Processor = None,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> Generator[tuple[TextT, ScoreT, KeyT], None, None]: ...
@overload
def extract_iter(
    query: Any,
    choices: Iterable[TextT | None],
    *,
    scorer: Callable[..., ScoreT],
    processor: Processor = None,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> Generator[tuple[TextT, ScoreT, int], None, None]: ...
def extract_iter(
    query: Any,
    choices: Any,
    *,
    scorer: Callable[..., Any] = WRatio,
    processor: Processor = None,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    scorer_kwargs: Kwargs = None,
) -> Generator[tuple[Any, Any, Any], None, None]:
    """Every choice that passes the cutoff, in the order of the choices, as it is asked for.

    An iterator of choices, which need not end, is read in blocks of 1, 2, 4 and up to 32,768
    choices. A block goes out when it is full, or when a choice arrives 50 ms after its first.

    Args:
        query, choices, scorer, processor, score_cutoff, score_hint, scorer_kwargs: as in extract().
            A choice that the processor makes None of is left out.

    Yields:
        (choice, score, index); (choice, score, key) of a dict or Series.

    Raises:
        TypeError, ValueError: as in extract(), after the matches of the choices before.
    """
    if is_missing(query):
        return
    plan = Plan.of(scorer, processor, score_cutoff, score_hint, scorer_kwargs)
    if plan is None:
        called = _callables.Called(scorer, processor, score_cutoff, scorer_kwargs)
        yield from _callables.extract_iter(called, query, choices)
    else:
        yield from _extraction.extract_iter(plan, query, choices)


def cdist(
    queries: Collection[Any],
    choices: Collection[Any],
    *,
    scorer: Callable[..., Any] = ratio,
    processor: Processor = None,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    score_multiplier: float = 1,
    dtype: npt.DTypeLike | None = None,
    workers: int = 1,
    scorer_kwargs: Kwargs = None,
) -> npt.NDArray[Any]:
    """The scores of every query with every choice, as a matrix.

    Args:
        queries, choices: collections of n and m texts as in extract(). The same one for both, and a
            symmetric scorer: only one half is computed.
        scorer, processor, score_hint, scorer_kwargs: as in extract().
        score_cutoff: instead of a distance over it comes score_cutoff + 1 (1.0 of a normalized
            one), instead of a similarity below it 0.
        score_multiplier: what each score is multiplied with at last; of whole scores, its whole
            part.
        dtype: int8 to int64, uint8 to uint64, float32 or float64. None: uint32 of whole scores,
            float32 of others. Integers are rounded, halves away from 0; a score too great for the
            type becomes its maximum.
        workers: taken, and not needed: the server uses all its cores.

    Returns:
        A numpy array of shape (n, m). The row or column of None, NaN or pandas.NA has the worst
        score, of scorers that give floats.

    Raises:
        TypeError: as in extract(); or a text is missing and the scores are whole numbers; or of
            dtype.
        ValueError: an argument is out of its range.
    """
    _check_workers(workers)
    plan = Plan.of(scorer, processor, score_cutoff, score_hint, scorer_kwargs)
    if plan is None:
        called = _callables.Called(scorer, processor, score_cutoff, scorer_kwargs)
        return _callables.cdist(called, queries, choices, score_multiplier, dtype)
    return _matrices.cdist(plan, queries, choices, score_multiplier, dtype)


def cpdist(
    queries: Collection[Any],
    choices: Collection[Any],
    *,
    scorer: Callable[..., Any] = ratio,
    processor: Processor = None,
    score_cutoff: float | None = None,
    score_hint: float | None = None,
    score_multiplier: float = 1,
    dtype: npt.DTypeLike | None = None,
    workers: int = 1,
    scorer_kwargs: Kwargs = None,
) -> npt.NDArray[Any]:
    """The score of each query with the choice at its place.

    Args:
        queries, choices: collections of n texts each.
        scorer, processor, score_cutoff, score_hint, score_multiplier, dtype, workers,
            scorer_kwargs: as in cdist().

    Returns:
        A numpy array of n scores; the worst where one of a pair is None, NaN or pandas.NA, of
        scorers that give floats.

    Raises:
        ValueError: the collections differ in length; or as in cdist().
        TypeError: as in cdist().
    """
    _check_workers(workers)
    plan = Plan.of(scorer, processor, score_cutoff, score_hint, scorer_kwargs)
    if plan is None:
        called = _callables.Called(scorer, processor, score_cutoff, scorer_kwargs)
        return _callables.cpdist(called, queries, choices, score_multiplier, dtype)
    return _matrices.cpdist(plan, queries, choices, score_multiplier, dtype)


def _check_workers(workers: Any) -> None:
    try:
        operator.index(workers)
    except TypeError:
        raise invalid(
            f"workers is {quote(workers)}, a {type(workers).__name__}: it should be an integer",
            field="workers",
            bound="an integer",
            value=workers,
            reason="WRONG_TYPE",
        ) from None
