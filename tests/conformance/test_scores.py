"""A score is the same by whatever way it is computed, and the same as RapidFuzz's."""

from __future__ import annotations

from random import Random

import pytest
from harness.columns import Value
from hypothesis import given
from hypothesis import strategies as st

from conformance import texts
from conformance.engines import Engine, Scorer
from conformance.rapidfuzz_scores import FORMS, METRICS, expected, is_whole

Pairs = list[tuple[Value, Value]]


def check(engine: Engine, scorer: Scorer, pairs: Pairs) -> None:
    left = [a for a, _ in pairs]
    right = [b for _, b in pairs]
    assert engine.scores(scorer, left, right) == expected(scorer, left, right)


pairs = st.lists(texts.pair(), min_size=1, max_size=6)
names = st.sampled_from(sorted(FORMS))
# Small ones, so that every path is taken: equal, insertions alone, substitutions that never pay.
weights = st.sampled_from(
    [
        (1, 1, 2),
        (1, 1, 1),
        (2, 2, 3),
        (1, 1, 5),
        (1, 2, 3),
        (3, 1, 2),
        (0, 1, 1),
        (2, 3, 0),
        (0, 0, 0),
    ]
)


@given(pairs=pairs, name=names)
def test_scores_equal_rapidfuzz(engine: Engine, pairs: Pairs, name: str) -> None:
    check(engine, Scorer(name), pairs)


@given(
    pairs=pairs,
    name=names.filter(is_whole),
    cutoff=st.integers(0, 14),
    hint=st.none() | st.integers(0, 14),
)
def test_whole_cutoffs_equal_rapidfuzz(
    engine: Engine, pairs: Pairs, name: str, cutoff: int, hint: int | None
) -> None:
    check(engine, Scorer(name, score_cutoff=cutoff, score_hint=hint), pairs)


@given(
    pairs=pairs,
    name=names.filter(lambda name: not is_whole(name)),
    cutoff=st.sampled_from([0.0, 0.1, 0.25, 1 / 3, 0.5, 2 / 3, 0.75, 0.9, 1.0]),
)
def test_fractional_cutoffs_equal_rapidfuzz(
    engine: Engine, pairs: Pairs, name: str, cutoff: float
) -> None:
    scale = 100 if name.startswith("fuzz.") else 1
    check(engine, Scorer(name, score_cutoff=cutoff * scale), pairs)


@given(
    words=st.lists(st.text("ab é東", max_size=6), max_size=6),
    others=st.lists(st.text("ab é東", max_size=6), max_size=6),
    name=names.filter(lambda name: name.startswith("fuzz.")),
    space=st.sampled_from([" ", "  ", "\n", "\u3000"]),
)
def test_ratios_of_words_equal_rapidfuzz(
    engine: Engine, words: list[str], others: list[str], name: str, space: str
) -> None:
    left, right = space.join(words), space.join(others + words[1:])
    check(engine, Scorer(name), [(left, right), (right, left), (left, space.join(others))])


@given(
    pairs=pairs,
    name=names.filter(lambda name: name.startswith("jaro_winkler.")),
    prefix_weight=st.sampled_from([0.0, 0.1, 0.25, 0.4, 1.0]),
    # None that a score can meet exactly: there, RapidFuzz's C++ and its Python disagree.
    cutoff=st.sampled_from([None, 0.31, 0.72, 0.853, 0.957]),
)
def test_prefix_weights_equal_rapidfuzz(
    engine: Engine, pairs: Pairs, name: str, prefix_weight: float, cutoff: float | None
) -> None:
    check(engine, Scorer(name, prefix_weight=prefix_weight, score_cutoff=cutoff), pairs)


@given(
    pairs=pairs, name=names.filter(lambda name: name.startswith("levenshtein.")), weights=weights
)
def test_weighted_scores_equal_rapidfuzz(
    engine: Engine, pairs: Pairs, name: str, weights: tuple[int, int, int]
) -> None:
    check(engine, Scorer(name, weights=weights), pairs)


@given(pairs=pairs, weights=weights, cutoff=st.integers(0, 14))
def test_weighted_cutoffs_equal_rapidfuzz(
    engine: Engine, pairs: Pairs, weights: tuple[int, int, int], cutoff: int
) -> None:
    scorer = Scorer("levenshtein.distance", weights=weights, score_cutoff=cutoff)
    check(engine, scorer, pairs)


@pytest.mark.parametrize("scorer", [Scorer(name) for name in sorted(FORMS)], ids=lambda s: s.name)
def test_every_length_and_alphabet(engine: Engine, scorer: Scorer) -> None:
    left, right = texts.batch(300, Random(2))
    check(engine, scorer, list(zip(left, right, strict=True)))


@pytest.mark.parametrize("alphabet", texts.ALPHABETS)
def test_ten_thousand_code_points(engine: Engine, alphabet: str) -> None:
    random = Random(3)
    one = texts.make(alphabet, 10_000, random)
    pairs: Pairs = [
        (one, one),
        (one, texts.edit(one, alphabet, 30, random)),
        (one, texts.make(alphabet, 10_000, random)),
        (one, texts.make(alphabet, 100, random)),
        (one, ""),
        ("", one),
        (one, None),
    ]
    for metric in METRICS.keys() - {"damerau_levenshtein"}:  # which takes a second a pair
        check(engine, Scorer(f"{metric}.distance"), pairs)
        check(engine, Scorer(f"{metric}.normalized_similarity"), pairs)
    check(engine, Scorer("levenshtein.distance", score_cutoff=20), pairs)


def test_texts_of_different_width_compare_by_code_point(engine: Engine) -> None:
    """No form is normalised, no two characters are one: é is not e and an accent."""
    check(
        engine,
        Scorer("levenshtein.distance"),
        [
            ("\u00e9", "e\u0301"),
            ("a" * 20, "😀" * 20),
            ("日本", "日\ud800本"),
            ("\0", ""),
            ("ÿ", "\u0178"),
        ],
    )
