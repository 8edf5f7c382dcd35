"""One query by many choices on the server, as rapidfuzz.process extracts them.

Choices that are new are compared as they arrive: a column of pairs with one text. When they come
again they are sent once more, now to stay on the server, which from then on is asked by their
digest alone and need not look at most of them.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from .. import _cross
from .._api import default_client
from .._columns import Column
from .._deadline import UNSET
from .._exceptions import WrongTypeError
from .._inputs import Arguments, Origin, column_from
from .._matches import MatchRows
from .._symbols import SymbolTable
from .._verbs import Verb, pairwise_of
from ._choices import Choices, check_text, pairs_of, text_column
from ._plans import Plan
from ._remembered import Remembered, memory
from ._scores import is_missing

# A choice, its score, and its key or index.
Match: TypeAlias = "tuple[Any, Any, Any]"

# More of the best than this, and it is quicker to have all scores.
_K_MAX = 1_000
# Blocks of an iterator's choices double: the first result needs one choice, and soon a call
# costs nothing beside what it computes.
_BLOCK_ROWS_MAX = 1 << 15
# What has been read of an iterator goes out when reading on takes longer.
_BLOCK_WAITS_S_MAX = 0.05


def run(verb: Verb) -> Any:
    """A verb's result, of the server that all of kernelserve.rapidfuzz goes to."""
    return default_client()._run(verb, UNSET)


def extract(plan: Plan, query: Any, choices: Any, limit: int | None) -> list[Match]:
    """The best `limit` matches, or all, best first, and by index among equals."""
    text = plan.text(query, "query")
    read = Choices.of(choices)
    limit = read.rows if limit is None else min(limit, read.rows)
    if plan.hopeless or limit == 0:
        return []
    rows, scores = _best(plan, text, read, limit)
    return list(zip(map(read.text, rows), scores, map(read.key, rows), strict=True))


def extract_one(plan: Plan, query: Any, choices: Any) -> Match | None:
    """The first of the best matches. Of an iterator, reads little further than a perfect one."""
    if hasattr(choices, "__len__"):
        try:
            found = extract(plan, query, choices, 1)
            return found[0] if found else None
        except WrongTypeError:
            if plan.processor is not None:
                raise
            # Nothing that follows a perfect match is looked at, so that may be wrong.
    best: Match | None = None
    for match in extract_iter(plan, query, choices, skips_none=False):
        if best is None or (match[1] > best[1] if plan.higher else match[1] < best[1]):
            best = match
        if match[1] == plan.optimal:
            break
    return best


def extract_iter(
    plan: Plan, query: Any, choices: Any, *, skips_none: bool = True
) -> Iterator[Match]:
    """All matches in the order of the choices, which are read in blocks.

    `skips_none`: what the processor makes None of is left out, and not an error.
    """
    text = plan.text(query, "query")
    pairs = pairs_of(choices)
    whole = isinstance(choices, (list, tuple, dict))
    rows_max = _BLOCK_ROWS_MAX if whole else 1
    error: Exception | None = None
    while error is None:
        if whole:
            block = list(itertools.islice(pairs, rows_max))
        else:
            block, error = _read(pairs, rows_max)
        if not block and error is None:
            return
        there = [(key, choice) for key, choice in block if not is_missing(choice)]
        texts, wrong = _texts(plan, there, skips_none)
        for row, score in _passing(plan, text, texts):
            yield there[row][1], score, there[row][0]
        error = wrong or error
        rows_max = min(2 * rows_max, _BLOCK_ROWS_MAX)
    raise error


# --- All choices at once --------------------------------------------------------------------------


def _best(plan: Plan, text: Any, read: Choices, limit: int) -> tuple[list[int], list[Any]]:
    """Rows and scores of the best."""
    known: Remembered | None = None
    if plan.processor is None and isinstance(read.column, (list, tuple)):
        try:
            known = memory.recall(read.column)
        except WrongTypeError:
            known = None  # text_column() knows more kinds of texts, or which one is none
    if known is None:
        symbols = SymbolTable()
        column = text_column(read.column, plan, "choices", symbols)
    else:
        column, symbols = known.shared.choices.column, known.symbols()
        check_text(column, plan, "choices", read.column)
        if known.calls > 1 and limit <= _K_MAX and isinstance(text, (str, bytes)):
            return _looked_up(plan, text, known, limit)
    scores = _scores(plan, text, column, symbols)
    rows = _best_rows(scores, plan, limit)
    return rows.tolist(), np.ma.getdata(scores)[rows].tolist()


def _looked_up(
    plan: Plan, text: str | bytes, known: Remembered, limit: int
) -> tuple[list[int], list[Any]]:
    verb = _cross.top_k([text], known.shared, limit, plan.scorer, plan.cutoff, False)
    verb.results = MatchRows(limit, plan.higher)
    found = run(verb)
    return found.choices.tolist(), found.scores.tolist()


def _scores(
    plan: Plan, text: Any, column: Column, symbols: SymbolTable
) -> npt.NDArray[Any] | np.ma.MaskedArray[Any, Any]:
    """One text's score with each of a column; masked where that is null."""
    left, _ = column_from([text], "query", symbols)
    columns = [Column.of(left.pieces, repeat=True), column]
    told = Arguments(columns, len(column), Origin("numpy"))
    return run(pairwise_of(told, plan.scorer, plan.cutoff, None, "fail"))  # type: ignore[no-any-return]


def _best_rows(
    scores: npt.NDArray[Any] | np.ma.MaskedArray[Any, Any], plan: Plan, limit: int
) -> npt.NDArray[np.intp]:
    numbers = np.ma.getdata(scores)
    rows = np.flatnonzero(plan.passes(numbers) & ~np.ma.getmaskarray(scores))
    losses = -numbers[rows] if plan.higher else numbers[rows]
    if limit < len(rows):
        rows = rows[losses <= np.partition(losses, limit - 1)[limit - 1]]
        losses = -numbers[rows] if plan.higher else numbers[rows]
    return rows[np.argsort(losses, kind="stable")[:limit]]


# --- Choices in blocks ----------------------------------------------------------------------------


def _read(
    pairs: Iterator[tuple[Any, Any]], rows_max: int
) -> tuple[list[tuple[Any, Any]], Exception | None]:
    """The next choices with their keys, and what reading on raised."""
    block: list[tuple[Any, Any]] = []
    until = time.monotonic() + _BLOCK_WAITS_S_MAX
    try:
        for pair in pairs:
            block.append(pair)
            if len(block) == rows_max or time.monotonic() > until:
                break
    except Exception as error:  # comes after the matches of what was read
        return block, error
    return block, None


def _texts(
    plan: Plan, block: list[tuple[Any, Any]], skips_none: bool
) -> tuple[list[Any], Exception | None]:
    """What is compared of each choice, up to the first for which that raised something."""
    if plan.processor is None:
        return [choice for _, choice in block], None
    texts: list[Any] = []
    try:
        for key, choice in block:
            made = plan.processor(choice)
            missing = skips_none and is_missing(made)
            texts.append(None if missing else plan.checked(made, f"choices[{key!r}]"))
    except Exception as error:
        return texts, error
    return texts, None


def _passing(plan: Plan, text: Any, texts: Sequence[Any]) -> Iterator[tuple[int, Any]]:
    """Rows and scores of the texts that pass the cutoff; None does not.

    Where one is no text, those before it come first.
    """
    if not texts or plan.hopeless:
        return
    symbols = SymbolTable()
    try:
        column = text_column(texts, plan.without_processor(), "choices", symbols)
    except WrongTypeError:
        if len(texts) == 1:
            raise
        middle = len(texts) // 2
        yield from _passing(plan, text, texts[:middle])
        for row, score in _passing(plan, text, texts[middle:]):
            yield middle + row, score
        return
    scores = _scores(plan, text, column, symbols)
    numbers = np.ma.getdata(scores)
    rows = np.flatnonzero(plan.passes(numbers) & ~np.ma.getmaskarray(scores))
    yield from zip(rows.tolist(), numbers[rows].tolist(), strict=True)
