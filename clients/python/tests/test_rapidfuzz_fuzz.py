"""kernelserve.rapidfuzz.fuzz gives what rapidfuzz.fuzz gives, and refuses what it refuses."""

from __future__ import annotations

import inspect
import pickle
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rapidfuzz.fuzz as theirs
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import fuzz_py

import kernelserve as ks
from kernelserve._scorers import RAPIDFUZZ_RATIOS
from kernelserve.rapidfuzz import _scores, fuzz
from kernelserve.rapidfuzz.distance import ScoreAlignment
from kernelserve.rapidfuzz.utils import default_process
from rapidfuzz_twins import agree, refused, spelled
from served_scorers import need_scorer

pytestmark = pytest.mark.filterwarnings("ignore::kernelserve.PerformanceWarning")

each_ratio = pytest.mark.parametrize("name", RAPIDFUZZ_RATIOS)
each_function = pytest.mark.parametrize("name", fuzz.__all__)

words = st.text("abé日", min_size=1, max_size=5)
sentences = st.lists(words, max_size=8).map(" ".join)
spaced = st.text("ab é\t\n\u2003\U0001f600", max_size=30)
pairs = (
    st.tuples(sentences, sentences)
    | st.tuples(spaced, spaced)
    | st.tuples(sentences, st.permutations(["new", "york", "mets", "ab"]).map(" ".join))
    | sentences.map(lambda text: (text, text[1:] + " " + text[:1]))
    | st.tuples(st.text("ab ", max_size=8), st.text("ab ", min_size=40, max_size=90))
)


# --- names and signatures -------------------------------------------------------------------------


def test_every_public_name_is_there() -> None:
    public = {n for n, made in vars(theirs).items() if callable(made) and n != "supports"}
    assert set(fuzz.__all__) == public


@each_function
def test_signatures_names_and_docstrings(name: str) -> None:
    function = getattr(fuzz, name)
    mine = inspect.signature(function).parameters.values()
    expected = inspect.signature(getattr(theirs, name)).parameters.values()
    assert [(p.name, p.kind, p.default) for p in mine] == [
        (p.name, p.kind, p.default) for p in expected
    ]
    assert (function.__module__, function.__qualname__) == (fuzz.__name__, name)
    assert pickle.loads(pickle.dumps(function)) is function
    documented = inspect.getdoc(function) or ""
    for parameter in mine:
        assert f"    {parameter.name}: " in documented


@each_ratio
def test_functions_are_scorers(client: ks.Client, name: str) -> None:
    need_scorer(client, f"fuzz.{name}")
    left, right = ["new york mets", None], ["new york yankees", "a"]
    by_name = client.pairwise(left, right, scorer=f"fuzz.{name}")
    assert client.pairwise(left, right, scorer=getattr(fuzz, name)) == by_name
    assert client.pairwise(left, right, scorer=getattr(theirs, name)) == by_name


# --- ratios ---------------------------------------------------------------------------------------


@each_ratio
@given(pair=pairs)
def test_ratios(client: ks.Client, name: str, pair: tuple[str, str]) -> None:
    need_scorer(client, f"fuzz.{name}")
    mine, their = getattr(fuzz, name), getattr(theirs, name)
    assert agree(mine(*pair), their(*pair))
    assert agree(mine(*pair, processor=default_process), their(*pair, processor=default_process))


@each_ratio
@given(pair=pairs, cutoff=st.floats(-10, 110) | st.integers(0, 100))
def test_cutoffs(client: ks.Client, name: str, pair: tuple[str, str], cutoff: float) -> None:
    need_scorer(client, f"fuzz.{name}")
    mine, their = getattr(fuzz, name), getattr(theirs, name)
    for given_cutoff in (cutoff, None, 0, 100, 200, -5, np.float32(50)):
        expected = their(*pair, score_cutoff=given_cutoff)
        assert agree(mine(*pair, score_cutoff=given_cutoff), expected)


@each_ratio
def test_empty_texts(client: ks.Client, name: str) -> None:
    need_scorer(client, f"fuzz.{name}")
    mine, their = getattr(fuzz, name), getattr(theirs, name)
    for pair in [("", ""), ("", "a"), ("a", ""), (" ", ""), (" ", " "), ("a", " ")]:
        assert agree(mine(*pair), their(*pair))


@each_ratio
@given(
    left=st.lists(st.sampled_from(["a", "b", " ", "ab", ("a",), None]), max_size=8),
    right=st.lists(st.sampled_from(["a", "b", " ", "ab", ("a",), None]), max_size=8),
)
def test_sequences(client: ks.Client, name: str, left: list[Any], right: list[Any]) -> None:
    need_scorer(client, f"fuzz.{name}")
    expected = getattr(theirs, name)(*spelled(left, right))
    assert agree(getattr(fuzz, name)(left, right), expected)


@each_ratio
@given(pair=st.tuples(st.text("ab \xe9", max_size=20), st.text("ab \xe9", max_size=20)))
def test_bytes_are_latin_1(client: ks.Client, name: str, pair: tuple[str, str]) -> None:
    need_scorer(client, f"fuzz.{name}")
    left, right = pair
    mine, their = getattr(fuzz, name), getattr(theirs, name)
    assert agree(mine(left.encode("latin-1"), right), their(left, right))


@each_ratio
def test_words_are_split_on_every_space(client: ks.Client, name: str) -> None:
    # RapidFuzz in C++ splits on U+00A0 or U+0085 only where a text has wider characters as well.
    need_scorer(client, f"fuzz.{name}")
    for pair in [("a\xa0bc", "bc a"), ("a\x85bc", "bc a"), ("日\xa0bc", "bc 日")]:
        assert getattr(fuzz, name)(*pair) == getattr(fuzz_py, name)(*pair)


@pytest.mark.parametrize("missing", [None, float("nan"), np.float64("nan"), pd.NA], ids=repr)
@each_function
def test_a_missing_text(client: ks.Client, name: str, missing: Any) -> None:
    for pair in [(missing, "a"), ("a", missing), (missing, missing)]:
        for options in [{}, {"processor": 5}, {"score_cutoff": 50}]:
            mine = getattr(fuzz, name)(*pair, **options)
            assert mine == getattr(theirs, name)(*pair, **options)
            assert mine is None or type(mine) is float


# --- what is refused ------------------------------------------------------------------------------


@each_function
def test_what_is_no_text(client: ks.Client, name: str) -> None:
    mine, their = getattr(fuzz, name), getattr(theirs, name)
    for wrong in (5, 5.0, object(), {"a"}, iter("a")):
        for pair in [(wrong, "a"), ("a", wrong)]:
            refused(TypeError, their, *pair)
            assert isinstance(refused(TypeError, mine, *pair), ks.WrongTypeError)
    for options in ({"processor": lambda text: None}, {"processor": 5}, {"score_cutoff": "x"}):
        refused(TypeError, their, "a", "b", **options)
        refused(TypeError, mine, "a", "b", **options)
    for arguments in [("a",), ("a", "b", None)]:
        refused(TypeError, mine, *arguments)
    refused(TypeError, mine, "a", "b", weights=(1, 1, 1))


# --- alignments -----------------------------------------------------------------------------------


@given(pair=pairs, cutoff=st.none() | st.floats(-10, 110))
def test_alignments(client: ks.Client, pair: tuple[str, str], cutoff: float | None) -> None:
    for left, right in (pair, pair[::-1]):
        mine = fuzz.partial_ratio_alignment(left, right, score_cutoff=cutoff)
        their = theirs.partial_ratio_alignment(left, right, score_cutoff=cutoff)
        assert repr(mine) == repr(their)
        assert mine is None or (type(mine.score) is float and mine == their)


def test_align_is_asked_for_the_processed_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    class Aligning:
        def align(self, *texts: str, **options: Any) -> ScoreAlignment:
            assert (texts, options) == (
                ("ab", "cab"),
                {"scorer": ks.Scorer("fuzz.partial_ratio"), "score_cutoff": 0.0},
            )
            return ScoreAlignment(100.0, 0, 2, 1, 3)

    monkeypatch.setattr(fuzz, "default_client", Aligning)
    found = fuzz.partial_ratio_alignment("AB", "cAB", processor=str.lower, score_cutoff=-1)
    assert found == ScoreAlignment(100.0, 0, 2, 1, 3)


def test_every_ratio_goes_through_compare(monkeypatch: pytest.MonkeyPatch) -> None:
    class Client:
        def _run(self, verb: object, timeout: object) -> int:
            return 50

    asked: list[Any] = []
    monkeypatch.setattr(_scores, "default_client", Client)
    monkeypatch.setattr(_scores, "compare", lambda *asks: asked.append(asks))
    for name in RAPIDFUZZ_RATIOS:
        score = getattr(fuzz, name)("a", "b", score_cutoff=30)
        assert (score, type(score)) == (50.0, float)
    assert asked == [("a", "b", ks.Scorer(f"fuzz.{name}"), 30.0) for name in RAPIDFUZZ_RATIOS]
