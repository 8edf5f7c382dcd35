"""default_process on the server is RapidFuzz's, for every scorer and wherever texts are read."""

from __future__ import annotations

import sys
from random import Random
from typing import Any

import pytest
from harness.columns import Value, encode_text
from harness.rpc import Raw
from hypothesis import given
from hypothesis import strategies as st
from kernelserve.v1 import string_distance_pb2 as pb
from rapidfuzz import fuzz, utils
from rapidfuzz.distance import Editops, Indel

from conformance.engines import Batch, Engine, OneByOne, PythonClient, Scorer
from conformance.rapidfuzz_scores import FORMS, expected

CHARACTERS = "aAbB zZ09_-!\t\0é\u0130ßÀ\xa0Σς\u212aЖ日\u3000\ud800😀\U00010400"
texts = st.text(st.sampled_from(CHARACTERS), max_size=14)
related = texts.flatmap(lambda left: st.tuples(st.just(left), st.just(left.swapcase()) | texts))
names = st.sampled_from(sorted(FORMS))


@given(pairs=st.lists(related, min_size=1, max_size=6), name=names)
def test_scores_of_processed_texts(engine: Engine, pairs: list[tuple[str, str]], name: str) -> None:
    left: list[Value] = [a for a, _ in pairs]
    right: list[Value] = [b for _, b in pairs]
    scorer = Scorer(name, processor="default_process")
    assert engine.scores(scorer, left, right) == expected(scorer, left, right)


@pytest.mark.parametrize("rows", [1, 127, 129, 3_000])
@pytest.mark.parametrize("name", ["levenshtein.distance", "fuzz.WRatio"])
def test_a_literal_is_processed_as_every_row_is(raw: Raw, rows: int, name: str) -> None:
    random = Random(rows)
    values: list[Value] = ["".join(random.choices(CHARACTERS, k=9)) for _ in range(rows)]
    literals: list[Value] = ["  Ab!zZ日 "] * rows
    scorer = Scorer(name, processor="default_process")
    engine = Batch(raw, random)
    assert engine.scores(scorer, literals, values) == expected(scorer, literals, values)
    assert engine.scores(scorer, values, literals) == expected(scorer, values, literals)


def test_blocks_of_long_texts_that_are_processed(raw: Raw) -> None:
    """So long that a block of rows ends before it has as many rows as others."""
    random = Random(8)
    values: list[Value] = ["".join(random.choices(CHARACTERS, k=20_000)) for _ in range(40)]
    others = [values[-1], *values[:-1]]
    scorer = Scorer("prefix.similarity", processor="default_process")
    for engine in (Batch(raw, random), OneByOne(raw)):
        assert engine.scores(scorer, values, others) == expected(scorer, values, others)


def test_every_code_point(python_client: PythonClient) -> None:
    """In context; kernels/default_process_test.cc looks at the characters themselves."""
    scorer = Scorer("levenshtein.distance", processor="default_process")
    step = 1 << 15
    for first in range(0, sys.maxunicode + 1, step):
        characters = [chr(c) for c in range(first, first + step)]
        left: list[Value] = [f"a{c}a" for c in characters]
        processed: list[Value] = [utils.default_process(f"a{c}a") for c in characters]
        assert python_client.scores(scorer, left, processed) == [0] * step
        blank: list[Value] = ["a a"] * step
        found = python_client.scores(scorer, left, blank)
        assert found == [int(p != "a a") for p in processed]


@given(pair=related)
def test_scripts_and_alignments_are_of_the_processed_texts(raw: Raw, pair: tuple[str, str]) -> None:
    left, right = pair
    text = {
        "left": pb.Text(utf8=encode_text(left)),
        "right": pb.Text(utf8=encode_text(right)),
    }
    processing = pb.PREPROCESSING_DEFAULT_PROCESS
    scorer = pb.Scorer(name="indel.distance", preprocessing=processing)
    script = raw.call("EditScript", pb.EditScriptRequest(scorer=scorer, **text))
    kinds = {pb.EDIT_KIND_INSERT: "insert", pb.EDIT_KIND_DELETE: "delete"}
    edits: list[Any] = [
        (kinds[kind], a, b)
        for kind, a, b in zip(
            script.kinds, script.left_positions, script.right_positions, strict=True
        )
    ]
    found = Editops(edits, script.left_length, script.right_length)
    assert found == Indel.editops(left, right, processor=utils.default_process)

    scorer = pb.Scorer(name="fuzz.partial_ratio", preprocessing=processing)
    aligned = raw.call("Align", pb.AlignRequest(scorer=scorer, **text))
    theirs = fuzz.partial_ratio_alignment(left, right, processor=utils.default_process)
    assert theirs is not None
    assert (aligned.score.real, aligned.left_begin, aligned.left_end) == tuple(theirs)[:3]
    assert (aligned.right_begin, aligned.right_end) == tuple(theirs)[3:]


def test_bytes_are_latin_1(raw: Raw) -> None:
    request = pb.CompareRequest(
        scorer=pb.Scorer(preprocessing=pb.PREPROCESSING_DEFAULT_PROCESS),
        left=pb.Text(binary=b"\xc0!B"),
        right=pb.Text(utf8="à b".encode()),
    )
    assert raw.call("Compare", request).score.integer == 0
