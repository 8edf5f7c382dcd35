"""Edit scripts are RapidFuzz's, edit by edit."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from harness.columns import encode_text
from harness.rpc import Raw
from hypothesis import given
from hypothesis import strategies as st
from kernelserve.v1 import string_distance_pb2 as pb
from rapidfuzz.distance import Editops, Levenshtein

from conformance import texts

KINDS = {
    pb.EDIT_KIND_REPLACE: "replace",
    pb.EDIT_KIND_INSERT: "insert",
    pb.EDIT_KIND_DELETE: "delete",
}


def editops(raw: Raw, left: str, right: str, scorer: str = "") -> Editops:
    request = pb.EditScriptRequest(scorer=pb.Scorer(name=scorer))
    request.left.utf8 = encode_text(left)
    request.right.utf8 = encode_text(right)
    script = raw.call("EditScript", request)
    assert len(script.kinds) == len(script.left_positions) == len(script.right_positions)
    edits: list[Any] = [
        (KINDS[kind], a, b)
        for kind, a, b in zip(
            script.kinds, script.left_positions, script.right_positions, strict=True
        )
    ]
    return Editops(edits, script.left_length, script.right_length)


@given(left=texts.text(), right=texts.text())
def test_short_scripts_equal_rapidfuzz(raw: Raw, left: str, right: str) -> None:
    assert editops(raw, left, right) == Levenshtein.editops(left, right)


@given(pair=texts.pair(), times=st.integers(2, 30))
def test_scripts_of_longer_texts_equal_rapidfuzz(
    raw: Raw, pair: tuple[str | None, str | None], times: int
) -> None:
    left, right = ((text or "") * times for text in pair)
    assert editops(raw, left, right) == Levenshtein.editops(left, right)


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
