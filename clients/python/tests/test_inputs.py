"""What is no column, no text, no scorer: refused here only where no request could carry it."""

from __future__ import annotations

import datetime
import decimal
import importlib
import math
import pickle
import subprocess
import sys
import threading
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import kernelserve as ks
from kernelserve import _verbs as verbs
from kernelserve._deadline import check_timeout
from kernelserve._inputs import column_from
from kernelserve._scorers import as_scorer, parameter
from kernelserve._symbols import FIRST_SYMBOL, SymbolTable
from kernelserve.v1 import types_pb2 as types


def column(value: object) -> Any:
    return column_from(value, "left", SymbolTable())


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({"a", "b"}, "set which has no order of rows"),
        ({"a": 1}, "dict which has no order of rows"),
        (object(), "object which is no column"),
        (len, "which is no column"),
        (pd.DataFrame({"a": ["x"], "b": ["y"]}), "of several columns; select one"),
        (np.zeros((2, 2)), "of 2 dimensions; a column has one"),
        (np.array(["2020-01-01"], "datetime64[D]"), "of dtype datetime64"),
        (np.array([1j]), "of dtype complex128"),
    ],
)
def test_what_is_no_column(value: object, told: str) -> None:
    with pytest.raises(ks.WrongTypeError, match=told) as caught:
        column(value)
    assert (caught.value.field, caught.value.code) == ("left", "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (pa.array([decimal.Decimal(1)]), "decimal128"),
        (pa.array([datetime.date(2020, 1, 1)]), "date32"),
        (pa.table({"a": ["x"], "b": ["y"]}), "struct<a: string, b: string>"),
        (pl.DataFrame({"a": ["x"], "b": ["y"]}), "struct<a: "),
        (pl.Series([datetime.time(1)]), "time64"),
        (pd.Series([pd.Timestamp("2020")]), "timestamp"),
    ],
)
def test_arrow_types_that_no_kernel_takes(value: object, told: str) -> None:
    with pytest.raises(ks.WrongTypeError, match=f"left has Arrow type {told}"):
        column(value)


@pytest.mark.parametrize(
    ("rows", "field", "told"),
    [
        (["a", 1], "left[1]", "a int beside rows of str"),
        ([None, 1, "a"], "left[2]", "a str beside rows of int"),
        (["a", 1.5], "left[1]", "a float beside rows of str"),
        ([True, 2], "left[1]", "a int beside rows of bool"),
        (["a", decimal.Decimal(1)], "left[1]", "a Decimal"),
        ([{}], "left[0]", "a dict"),
    ],
)
def test_rows_of_different_kinds(rows: list[Any], field: str, told: str) -> None:
    with pytest.raises(ks.WrongTypeError) as caught:
        column(rows)
    assert caught.value.field == field
    assert told in caught.value.message


@pytest.mark.parametrize(("rows", "worst"), [([1, 2**64], 2**64), ([-1, 2**63], 2**63)])
def test_integers_that_no_column_holds(rows: list[int], worst: int) -> None:
    with pytest.raises(ks.OutOfRangeError, match=f"is {worst}, which no 64-bit column holds"):
        column(rows)


@pytest.mark.parametrize("rows", [[1.5, 2**53 + 1], [None, -(2**53) - 1, 0.5], [1.5, 10**400]])
def test_an_integer_among_floats_is_not_rounded_silently(rows: list[Any]) -> None:
    row = next(i for i, value in enumerate(rows) if isinstance(value, int))
    with pytest.raises(ks.OutOfRangeError, match="which no float is") as caught:
        column(rows)
    assert caught.value.field == f"left[{row}]"
    made, _ = column([2**53, 0.5])
    assert memoryview(made.pieces[0].values).cast("d").tolist() == [2.0**53, 0.5]


def test_integers_too_long_for_python_to_print_are_told_by_their_bits() -> None:
    with pytest.raises(
        ks.OutOfRangeError, match=r"left\[1\] is an integer of 16610 bits"
    ) as caught:
        column([1, 10**5000])
    assert caught.value.value == "an integer of 16610 bits"


def test_a_number_in_an_array_of_no_dimension_is_no_sequence() -> None:
    with pytest.raises(ks.WrongTypeError, match=r"left\[1\] is a numpy array of no dimension"):
        column(["a", np.array(5)])


def test_arrow_data_whose_offsets_pass_its_buffer_is_malformed() -> None:
    offsets = np.array([0, 3], np.int32)
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(b"abc")]
    array = pa.Array.from_buffers(pa.string(), 1, buffers)
    offsets[1] = 10
    with pytest.raises(ks.MalformedColumnError, match="left is no valid Arrow data") as caught:
        column(pa.chunked_array([array, pa.array(["x"])]))
    assert caught.value.field == "left"


def test_elements_that_cannot_be_compared() -> None:
    with pytest.raises(ks.WrongTypeError, match=r"an element of left\[1\] is a list") as caught:
        column([["a"], [["b"]]])
    assert caught.value.field == "left[1]"
    unhashable: Any = [{}]
    with pytest.raises(ks.WrongTypeError, match="an element of right is a dict"):
        verbs.compare("a", unhashable, "levenshtein.distance", None)


def test_symbols_are_equal_where_elements_are() -> None:
    table = SymbolTable()
    first = table.units(["a", "ab", 1, (1,), None, "ab", 1.0, "é"], "left")
    assert first.tolist() == [
        ord("a"),
        FIRST_SYMBOL,
        FIRST_SYMBOL + 1,
        FIRST_SYMBOL + 2,
        FIRST_SYMBOL + 3,
        FIRST_SYMBOL,
        FIRST_SYMBOL + 1,
        ord("é"),
    ]
    assert table.units([(1,), b"a", "a"], "right").tolist() == [
        FIRST_SYMBOL + 2,
        FIRST_SYMBOL + 4,
        ord("a"),
    ]


@pytest.mark.parametrize(
    ("left", "right", "lengths"),
    [
        (["a"] * 3, ["b"] * 2, "left has 3, right has 2"),
        ([], ["a", "b"], "left has 0, right has 2"),
    ],
)
def test_columns_of_different_length(left: Any, right: Any, lengths: str) -> None:
    with pytest.raises(ks.LengthMismatchError, match=f"{lengths} rows") as caught:
        verbs.pairwise(left, right, "levenshtein.distance", None, None, "fail")
    assert (caught.value.reason, caught.value.field) == ("LENGTH_MISMATCH", "right")
    assert (caught.value.bound, caught.value.value) == (str(len(left)), str(len(right)))


def test_two_texts_are_no_columns() -> None:
    with pytest.raises(ks.WrongTypeError, match=r"compare\(\) takes a pair"):
        verbs.pairwise("a", "b", "levenshtein.distance", None, None, "fail")


@pytest.mark.parametrize("value", [3, 1.5, object(), {"a"}])
def test_what_is_no_text(value: Any) -> None:
    with pytest.raises(ks.WrongTypeError, match=r"left is a .*: a text is a str") as caught:
        verbs.compare(value, "a", "levenshtein.distance", None)
    assert caught.value.field == "left"


@pytest.mark.parametrize(
    ("n", "error", "told"),
    [
        (-1, ks.OutOfRangeError, "n is -1: it should be from 0 to 2^64-1"),
        (2**64, ks.OutOfRangeError, "n is 18446744073709551616"),
        (1.0, ks.WrongTypeError, "n is 1.0, a float: it should be an integer"),
        ("1", ks.WrongTypeError, "n is '1', a str"),
        (True, ks.WrongTypeError, "n is True, a bool"),
        (None, ks.WrongTypeError, "n is None, a NoneType"),
        (decimal.Decimal(1), ks.WrongTypeError, "a Decimal"),
        pytest.param(10**5000, ks.OutOfRangeError, "n is an integer of 16610 bits", id="long"),
    ],
)
def test_what_is_no_n(n: Any, error: type[ks.Error], told: str) -> None:
    with pytest.raises(error) as caught:
        verbs.fibonacci(n, None, None, "fail")
    assert told in caught.value.message
    assert caught.value.field == "n"


def test_a_modulus_that_no_request_carries() -> None:
    with pytest.raises(ks.OutOfRangeError, match="modulus is -1"):
        verbs.fibonacci(1, -1, None, "fail")
    with pytest.raises(ks.WrongTypeError, match=r"modulus is 1\.5"):
        verbs.fibonacci(1, 1.5, None, "fail")  # type: ignore[arg-type]


def test_result_types_and_policies() -> None:
    assert verbs.data_type("int64", "dtype") == types.DATA_TYPE_INT64
    assert verbs.data_type(np.float32, "dtype") == types.DATA_TYPE_FLOAT32
    assert verbs.data_type(np.dtype("u1"), "dtype") == types.DATA_TYPE_UINT8
    assert verbs.data_type("binary", "dtype") == types.DATA_TYPE_BINARY
    assert verbs.data_type(pa.uint16(), "dtype") == types.DATA_TYPE_UINT16
    for wrong in ("int65", np.dtype("M8[s]"), dict, 3, "\ud800", 10**5000):
        with pytest.raises(ks.WrongTypeError, match="no type of a result") as caught:
            verbs.data_type(wrong, "dtype")
        assert caught.value.field == "dtype"
    policies: list[Any] = ["ignore", [], None]
    for policy in policies:
        with pytest.raises(ks.InvalidArgumentError, match="should be 'fail' or 'null'"):
            verbs.row_error_policy(policy)


# --- Scorers --------------------------------------------------------------------------------------


def test_scorers_are_values() -> None:
    scorer = ks.Scorer("levenshtein.distance", weights=[1, 1, 2])
    assert scorer == ks.Scorer("levenshtein.distance", weights=(1, 1, 2))
    assert hash(scorer) == hash(ks.Scorer("levenshtein.distance", weights=(1, 1, 2)))
    assert scorer != ks.Scorer("levenshtein.distance")
    assert scorer != "levenshtein.distance"
    assert repr(scorer) == "Scorer('levenshtein.distance', weights=(1, 1, 2))"
    assert eval(repr(scorer), {"Scorer": ks.Scorer}) == scorer
    assert pickle.loads(pickle.dumps(scorer)) == scorer
    assert (scorer.name, scorer.parameters) == ("levenshtein.distance", {"weights": (1, 1, 2)})


@pytest.mark.parametrize("package", ["rapidfuzz", "kernelserve.rapidfuzz"])
def test_every_scorer_of_rapidfuzz_has_a_name(package: str) -> None:
    distance = importlib.import_module(f"{package}.distance")
    fuzz = importlib.import_module(f"{package}.fuzz")
    metrics = [m for m in vars(distance)["__all__"] if hasattr(getattr(distance, m), "distance")]
    for metric in metrics:
        for form in ("distance", "similarity", "normalized_distance", "normalized_similarity"):
            name = as_scorer(getattr(getattr(distance, metric), form)).name
            assert name.endswith(f".{form}")
            assert name.partition(".")[0].replace("_", "") == metric.lower()
    scorers = [f for f in vars(fuzz) if f.lower().endswith("ratio") and not f.startswith("_")]
    for scorer in scorers:
        assert as_scorer(getattr(fuzz, scorer)).name == f"fuzz.{scorer}"
    assert len(metrics) == 10
    assert len(scorers) == 10


def test_a_scorer_with_an_array_is_hashable() -> None:
    scorer = ks.Scorer("levenshtein.distance", weights=np.array([1, 1, 2]))  # type: ignore[arg-type]
    assert scorer == ks.Scorer("levenshtein.distance", weights=(1, 1, 2))
    assert hash(scorer) == hash(ks.Scorer("levenshtein.distance", weights=(1, 1, 2)))


@pytest.mark.parametrize(
    ("scorer", "error"),
    [
        ("\ud800", ks.InvalidTextError),
        (ks.Scorer(5), ks.WrongTypeError),  # type: ignore[arg-type]
        (ks.Scorer("levenshtein.distance", nope="\ud800"), ks.InvalidTextError),
        (ks.Scorer("levenshtein.distance", **{"\ud800": 1}), ks.InvalidTextError),  # type: ignore[arg-type]
    ],
)
def test_a_name_that_no_request_carries_is_a_typed_error(
    scorer: ks.Scorer, error: type[ks.Error]
) -> None:
    with pytest.raises(error) as caught:
        verbs.compare("a", "b", scorer, None)
    assert (caught.value.field or "").startswith("scorer.")


@pytest.mark.parametrize(
    ("kernel", "parameters", "field"),
    [
        (5, None, "kernel"),
        ("\ud800", None, "kernel"),
        ("fibonacci", [("modulus", 1)], "parameters"),
        ("fibonacci", {1: 2}, "parameters.1"),
        ("fibonacci", {"modulus": "\ud800"}, "parameters.modulus"),
        ("fibonacci", {"modulus": 10**5000}, "parameters.modulus[0]"),
    ],
)
def test_what_run_cannot_send_is_a_typed_error(kernel: Any, parameters: Any, field: str) -> None:
    with pytest.raises(ks.InvalidArgumentError) as caught:
        verbs.run(kernel, [[1]], parameters, None, "fail")
    assert caught.value.field == field


@pytest.mark.parametrize("timeout", [threading.TIMEOUT_MAX, sys.maxsize, 1e300, 10**400, math.inf])
def test_a_timeout_that_nobody_waits_out_is_none_at_all(timeout: float) -> None:
    assert check_timeout(timeout) is None
    assert check_timeout(1e9) == 1e9
    assert (check_timeout(-(10**400)) or 0) < 0
    with pytest.raises(ks.WrongTypeError):
        check_timeout([10**5000])


def test_rapidfuzz_is_not_imported() -> None:
    code = (
        "import sys, kernelserve as ks\n"
        "from kernelserve._scorers import as_scorer\n"
        "try: as_scorer(len)\n"
        "except ks.WrongTypeError: print('rapidfuzz' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_an_import_costs_neither_numpy_nor_pyarrow() -> None:
    code = "import sys, kernelserve\nprint({'numpy', 'pyarrow', 'pandas'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, {"boolean": True}),
        (3, {"integer": 3}),
        (-(2**63), {"integer": -(2**63)}),
        (1.5, {"real": 1.5}),
        ("x", {"text": "x"}),
        (np.int64(3), {"integer": 3}),
        (np.float32(0.5), {"real": 0.5}),
        (np.bool_(True), {"boolean": True}),
    ],
)
def test_parameters(value: Any, expected: dict[str, Any]) -> None:
    assert parameter("p", value, "f") == types.Parameter(name="p", **expected)


def test_parameters_of_several_numbers_are_columns() -> None:
    message = parameter("weights", (1, 1, 2), "f")
    assert message.column.type == types.DATA_TYPE_INT64
    assert memoryview(message.column.values).cast("q").tolist() == [1, 1, 2]
    assert parameter("weights", np.array([1, 1, 2]), "f") == message
    large = parameter("modulus", 2**64 - 1, "f")
    assert large.column.type == types.DATA_TYPE_UINT64
    with pytest.raises(ks.WrongTypeError, match="p is a dict"):
        parameter("p", {}, "p")


@pytest.mark.parametrize("cutoff", ["1", True, object(), 1j])
def test_a_cutoff_that_is_no_number(cutoff: Any) -> None:
    with pytest.raises(ks.WrongTypeError, match="score_cutoff is a ") as caught:
        verbs.compare("a", "b", "levenshtein.distance", cutoff)
    assert caught.value.field == "scorer.score_cutoff"


def test_a_cutoff_that_no_float_holds() -> None:
    with pytest.raises(ks.OutOfRangeError, match="score_cutoff is 1000") as caught:
        verbs.compare("a", "b", "levenshtein.distance", 10**400)
    assert caught.value.field == "scorer.score_cutoff"


@pytest.mark.parametrize(
    "array",
    [
        np.array(["kitten", "", "a\0b", "日本語", "😀"]),
        np.array(["kitten", "x"], dtype=">U9"),
        np.array(["kitten", "a", "flaw", "b"])[::-2],
        np.array(["\ud800", "a"]),
        np.array([], dtype="U5"),
        np.array([b"kitten", b"", b"\xff"]),
        np.array([b"a\0b", b"a"]),
        np.array([b"kitten", b"a", b"flaw"])[::2],
        np.array(["kitten", "", "a\0b", "日本語"], dtype=np.dtypes.StringDType()),
        np.array(["kitten", None], dtype=np.dtypes.StringDType(na_object=None)),
        np.array(["kitten", np.nan], dtype=np.dtypes.StringDType(na_object=np.nan)),
        np.ma.MaskedArray(np.array(["kitten", "flaw"]), [True, False]),
        np.ma.MaskedArray(
            np.array(["kitten", "flaw"], dtype=np.dtypes.StringDType()), [True, False]
        ),
    ],
    ids=lambda array: f"{array.dtype} {array.tolist()!r}",
)
def test_numpys_texts_are_those_of_their_elements(client: ks.Client, array: Any) -> None:
    elements = array.tolist()
    for other in ("kit", "a", ""):
        expected = client.pairwise(elements, other)
        found = client.pairwise(array, other)
        assert found.tolist() == expected
