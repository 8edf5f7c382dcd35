"""The n-gram similarities, by the sets that define them: textdistance's, where it has an answer."""

from __future__ import annotations

import pytest
import textdistance
from harness.columns import Value
from hypothesis import given
from hypothesis import strategies as st

from conformance import texts
from conformance.engines import Engine, Score, Scorer

PEERS = {
    "ngram_jaccard": textdistance.Jaccard,
    "ngram_sorensen_dice": textdistance.Sorensen,
    "ngram_cosine": textdistance.Cosine,
}


def expected(name: str, n: int, left: Value, right: Value) -> Score:
    if left is None or right is None:
        return None
    assert isinstance(left, str)
    assert isinstance(right, str)
    if min(len(left), len(right)) < n:  # where textdistance divides by 0, unless they are equal
        return float(left == right)
    peer = PEERS[name](qval=n, as_set=True, external=False)
    return float(peer.similarity(left, right))


@given(
    pairs=st.lists(texts.pair(), min_size=1, max_size=6),
    name=st.sampled_from(sorted(PEERS)),
    n=st.sampled_from([1, 2, 3, 4, 9]),
)
def test_similarities_equal_textdistance(
    engine: Engine, pairs: list[tuple[str | None, str | None]], name: str, n: int
) -> None:
    left = [a for a, _ in pairs]
    right = [b for _, b in pairs]
    scores = engine.scores(Scorer(f"{name}.similarity", integers={"n": n}), left, right)
    assert scores == [expected(name, n, a, b) for a, b in pairs]


@pytest.mark.parametrize("name", PEERS)
def test_without_n_they_are_of_bigrams_and_each_form_follows(engine: Engine, name: str) -> None:
    similarity = expected(name, 2, "night watch", "nacht wacht")
    assert similarity is not None
    for form, score in {
        "similarity": similarity,
        "normalized_similarity": 1 - (1 - similarity),
        "distance": 1 - similarity,
        "normalized_distance": 1 - similarity,
    }.items():
        assert engine.scores(Scorer(f"{name}.{form}"), ["night watch"], ["nacht wacht"]) == [score]


@pytest.mark.parametrize("name", PEERS)
def test_a_similarity_under_the_cutoff_is_0(engine: Engine, name: str) -> None:
    scorer = Scorer(f"{name}.similarity", score_cutoff=0.9)
    assert engine.scores(scorer, ["abcd", "abcd"], ["abcd", "abce"]) == [1.0, 0.0]
