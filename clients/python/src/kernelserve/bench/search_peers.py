"""Peers that compare queries with choices."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np

from .contender import Contender, UnequalResultsError
from .peers import RAPIDFUZZ, STRINGZILLA, SYMSPELL, has, rapidfuzz_scorer
from .texts import Searches

# RapidFuzz's extract takes a quarter of a second a query, and symspellpy's lookup a millisecond.
_EXTRACTED, _SPELLED = 5, 200


def matrices(texts: Searches) -> list[Contender]:
    """All distances of the matrix's words."""
    return [*_rapidfuzz_cdist(texts), *_stringzilla(texts)]


def _rapidfuzz_cdist(texts: Searches) -> list[Contender]:
    if not has(RAPIDFUZZ):
        return []
    from rapidfuzz import process

    queries, choices = texts.matrix_queries, texts.matrix_choices
    function, dtype = rapidfuzz_scorer("levenshtein.distance")

    def run(workers: int) -> Callable[[], Any]:
        return lambda: process.cdist(
            queries, choices, scorer=function, dtype=dtype, workers=workers
        )

    cells = len(queries) * len(choices)
    return [
        Contender(f"{RAPIDFUZZ} cdist, workers={workers}", "peer", run(workers), cells, np.asarray)
        for workers in (1, -1)
    ]


class _StringZilla:
    """All distances by bytes, which is five times as fast as its UTF-8, on all cores.

    Its threads are made anew for each run and given up: they spin when they have nothing to do, and
    would take the processor from whoever comes next. That is no part of `seconds`, which has what
    the distances of the latest run took.
    """

    def __init__(self, texts: Searches) -> None:
        import stringzilla

        self.cores = len(os.sched_getaffinity(0))
        self.seconds = 0.0
        self._queries = stringzilla.Strs(texts.matrix_queries)
        self._choices = stringzilla.Strs(texts.matrix_choices)

    def run(self) -> Any:
        import stringzillas

        device = stringzillas.DeviceScope(cpu_cores=self.cores)
        engine = stringzillas.LevenshteinDistances(capabilities=device)
        began = time.perf_counter()
        matrix = engine(self._queries, self._choices, device=device)
        self.seconds = time.perf_counter() - began
        return matrix


def _stringzilla(texts: Searches) -> list[Contender]:
    if not has(STRINGZILLA):
        return []
    matrix = _StringZilla(texts)
    return [
        Contender(
            f"{STRINGZILLA} LevenshteinDistances, {matrix.cores} cores",
            "peer",
            matrix.run,
            len(texts.matrix_queries) * len(texts.matrix_choices),
            np.asarray,
            seconds=lambda: matrix.seconds,
        )
    ]


def rapidfuzz_extract(texts: Searches, k: int, cutoff: int | None) -> list[Contender]:
    """A few of the queries, one after the other."""
    if not has(RAPIDFUZZ):
        return []
    from rapidfuzz import process

    function, _ = rapidfuzz_scorer("levenshtein.distance")
    some = texts.lookups[:_EXTRACTED]

    def run() -> list[list[tuple[int, int]]]:
        return [
            [
                (row, score)
                for _, score, row in process.extract(
                    query, texts.words, scorer=function, limit=k, score_cutoff=cutoff
                )
            ]
            for query in some
        ]

    return [Contender(f"{RAPIDFUZZ} extract, {len(some)} queries", "peer", run, len(some), list)]


def symspell_lookup(texts: Searches, k: int, cutoff: int) -> list[Contender]:
    """All words within the cutoff, of some of the queries. Makes the index, which takes a while."""
    if not has(SYMSPELL):
        return []
    from symspellpy import SymSpell, Verbosity
    from symspellpy.editdistance import DistanceAlgorithm, EditDistance

    fast = find_spec("editdistpy") is not None
    algorithm = DistanceAlgorithm.LEVENSHTEIN_FAST if fast else DistanceAlgorithm.LEVENSHTEIN
    index = SymSpell(cutoff, distance_comparer=EditDistance(algorithm))
    for word in texts.words:
        index.create_dictionary_entry(word, 1)
    some = texts.lookups[:_SPELLED]

    def best(found: list[list[Any]]) -> list[list[tuple[int, int]]]:
        """The k best by distance, then by row, as everybody else has them."""
        rows = {word: row for row, word in enumerate(texts.words)}
        return [
            sorted(((rows[s.term], s.distance) for s in suggested), key=_by_score)[:k]
            for suggested in found
        ]

    return [
        Contender(
            f"{SYMSPELL} Verbosity.ALL, {len(some)} queries",
            "peer",
            lambda: [index.lookup(query, Verbosity.ALL, cutoff) for query in some],
            len(some),
            best,
        )
    ]


def _by_score(match: tuple[int, int]) -> tuple[int, int]:
    row, score = match
    return score, row


def check_join(table: Any, texts: Searches, cutoff: int, rows_checked: int) -> None:
    """Raises unless some rows have the matches that RapidFuzz finds among all later ones."""
    if not has(RAPIDFUZZ):
        return
    from rapidfuzz import process

    function, dtype = rapidfuzz_scorer("levenshtein.distance")
    rows = np.linspace(0, len(texts.joined) - 1, rows_checked).astype(int)
    matrix = process.cdist(
        [texts.joined[row] for row in rows],
        texts.joined,
        scorer=function,
        score_cutoff=cutoff,
        dtype=dtype,
        workers=-1,
    )
    left, right = np.asarray(table["left_index"]), np.asarray(table["right_index"])
    for number, row in enumerate(rows.tolist()):
        near = np.flatnonzero(matrix[number] <= cutoff)
        if not np.array_equal(right[left == row], near[near > row]):
            raise UnequalResultsError(f"the join and {RAPIDFUZZ} differ in row {row}")
