"""kernelserve.rapidfuzz.process: what it reads when, and what it asks of the server."""

from __future__ import annotations

import inspect
import itertools
import multiprocessing
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
import rapidfuzz.process as theirs
import rapidfuzz.utils
from rapidfuzz.distance import Levenshtein as TheirLevenshtein

import kernelserve as ks
from kernelserve.rapidfuzz import _extraction, _remembered, fuzz, process, utils
from kernelserve.rapidfuzz.distance import JaroWinkler, Levenshtein
from rapidfuzz_twins import refused

# As many as are remembered, no two the same.
WORDS = ["".join(letters) for letters in itertools.product("abcdefghij", repeat=4)][:3_000]


@pytest.fixture(autouse=True)
def _nothing_is_remembered(client: ks.Client) -> None:
    _remembered.memory.forget()


@pytest.fixture
def verbs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The methods of the server that are called, as they are."""
    methods: list[str] = []
    run = _extraction.run

    def noted(verb: Any) -> Any:
        methods.append(verb.method.rpartition("/")[2])
        return run(verb)

    monkeypatch.setattr(_extraction, "run", noted)
    monkeypatch.setattr("kernelserve.rapidfuzz._matrices.run", noted)
    return methods


def test_every_public_name_is_there() -> None:
    public = {n for n, made in vars(theirs).items() if callable(made) and n != "supports"}
    assert set(process.__all__) == {n for n in public if not n.startswith("_")}


@pytest.mark.parametrize("name", process.__all__)
def test_signatures_and_docstrings(name: str) -> None:
    function = getattr(process, name)
    mine = dict(inspect.signature(function).parameters)
    expected = dict(inspect.signature(getattr(theirs, name)).parameters)
    if expected.pop("kwargs", None) is not None:  # which may be scorer_kwargs and nothing else
        mine.pop("scorer_kwargs")
    assert [*mine] == [*expected]
    for parameter in mine.values():
        their = expected[parameter.name]
        assert parameter.kind == their.kind
        assert getattr(parameter.default, "__name__", parameter.default) == getattr(
            their.default, "__name__", their.default
        )
        assert parameter.name in (inspect.getdoc(function) or "")


# --- What runs where ------------------------------------------------------------------------------


@pytest.mark.parametrize("scorer", [Levenshtein.distance, TheirLevenshtein.distance])
@pytest.mark.parametrize(
    "processor", [None, utils.default_process, rapidfuzz.utils.default_process]
)
def test_known_functions_run_on_the_server(verbs: list[str], scorer: Any, processor: Any) -> None:
    named: dict[str, Any] = {"scorer": scorer, "processor": processor}
    assert process.extractOne("abc", ["xyz", "abd"], **named) == ("abd", 1, 1)
    assert process.cdist(["abc"], ["xyz", "abd"], **named).tolist() == [[3, 1]]
    assert process.cpdist(["abc"], ["abd"], **named).tolist() == [1]
    assert verbs == ["Pairwise", "Cdist", "Pairwise"]


def test_choices_that_come_again_are_asked_for_by_digest(verbs: list[str]) -> None:
    for query in ("aaab", "aabb", "jjjj"):
        found = process.extract(query, WORDS, scorer=Levenshtein.distance, limit=3)
        assert found == theirs.extract(query, WORDS, scorer=TheirLevenshtein.distance, limit=3)
    assert verbs == ["Pairwise", "TopK", "TopK"]


@pytest.mark.parametrize(
    "change",
    [
        lambda words: words.__setitem__(7, "zzzz"),
        lambda words: words.append("zzzz"),
        lambda words: words.__delitem__(0),
        lambda words: words.__setitem__(7, None),
        lambda words: words.__setitem__(7, pd.NA),
        lambda words: words.__setitem__(7, ["z", "zz"]),
        lambda words: words.reverse(),
    ],
)
def test_a_list_that_was_changed_in_between(change: Callable[[list[Any]], object]) -> None:
    words: list[Any] = list(WORDS)
    for _ in range(3):
        process.extract("zzzz", words, scorer=Levenshtein.distance)
    change(words)
    for _ in range(3):
        found = process.extract("zzzz", words, scorer=Levenshtein.distance)
        assert found == theirs.extract("zzzz", words, scorer=TheirLevenshtein.distance)


def test_choices_that_can_change_by_themselves_are_not_remembered() -> None:
    words: list[Any] = [*WORDS, bytearray(b"aaaa")]
    for _ in range(3):
        process.extractOne("zzzz", words, scorer=Levenshtein.distance)
    words[-1][:] = b"zzzz"
    expected = (bytearray(b"zzzz"), 0, len(WORDS))
    assert process.extractOne("zzzz", words, scorer=Levenshtein.distance) == expected


def test_a_forked_child_asks_anew(client: ks.Client) -> None:
    for _ in range(2):
        process.extractOne("jjjj", WORDS, scorer=Levenshtein.distance)

    def ask(answers: Any) -> None:
        answers.put(process.extractOne("aaaa", WORDS, scorer=Levenshtein.distance))

    context = multiprocessing.get_context("fork")
    answers = context.Queue()
    child = context.Process(target=ask, args=(answers,))
    child.start()
    assert answers.get(timeout=60) == ("aaaa", 0, 0)
    child.join()


def test_queries_that_are_sequences_of_remembered_choices() -> None:
    for _ in range(3):
        found = process.extractOne(["a", "a", "xy"], WORDS, scorer=Levenshtein.distance)
        assert found == ("aaaa", 2, 0)


def test_many_matches_of_remembered_choices() -> None:
    for limit in (None, 2_000, 2_000, None):
        found = process.extract("aaaa", WORDS, scorer=fuzz.ratio, limit=limit)
        assert found == theirs.extract("aaaa", WORDS, scorer=rapidfuzz.fuzz.ratio, limit=limit)


# --- Iterators ------------------------------------------------------------------------------------


def counted(texts: Iterator[Any]) -> tuple[Iterator[Any], list[Any]]:
    """The texts, and those of them that were read."""
    read: list[Any] = []

    def reading() -> Iterator[Any]:
        for text in texts:
            read.append(text)
            yield text

    return reading(), read


def test_the_first_match_of_an_iterator_takes_one_choice() -> None:
    choices, read = counted(iter(WORDS))
    assert next(process.extract_iter("aaaa", choices, scorer=fuzz.ratio)) == ("aaaa", 100.0, 0)
    assert read == ["aaaa"]


def test_iterators_that_never_end() -> None:
    choices, read = counted(str(number) for number in itertools.count())
    matches = process.extract_iter("77", choices, scorer=Levenshtein.distance, score_cutoff=0)
    assert next(matches) == ("77", 0, 77)
    assert len(read) < 256
    choices, read = counted(str(number) for number in itertools.count())
    assert process.extractOne("500", choices, scorer=Levenshtein.distance) == ("500", 0, 500)
    assert len(read) < 2_048


def test_matches_come_before_what_reading_on_raises() -> None:
    def broken() -> Iterator[str]:
        yield from ("ab", "ac", "ad", "ae")
        raise RuntimeError("the file ends here")

    matches = process.extract_iter("ab", broken(), scorer=Levenshtein.distance)
    assert [next(matches)[0] for _ in range(4)] == ["ab", "ac", "ad", "ae"]
    refused(RuntimeError, next, matches)


@pytest.mark.parametrize(
    "wrong", [5, object(), [["unhashable"]]], ids=["int", "object", "unhashable"]
)
def test_matches_come_before_what_is_no_text(wrong: Any) -> None:
    choices = ["ab", "ac", None, "ad", wrong, "ae"]
    for given in (choices, iter(choices)):
        matches = process.extract_iter("ab", given, scorer=Levenshtein.distance)
        assert [next(matches)[0] for _ in range(3)] == ["ab", "ac", "ad"]
        refused(ks.WrongTypeError, next, matches)


def test_nothing_is_looked_at_after_a_perfect_match() -> None:
    assert process.extractOne("ab", ["ax", "ab", 5], scorer=fuzz.ratio) == ("ab", 100.0, 1)
    assert refused(ks.WrongTypeError, process.extractOne, "ab", ["ax", 5]).field == "choices[0]"


def test_what_a_processor_raises_comes_after_the_matches_before() -> None:
    def processor(text: str) -> str:
        if text == "bad":
            raise KeyError(text)
        return text

    choices = ["ab", "ac", "bad", "ad"]
    matches = process.extract_iter("ab", choices, processor=processor)
    assert [next(matches)[0] for _ in range(2)] == ["ab", "ac"]
    refused(KeyError, next, matches)


# --- Kinds of choices -----------------------------------------------------------------------------


def test_indices_and_keys_are_those_of_the_choices() -> None:
    named: dict[str, Any] = {"scorer": Levenshtein.distance, "limit": 1}
    dated = pd.Series(["x", "ab"], index=pd.to_datetime(["2024-01-01", "2024-01-02"]))
    assert process.extract("ab", dated, **named) == [("ab", 0, pd.Timestamp("2024-01-02"))]
    arrow = pd.Series(["x", None, "ab"], dtype="string[pyarrow]")
    ((_, _, key),) = process.extract("ab", arrow, **named)
    assert (key, type(key)) == (2, int)
    assert process.extract("ab", pl.Series(["x", None, "ab"]), **named) == [("ab", 0, 2)]
    assert process.extract("b", "abc", **named) == [("b", 0, 1)]
    assert process.extract("ab", {("k",): "ab"}, **named) == [("ab", 0, ("k",))]


def test_a_sequence_of_somebodys_own() -> None:
    class Tags:
        def __len__(self) -> int:
            return 2

        def __getitem__(self, index: int) -> str:
            return ("a", "b")[index]

    tags = Tags()
    found = process.extract("ab", ["xy", tags], scorer=Levenshtein.distance, limit=1)
    assert found == [(tags, 0, 1)]
    assert process.cdist([tags], ["ab"], scorer=Levenshtein.distance).tolist() == [[0]]


# --- Matrices -------------------------------------------------------------------------------------


def test_columns_with_themselves_are_halved_if_the_scorer_is_symmetric(verbs: list[str]) -> None:
    words = ["ab", "b", "abc"]
    for weights in ((1, 1, 2), (1, 5, 1)):
        named: dict[str, Any] = {"scorer_kwargs": {"weights": weights}}
        mine = process.cdist(words, words, scorer=Levenshtein.distance, **named)
        their = theirs.cdist(words, words, scorer=TheirLevenshtein.distance, **named)
        assert mine.tolist() == their.tolist()
    assert verbs == ["Cdist", "Cdist"]


def test_matrices_may_be_written_to() -> None:
    for matrix in (process.cdist(["a"], ["b"]), process.cpdist(["a"], ["b"])):
        matrix += 1
        assert matrix.ravel().tolist() == [1.0]


def test_large_products_and_halves() -> None:
    named: dict[str, Any] = {"scorer": Levenshtein.distance}
    assert process.cpdist(["abc"], [""], score_multiplier=2**40, **named).tolist() == [2**32 - 1]
    most = process.cpdist(["abc"], [""], score_multiplier=2**63, dtype="int64", **named)
    assert most.tolist() == [2**63 - 1]
    halves = process.cpdist(
        ["abc", "ab"],
        ["abd", "ax"],
        scorer=Levenshtein.normalized_similarity,
        score_multiplier=-1,
        dtype="int8",
    )
    assert halves.tolist() == [-1, -1]  # of -2/3 and -1/2


def test_every_row_of_a_missing_text_is_the_worst_score() -> None:
    # RapidFuzz leaves the rows of missing queries as the memory was.
    assert process.cdist([None, "a"], ["a", pd.NA]).tolist() == [[0.0, 0.0], [100.0, 0.0]]
    scorer = JaroWinkler.normalized_distance
    assert process.cdist([None], ["a"], scorer=scorer, dtype=np.uint8).tolist() == [[1]]


def test_a_cutoff_that_no_score_passes() -> None:
    named: dict[str, Any] = {"score_cutoff": float("nan")}
    assert process.cdist(["a"], ["a"], **named).tolist() == [[0.0]]
    assert process.extract("a", ["a"], **named) == []
    assert process.extractOne("a", ["a"], **named) is None
    distance = Levenshtein.normalized_distance
    assert process.cpdist(["a"], ["a"], scorer=distance, **named).tolist() == [1.0]
