"""kernelserve.rapidfuzz.distance gives what rapidfuzz.distance gives.

The differences are those of the table in docs/python.md.
"""

from __future__ import annotations

import importlib
import inspect
import pickle
from array import array
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rapidfuzz.distance as theirs
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz import utils

import kernelserve as ks
import kernelserve.rapidfuzz.distance as ours
from kernelserve._scorers import FORMS, RAPIDFUZZ_METRICS
from rapidfuzz_twins import (
    EDITS,
    REAL,
    WITH_EDITS,
    agree,
    each_form,
    each_metric,
    functions,
    pairs,
    refused,
    spelled,
)
from served_scorers import need_edits, need_scorer

pytestmark = pytest.mark.filterwarnings("ignore::kernelserve.PerformanceWarning")


# --- names and signatures -------------------------------------------------------------------------


def test_every_public_name_is_there() -> None:
    assert ours.__all__ == vars(theirs)["__all__"]


@each_metric
def test_a_metric_is_a_module_of_the_same_functions(metric: str) -> None:
    module, their = getattr(ours, metric), getattr(theirs, metric)
    wanted = {*their.__all__, *(EDITS if metric == "OSA" else [])}
    assert set(module.__all__) == wanted == {n for n in vars(module) if not n.startswith("_")}
    assert importlib.import_module(f"kernelserve.rapidfuzz.distance.{metric}") is module
    for name in their.__all__:
        mine = inspect.signature(getattr(module, name)).parameters.values()
        expected = inspect.signature(getattr(their, name)).parameters.values()
        assert [(p.name, p.kind, p.default) for p in mine] == [
            (p.name, p.kind, p.default) for p in expected
        ]


@each_metric
def test_functions_have_names_and_docstrings_and_pickle(metric: str) -> None:
    for name in getattr(ours, metric).__all__:
        function = getattr(getattr(ours, metric), name)
        assert (function.__name__, function.__qualname__) == (name, name)
        assert pickle.loads(pickle.dumps(function)) is function
        documented = inspect.getdoc(function) or ""
        for parameter in inspect.signature(function).parameters:
            assert f"    {parameter}: " in documented
        assert max(map(len, documented.splitlines())) <= 100


@each_form
@each_metric
def test_functions_are_scorers(client: ks.Client, metric: str, form: str) -> None:
    name = f"{RAPIDFUZZ_METRICS[metric]}.{form}"
    need_scorer(client, name)
    for function in functions(metric, form):
        by_name = client.pairwise(["kitten"], ["sitting"], scorer=name)
        assert client.pairwise(["kitten"], ["sitting"], scorer=function) == by_name


# --- scores ---------------------------------------------------------------------------------------


@each_form
@each_metric
@given(pair=pairs)
def test_scores(client: ks.Client, metric: str, form: str, pair: tuple[str, str]) -> None:
    need_scorer(client, f"{RAPIDFUZZ_METRICS[metric]}.{form}")
    mine, their = functions(metric, form)
    assert agree(mine(*pair), their(*pair))
    assert agree(mine(*pair, score_cutoff=None), their(*pair))


@each_form
@each_metric
@given(pair=pairs, cutoff=st.integers(0, 40), part=st.floats(0, 1))
def test_cutoffs(
    client: ks.Client, metric: str, form: str, pair: tuple[str, str], cutoff: int, part: float
) -> None:
    need_scorer(client, f"{RAPIDFUZZ_METRICS[metric]}.{form}")
    mine, their = functions(metric, form)
    real = metric in REAL or form.startswith("normalized")
    for given_cutoff in [part, 0, 1.0, True] if real else [cutoff, cutoff + 0.5, 0, True]:
        assert agree(
            mine(*pair, score_cutoff=given_cutoff), their(*pair, score_cutoff=given_cutoff)
        )


@pytest.mark.parametrize("form", FORMS[2:])
@pytest.mark.parametrize("metric", ["Levenshtein", "Indel"])
def test_no_score_passes_nan(client: ks.Client, metric: str, form: str) -> None:
    mine, their = functions(metric, form)
    for pair in [("", ""), ("a", "a"), ("a", "b")]:
        nan = float("nan")
        assert agree(mine(*pair, score_cutoff=nan), their(*pair, score_cutoff=nan))


@each_form
@given(pair=pairs, weights=st.tuples(*[st.integers(0, 5)] * 3))
def test_weights(
    client: ks.Client, form: str, pair: tuple[str, str], weights: tuple[int, int, int]
) -> None:
    mine, their = functions("Levenshtein", form)
    for given_weights in (weights, list(weights), np.array(weights), None, (1, 1, 1)):
        expected = their(*pair, weights=given_weights, score_hint=3 if form in FORMS[:2] else 0.5)
        assert agree(mine(*pair, weights=given_weights, score_hint=5), expected)


@each_form
@given(pair=pairs, pad=st.booleans())
def test_padding(client: ks.Client, form: str, pair: tuple[str, str], pad: bool) -> None:
    need_scorer(client, f"hamming.{form}")
    mine, their = functions("Hamming", form)
    left, right = pair if pad else (pair[0], pair[1].ljust(len(pair[0]))[: len(pair[0])])
    assert agree(mine(left, right, pad=pad), their(left, right, pad=pad))


@each_form
@given(pair=pairs, prefix_weight=st.sampled_from([0, 0.0, 0.1, 0.2, 0.25, 0.7, 1, np.float32(0.5)]))
def test_prefix_weight(
    client: ks.Client, form: str, pair: tuple[str, str], prefix_weight: Any
) -> None:
    need_scorer(client, f"jaro_winkler.{form}")
    mine, their = functions("JaroWinkler", form)
    got = mine(*pair, prefix_weight=prefix_weight)
    assert agree(got, their(*pair, prefix_weight=prefix_weight))


# --- what is compared -----------------------------------------------------------------------------

elements = (
    st.integers(-3, 3)
    | st.text("ab", max_size=2)
    | st.tuples(st.integers(0, 1))
    | st.sampled_from([None, b"a", b"", 1.0, True, 2**70, "\U0001f600"])
)


@each_form
@each_metric
@given(left=st.lists(elements, max_size=8), right=st.lists(elements, max_size=8))
def test_sequences_compare_by_equality_of_elements(
    client: ks.Client, metric: str, form: str, left: list[Any], right: list[Any]
) -> None:
    need_scorer(client, f"{RAPIDFUZZ_METRICS[metric]}.{form}")
    mine, their = functions(metric, form)
    expected = their(*spelled(left, right))
    assert agree(mine(left, right), expected)
    assert agree(mine(tuple(left), right), expected)


class Indexed:
    """As little of a sequence as RapidFuzz takes."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __len__(self) -> int:
        return len(self._text)

    def __getitem__(self, index: int) -> str:
        return self._text[index]


KINDS_OF_TEXT: list[Callable[[str], Any]] = [
    list,
    tuple,
    Indexed,
    np.str_,
    str.encode,
    lambda text: bytearray(text.encode()),
    lambda text: memoryview(text.encode()),
    lambda text: array("u", text),
    lambda text: np.array(list(text)),
    lambda text: pd.Series(list(text)),
    lambda text: pd.array(list(text)),
]


@pytest.mark.parametrize("made", KINDS_OF_TEXT)
def test_kinds_of_text(client: ks.Client, made: Callable[[str], Any]) -> None:
    text = made("kitten")
    for left, right, expected in [(text, "sitting", 3), ("sitting", text, 3), (text, text, 0)]:
        assert ours.Levenshtein.distance(left, right) == expected
        assert len(ours.Levenshtein.editops(left, right)) == expected


@given(left=st.binary(max_size=20), right=st.binary(max_size=20))
def test_bytes_are_latin_1(client: ks.Client, left: bytes, right: bytes) -> None:
    others: list[str | bytes] = [right, right.decode("latin-1")]
    for a, b in [(left, other) for other in others]:
        assert ours.Levenshtein.distance(a, b) == theirs.Levenshtein.distance(a, b)
        script = ours.Levenshtein.editops(a, b)
        assert script.as_list() == theirs.Levenshtein.editops(a, b).as_list()
        assert script.apply(a, b) == right.decode("latin-1")


def test_numbers_are_not_characters(client: ks.Client) -> None:
    # RapidFuzz compares hashes, and that of a number is the number: see docs/python.md.
    number: Any
    for number in ([97], array("B", b"a"), np.array([97])):
        assert theirs.Levenshtein.distance(number, "a") == 0
        assert ours.Levenshtein.distance(number, "a") == 1
    assert ours.Levenshtein.distance([97, 98], array("B", b"ab")) == 0


@pytest.mark.parametrize("missing", [None, float("nan"), np.float64("nan"), pd.NA], ids=repr)
@each_form
@each_metric
def test_a_missing_text(client: ks.Client, metric: str, form: str, missing: Any) -> None:
    mine, their = functions(metric, form)

    def processor(text: Any) -> Any:
        raise AssertionError("a missing text is not processed")

    for pair in [(missing, "a"), ("a", missing), (missing, missing)]:
        if metric in REAL or form.startswith("normalized"):
            assert agree(mine(*pair), their(*pair))
            assert agree(mine(*pair, processor=processor), their(*pair, processor=processor))
        else:
            refused(TypeError, their, *pair)
            refused(TypeError, mine, *pair)


@pytest.mark.parametrize("metric", WITH_EDITS)
@pytest.mark.parametrize("kind", EDITS)
def test_no_edits_of_a_missing_text(client: ks.Client, metric: str, kind: str) -> None:
    mine, their = functions(metric, kind)
    for pair in [(None, "a"), ("a", float("nan")), (pd.NA, pd.NA)]:
        refused(TypeError, their, *pair)
        refused(TypeError, mine, *pair)


@each_form
@each_metric
def test_processors(client: ks.Client, metric: str, form: str) -> None:
    need_scorer(client, f"{RAPIDFUZZ_METRICS[metric]}.{form}")
    mine, their = functions(metric, form)
    seen: list[Any] = []

    def second(pair: tuple[Any, str]) -> str:
        seen.append(pair)
        return pair[1].lower()

    left, right = (1, "Kitten"), (2, "MITTEN")
    assert agree(mine(left, right, processor=second), their(left, right, processor=second))
    assert seen == [left, right] * 2
    for processor in (utils.default_process, str.upper, False):
        expected = their("ab!", "AB", processor=processor)
        assert agree(mine("ab!", "AB", processor=processor), expected)


# --- edits ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EDITS)
@pytest.mark.parametrize("metric", WITH_EDITS)
@given(pair=pairs)
def test_edits(client: ks.Client, metric: str, kind: str, pair: tuple[str, str]) -> None:
    need_edits(client, f"{RAPIDFUZZ_METRICS[metric]}.distance")
    mine, their = functions(metric, kind)
    script = mine(*pair)
    assert type(script).__name__ == kind.capitalize()
    assert repr(script) == repr(their(*pair))
    assert script.apply(*pair) == pair[1]
    processed = mine(*pair, processor=str.upper)
    assert repr(processed) == repr(their(*pair, processor=str.upper))


@given(pair=pairs)
def test_edits_of_osa_lead_to_the_other_text(client: ks.Client, pair: tuple[str, str]) -> None:
    need_edits(client, "osa.distance")  # RapidFuzz has none to compare with
    script = ours.OSA.editops(*pair)
    assert script.apply(*pair) == pair[1]
    assert len(script) == theirs.OSA.distance(*pair)
    assert ours.OSA.opcodes(*pair) == script.as_opcodes()


def test_edits_of_osa_swap_neighbours(client: ks.Client) -> None:
    assert ours.OSA.editops("martha", "marhta").as_list() == [("transpose", 3, 3)]
    assert ours.OSA.opcodes("ab", "ba", processor=str.upper).as_list() == [
        ("transpose", 0, 2, 0, 2)
    ]


@pytest.mark.parametrize("kind", EDITS)
def test_edits_that_take_no_other_length(client: ks.Client, kind: str) -> None:
    need_edits(client, "hamming.distance")
    mine, their = functions("Hamming", kind)
    assert repr(mine("abc", "axc", pad=False)) == repr(their("abc", "axc", pad=False))
    for function in (mine, their):
        refused(ValueError, function, "a", "bb", pad=False)


def test_a_hint_changes_no_edits(client: ks.Client) -> None:
    for kind in EDITS:
        mine, their = functions("Levenshtein", kind)
        expected = their("kitten", "sitting", score_hint=2)
        assert repr(mine("kitten", "sitting", score_hint=2)) == repr(expected)
