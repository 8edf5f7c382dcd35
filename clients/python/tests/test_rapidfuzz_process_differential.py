"""kernelserve.rapidfuzz.process gives what rapidfuzz.process gives, whatever it is given."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rapidfuzz.distance
import rapidfuzz.fuzz
import rapidfuzz.process as theirs
import rapidfuzz.utils
from hypothesis import given
from hypothesis import strategies as st

import kernelserve as ks
import kernelserve.rapidfuzz.distance
import kernelserve.rapidfuzz.fuzz
from kernelserve._scorers import FORMS, RAPIDFUZZ_METRICS, RAPIDFUZZ_RATIOS
from kernelserve.rapidfuzz import process, utils

# Dear scorers of long texts would only make this slow: other tests hold scores to RapidFuzz's.
texts = st.text("abé日 A-", max_size=8)
missing = st.sampled_from([None, float("nan"), pd.NA])
sequences = st.lists(st.sampled_from(["a", "ab", 5, ("x",)]), max_size=4)


@st.composite
def scorers(draw: st.DrawFn) -> tuple[Any, Any, Any, dict[str, Any]]:
    """Ours or theirs, theirs, the greatest score if it is a float, and other arguments."""
    kwargs: dict[str, Any] = {}
    if draw(st.booleans()):
        name = draw(st.sampled_from(RAPIDFUZZ_RATIOS))
        mine = getattr(kernelserve.rapidfuzz.fuzz, name)
        their = getattr(rapidfuzz.fuzz, name)
        most: float | None = 100.0
    else:
        metric = draw(st.sampled_from([*RAPIDFUZZ_METRICS]))
        # Of Jaro's, theirs in process round the normalized forms otherwise than theirs alone.
        forms = FORMS[:2] if metric.startswith("Jaro") else FORMS
        form = draw(st.sampled_from(forms))
        mine = getattr(getattr(kernelserve.rapidfuzz.distance, metric), form)
        their = getattr(getattr(rapidfuzz.distance, metric), form)
        most = 1.0 if form.startswith("normalized") or metric.startswith("Jaro") else None
        if metric == "Levenshtein" and draw(st.booleans()):
            kwargs["weights"] = draw(st.sampled_from([(1, 1, 1), (1, 1, 2), (2, 1, 3), (1, 2, 1)]))
        elif metric == "JaroWinkler" and draw(st.booleans()):
            kwargs["prefix_weight"] = draw(st.sampled_from([0.0, 0.1, 0.25]))
        elif metric == "Hamming":
            kwargs["pad"] = True
    return draw(st.sampled_from([mine, their])), their, most, kwargs


@st.composite
def options(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, Any]]:
    """Named arguments for ours and for theirs."""
    scorer, their_scorer, most, kwargs = draw(scorers())
    # None that a score meets exactly but the ends: theirs are of 32 bits then, see the docs.
    parts = st.sampled_from([0.0, 0.1234, 0.4321, 0.6123, 0.8765, 1.0])
    amounts = st.integers(0, 9) if most is None else parts.map(lambda part: part * most)
    processor = draw(st.sampled_from([None, utils.default_process, str.upper, lambda s: s[1:]]))
    same = {
        "score_cutoff": draw(st.none() | amounts),
        "score_hint": draw(st.none() | amounts),
        "scorer_kwargs": kwargs or draw(st.sampled_from([None, {}])),
    }
    their_processor = processor
    if processor is utils.default_process:
        their_processor = rapidfuzz.utils.default_process
        processor = draw(st.sampled_from([processor, their_processor]))
    mine = {"scorer": scorer, "processor": processor, **same}
    return mine, {"scorer": their_scorer, "processor": their_processor, **same}


@st.composite
def choices(draw: st.DrawFn) -> tuple[Any, Any]:
    """Two of the same, of which one may be an iterator."""
    made = draw(st.lists(texts | missing, max_size=12))
    kind = draw(st.sampled_from(["list", "tuple", "dict", "series", "generator", "numpy", "set"]))
    if kind == "generator":
        return iter(made), iter(made)
    if kind == "tuple":
        return tuple(made), made
    if kind == "dict":
        keyed = {f"key {row}": text for row, text in enumerate(made)}
        return keyed, keyed
    if kind == "series":
        series = pd.Series(made, index=range(5, 5 + len(made)), dtype=object)
        return series, series
    if kind == "numpy":
        array = np.array([*made, None], object)[:-1]
        return array, array
    if kind == "set":
        bag = {text for text in made if isinstance(text, str)}
        return bag, bag
    return made, made


def same(mine: Any, their: Any) -> bool:
    """Equal, and of the same types."""
    return bool(mine == their) and repr(mine) == repr(their)


@given(texts | missing, choices(), options(), st.none() | st.integers(0, 7))
def test_extract(
    client: ks.Client,
    query: Any,
    among: tuple[Any, Any],
    named: tuple[dict[str, Any], dict[str, Any]],
    limit: int | None,
) -> None:
    mine = process.extract(query, among[0], limit=limit, **named[0])
    their = theirs.extract(query, among[1], limit=limit, **named[1])
    assert same(mine, their)


@given(texts | missing, choices(), options())
def test_extract_one(
    client: ks.Client,
    query: Any,
    among: tuple[Any, Any],
    named: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    mine = process.extractOne(query, among[0], **named[0])
    assert same(mine, theirs.extractOne(query, among[1], **named[1]))


@given(texts | missing, choices(), options())
def test_extract_iter(
    client: ks.Client,
    query: Any,
    among: tuple[Any, Any],
    named: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    mine = list(process.extract_iter(query, among[0], **named[0]))
    assert same(mine, list(theirs.extract_iter(query, among[1], **named[1])))


@given(sequences, st.lists(sequences | texts, max_size=5), scorers())
def test_sequences_of_hashable_things(
    client: ks.Client, query: Any, among: list[Any], scorer: tuple[Any, Any, Any, dict[str, Any]]
) -> None:
    mine = process.extract(query, among, scorer=scorer[0], scorer_kwargs=scorer[3])
    their = theirs.extract(query, among, scorer=scorer[1], scorer_kwargs=scorer[3])
    assert same(mine, their)


dtypes = st.sampled_from(
    [None, "int8", "uint8", np.int16, "uint16", np.int32, "uint32", int, "uint64", "f4", float]
)
multipliers = st.sampled_from([1, 1, 2, 100, 0.5, 2.7, 0])
columns = st.lists(texts | missing, max_size=6)


def expected(queries: list[Any], choices: list[Any], dtype: Any, **named: Any) -> Any:
    """What their cpdist gives, kept in the range of the dtype.

    Their cdist is not asked: it leaves rows of None as the memory was.
    """
    if dtype is None or np.dtype(dtype).kind == "f":
        return theirs.cpdist(queries, choices, dtype=dtype, **named)
    info = np.iinfo(dtype)
    wide = theirs.cpdist(queries, choices, dtype=np.int64, **named)
    return np.clip(wide, max(info.min, -(2**63)), min(info.max, 2**63 - 1)).astype(dtype)


def outcome(function: Any, *arguments: Any, **named: Any) -> Any:
    try:
        return function(*arguments, **named)
    except (TypeError, ValueError) as error:
        return error


@given(columns, columns, options(), dtypes, multipliers, st.booleans())
def test_matrices(
    client: ks.Client,
    queries: list[Any],
    choices: list[Any],
    named: tuple[dict[str, Any], dict[str, Any]],
    dtype: Any,
    multiplier: float,
    itself: bool,
) -> None:
    if itself:
        choices = queries
    pairs = list(itertools.product(queries, choices))
    their = outcome(
        expected,
        [query for query, _ in pairs],
        [choice for _, choice in pairs],
        dtype,
        score_multiplier=multiplier,
        **named[1],
    )
    mine = outcome(
        process.cdist, queries, choices, score_multiplier=multiplier, dtype=dtype, **named[0]
    )
    if isinstance(their, Exception) or isinstance(mine, Exception):
        # A missing text of scores that are whole: where there are no pairs they do not see it.
        assert isinstance(mine, Exception)
        assert isinstance(their, Exception) or not pairs
        return
    assert mine.dtype == their.dtype
    assert mine.shape == (len(queries), len(choices))
    assert mine.ravel().tolist() == their.tolist()
    if len(queries) == len(choices):
        mine = process.cpdist(
            queries, choices, score_multiplier=multiplier, dtype=dtype, **named[0]
        )
        their = expected(queries, choices, dtype, score_multiplier=multiplier, **named[1])
        assert (mine.dtype, mine.tolist()) == (their.dtype, their.tolist())


@pytest.mark.parametrize("function", ["extract", "extractOne", "cdist", "cpdist"])
@given(
    st.lists(texts, min_size=1, max_size=4),
    st.lists(texts, min_size=1, max_size=4),
    st.none() | st.integers(0, 5),
)
def test_any_other_function(
    client: ks.Client, function: str, queries: list[str], choices: list[str], cutoff: int | None
) -> None:
    def common(left: str, right: str, *, weight: float, score_cutoff: float | None) -> float:
        return weight * len(set(left) & set(right))

    size = min(len(queries), len(choices))
    first = queries[0] if function.startswith("extract") else queries[:size]
    named = {"scorer": common, "score_cutoff": cutoff, "scorer_kwargs": {"weight": 1.5}}
    mine = getattr(process, function)(first, choices[:size], processor=str.lower, **named)
    their = getattr(theirs, function)(first, choices[:size], processor=str.lower, **named)
    assert repr(mine) == repr(their)
