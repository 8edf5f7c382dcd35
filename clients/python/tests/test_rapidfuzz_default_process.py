"""default_process is RapidFuzz's for every code point, whatever this Python's Unicode is."""

from __future__ import annotations

import pickle
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rapidfuzz.distance
import rapidfuzz.utils as theirs
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import utils_py

import kernelserve as ks
from kernelserve.rapidfuzz import _scores, distance
from kernelserve.rapidfuzz import utils as ours
from kernelserve.rapidfuzz.utils import default_process


def test_every_code_point() -> None:
    for code_point in range(sys.maxunicode + 1):
        # Between letters, where spaces stay, and by itself.
        character = chr(code_point)
        text = f"a{character}a"
        assert default_process(text) == theirs.default_process(text), hex(code_point)
        assert default_process(character) == theirs.default_process(character), hex(code_point)


@given(st.text(st.characters(exclude_categories=())) | st.text("aΣς İ_\xa0-\u200b"))
def test_texts(text: str) -> None:
    assert default_process(text) == theirs.default_process(text)
    assert default_process(sentence=text) == theirs.default_process(text)


@given(st.binary())
def test_bytes_are_latin_1(text: bytes) -> None:
    processed: Any = default_process(text)
    assert processed == theirs.default_process(text)
    assert type(processed) is str


def test_what_is_no_text() -> None:
    wrong: Any
    for wrong in (None, float("nan"), pd.NA, 5, ["A"], bytearray(b"A"), np.array(["A"])):
        for process in (default_process, theirs.default_process):
            with pytest.raises(TypeError, match="sentence must be a String"):
                process(wrong)


def test_the_memory_for_characters_is_bounded() -> None:
    ours.default_process("".join(map(chr, range(1 << 16))))
    assert len(ours._CHARACTERS) <= ours._CHARACTERS_MAX


OURS_AND_THEIRS = pytest.mark.parametrize(
    "processor",
    [default_process, theirs.default_process, "default_process"],
    ids=["ours", "theirs", "by name"],
)


@OURS_AND_THEIRS
def test_the_server_has_it_for_scorers(client: ks.Client, processor: Any) -> None:
    scorer = ks.Scorer("levenshtein.distance", processor=processor)
    assert scorer.processor == "default_process"
    assert scorer == ks.Scorer("levenshtein.distance", processor="default_process")
    assert client.compare("KITTEN!", " sitting", scorer=scorer) == 3
    assert client.pairwise(["KITTEN!", None], "sitting", scorer=scorer) == [3, None]
    assert client.editops("A-", "ab", scorer=scorer) == [("insert", 1, 1)]
    aligner = ks.Scorer("fuzz.partial_ratio", processor=processor)
    assert client.align("(AB)", "xxab", scorer=aligner) == (100.0, 0, 2, 2, 4)


@pytest.mark.parametrize(
    "processor", [default_process, theirs.default_process], ids=["ours", "theirs"]
)
def test_it_is_not_called_where_the_server_has_it(
    monkeypatch: pytest.MonkeyPatch, processor: Any
) -> None:
    class Client:
        def _run(self, verb: object, timeout: object) -> int:
            return 7

    asked: list[Any] = []
    monkeypatch.setattr(_scores, "default_client", Client)
    monkeypatch.setattr(_scores, "compare", lambda *asks: asked.append(asks))
    assert distance.Levenshtein.distance("A!", b"B", processor=processor) == 7
    scorer = ks.Scorer("levenshtein.distance", processor="default_process")
    assert asked == [("A!", b"B", scorer, None)]


def test_rapidfuzzs_in_pure_python_is_another(client: ks.Client) -> None:
    assert utils_py.default_process("_") != theirs.default_process("_")
    assert distance.Levenshtein.distance("_", "", processor=utils_py.default_process) == 1
    with pytest.raises(ks.WrongTypeError, match="default_process"):
        ks.Scorer("levenshtein.distance", processor=utils_py.default_process)


@pytest.mark.parametrize(
    "processor", [str.lower, "lower", 5, ""], ids=["function", "name", "number", "empty"]
)
def test_a_scorer_takes_no_other_processor(processor: Any) -> None:
    with pytest.raises(ks.WrongTypeError) as caught:
        ks.Scorer("levenshtein.distance", processor=processor)
    assert caught.value.field == "scorer.processor"


def test_what_is_no_text_is_refused_as_rapidfuzz_does(client: ks.Client) -> None:
    for wrong in (["A"], bytearray(b"A")):
        for metric in (distance.Levenshtein, rapidfuzz.distance.Levenshtein):
            with pytest.raises(TypeError, match="sentence must be a String"):
                metric.distance(wrong, "a", processor=default_process)
    scorer = ks.Scorer("levenshtein.distance", processor=default_process)
    with pytest.raises(ks.WrongTypeError, match="symbols"):
        client.compare(["A"], "a", scorer=scorer)


def test_a_scorer_with_a_processor_pickles_and_shows_it() -> None:
    scorer = ks.Scorer("fuzz.ratio", processor=default_process)
    assert repr(scorer) == "Scorer('fuzz.ratio', processor='default_process')"
    assert pickle.loads(pickle.dumps(scorer)) == scorer
    assert hash(scorer) != hash(ks.Scorer("fuzz.ratio"))
    assert scorer != ks.Scorer("fuzz.ratio")
