"""cdist, top_k and join: kinds of columns, types of scores, bad arguments."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from rapidfuzz import fuzz

import kernelserve as ks
from arrow_columns import ENCODINGS
from cross_references import SCORERS, Rows, rows
from kernelserve import _connection
from kernelserve._limits import Limits

# --- Types ----------------------------------------------------------------------------------------

OWN_DTYPES = [("levenshtein.distance", "i4"), ("fuzz.ratio", "f8")]


@pytest.mark.parametrize(
    "dtype", ["int8", "uint8", np.int16, np.dtype("uint16"), "int32", "uint32", "int64", "uint64"]
)
def test_scores_that_a_dtype_does_not_hold_are_its_maximum(client: ks.Client, dtype: Any) -> None:
    texts = ["a" * 300, "a" * 70_000, "a"]
    got = client.cdist(texts, ["", "a"], dtype=dtype)
    assert got.dtype == np.dtype(dtype)
    exact = np.array([[300, 299], [70_000, 69_999], [1, 0]])
    assert got.tolist() == np.minimum(exact, min(np.iinfo(got.dtype).max, 1 << 40)).tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_floats_of_any_scorer(client: ks.Client, dtype: str) -> None:
    whole = client.cdist(["kitten"], ["sitting"], dtype=dtype)
    assert whole.dtype == np.dtype(dtype)
    assert whole.tolist() == [[3.0]]
    share = client.cdist(["abc"], ["abd"], scorer="fuzz.ratio", dtype=dtype)
    assert share.dtype == np.dtype(dtype)
    assert share[0, 0] == np.dtype(dtype).type(fuzz.ratio("abc", "abd"))


def test_scores_are_widened_whatever_each_block_is_narrowed_to(client: ks.Client) -> None:
    queries = ["a" * n for n in (1, 300, 2, 70_000, 3)] * 20
    choices = ["b" * n for n in (0, 5, 400)] * 500
    got = client.cdist(queries, choices)
    assert got.dtype == np.int32
    lengths = np.maximum.outer([len(q) for q in queries], [len(c) for c in choices])
    assert (got == lengths).all()


@pytest.mark.parametrize(("scorer", "dtype"), OWN_DTYPES)
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_empty_sides(client: ks.Client, scorer: str, dtype: str, shape: tuple[int, int]) -> None:
    queries, choices = ["a"] * shape[0], ["b"] * shape[1]
    got = client.cdist(queries, choices, scorer=scorer)
    assert (got.shape, got.dtype) == (shape, np.dtype(dtype))
    for table in (
        client.top_k(queries, choices, scorer=scorer),
        client.join(queries, choices, scorer=scorer, score_cutoff=0),
    ):
        assert table.num_rows == 0
        assert table.schema.field("score").type == pa.from_numpy_dtype(np.dtype(dtype))


@pytest.mark.parametrize(("scorer", "dtype"), OWN_DTYPES)
@pytest.mark.parametrize("nulls", [[None, None], [float("nan")], [pd.NA]])
def test_all_null(client: ks.Client, scorer: str, dtype: str, nulls: list[Any]) -> None:
    for queries, choices in ((nulls, ["a", "b"]), (["a"], nulls), (nulls, nulls)):
        got = client.cdist(queries, choices, scorer=scorer)
        assert (got.shape, got.dtype) == ((len(queries), len(choices)), np.dtype(dtype))
        assert np.ma.getmaskarray(got).all()
        assert client.top_k(queries, choices, scorer=scorer).num_rows == 0
        assert client.join(queries, choices, scorer=scorer, score_cutoff=0).num_rows == 0


# --- Kinds of columns -----------------------------------------------------------------------------

QUERIES = ["kitten", None, "a rather longer text than fits a view", "", "flaw"] * 3
CHOICES = ["sitting", "lawn", None, "a rather long text that fits no view", "x"] * 4

KINDS: dict[str, Callable[[list[Any]], Any]] = {
    "list": lambda texts: texts,
    "tuple": tuple,
    "generator": iter,
    "numpy object": lambda texts: np.array(texts, object),
    "numpy masked": lambda texts: np.ma.MaskedArray(
        [t or "" for t in texts], [t is None for t in texts]
    ),
    "polars": lambda texts: pl.Series("texts", texts),
    "polars chunked": lambda texts: pl.concat(
        [pl.Series(texts[:4]), pl.Series(texts[4:])], rechunk=False
    ),
    "polars categorical": lambda texts: pl.Series(texts, dtype=pl.Categorical),
    "pandas": lambda texts: pd.Series(texts),
    "pandas string": lambda texts: pd.Series(texts, dtype="string"),
    "pandas arrow": lambda texts: pd.Series(texts, dtype=pd.ArrowDtype(pa.string())),
}


@pytest.mark.parametrize("kind", [*KINDS, *(f"arrow {name}" for name in ENCODINGS)])
def test_columns_of_every_kind(client: ks.Client, kind: str) -> None:
    def make(texts: list[Any]) -> Any:
        encode = ENCODINGS.get(kind.removeprefix("arrow "))
        return encode(pa.array(texts)) if encode else KINDS[kind](texts)

    reference = SCORERS["levenshtein.distance"]
    expected = reference.scores(QUERIES, CHOICES)
    got = client.cdist(make(QUERIES), make(CHOICES))
    assert np.array_equal(np.ma.filled(got.astype(np.float64), np.nan), expected, equal_nan=True)
    best = client.top_k(make(QUERIES), make(CHOICES), 3)
    assert as_rows(best) == rows(client.top_k(QUERIES, CHOICES, 3))
    joined = client.join(make(QUERIES), make(CHOICES), score_cutoff=5)
    assert as_rows(joined) == rows(client.join(QUERIES, CHOICES, score_cutoff=5))
    library = kind.split()[0] if kind.split()[0] in ("polars", "pandas") else "pyarrow"
    for table in (best, joined):
        assert type(table).__module__.split(".")[0] == library


def as_rows(table: Any) -> Rows:
    if isinstance(table, pa.Table):
        return rows(table)
    if isinstance(table, pl.DataFrame):
        return table.rows()
    return list(table.itertuples(index=False, name=None))


def test_a_series_on_either_side_makes_a_frame(client: ks.Client) -> None:
    assert isinstance(client.top_k(["a"], pl.Series(["a"])), pl.DataFrame)
    assert isinstance(client.top_k("a", pd.Series(["a"])), pd.DataFrame)
    assert isinstance(client.join(pl.Series(["a"]), pd.Series(["a"]), score_cutoff=1), pl.DataFrame)
    frame = client.join(pl.Series(["a", "b"]), score_cutoff=1)
    assert frame.schema == {"left_index": pl.UInt64, "right_index": pl.UInt64, "score": pl.Int32}
    table = client.top_k(np.array(["a"]), ["a"])
    assert isinstance(table, pa.Table)


def test_texts_that_are_no_str(client: ks.Client) -> None:
    assert client.cdist([b"kitten"], ["sitting", "kitten"]).tolist() == [[3, 0]]
    words = [["the", "quick", "fox"], ["the", "fox"]]
    assert client.cdist(words).tolist() == [[0, 1], [1, 0]]
    assert rows(client.join(words, [("the", "slow", "fox")], score_cutoff=1)) == [
        (0, 0, 1),
        (1, 0, 1),
    ]
    scorer = ks.Scorer("levenshtein.distance", processor="default_process")
    assert client.cdist(["KITTEN!"], ["kitten"], scorer=scorer).tolist() == [[0]]
    weighted = ks.Scorer("levenshtein.distance", weights=(1, 3, 1))
    assert client.cdist(["ab"], ["b"], scorer=weighted).tolist() == [[3]]


def test_one_text_is_one_query(client: ks.Client) -> None:
    assert client.cdist("kitten", ["sitting", "mitten"]).tolist() == [[3, 1]]
    assert rows(client.top_k("kitten", ["sitting", "mitten"], 1)) == [(0, 1, 1)]
    assert np.ma.getmaskarray(client.cdist(None, ["a"])).tolist() == [[True]]


def test_parts_are_as_the_whole(client: ks.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def ask(client: ks.Client) -> list[Any]:
        scores = client.cdist(QUERIES, CHOICES)
        return [
            np.ma.filled(scores, -1).tolist(),
            np.ma.filled(client.cdist(QUERIES), -1).tolist(),
            rows(client.top_k(QUERIES, CHOICES, 4)),
            rows(client.top_k(QUERIES, k=3, scorer="fuzz.ratio")),
            rows(client.join(QUERIES, CHOICES, score_cutoff=20)),
            rows(client.join(CHOICES, score_cutoff=5)),
        ]

    expected = ask(client)
    seven_rows = Limits(4 << 20, 4 << 20, 7)
    monkeypatch.setattr(_connection, "SAFE_LIMITS", seven_rows)
    monkeypatch.setattr(_connection, "limits_of", lambda _: seven_rows)
    with ks.connect(client.address) as in_parts:
        assert ask(in_parts) == expected
        assert ask(in_parts) == expected  # and by digests that the server knows


# --- Bad arguments --------------------------------------------------------------------------------


@pytest.mark.parametrize("cutoff", [-1, float("nan"), 1.5])
def test_cutoffs_that_are_none(client: ks.Client, cutoff: float) -> None:
    for verb in (client.cdist, client.top_k, client.join):
        with pytest.raises(ks.OutOfRangeError) as caught:
            verb(["a"], ["b"], score_cutoff=cutoff)
        assert caught.value.field is not None
        assert caught.value.field.endswith("scorer.score_cutoff")


def test_a_join_needs_a_cutoff(client: ks.Client) -> None:
    for right in (["b"], None):
        with pytest.raises(ks.InvalidArgumentError, match="score_cutoff") as caught:
            client.join(["a"], right)
        assert caught.value.reason == "INVALID_ARGUMENT"
        assert caught.value.field == "options.scorer.score_cutoff"


@pytest.mark.parametrize("k", [-1, 1 << 32])
def test_k_that_no_message_carries(client: ks.Client, k: int) -> None:
    with pytest.raises(ks.OutOfRangeError) as caught:
        client.top_k(["a"], ["b"], k)
    assert (caught.value.field, caught.value.bound) == ("k", "0 to 2^32-1")


@pytest.mark.parametrize("k", ["5", 2.0, None, True])
def test_k_that_is_no_integer(client: ks.Client, k: Any) -> None:
    with pytest.raises(ks.WrongTypeError) as caught:
        client.top_k(["a"], ["b"], k)
    assert caught.value.field == "k"


def test_k_of_zero_and_over_the_choices(client: ks.Client) -> None:
    assert client.top_k(["a", "b"], ["c"], 0).num_rows == 0
    assert rows(client.top_k(["a", "b"], ["c", None], 1_000_000)) == [(0, 0, 1), (1, 0, 1)]


@pytest.mark.parametrize("choices", ["abc", b"abc", 3])
def test_choices_that_are_no_column(client: ks.Client, choices: Any) -> None:
    with pytest.raises(ks.WrongTypeError) as caught:
        client.cdist(["a"], choices)
    assert caught.value.field == "choices"
    with pytest.raises(ks.WrongTypeError) as caught:
        client.join(["a"], choices, score_cutoff=1)
    assert caught.value.field == "right"


def test_columns_that_are_no_text(client: ks.Client) -> None:
    with pytest.raises(ks.WrongTypeError) as caught:
        client.cdist([1, 2], ["a"])
    assert caught.value.field == "queries"
    with pytest.raises(ks.WrongTypeError) as caught:
        client.top_k(["a"], pl.Series([1.5]))
    assert caught.value.field == "choices"
    with pytest.raises(ks.WrongTypeError, match="select one"):
        client.top_k(pd.DataFrame({"a": ["x"]}), ["a"])


def test_a_scorer_that_is_not_symmetric_takes_choices(client: ks.Client) -> None:
    scorer = ks.Scorer("levenshtein.distance", weights=(1, 2, 1))
    with pytest.raises(ks.InvalidArgumentError, match="not symmetric"):
        client.cdist(["a", "ab"], scorer=scorer)
    assert client.cdist(["a", "ab"], ["a", "ab"], scorer=scorer).tolist() == [[0, 1], [2, 0]]


def test_unknown_names_are_those_of_the_server(client: ks.Client) -> None:
    for verb in (client.cdist, client.top_k, client.join):
        with pytest.raises(ks.UnknownNameError, match="did you mean"):
            verb(["a"], ["b"], scorer="levenstein.distance", score_cutoff=1)
    with pytest.raises(ks.WrongTypeError) as caught:
        client.cdist(["a"], ["b"], dtype="utf8")
    assert caught.value.field == "options.format.type"


def test_text_that_is_not_utf8_is_named_by_its_row(client: ks.Client) -> None:
    good = pa.array(["a", "b", "c"])
    bad = pa.Array.from_buffers(
        pa.string(), 2, [None, pa.py_buffer(np.array([0, 1, 2], np.int32)), pa.py_buffer(b"a\xff")]
    )
    for queries, choices in ((bad, good), (good, bad)):
        with pytest.raises(ks.InvalidTextError) as caught:
            client.cdist(queries, choices)
        assert caught.value.row == 1


# --- Estimates ------------------------------------------------------------------------------------


def test_an_estimate_scores_nothing(client: ks.Client) -> None:
    words = [f"word {i}" for i in range(1000)]
    found = client.estimate("cdist", words, words * 2)
    assert found.cells == 2_000_000
    assert found.bytes == 8_000_000
    assert 0 < found.seconds < 10
    assert client.estimate("cdist", words, words * 2, dtype="uint8").bytes == 2_000_000
    assert client.estimate("top_k", words, words, 3).cells == 1_000_000
    assert client.estimate("join", words, words, score_cutoff=1).cells == 1_000_000
    with pytest.raises(ks.InvalidArgumentError, match="score_cutoff"):
        client.estimate("join", words, words)


# --- What is left behind --------------------------------------------------------------------------


def test_streams_leave_no_thread_and_no_descriptor(client: ks.Client) -> None:
    def work(client: ks.Client) -> None:
        words = [f"word {i}" for i in range(300)]
        for _ in range(2):
            client.cdist(words, words)
            client.top_k(words, words, 2)
            client.join(words, score_cutoff=1)
            with pytest.raises(ks.DeadlineError):
                client.cdist(words * 100, words * 100, timeout=0.02)
            for error in (KeyError, KeyboardInterrupt):  # Ctrl-C between two blocks, too
                with pytest.raises(error):
                    client.cdist(words * 10, words * 10, progress=failing(error))

    def failing(error: type[BaseException]) -> Callable[[int, int], None]:
        def fail(done: int, total: int) -> None:
            raise error

        return fail

    def count() -> tuple[int, int]:
        return len(os.listdir("/proc/self/fd")), threading.active_count()

    client.compare("", "")
    counts = []
    for _ in range(8):
        with ks.connect(client.address) as own:
            work(own)
        counts.append(count())
    # gRPC closes a socket when it comes to it, and other tests' clients have some, too: one that
    # stays would be one more in each round, which makes three from the third round to the sixth.
    descriptors, threads = zip(*counts, strict=True)
    assert min(descriptors[-3:]) - max(descriptors[:3]) < 3
    assert min(threads[-3:]) - max(threads[:3]) < 3
