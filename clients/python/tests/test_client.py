"""The verbs against a real server: what they take, what comes back."""

# Over 400 lines: the verbs of one class, side by side.

from __future__ import annotations

import array
import asyncio
import pickle
import threading
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
import rapidfuzz.distance
import rapidfuzz.fuzz

import kernelserve as ks
from arrow_columns import as_list
from kernelserve.v1 import types_pb2 as types

LEFT = ["kitten", None, "flaw", "", "naïve 日本 😀"]
RIGHT = ["sitting", "x", "lawn", "abc", "naive 日本 😁"]
SCORES = [3, None, 2, 3, 2]


def fibonacci(n: int) -> int:
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


# --- compare --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right", "score"),
    [
        ("kitten", "sitting", 3),
        ("", "", 0),
        ("", "abc", 3),
        ("é", "e\u0301", 2),
        ("\ud800a\udfff", "\ud800b", 2),
        ("a\0b", "ab", 1),
        (b"abc", "abd", 1),
        (b"\xe9", "é", 0),
        (bytearray(b"ab"), memoryview(b"ab"), 0),
        (["new", "york"], ["york"], 1),
        (("a", "b"), "ab", 0),
        ([1, 2.0, None, ("x",)], [1.0, 2, None, ("x",)], 0),
        ([97], "a", 1),
        (array.array("i", [1, 2, 3]), [1, 3], 1),
        (np.array([1, 2, 3]), [1, 2], 1),
        (None, "a", None),
        ("a", None, None),
    ],
)
def test_compare(client: ks.Client, left: Any, right: Any, score: int | None) -> None:
    assert client.compare(left, right) == score
    assert client.compare(right, left) == score


def test_scorers_by_name_by_object_and_by_rapidfuzz_function(client: ks.Client) -> None:
    levenshtein = rapidfuzz.distance.Levenshtein
    for form in ("distance", "similarity", "normalized_distance", "normalized_similarity"):
        function = getattr(levenshtein, form)
        expected = function("kitten", "sitting")
        name = f"levenshtein.{form}"
        for scorer in (name, ks.Scorer(name), function):
            score = client.compare("kitten", "sitting", scorer=scorer)
            assert score == expected
            assert type(score) is type(expected)


def test_a_similarity_that_meets_its_cutoff_exactly_is_kept(client: ks.Client) -> None:
    scorer = "levenshtein.normalized_similarity"
    options: dict[str, Any] = {"scorer": scorer, "score_cutoff": 0.4}
    in_python = vars(rapidfuzz.distance)["Levenshtein_py"]
    assert in_python.normalized_similarity("abc", "qqabq", score_cutoff=0.4) == 0.4
    assert client.compare("abc", "qqabq", **options) == 0.4
    assert client.pairwise(["abc"], ["qqabq"], **options) == [0.4]


def test_an_integer_is_not_the_character_of_its_value(client: ks.Client) -> None:
    assert rapidfuzz.distance.Levenshtein.distance([97], "a") == 0
    assert client.compare([97], "a") == 1
    assert client.pairwise([[97]], ["a"]) == [1]


def test_parameters_of_a_scorer(client: ks.Client) -> None:
    weighted = ks.Scorer("levenshtein.distance", weights=(2, 3, 4))
    assert client.compare("", "a", scorer=weighted) == 2
    assert client.compare("a", "", scorer=weighted) == 3
    assert client.compare("a", "b", scorer=weighted) == 4
    assert client.pairwise(["", "a"], ["a", "b"], scorer=weighted) == [2, 4]


def test_a_cutoff_is_rapidfuzzs(client: ks.Client) -> None:
    levenshtein = rapidfuzz.distance.Levenshtein
    for cutoff in (0, 1, 2, 3, 4):
        expected = levenshtein.distance("kitten", "sitting", score_cutoff=cutoff)
        assert client.compare("kitten", "sitting", score_cutoff=cutoff) == expected
        assert client.pairwise(["kitten"], ["sitting"], score_cutoff=cutoff) == [expected]


# --- editops --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "right"),
    [("kitten", "sitting"), ("", "ab"), ("ab", ""), ("", ""), ("same", "same"), ("日本", "本日本")],
)
def test_editops_are_rapidfuzzs(client: ks.Client, left: str, right: str) -> None:
    edits = client.editops(left, right)
    expected = rapidfuzz.distance.Levenshtein.editops(left, right)
    assert edits == expected.as_list()
    assert list(edits) == [(e.tag, e.src_pos, e.dest_pos) for e in expected]
    assert (edits.src_len, edits.dest_len) == (expected.src_len, expected.dest_len)
    assert len(edits) == client.compare(left, right)


@pytest.mark.parametrize(
    ("scorer", "metric"), [("indel", "Indel"), ("lcs_seq", "LCSseq"), ("hamming", "Hamming")]
)
def test_editops_of_other_metrics(client: ks.Client, scorer: str, metric: str) -> None:
    expected = getattr(rapidfuzz.distance, metric).editops("kitten", "sitting")
    assert client.editops("kitten", "sitting", scorer=f"{scorer}.distance") == expected.as_list()


def test_editops_of_osa(client: ks.Client) -> None:
    edits = client.editops("ab", "ba", scorer="osa.distance")
    assert edits == [("transpose", 0, 0)]


def test_a_scorer_without_edits_is_unsupported(client: ks.Client) -> None:
    with pytest.raises(ks.UnsupportedError, match=r"'jaro\.distance'") as caught:
        client.editops("a", "b", scorer="jaro.distance")
    assert "hamming.distance" in caught.value.message


def test_editops_of_sequences(client: ks.Client) -> None:
    edits = client.editops(["the", "quick", "fox"], ["a", "quick", "red", "fox"])
    assert edits == [("replace", 0, 0), ("insert", 2, 2)]
    assert edits[0].tag == "replace"
    assert (edits[1].src_pos, edits[1].dest_pos) == (2, 2)
    assert edits[1:] == (("insert", 2, 2),)


# --- align ----------------------------------------------------------------------------------------


def test_align_is_rapidfuzzs(client: ks.Client) -> None:
    for pair in [("a certain string", "cetain"), ("ab", "xxabxxabxx"), ("", "ab"), ("", "")]:
        expected = rapidfuzz.fuzz.partial_ratio_alignment(*pair)
        found = client.align(*pair)
        assert found == expected
        assert repr(found) == repr(expected)
        assert pickle.loads(pickle.dumps(found)) == found


def test_align_of_sequences_and_bytes(client: ks.Client) -> None:
    words = ["new", "york", "mets", "vs", "braves"]
    assert client.align(words, ["york", "mets"]) == (100.0, 1, 3, 0, 2)
    assert client.align(b"xab", "ab", scorer=rapidfuzz.fuzz.partial_ratio) == (100.0, 1, 3, 0, 2)


def test_align_below_the_cutoff_or_of_a_missing_text_is_none(client: ks.Client) -> None:
    assert client.align("abcd", "xbxd", score_cutoff=50) is not None
    assert client.align("abcd", "xbxd", score_cutoff=80) is None
    assert client.align(None, "a") is client.align("a", None) is None


def test_a_scorer_that_aligns_nothing_is_unsupported(client: ks.Client) -> None:
    with pytest.raises(ks.UnsupportedError) as caught:
        client.align("a", "b", scorer="fuzz.ratio")
    assert caught.value.bound == "fuzz.partial_ratio"
    assert caught.value.field == "scorer.name"


# --- pairwise -------------------------------------------------------------------------------------


LEFTS: dict[str, tuple[Any, type]] = {
    "list": (LEFT, list),
    "tuple": (tuple(LEFT), list),
    "generator": (LEFT, list),
    "numpy objects": (np.array(LEFT, object), np.ndarray),
    "numpy masked": (np.ma.MaskedArray(LEFT, [v is None for v in LEFT], dtype=object), np.ndarray),
    "pandas": (pd.Series(LEFT), pd.Series),
    "pandas objects": (pd.Series(LEFT, dtype=object), pd.Series),
    "pandas pyarrow": (pd.Series(LEFT, dtype="string[pyarrow]"), pd.Series),
    "pandas categories": (pd.Series(LEFT, dtype="category"), pd.Series),
    "polars": (pl.Series("name", LEFT), pl.Series),
    "polars categories": (pl.Series("name", LEFT, dtype=pl.Categorical), pl.Series),
    "pyarrow": (pa.array(LEFT), pa.Array),
    "pyarrow chunked": (pa.chunked_array([LEFT[:2], [], LEFT[2:]]), pa.ChunkedArray),
    "pyarrow table": (pa.table({"x": LEFT}), pa.ChunkedArray),
    "pyarrow batch": (pa.record_batch({"x": LEFT}), pa.ChunkedArray),
}


@pytest.mark.parametrize("kind", LEFTS)
def test_the_left_sides_kind_comes_back(client: ks.Client, kind: str) -> None:
    left, expected = LEFTS[kind]
    result = client.pairwise(iter(left) if kind == "generator" else left, RIGHT)
    assert isinstance(result, expected)
    assert as_list(result) == SCORES
    floats = client.pairwise(left, pa.array(RIGHT), scorer="levenshtein.normalized_distance")
    assert isinstance(floats, expected)
    assert as_list(floats)[:3] == [3 / 7, None, 2 / 4]


def test_arrow_data_of_any_library(client: ks.Client) -> None:
    class Exported:
        def __arrow_c_array__(self, schema: object = None) -> object:
            return pa.array(LEFT).__arrow_c_array__(schema)

    result = client.pairwise(Exported(), RIGHT)
    assert isinstance(result, pa.Array)
    assert result.to_pylist() == SCORES
    with duckdb.connect() as connection:
        table = pl.DataFrame({"x": LEFT})
        relation = connection.from_arrow(table.to_arrow())
        assert client.pairwise(relation, RIGHT).to_pylist() == SCORES


def test_types_of_scores(client: ks.Client) -> None:
    left, right = np.array(["a", "b"]), np.array(["a", "x"])
    normalized = "levenshtein.normalized_distance"
    assert client.pairwise(left, right).dtype == np.int32
    assert client.pairwise(left, right, scorer=normalized).dtype == np.float64
    assert client.pairwise(pa.array(left), right).type == pa.int32()
    assert client.pairwise(pl.Series(left), right).dtype == pl.Int32
    assert client.pairwise(pd.Series(left), right).dtype == np.int32
    for dtype in ("int64", np.int64, np.dtype("int64")):
        assert client.pairwise(left, right, dtype=dtype).dtype == np.int64
    assert client.pairwise(left, right, dtype=np.float32, scorer=normalized).dtype == np.float32
    assert client.pairwise(left, right, dtype="float64").tolist() == [0.0, 1.0]


def test_a_score_too_great_for_its_type_is_the_types_maximum(client: ks.Client) -> None:
    result = client.pairwise(np.array(["x" * 300, "ab"]), "", dtype="uint8")
    assert result.dtype == np.uint8
    assert result.tolist() == [255, 2]


def test_nulls_of_each_kind(client: ks.Client) -> None:
    masked = client.pairwise(np.array(LEFT, object), RIGHT)
    assert (masked.dtype, masked.mask.tolist()) == (np.int32, [s is None for s in SCORES])
    series = client.pairwise(pd.Series(LEFT), RIGHT)
    assert series.dtype == pd.Int32Dtype()
    normalized = client.pairwise(pd.Series(LEFT), RIGHT, scorer="levenshtein.normalized_similarity")
    assert normalized.dtype == np.float64
    assert np.isnan(normalized[1])
    assert client.pairwise(pl.Series(LEFT), RIGHT).null_count() == 1
    for null in (None, float("nan"), pd.NA, np.nan):
        assert client.pairwise(["a", null], ["a", "b"]) == [0, None]
    assert client.pairwise([None, None], ["a", "b"]) == [None, None]
    assert client.pairwise([float("nan")] * 2, ["a", "b"]) == [None, None]
    assert client.pairwise(["a", "b"], None) == [None, None]


@pytest.mark.parametrize(
    "null", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT, np.ma.masked]
)
def test_a_missing_value_by_itself_is_null_too(client: ks.Client, null: Any) -> None:
    for scorer in ("levenshtein.distance", "levenshtein.normalized_similarity"):
        assert client.compare(null, "x", scorer=scorer) is None
        assert client.compare("x", null, scorer=scorer) is None
        assert client.pairwise(null, ["x", "y"], scorer=scorer) == [None, None]
        assert client.pairwise(["x", null], "x", scorer=scorer)[1] is None
    assert client.run("fibonacci", null) is None
    assert client.fibonacci([10, null]) == [55, None]


def test_nan_among_numbers_is_null(client: ks.Client) -> None:
    nan = float("nan")
    assert client.fibonacci([10.0, nan]) == [55, None]
    for column in (np.array([10, nan]), np.array([10, nan], np.float16), pd.Series([10, nan])):
        assert as_list(client.fibonacci(column)) == [55, None]
    masked = np.ma.MaskedArray([10.0, nan, 3.0], [False, False, True])
    assert as_list(client.fibonacci(masked)) == [55, None, None]


@pytest.mark.parametrize(
    "column",
    [
        np.array([np.nan, np.nan]),
        np.array([]),
        np.array([np.nan], np.float16),
        pd.Series([np.nan, np.nan]),
        pd.Series([], dtype=float),
        pl.Series([None, None], dtype=pl.Float64),
        pl.Series([float("nan"), None]),
        pa.array([], pa.float32()),
        pa.chunked_array([[float("nan")], [None]], pa.float64()),
    ],
)
def test_floats_that_are_all_missing_may_be_text(client: ks.Client, column: Any) -> None:
    texts = ["x"] * len(column)
    for result in (client.pairwise(column, texts), client.pairwise(column, texts, dtype="int64")):
        assert as_list(result) == [None] * len(column)


def test_memoryviews_of_wide_or_scattered_items_are_their_bytes(client: ks.Client) -> None:
    wide = memoryview(array.array("I", [1, 2]))
    assert client.pairwise([wide, b"kitten"], ["ab", "sitting"]) == [8, 3]
    assert client.pairwise([memoryview(b"abcdef")[::2]], ["ace"]) == [0]


def test_keys_of_a_dict_are_a_column(client: ks.Client) -> None:
    assert client.pairwise({"kitten": 1, "b": 2}.keys(), ["sitting", "b"]) == [3, 0]


def test_pandas_keeps_index_and_name(client: ks.Client) -> None:
    left = pd.Series(["a", "b"], index=["x", "y"], name="n")
    result = client.pairwise(left, pd.Series(["a", "a"], index=[7, 8]))
    pd.testing.assert_series_equal(
        result, pd.Series([0, 1], index=["x", "y"], name="n", dtype=np.int32)
    )
    assert client.pairwise(pl.Series("n", ["a"]), ["b"]).name == "n"


def test_arrays_that_come_back_can_be_written_to(client: ks.Client) -> None:
    result = client.pairwise(np.array(["a", "b"]), ["a", "a"])
    result += 1
    assert result.tolist() == [1, 2]
    series = client.pairwise(pd.Series(["a", "b"]), ["a", "a"])
    series.iloc[0] = 9
    assert series.tolist() == [9, 1]


def test_one_text_stands_for_every_row(client: ks.Client) -> None:
    assert client.pairwise(["kitten", "mitten"], "sitting") == [3, 3]
    assert client.pairwise("sitting", ["kitten", "mitten"]) == [3, 3]
    assert client.pairwise(b"sitting", ["kitten", "sitting"]) == [3, 0]
    assert client.pairwise(["kitten", "mitten"], ["sitting"]) == [3, 3]
    assert client.pairwise(pl.Series(["x"]), ["x", "y", None]).to_list() == [0, 1, None]
    result = client.pairwise("sitting", np.array(["kitten"] * 3))
    assert isinstance(result, np.ndarray)
    assert client.pairwise([], "x") == []
    assert client.pairwise(pd.Series(["x"], index=[5]), ["x", "y"]).index.tolist() == [0, 1]


@pytest.mark.parametrize(
    ("empty", "result_type"),
    [
        ([], list),
        (np.array([], "U1"), np.ndarray),
        (pa.array([], pa.string()), pa.Array),
        (pa.chunked_array([], pa.large_string()), pa.ChunkedArray),
        (pa.array([], pa.string_view()), pa.Array),
        (pl.Series([], dtype=pl.String), pl.Series),
        (pd.Series([], dtype="str"), pd.Series),
    ],
)
def test_no_rows(client: ks.Client, empty: Any, result_type: type) -> None:
    result = client.pairwise(empty, empty)
    assert isinstance(result, result_type)
    assert as_list(result) == []


def test_sequences_in_columns(client: ks.Client) -> None:
    left = [["new", "york"], "ab", None, (1, 2)]
    right = [["york"], ["a", "c"], ["x"], [1, 2, 3]]
    assert client.pairwise(left, right) == [1, 1, None, 1]
    lists = pa.array([["new", "york"], None, []])
    assert client.pairwise(lists, [["york"], ["x"], ["x"]]).to_pylist() == [1, None, 1]
    assert client.pairwise(pl.Series([[1, 2], [3]]), [[1], [3]]).to_list() == [1, 0]


def test_bytes_among_text_are_latin_1(client: ks.Client) -> None:
    assert client.pairwise([b"caf\xe9", "café"], ["café", b"cafe"]) == [0, 1]
    assert client.pairwise(pa.array([b"caf\xe9"]), ["cafè"]).to_pylist() == [1]


# --- fibonacci ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, 1, 2, 42, 93, 94, 186, 1000, 100_000])
def test_fibonacci_is_exact_at_any_size(client: ks.Client, n: int) -> None:
    expected = fibonacci(n)
    assert client.fibonacci(n) == expected
    assert client.fibonacci(np.int64(n)) == expected
    assert client.fibonacci([n, 1]) == [expected, 1]
    assert client.fibonacci(n, modulus=10**9 + 7) == expected % (10**9 + 7)
    assert client.fibonacci([n], modulus=2**64 - 1) == [expected % (2**64 - 1)]


def test_fibonacci_of_columns(client: ks.Client) -> None:
    ns = [0, 10, 93]
    expected = [fibonacci(n) for n in ns]
    as_numpy = client.fibonacci(np.array(ns))
    assert (as_numpy.dtype, as_numpy.tolist()) == (np.uint64, expected)
    as_arrow = client.fibonacci(pa.array([*ns, None], pa.uint8()))
    assert (as_arrow.type, as_arrow.to_pylist()) == (pa.uint64(), [*expected, None])
    as_polars = client.fibonacci(pl.Series("n", ns))
    assert (as_polars.dtype, as_polars.to_list()) == (pl.UInt64, expected)
    as_pandas = client.fibonacci(pd.Series(ns))
    assert (as_pandas.dtype, as_pandas.tolist()) == (np.uint64, expected)
    assert client.fibonacci((3, None, 4)) == [2, None, 3]
    assert client.fibonacci([]) == []


def test_fibonacci_beyond_64_bits_in_columns(client: ks.Client) -> None:
    expected = [fibonacci(94), 1]
    objects = client.fibonacci(np.array([94, 1]), dtype=object)
    assert (objects.dtype, objects.tolist()) == (object, expected)
    assert client.fibonacci(np.array([94, 1], object)).tolist() == expected
    assert client.fibonacci(np.array([2, 1]), dtype=object).dtype == object
    assert client.fibonacci(pd.Series([94, 1]), dtype=object).tolist() == expected
    magnitudes = client.fibonacci(pa.array([94, 1]), dtype="binary").to_pylist()
    assert [int.from_bytes(m, "little") for m in magnitudes] == expected
    with pytest.raises(ks.ResultOverflowError) as caught:
        client.fibonacci(np.array([1, 95, 94]))
    assert (caught.value.row, caught.value.value) == (1, "95")


def test_rows_that_fail_can_be_null(client: ks.Client) -> None:
    with pytest.warns(ks.RowErrorWarning, match="2 rows failed and are null; the first: row 1"):
        result = client.fibonacci(pa.array([1, 95, -3]), row_errors="null")
    assert result.to_pylist() == [1, None, None]


def test_a_warning_of_row_errors_points_at_who_asked(client: ks.Client) -> None:
    async def asked() -> Any:
        async with ks.aio.connect(client.address) as twin:
            return await twin.fibonacci(pa.array([95]), row_errors="null")

    asks: list[Callable[[], Any]] = [
        lambda: client.fibonacci(pa.array([95]), row_errors="null"),
        lambda: client.run("fibonacci", [95], row_errors="null"),
        lambda: ks.fibonacci(pa.array([95]), row_errors="null"),
        lambda: asyncio.run(asked()),
    ]
    for ask in asks:
        with pytest.warns(ks.RowErrorWarning) as caught:
            ask()
        assert [warning.filename for warning in caught] == [__file__]


# --- kernels and run ------------------------------------------------------------------------------


def test_kernels_are_the_servers_catalog(client: ks.Client) -> None:
    kernels = {kernel.name: kernel for kernel in client.kernels()}
    fibonacci_kernel = kernels["fibonacci"]
    assert [a.name for a in fibonacci_kernel.arguments] == ["n"]
    assert fibonacci_kernel.result == types.DATA_TYPE_UINT64
    assert fibonacci_kernel.fallible
    assert not fibonacci_kernel.scorer
    assert kernels["levenshtein.distance"].scorer
    assert kernels["levenshtein.distance"].symmetric


def test_run_is_every_kernel_by_name(client: ks.Client) -> None:
    assert client.run("fibonacci", [10, None]) == [55, None]
    assert client.run("fibonacci", 10) == 55
    assert client.run("fibonacci", [10], parameters={"modulus": 7}) == [55 % 7]
    assert client.run("fibonacci", [10], parameters={"modulus": 2**64 - 1}) == [55]
    assert client.run("fibonacci", [94], result_type="binary") == [
        fibonacci(94).to_bytes(9, "little")
    ]
    assert client.run("levenshtein.distance", LEFT, RIGHT) == SCORES
    assert client.run("levenshtein.distance", pa.array(LEFT), RIGHT).to_pylist() == SCORES
    assert client.run("levenshtein.distance", "kitten", "sitting") == 3
    weights = {"weights": [1, 1, 2]}
    assert client.run("levenshtein.distance", ["ab"], "ac", parameters=weights) == [2]


# --- the client itself ----------------------------------------------------------------------------


def test_module_level_verbs_are_the_default_clients() -> None:
    assert ks.compare("kitten", "sitting") == 3
    assert ks.editops("a", "b") == [("replace", 0, 0)]
    assert ks.pairwise(["a"], ["b"]) == [1]
    assert ks.fibonacci(42) == 267914296
    assert ks.run("fibonacci", [1]) == [1]
    assert [k.name for k in ks.kernels()] == [k.name for k in ks.default_client().kernels()]
    assert ks.default_client() is ks.default_client()


def test_the_default_client_goes_where_the_environment_says(
    client: ks.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.compare("a", "b")
    ks.default_client().close()
    monkeypatch.setenv("KERNELSERVE_ADDRESS", client.address)
    assert ks.default_client().address == client.address
    assert repr(ks.default_client()) == f"<kernelserve.Client {client.address}>"
    assert ks.compare("a", "b") == 1
    ks.default_client().close()


def test_a_closed_client_says_so(client: ks.Client) -> None:
    client.compare("a", "b")
    with ks.connect(client.address) as other:
        assert other.compare("a", "b") == 1
    assert other.closed
    assert repr(other) == f"<kernelserve.Client {client.address} (closed)>"
    with pytest.raises(ks.ClientClosedError, match="the client has been closed"):
        other.compare("a", "b")
    with pytest.raises(ks.ClientClosedError):
        other.pairwise(["a"], ["b"])
    other.close()


def test_many_threads_share_a_client(client: ks.Client) -> None:
    words = [f"word{i}" * (i % 7) for i in range(200)]
    expected = [rapidfuzz.distance.Levenshtein.distance(w, "word") for w in words]
    results: list[list[int]] = []

    def work() -> None:
        for _ in range(5):
            results.append([client.compare(w, "word") for w in words])  # type: ignore[misc]
            results.append(client.pairwise(words, "word"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 80
    assert all(result == expected for result in results)


def test_server_info(client: ks.Client) -> None:
    info = client.server_info()
    assert info.version == ks.__version__
    assert info.limits.request_bytes_max >= 4 << 20


def test_what_is_no_scorer(client: ks.Client) -> None:
    with pytest.raises(ks.WrongTypeError, match="no scorer"):
        client.compare("a", "b", scorer=len)
