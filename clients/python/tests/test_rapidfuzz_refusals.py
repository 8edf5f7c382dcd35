"""kernelserve.rapidfuzz.distance refuses what rapidfuzz.distance refuses, by equal exceptions."""

from __future__ import annotations

from typing import Any

import pytest

import kernelserve as ks
import kernelserve.rapidfuzz.distance as ours
from rapidfuzz_twins import REAL, each_form, each_metric, functions, refused
from served_scorers import need_scorer

pytestmark = pytest.mark.filterwarnings("ignore::kernelserve.PerformanceWarning")


@pytest.mark.parametrize(
    "wrong",
    [5, 5.0, object(), {"a"}, iter("a"), [["unhashable"]]],
    ids=lambda value: type(value).__name__,
)
@each_form
@each_metric
def test_what_is_no_text(client: ks.Client, metric: str, form: str, wrong: Any) -> None:
    mine, their = functions(metric, form)
    for pair in [(wrong, "a"), ("a", wrong)]:
        refused(TypeError, their, *pair)
        assert isinstance(refused(TypeError, mine, *pair), ks.WrongTypeError)


@each_form
@each_metric
def test_what_is_no_processor(client: ks.Client, metric: str, form: str) -> None:
    for function in functions(metric, form):
        refused(TypeError, function, "a", "b", processor=lambda text: None)
        refused(TypeError, function, "a", "b", processor=5)


@pytest.mark.parametrize("cutoff", ["x", -0.1, 1.1, -5, 5], ids=repr)
@each_form
@each_metric
def test_cutoffs_out_of_range(client: ks.Client, metric: str, form: str, cutoff: Any) -> None:
    mine, their = functions(metric, form)
    if metric in REAL or form.startswith("normalized"):
        their_words = str(refused(TypeError, their, "a", "b", score_cutoff=cutoff))
        caught = refused(TypeError, mine, "a", "b", score_cutoff=cutoff)
        assert isinstance(caught, ks.InvalidArgumentError)
        assert cutoff == "x" or caught.message == their_words
    elif cutoff == "x":
        for function in (mine, their):
            refused(TypeError, function, "a", "b", score_cutoff=cutoff)


def test_a_negative_cutoff_is_out_of_range(client: ks.Client) -> None:
    caught = refused(ks.OutOfRangeError, ours.Levenshtein.distance, "a", "b", score_cutoff=-1)
    assert caught.field == "scorer.score_cutoff"


@pytest.mark.parametrize(
    ("weights", "kind"),
    [
        ((1, 1), ValueError),
        ((1, 1, 1, 1), ValueError),
        ((-1, 1, 1), ks.OutOfRangeError),
        ((1.5, 1, 1), ks.OutOfRangeError),
        ((1, 1, 10**9 + 1), ks.OutOfRangeError),
        (5, TypeError),
        ("abc", TypeError),
        (("1", 1, 1), TypeError),
    ],
)
def test_weights_out_of_range(client: ks.Client, weights: Any, kind: type[Exception]) -> None:
    refused(kind, ours.Levenshtein.distance, "a", "b", weights=weights)


@pytest.mark.parametrize(
    ("weight", "kind"),
    [(-0.1, ValueError), (1.1, ValueError), (None, TypeError), ("x", TypeError)],
)
@each_form
def test_prefix_weights_out_of_range(
    client: ks.Client, form: str, weight: Any, kind: type[Exception]
) -> None:
    need_scorer(client, f"jaro_winkler.{form}")
    for function in functions("JaroWinkler", form):
        refused(kind, function, "abc", "abd", prefix_weight=weight)


@each_form
def test_lengths_that_differ_without_padding(client: ks.Client, form: str) -> None:
    need_scorer(client, f"hamming.{form}")
    for function in functions("Hamming", form):
        for pair in [("", "a"), ("a", "bb"), ("abc", "ab")]:
            refused(ValueError, function, *pair, pad=False)


@each_metric
def test_arguments_are_by_keyword_only(metric: str) -> None:
    for name in getattr(ours, metric).__all__:
        function = getattr(getattr(ours, metric), name)
        for arguments, options in [(("a",), {}), (("a", "b", None), {}), (("a", "b"), {"x": 1})]:
            with pytest.raises(TypeError, match="argument"):
                function(*arguments, **options)
