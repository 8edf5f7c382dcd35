"""cdist, top_k and join beside RapidFuzz, for any texts, cutoffs and k."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz, process
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from cross_references import SCORERS, Reference, Rows, Texts, rows

TEXT = st.one_of(
    st.text(alphabet="abc ", max_size=8),
    st.text(alphabet="abcäж漢😀 ", max_size=40),
    st.text(alphabet="ab", min_size=60, max_size=70),
)
COLUMN = st.lists(st.one_of(TEXT, st.none()), max_size=9)


def cutoffs(reference: Reference, scores: npt.NDArray[Any]) -> list[float]:
    """None too strict or lax for whole numbers; every score that there is and one beyond each."""
    found = [float(s) for s in np.unique(scores[~np.isnan(scores)]).tolist()]
    return found if reference.dtype is np.int32 else [*found, 0.5 * max(found, default=1.0)]


@pytest.mark.parametrize("name", SCORERS)
@given(queries=COLUMN, choices=COLUMN, data=st.data())
def test_cdist_is_the_scores_of_all_pairs(
    client: ks.Client, name: str, queries: Texts, choices: Texts, data: st.DataObject
) -> None:
    reference = SCORERS[name]
    expected = reference.scores(queries, choices)
    cutoff = data.draw(st.sampled_from([None, *cutoffs(reference, expected)]))
    if cutoff is not None:
        beyond = ~reference.passes(expected, cutoff) & ~np.isnan(expected)
        expected[beyond] = reference.worst(cutoff)
    got = client.cdist(queries, choices, scorer=name, score_cutoff=cutoff)
    assert got.shape == (len(queries), len(choices))
    assert got.dtype == reference.dtype
    assert isinstance(got, np.ma.MaskedArray) == bool(np.isnan(expected).any())
    assert np.array_equal(np.ma.getmaskarray(got), np.isnan(expected))
    filled = np.ma.filled(got.astype(np.float64), np.nan)
    assert np.array_equal(filled, expected, equal_nan=True)


@pytest.mark.parametrize("name", SCORERS)
@given(queries=COLUMN, choices=COLUMN, k=st.integers(0, 12), data=st.data())
def test_top_k_is_the_best_of_all_pairs(
    client: ks.Client, name: str, queries: Texts, choices: Texts, k: int, data: st.DataObject
) -> None:
    reference = SCORERS[name]
    scores = reference.scores(queries, choices)
    cutoff = data.draw(st.sampled_from([None, *cutoffs(reference, scores)]))
    there = reference.passes(scores, cutoff)
    sign = -1 if reference.higher else 1
    expected: Rows = []
    for q in range(len(queries)):
        ranked = sorted((sign * scores[q, c], c) for c in np.flatnonzero(there[q]).tolist())
        expected += [(q, c, sign * loss) for loss, c in ranked[:k]]
    got = client.top_k(queries, choices, k, scorer=name, score_cutoff=cutoff)
    assert rows(got) == expected
    assert got.schema == pa.schema(
        {
            "query_index": pa.uint64(),
            "choice_index": pa.uint64(),
            "score": pa.int32() if reference.dtype is np.int32 else pa.float64(),
        }
    )


@pytest.mark.parametrize("name", SCORERS)
@given(left=COLUMN, right=COLUMN, data=st.data())
def test_join_is_all_pairs_within_the_cutoff(
    client: ks.Client, name: str, left: Texts, right: Texts, data: st.DataObject
) -> None:
    reference = SCORERS[name]
    scores = reference.scores(left, right)
    cutoff = data.draw(st.sampled_from([1.0, *cutoffs(reference, scores)]))
    there = np.argwhere(reference.passes(scores, cutoff)).tolist()
    got = client.join(left, right, scorer=name, score_cutoff=cutoff)
    assert rows(got) == [(q, c, scores[q, c]) for q, c in there]
    assert got.schema.names == ["left_index", "right_index", "score"]


@given(column=COLUMN, cutoff=st.integers(0, 8), k=st.integers(0, 12))
def test_one_column_with_itself(client: ks.Client, column: Texts, cutoff: int, k: int) -> None:
    reference = SCORERS["levenshtein.distance"]
    scores = reference.scores(column, column)
    later = np.argwhere(np.triu(reference.passes(scores, cutoff), 1)).tolist()
    joined = client.join(column, score_cutoff=cutoff)
    assert rows(joined) == [(q, c, scores[q, c]) for q, c in later]
    matrix = np.ma.filled(client.cdist(column).astype(np.float64), np.nan)
    assert np.array_equal(matrix, scores, equal_nan=True)
    expected: Rows = []
    for q in range(len(column)):
        others = [c for c in np.flatnonzero(~np.isnan(scores[q])).tolist() if c != q]
        ranked = sorted((scores[q, c], c) for c in others)
        expected += [(q, c, score) for score, c in ranked[:k]]
    assert rows(client.top_k(column, k=k)) == expected


def test_top_k_has_the_order_of_extract(client: ks.Client) -> None:
    choices = ["new york jets", "new york giants", "new orleans", "jets", "york", "giants jets"]
    for scorer in (fuzz.ratio, fuzz.WRatio, Levenshtein.distance):
        found = process.extract("new york jets giants", choices, scorer=scorer, limit=4)
        expected = [(0, c, score) for _, score, c in found]
        assert rows(client.top_k("new york jets giants", choices, 4, scorer=scorer)) == expected
