"""One query by many choices on the server, as rapidfuzz.process extracts them.

Choices that are new are compared as they arrive: a column of pairs with one text. When they come
again they are sent once more, now to stay on the server, which from then on is asked by their
digest alone and need not look at most of them.
"""

from __future__ import annotations

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
from ._choices import Choices, blocks_of_all, check_text, pairs_of, text_column
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
# Of a list, these are scored before the first match is given.
_ROWS_OF_ALL_MAX = 1 << 17
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
    return read.matches(rows, scores)


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
    for keys, there, error in _blocks(choices):
        texts, wrong = _texts(plan, keys, there, skips_none)
        for rows, scores in _passing(plan, text, texts):
            if len(rows) == len(there):
                yield from zip(there, scores, keys, strict=True)
            else:
                named = map(there.__getitem__, rows), scores, map(keys.__getitem__, rows)
                yield from zip(*named, strict=True)
        failed = wrong or error
        if failed is not None:
            raise failed


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
    losses = _losses(numbers[rows], plan)
    if limit < len(rows):
        rows = rows[losses <= np.partition(losses, limit - 1)[limit - 1]]
        losses = _losses(numbers[rows], plan)
    return rows[np.argsort(losses, kind="stable")[:limit]]


def _losses(scores: npt.NDArray[Any], plan: Plan) -> npt.NDArray[Any]:
    """What is less for better scores; of 16 bits where that will do, for which sorting is fast."""
    if not len(scores):
        return scores
    if not plan.whole:
        return -scores if plan.higher else scores
    losses = scores.max() - scores if plan.higher else scores
    return losses.astype(np.uint16) if losses.max() < 1 << 16 else losses


# --- Choices in blocks ----------------------------------------------------------------------------


def _blocks(
    choices: Any,
) -> Iterator[tuple[Sequence[Any], Sequence[Any], Exception | None]]:
    """Keys and choices, and what reading on raised."""
    if isinstance(choices, (list, tuple, dict)):
        for keys, there in blocks_of_all(choices, _ROWS_OF_ALL_MAX):
            yield keys, there, None
        return
    pairs = pairs_of(choices)
    rows_max = 1
    while True:
        keys, there, error = _read(pairs, rows_max)
        if not keys and error is None:
            return
        yield keys, there, error
        rows_max = min(2 * rows_max, _BLOCK_ROWS_MAX)


def _read(
    pairs: Iterator[tuple[Any, Any]], rows_max: int
) -> tuple[list[Any], list[Any], Exception | None]:
    """The next choices with their keys, and what reading on raised."""
    keys: list[Any] = []
    there: list[Any] = []
    until = time.monotonic() + _BLOCK_WAITS_S_MAX
    try:
        for key, choice in pairs:
            keys.append(key)
            there.append(choice)
            if len(keys) == rows_max or time.monotonic() > until:
                break
    except Exception as error:  # comes after the matches of what was read
        return keys, there, error
    return keys, there, None


def _texts(
    plan: Plan, keys: Sequence[Any], there: Sequence[Any], skips_none: bool
) -> tuple[Sequence[Any], Exception | None]:
    """What is compared of each choice, up to the first for which that raised something."""
    if plan.processor is None:
        return there, None
    texts: list[Any] = []
    try:
        for key, choice in zip(keys, there, strict=True):
            missing = is_missing(choice)
            made = None if missing else plan.processor(choice)
            missing = missing or (skips_none and is_missing(made))
            texts.append(None if missing else plan.checked(made, f"choices[{key!r}]"))
    except Exception as error:
        return texts, error
    return texts, None


def _passing(
    plan: Plan, text: Any, texts: Sequence[Any], first: int = 0
) -> Iterator[tuple[list[int], list[Any]]]:
    """Rows, counted from `first`, and scores of the texts that pass the cutoff; None does not.

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
        yield from _passing(plan, text, texts[:middle], first)
        yield from _passing(plan, text, texts[middle:], first + middle)
        return
    scores = _scores(plan, text, column, symbols)
    numbers = np.ma.getdata(scores)
    rows = np.flatnonzero(plan.passes(numbers) & ~np.ma.getmaskarray(scores))
    yield (rows + first).tolist(), numbers[rows].tolist()
