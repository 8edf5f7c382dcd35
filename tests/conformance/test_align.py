"""Alignments are RapidFuzz's: the score, and which of several equally good parts they name."""

from __future__ import annotations

from random import Random

import pytest
from harness.columns import encode_text
from harness.rpc import Raw
from hypothesis import given
from hypothesis import strategies as st
from kernelserve.v1 import string_distance_pb2 as pb
from rapidfuzz.distance import ScoreAlignment
from rapidfuzz.fuzz import partial_ratio_alignment

from conformance import texts


def aligned(
    raw: Raw, left: str, right: str, score_cutoff: float | None = None
) -> ScoreAlignment | None:
    request = pb.AlignRequest(
        scorer=pb.Scorer(name="fuzz.partial_ratio", score_cutoff=score_cutoff)
    )
    request.left.utf8 = encode_text(left)
    request.right.utf8 = encode_text(right)
    found = raw.call("Align", request)
    if not found.HasField("score"):
        assert found == pb.AlignResponse()
        return None
    return ScoreAlignment(
        found.score.real, found.left_begin, found.left_end, found.right_begin, found.right_end
    )


@given(
    left=texts.text(),
    right=texts.text(),
    score_cutoff=st.none() | st.sampled_from([0.0, 25.0, 50.0, 200 / 3, 80.0, 100.0, 101.0]),
)
def test_alignments_of_short_texts(
    raw: Raw, left: str, right: str, score_cutoff: float | None
) -> None:
    expected = partial_ratio_alignment(left, right, score_cutoff=score_cutoff)
    assert aligned(raw, left, right, score_cutoff) == expected


@given(left=st.text("ab", max_size=12), right=st.text("ab", max_size=120))
def test_alignments_where_many_parts_are_as_good(raw: Raw, left: str, right: str) -> None:
    assert aligned(raw, left, right) == partial_ratio_alignment(left, right)
    assert aligned(raw, right, left) == partial_ratio_alignment(right, left)


@pytest.mark.parametrize("alphabet", texts.ALPHABETS)
@pytest.mark.parametrize("shorter", [1, 63, 64, 65, 200])
def test_alignments_of_any_length(raw: Raw, alphabet: str, shorter: int) -> None:
    random = Random(shorter)
    for longer in (shorter, shorter + 1, shorter + 2, 3 * shorter, 2_000):
        left = texts.make(alphabet, shorter, random)
        unlike = texts.make(alphabet, longer, random)
        at = random.randint(0, longer)
        inside = texts.edit(left, alphabet, shorter // 5, random)
        for right in (unlike, unlike[:at] + inside + unlike[at:]):
            assert aligned(raw, left, right) == partial_ratio_alignment(left, right)
            assert aligned(raw, right, left) == partial_ratio_alignment(right, left)


def test_texts_of_any_kind_are_aligned(raw: Raw) -> None:
    request = pb.AlignRequest(scorer=pb.Scorer(name="fuzz.partial_ratio"))
    request.left.binary = b"\xe9t"
    request.right.symbols.units.extend([0x110000, 0xE9, ord("t"), 0x110001])
    found = raw.call("Align", request)
    assert found.score.real == 100
    assert (found.left_begin, found.left_end, found.right_begin, found.right_end) == (0, 2, 1, 3)
    assert not found.HasField("script")
