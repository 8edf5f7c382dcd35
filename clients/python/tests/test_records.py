"""Pairs of records of several columns, as a verb: the same scores, whatever a request has of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import numpy as np
import polars as pl
import pytest
from rapidfuzz.distance import JaroWinkler, Levenshtein

import kernelserve as ks
from kernelserve import _records
from kernelserve._frames import Frame
from kernelserve._limits import Limits
from kernelserve._records import RecordsVerb, pairwise_records
from kernelserve._scorers import as_scorer
from kernelserve._texts import Texts

ROWS, PAIRS = 400, 3_000
SCORERS = [
    (as_scorer("jaro_winkler.similarity"), 2.0),
    (as_scorer("levenshtein.normalized_similarity"), 1.0),
]

SIMILARITIES: list[Callable[[str, str], float]] = [
    JaroWinkler.similarity,
    Levenshtein.normalized_similarity,
]


def texts_of(rows: list[str | None]) -> Texts:
    return Texts.of(Frame.of(pl.DataFrame({"text": rows}), "left"), "text", "on")


def some_texts(seed: int) -> list[str | None]:
    random = Random(seed)
    lengths = [random.randrange(30) for _ in range(ROWS)]
    rows: list[str | None] = ["".join(random.choices("abé漢", k=length)) for length in lengths]
    for row in range(0, ROWS, 17):
        rows[row] = None
    return rows


LEFT, RIGHT = [some_texts(1), some_texts(2)], [some_texts(3), some_texts(4)]
LEFT_ROWS = np.random.default_rng(5).integers(0, ROWS, PAIRS)
RIGHT_ROWS = np.random.default_rng(6).integers(0, ROWS, PAIRS)
COLUMNS_BYTES = sum(texts_of(rows).nbytes for rows in LEFT + RIGHT)


def expected(cutoff: float | None) -> list[float | None]:
    found: list[float | None] = []
    for i, j in zip(LEFT_ROWS, RIGHT_ROWS, strict=True):
        total = 0.0
        for column, (_, weight) in enumerate(SCORERS):
            a, b = LEFT[column][i], RIGHT[column][j]
            total += weight * (0.25 if a is None or b is None else SIMILARITIES[column](a, b))
        score = total / 3.0
        found.append(score if cutoff is None or score >= cutoff else None)
    return found


def verb_of(cutoff: float | None) -> RecordsVerb:
    left, right = ([texts_of(rows) for rows in side] for side in (LEFT, RIGHT))
    return pairwise_records(left, right, LEFT_ROWS, RIGHT_ROWS, SCORERS, cutoff, 0.25)


def cut_calls(monkeypatch: pytest.MonkeyPatch, few: Limits) -> None:
    plan = RecordsVerb.plan
    monkeypatch.setattr(RecordsVerb, "plan", lambda verb, _: plan(verb, few))


@pytest.fixture(scope="module")
def client() -> Iterator[ks.Client]:
    with ks.connect() as connected:
        yield connected


@pytest.mark.parametrize("share", ["with whole columns", "with texts of their own"])
@pytest.mark.parametrize("calls", ["in one call", "in several"])
@pytest.mark.parametrize("cutoff", [None, 0.4])
def test_scores_are_those_of_a_loop(
    client: ks.Client,
    monkeypatch: pytest.MonkeyPatch,
    share: str,
    calls: str,
    cutoff: float | None,
) -> None:
    whole = share == "with whole columns"
    if not whole:
        monkeypatch.setattr(_records, "_COLUMNS_SHARE", 1 << 40)
    verb = verb_of(cutoff)
    if calls == "in several":
        bytes_max = COLUMNS_BYTES + 10_000 if whole else 30_000
        few = Limits(bytes_max, bytes_max, 1_000)
        cut_calls(monkeypatch, few)
        monkeypatch.setattr(_records, "_COLUMNS_SHARE", 1 if whole else 1 << 40)
        assert len(verb.plan(few)) > 2
    result = client._connection.run(verb, 30)
    assert len(verb.columns) == (6 if whole else 4)
    masked: Any = np.ma.masked_array(result)
    assert masked.tolist() == expected(cutoff)


def test_a_request_has_columns_once_that_many_pairs_name() -> None:
    limits = Limits(8 << 20, 8 << 20, 1 << 20)
    verb = verb_of(None)
    assert verb.plan(limits) == [(0, PAIRS)]
    assert verb.nbytes(0, PAIRS) - verb.nbytes(0, 1) == 2 * 4 * (PAIRS - 1)


def test_long_columns_do_not_leave_a_request_without_room_for_pairs() -> None:
    verb = verb_of(None)
    verb.plan(Limits(2 * COLUMNS_BYTES, 2 * COLUMNS_BYTES, 1 << 20))
    assert len(verb.columns) == 6
    verb.plan(Limits(2 * COLUMNS_BYTES - 2, 2 * COLUMNS_BYTES - 2, 1 << 20))
    assert len(verb.columns) == 4


def test_an_error_names_the_pair(client: ks.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of all pairs, though calls are cut."""
    side = [texts_of(["ab", "abc"])]
    rows = np.zeros(5_000, np.int64)
    rows[3_333] = 1
    scorers = [(as_scorer(ks.Scorer("hamming.distance", pad=False)), 1.0)]
    verb = pairwise_records(side, side, rows, np.zeros_like(rows), scorers, None, None)
    few = Limits(1 << 20, 1 << 20, 1_000)
    cut_calls(monkeypatch, few)
    assert len(verb.plan(few)) == 5
    with pytest.raises(ks.Error) as caught:
        client._connection.run(verb, 30)
    assert caught.value.row == 3_333
