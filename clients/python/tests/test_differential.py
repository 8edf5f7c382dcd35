"""A batch equals its rows one by one equals RapidFuzz, whatever is in it and however it is held."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from arrow_columns import ENCODINGS, as_list
from kernelserve import _connection
from kernelserve._limits import Limits

ALPHABETS = {
    "ASCII": st.characters(max_codepoint=0x7F),
    "a few letters": st.sampled_from("ab"),
    "Latin-1": st.characters(max_codepoint=0xFF),
    "CJK": st.characters(min_codepoint=0x4E00, max_codepoint=0x4E20),
    "emoji": st.characters(min_codepoint=0x1F600, max_codepoint=0x1F640),
    "lone surrogates": st.sampled_from("a\ud800\udbff\udc00\udfff"),
    "anything": st.characters(exclude_categories=()),
}
FORMS = ["distance", "similarity", "normalized_distance", "normalized_similarity"]


def texts(alphabet: str, max_size: int = 70) -> st.SearchStrategy[str]:
    return st.text(ALPHABETS[alphabet], max_size=max_size)


def pairs(text: st.SearchStrategy[Any]) -> st.SearchStrategy[list[tuple[Any, Any]]]:
    """Rows in which both sides, one of them, or none is null; some nearly equal."""
    one = st.tuples(text, text) | text.map(lambda t: (t, t[1:] + t[:1]))
    null = st.sampled_from([(None, None), (None, ""), ("", None)])
    return st.lists(one | one | one | null, max_size=12)


def expected(form: str, rows: list[tuple[Any, Any]], **options: Any) -> list[Any]:
    score = getattr(Levenshtein, form)
    return [None if a is None or b is None else score(a, b, **options) for a, b in rows]


def columns(rows: list[tuple[Any, Any]]) -> tuple[list[Any], list[Any]]:
    return [a for a, _ in rows], [b for _, b in rows]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("alphabet", ALPHABETS)
@given(data=st.data())
@settings(max_examples=25)
def test_lists(client: ks.Client, alphabet: str, form: str, data: st.DataObject) -> None:
    rows = data.draw(pairs(texts(alphabet)))
    left, right = columns(rows)
    scorer = f"levenshtein.{form}"
    batch = client.pairwise(left, right, scorer=scorer)
    assert batch == expected(form, rows)
    assert batch == [client.compare(a, b, scorer=scorer) for a, b in rows]


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(data=st.data())
@settings(max_examples=25)
def test_every_encoding_on_either_side(
    client: ks.Client, encoding: str, data: st.DataObject
) -> None:
    alphabet = data.draw(st.sampled_from(["ASCII", "Latin-1", "CJK", "emoji"]))
    other = data.draw(st.sampled_from(sorted(ENCODINGS)))
    rows = data.draw(pairs(texts(alphabet, 40)))
    left, right = (pa.array(side, pa.string()) for side in columns(rows))
    result = client.pairwise(ENCODINGS[encoding](left), ENCODINGS[other](right))
    assert result.to_pylist() == expected("distance", rows)


@given(pairs(st.binary(max_size=40)))
def test_bytes(client: ks.Client, rows: list[tuple[Any, Any]]) -> None:
    rows = [(a or (b"" if a == "" else a), b or (b"" if b == "" else b)) for a, b in rows]
    left, right = columns(rows)
    assert client.pairwise(left, right) == expected("distance", rows)
    array = pa.array(left, pa.binary()).cast(pa.binary_view())
    assert client.pairwise(array, right).to_pylist() == expected("distance", rows)


hashables = st.one_of(
    st.integers(-5, 5), st.text(max_size=2), st.none(), st.tuples(st.integers(0, 2)), st.binary()
)


@given(st.lists(st.tuples(st.lists(hashables, max_size=9), st.lists(hashables, max_size=9))))
def test_sequences(client: ks.Client, rows: list[tuple[Any, Any]]) -> None:
    def naive(a: list[Any], b: list[Any]) -> int:
        """By definition: RapidFuzz takes hash(x) for x, so that 97 is "a" and -1 is special."""
        above = list(range(len(b) + 1))
        for i, x in enumerate(a):
            here = [i + 1]
            for j, y in enumerate(b):
                here.append(min(above[j] + (x != y), above[j + 1] + 1, here[j] + 1))
            above = here
        return above[-1]

    left, right = columns(rows)
    scores = [naive(a, b) for a, b in rows]
    assert client.pairwise(left, right) == scores
    assert [client.compare(a, b) for a, b in rows] == scores


@given(data=st.data())
def test_cutoffs_and_weights(client: ks.Client, data: st.DataObject) -> None:
    rows = data.draw(pairs(texts("a few letters", 20)))
    left, right = columns(rows)
    cutoff = data.draw(st.integers(0, 20))
    form = data.draw(st.sampled_from(FORMS[:2]))
    got = client.pairwise(left, right, scorer=f"levenshtein.{form}", score_cutoff=cutoff)
    assert got == expected(form, rows, score_cutoff=cutoff)
    weights = data.draw(st.tuples(*[st.integers(0, 4)] * 3))
    form = data.draw(st.sampled_from(FORMS))
    scorer = ks.Scorer(f"levenshtein.{form}", weights=weights)
    got = client.pairwise(left, right, scorer=scorer)
    assert got == pytest.approx(expected(form, rows, weights=weights))


@given(st.sampled_from(sorted(ALPHABETS)).flatmap(lambda a: st.tuples(texts(a), texts(a))))
def test_editops(client: ks.Client, pair: tuple[str, str]) -> None:
    edits = client.editops(*pair)
    assert len(edits) == Levenshtein.distance(*pair)
    left, right = pair
    built, at = [], 0
    for kind, source, destination in edits:
        built.append(left[at:source])
        at = source + (kind != "insert")
        built.append(right[destination] if kind != "delete" else "")
    assert "".join(built) + left[at:] == right


@pytest.mark.parametrize("unit", ["a", "é", "日", "😀", "\ud800"])
def test_ten_thousand_code_points(client: ks.Client, unit: str) -> None:
    long = "".join(unit + chr(97 + i % 26) for i in range(5000))
    other = long[100:5000] + "x" + long[5003:] + unit
    rows = [(long, other), ("short", long), (long, long), (None, long)]
    left, right = columns(rows)
    assert client.pairwise(left, right) == expected("distance", rows)
    assert client.compare(long, other) == Levenshtein.distance(long, other)


@pytest.mark.parametrize("rows_max", [1, 7, 64])
@pytest.mark.parametrize("kind", ["list", "numpy", "polars", "pyarrow", "pandas"])
def test_many_calls_give_what_one_gives(
    client: ks.Client, monkeypatch: pytest.MonkeyPatch, rows_max: int, kind: str
) -> None:
    rows = [(None if i % 11 == 5 else f"w{i}" * (i % 9), f"v{i}" * (i % 5)) for i in range(300)]
    left, right = columns(rows)
    made: Any = {
        "list": left,
        "numpy": np.array(left, object),
        "polars": pl.Series(left),
        "pyarrow": pa.array(left),
        "pandas": pd.Series(left),
    }[kind]
    # Before the limits are: a client keeps those that it was told.
    ones = {form: client.run(f"levenshtein.{form}", left, right) for form in FORMS}
    terms = client.fibonacci(list(range(300)))
    small = Limits(1 << 20, 1 << 20, rows_max)
    monkeypatch.setattr(_connection, "SAFE_LIMITS", small)
    monkeypatch.setattr(_connection, "limits_of", lambda info: small)
    with ks.connect(client.address) as other:
        for form, one in ones.items():
            several = other.pairwise(made, right, scorer=f"levenshtein.{form}")
            assert as_list(several) == one == expected(form, rows)
        assert other.fibonacci(list(range(300))) == terms
