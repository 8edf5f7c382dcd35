"""The scores of alignments are those of Biopython's aligner."""

from __future__ import annotations

import pytest
from Bio.Align import PairwiseAligner
from hypothesis import given
from hypothesis import strategies as st

from conformance import texts
from conformance.engines import Engine, Scorer

# Biopython takes ASCII alone: a letter for each unit that texts are made of.
LETTERS = {
    unit: chr(ord("0") + i)
    for i, unit in enumerate(sorted({u for units in texts.ALPHABETS.values() for u in units}))
}
MODES = {"needleman_wunsch.score": "global", "smith_waterman.score": "local"}
SCORES = ("match", "mismatch", "gap_open", "gap_extend")


def expected(name: str, scores: tuple[int, ...], left: str | None, right: str | None) -> int | None:
    if left is None or right is None:
        return None
    match, mismatch, gap_open, gap_extend = scores
    if not left or not right:  # which Biopython refuses
        units = len(left or right)
        is_gap = units > 0 and MODES[name] == "global"
        return gap_open + (units - 1) * gap_extend if is_gap else 0
    aligner = PairwiseAligner(
        mode=MODES[name],
        match_score=match,
        mismatch_score=mismatch,
        open_gap_score=gap_open,
        extend_gap_score=gap_extend,
    )
    score: float = aligner.score(
        *("".join(map(LETTERS.__getitem__, text)) for text in (left, right))
    )
    return round(score)


@given(
    pairs=st.lists(texts.pair(), min_size=1, max_size=6),
    name=st.sampled_from(sorted(MODES)),
    scores=st.sampled_from(
        [(1, -1, -1, -1), (2, -3, -5, -2), (5, -4, -10, -1), (1, 0, 0, 0), (1000, -900, -800, -7)]
    ),
)
def test_scores_equal_biopython(
    engine: Engine,
    pairs: list[tuple[str | None, str | None]],
    name: str,
    scores: tuple[int, ...],
) -> None:
    left = [a for a, _ in pairs]
    right = [b for _, b in pairs]
    scorer = Scorer(name, integers=dict(zip(SCORES, scores, strict=True)))
    assert engine.scores(scorer, left, right) == [expected(name, scores, a, b) for a, b in pairs]


@pytest.mark.parametrize("name", MODES)
def test_without_parameters_a_match_adds_1_and_all_else_takes_1(engine: Engine, name: str) -> None:
    found = engine.scores(Scorer(name), ["abcdabca"], ["cbadcbda"])
    assert found == [expected(name, (1, -1, -1, -1), "abcdabca", "cbadcbda")]


def test_a_score_under_the_cutoff_is_0(engine: Engine) -> None:
    scorer = Scorer("needleman_wunsch.score", score_cutoff=3)
    assert engine.scores(scorer, ["abc", "abc", "abc"], ["abc", "abd", "xyz"]) == [3, 0, 0]
