"""What kernelserve.rapidfuzz.process refuses: errors that name the argument."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import kernelserve as ks
from kernelserve.rapidfuzz import process, utils
from kernelserve.rapidfuzz.distance import Hamming, Levenshtein
from rapidfuzz_twins import refused


@pytest.mark.parametrize(
    ("field", "kind", "named"),
    [
        ("limit", ks.OutOfRangeError, {"limit": -1}),
        ("limit", ks.WrongTypeError, {"limit": "5"}),
        ("choices", ks.WrongTypeError, {"choices": None}),
        ("choices", ks.WrongTypeError, {"choices": 5}),
        ("choices[0]", ks.WrongTypeError, {"choices": [5, 6]}),
        ("choices[1]", ks.WrongTypeError, {"choices": ["a", 5]}),
        ("choices[2]", ks.WrongTypeError, {"choices": np.array([np.nan, np.nan, 2.0])}),
        ("query", ks.WrongTypeError, {"query": 5}),
        ("scorer", ks.WrongTypeError, {"scorer": "ratio"}),
        ("scorer", ks.WrongTypeError, {"scorer": None}),
        ("processor", ks.WrongTypeError, {"processor": 5}),
        ("query", ks.WrongTypeError, {"processor": lambda text: None}),
        ("choices[1]", ks.WrongTypeError, {"processor": lambda text: text if text == "a" else 5}),
        ("choices", ks.WrongTypeError, {"choices": [["a"]], "processor": utils.default_process}),
        ("query", ks.WrongTypeError, {"query": ["a"], "processor": utils.default_process}),
        ("score_cutoff", ks.WrongTypeError, {"score_cutoff": "90"}),
        ("score_cutoff", ks.WrongTypeError, {"score_cutoff": 101}),
        ("score_cutoff", ks.WrongTypeError, {"score_cutoff": -1}),
        ("score_cutoff", ks.WrongTypeError, {"score_hint": 101}),
        ("scorer_kwargs", ks.WrongTypeError, {"scorer_kwargs": {"weights": (1, 1, 1)}}),
        ("scorer_kwargs", ks.WrongTypeError, {"scorer_kwargs": [1]}),
    ],
)
def test_bad_arguments_of_extract(field: str, kind: type[Exception], named: Any) -> None:
    given = {"query": "a", "choices": ["a", "b"]} | named
    caught = refused(kind, process.extract, **given)
    assert caught.field == field


@pytest.mark.parametrize("function", [process.cdist, process.cpdist])
@pytest.mark.parametrize(
    ("field", "kind", "named"),
    [
        ("dtype", ks.WrongTypeError, {"dtype": "float16"}),
        ("workers", ks.WrongTypeError, {"workers": "2"}),
        ("score_multiplier", ks.WrongTypeError, {"score_multiplier": None}),
        (
            "score_multiplier",
            ks.OutOfRangeError,
            {"score_multiplier": -1, "scorer": Levenshtein.distance},
        ),
        ("queries", ks.WrongTypeError, {"queries": iter(["a"])}),
        ("choices[0]", ks.WrongTypeError, {"choices": [5]}),
        ("choices[0]", ks.WrongTypeError, {"choices": [None], "scorer": Levenshtein.distance}),
        ("queries[0]", ks.WrongTypeError, {"queries": [None], "scorer": Hamming.similarity}),
        ("scorer", ks.WrongTypeError, {"scorer": lambda left, right, **named: "90"}),
    ],
)
def test_bad_arguments_of_matrices(
    function: Any, field: str, kind: type[Exception], named: Any
) -> None:
    given = {"queries": ["a"], "choices": ["b"]} | named
    caught = refused(kind, function, **given)
    assert caught.field == field


def test_columns_of_unequal_length() -> None:
    caught = refused(ks.LengthMismatchError, process.cpdist, ["a"], ["b", "c"])
    assert caught.message == "Length of queries and choices must be the same!"
    assert isinstance(caught, ValueError)
