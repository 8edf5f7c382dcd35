"""kernelserve.rapidfuzz.process by functions of somebody's own, which run in the client."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pytest
import rapidfuzz.fuzz
import rapidfuzz.process as theirs

import kernelserve as ks
from kernelserve.rapidfuzz import fuzz, process
from kernelserve.rapidfuzz.distance import Levenshtein
from rapidfuzz_twins import refused


def own_ratio(left: str, right: str, *, score_cutoff: float | None = None) -> float:
    return fuzz.ratio(left, right, score_cutoff=score_cutoff)


def test_scalars_inside_of_a_scorer_are_computed_here(
    monkeypatch: pytest.MonkeyPatch, client: ks.Client
) -> None:
    def never(*arguments: Any) -> Any:
        raise AssertionError("a call for a cell")

    monkeypatch.setattr("kernelserve._connection.Connection.run", never)
    words = ["new york", "newark", "york"]
    for function in (process.cdist, process.cpdist):
        theirs_too = getattr(theirs, function.__name__)
        mine = function(words, words, scorer=own_ratio)
        assert mine.tolist() == theirs_too(words, words, scorer=rapidfuzz.fuzz.ratio).tolist()
    expected = theirs.extract("york", words, scorer=rapidfuzz.fuzz.ratio)
    assert process.extract("york", words, scorer=own_ratio) == expected
    assert process.extractOne("york", words, scorer=own_ratio) == ("york", 100.0, 2)
    assert list(process.extract_iter("york", words, scorer=own_ratio, score_cutoff=90)) == [
        ("york", 100.0, 2)
    ]

    def by_verb(left: str, right: str, **named: Any) -> float:
        scorer = ks.Scorer("levenshtein.distance", weights=(1, 1, 2), processor="default_process")
        return ks.compare(left, right, scorer=scorer)

    assert process.cdist(["a!b"], ["AC"], scorer=by_verb).tolist() == [[3.0]]


def test_scalars_inside_of_a_scorer_are_refused_where_nothing_computes_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def soundalike(left: str, right: str, **named: Any) -> float:
        return ks.compare(left, right, scorer="ngram_jaccard.similarity")

    caught = refused(ks.InvalidArgumentError, process.extract, "a", ["b"], scorer=soundalike)
    assert caught.field == "scorer"
    monkeypatch.setitem(sys.modules, "rapidfuzz.fuzz", None)
    refused(ks.InvalidArgumentError, process.extract, "a", ["b"], scorer=own_ratio)

    def scripted(text: str) -> str:
        return "x" * len(Levenshtein.editops(text, ""))

    caught = refused(ks.InvalidArgumentError, process.extract, "a", ["b"], processor=scripted)
    assert caught.field == "processor"
    assert fuzz.ratio("a", "a") == 100.0  # on the server, as ever


def test_what_a_scorer_raises_comes_through() -> None:
    def broken(left: str, right: str, **named: Any) -> float:
        raise LookupError("no such street")

    for extraction in (process.extract, process.extractOne):
        refused(LookupError, extraction, "a", ["b"], scorer=broken)
    for matrix in (process.cdist, process.cpdist):
        refused(LookupError, matrix, ["a"], ["b"], scorer=broken)


def test_scorers_that_say_how_their_scores_are_meant() -> None:
    from rapidfuzz.distance import Levenshtein_py

    named: dict[str, Any] = {"scorer": Levenshtein_py.distance}
    assert process.extractOne("abc", ["xyz", "abd"], **named) == ("abd", 1, 1)
    assert process.extract("abc", ["xyz", "abd"], **named) == [("abd", 1, 1), ("xyz", 3, 0)]
    assert process.cdist(["abc"], ["abd"], **named).dtype == np.uint32
