"""Edit scripts are RapidFuzz's, edit by edit, where it has them."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from harness.columns import encode_text
from harness.rpc import Raw
from hypothesis import given
from hypothesis import strategies as st
from kernelserve.v1 import string_distance_pb2 as pb
from rapidfuzz.distance import OSA, Editops, Hamming, Indel, LCSseq, Levenshtein

from conformance import texts

KINDS = {
    pb.EDIT_KIND_REPLACE: "replace",
    pb.EDIT_KIND_INSERT: "insert",
    pb.EDIT_KIND_DELETE: "delete",
}


METRICS = {
    "levenshtein": Levenshtein,
    "indel": Indel,
    "lcs_seq": LCSseq,
    "hamming": Hamming,
}


def script_of(raw: Raw, left: str, right: str, scorer: str) -> pb.EditScriptResponse:
    request = pb.EditScriptRequest(scorer=pb.Scorer(name=scorer))
    request.left.utf8 = encode_text(left)
    request.right.utf8 = encode_text(right)
    script: pb.EditScriptResponse = raw.call("EditScript", request)
    assert len(script.kinds) == len(script.left_positions) == len(script.right_positions)
    return script


def editops(raw: Raw, left: str, right: str, scorer: str = "") -> Editops:
    script = script_of(raw, left, right, scorer)
    edits: list[Any] = [
        (KINDS[kind], a, b)
        for kind, a, b in zip(
            script.kinds, script.left_positions, script.right_positions, strict=True
        )
    ]
    return Editops(edits, script.left_length, script.right_length)


@pytest.mark.parametrize("metric", METRICS)
@given(left=texts.text(), right=texts.text())
def test_short_scripts_equal_rapidfuzz(raw: Raw, metric: str, left: str, right: str) -> None:
    expected = METRICS[metric].editops(left, right)
    assert editops(raw, left, right, f"{metric}.distance") == expected


@pytest.mark.parametrize("metric", METRICS)
@given(pair=texts.pair(), times=st.integers(2, 30))
def test_scripts_of_longer_texts_equal_rapidfuzz(
    raw: Raw, metric: str, pair: tuple[str | None, str | None], times: int
) -> None:
    left, right = ((text or "") * times for text in pair)
    expected = METRICS[metric].editops(left, right)
    assert editops(raw, left, right, f"{metric}.distance") == expected


@pytest.mark.parametrize("metric", ["indel", "lcs_seq", "hamming"])
@pytest.mark.parametrize("alphabet", texts.ALPHABETS)
def test_scripts_that_rapidfuzz_does_not_divide_equal_it_at_any_length(
    raw: Raw, metric: str, alphabet: str
) -> None:
    random = Random(13)
    for length in (64, 65, 500, 5_000):
        left = texts.make(alphabet, length, random)
        for right in (
            texts.edit(left, alphabet, length // 10, random),
            texts.make(alphabet, length // 2, random),
            texts.make(alphabet, 2 * length, random),
        ):
            expected = METRICS[metric].editops(left, right)
            assert editops(raw, left, right, f"{metric}.distance") == expected


@pytest.mark.parametrize("alphabet", texts.ALPHABETS)
def test_scripts_of_any_length_are_shortest_and_lead_there(raw: Raw, alphabet: str) -> None:
    """Where texts are so long that several shortest scripts compete, any of them will do."""
    random = Random(12)
    for length in (64, 65, 500, 10_000):
        left = texts.make(alphabet, length, random)
        for right in (
            texts.edit(left, alphabet, length // 10, random),
            texts.make(alphabet, length // 2, random),
        ):
            script = editops(raw, left, right)
            assert script.apply(left, right) == right
            assert len(script) == Levenshtein.distance(left, right)


def applied(script: pb.EditScriptResponse, left: str, right: str) -> str:
    """What the edits make of `left`. A transposition takes nothing from `right`."""
    made = ""
    taken = 0
    for kind, at, to in zip(
        script.kinds, script.left_positions, script.right_positions, strict=True
    ):
        made += left[taken:at]
        taken = at
        if kind == pb.EDIT_KIND_TRANSPOSE:
            made += left[at + 1] + left[at]
            taken += 2
            continue
        if kind != pb.EDIT_KIND_DELETE:
            made += right[to]
        if kind != pb.EDIT_KIND_INSERT:
            taken += 1
    return made + left[taken:]


@given(left=texts.text(), right=texts.text(), swaps=st.lists(st.integers(0, 10), max_size=3))
def test_osa_scripts_have_its_distance_and_lead_there(
    raw: Raw, left: str, right: str, swaps: list[int]
) -> None:
    for other in (left, right):
        for at in swaps:
            other = other[:at] + other[at : at + 2][::-1] + other[at + 2 :]
        script = script_of(raw, left, other, "osa.distance")
        assert (script.left_length, script.right_length) == (len(left), len(other))
        assert len(script.kinds) == OSA.distance(left, other)
        assert applied(script, left, other) == other


def test_an_osa_script_swaps_neighbours(raw: Raw) -> None:
    script = script_of(raw, "martha", "marhta", "osa.similarity")
    assert list(script.kinds) == [pb.EDIT_KIND_TRANSPOSE]
    assert list(script.left_positions) == list(script.right_positions) == [3]


def test_each_form_of_a_metric_has_the_same_script(raw: Raw) -> None:
    for form in ("distance", "similarity", "normalized_distance", "normalized_similarity"):
        found = editops(raw, "kitten", "sitting", f"levenshtein.{form}")
        assert found.as_list() == [("replace", 0, 0), ("replace", 4, 4), ("insert", 6, 6)]


def test_texts_of_any_kind_have_scripts(raw: Raw) -> None:
    request = pb.EditScriptRequest()
    request.left.binary = b"\xe9t\xe9"
    request.right.symbols.units.extend([0xE9, ord("t"), 0x110000])
    script = raw.call("EditScript", request)
    assert (script.left_length, script.right_length) == (3, 3)
    assert list(script.kinds) == [pb.EDIT_KIND_REPLACE]
    assert list(script.left_positions) == list(script.right_positions) == [2]
