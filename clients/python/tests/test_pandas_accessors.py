"""Kernels by pandas' accessors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from kernelserve._kernel_methods import RESULT_TYPES, SCORERS
from rapidfuzz.distance import JaroWinkler, Levenshtein

import kernelserve as ks
import kernelserve.pandas as kspd
from kernelserve._inputs import column_from
from kernelserve._symbols import SymbolTable

LEFT = ["kitten", "flaw", None, "Müller"]
RIGHT = ["sitting", "lawn", "x", "Mueller"]
DTYPES = ["str", "string[pyarrow]", "string[python]", "object", "category"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_distances_come_with_the_index_and_name_of_the_left(client: ks.Client, dtype: str) -> None:
    index = pd.Index([3, 1, 4, 1], name="i")
    left = pd.Series(LEFT, index=index, name="a", dtype=dtype)
    right = pd.Series(RIGHT, dtype=dtype)
    expected: list[Any] = [
        pd.NA if a is None else Levenshtein.distance(a, b) for a, b in zip(LEFT, RIGHT, strict=True)
    ]
    found = kspd.SeriesMethods(left).levenshtein_distance(right, client=client)
    pd.testing.assert_series_equal(found, pd.Series(expected, index=index, name="a", dtype="Int32"))
    literal = kspd.SeriesMethods(left[:2]).jaro_winkler_similarity("kit", client=client)
    assert literal.tolist() == [JaroWinkler.similarity(text or "", "kit") for text in LEFT[:2]]


@pytest.mark.parametrize("kernel", sorted(RESULT_TYPES))
def test_every_kernel_gives_what_the_client_gives(client: ks.Client, kernel: str) -> None:
    left: Any = pd.Series([10, 90] if kernel == "fibonacci" else ["smith", "jones"])
    others = [pd.Series(["smythe", "bones"])] if kernel in SCORERS else []
    method = getattr(kspd.SeriesMethods(left), kernel.replace(".", "_"))
    pd.testing.assert_series_equal(
        method(*others, client=client), client.run(kernel, left, *others)
    )


@pytest.mark.parametrize("dtype", ["str", "string[pyarrow]"])
def test_texts_that_arrow_holds_are_not_copied(dtype: str) -> None:
    series = pd.Series(["kitten", "flaw"] * 100, dtype=dtype)
    held = pa.array(series)
    chunk = held.chunk(0) if isinstance(held, pa.ChunkedArray) else held
    column, _ = column_from(series, "left", SymbolTable())
    sent = np.frombuffer(column.pieces[0].values, np.uint8)
    assert sent.__array_interface__["data"][0] == chunk.buffers()[2].address


def test_frames_are_joined_by_their_accessor(client: ks.Client) -> None:
    left = pd.DataFrame({"name": ["smith", "jones"], "zip": [1, 2]})
    right = pd.DataFrame({"name": ["smyth", "jonas"], "zip": [1, 1]})
    frame = kspd.DataFrameMethods(left)
    joined = frame.join(right, on="name", by="zip", score_cutoff=1, client=client)
    assert joined.to_dict("list") == {
        "name": ["smith"],
        "zip": [1],
        "name_right": ["smyth"],
        "score": [1],
    }
    best = frame.top_k(right, 1, on="name", client=client)
    assert best["name_right"].tolist() == ["smyth", "jonas"]


def test_accessors_are_registered_and_errors_typed(client: ks.Client) -> None:
    assert isinstance(pd.Series(["a"]).ks, kspd.SeriesMethods)
    assert isinstance(pd.DataFrame().ks, kspd.DataFrameMethods)
    numbers: Any = pd.Series([1, 2])
    with pytest.raises(ks.WrongTypeError) as number:
        kspd.SeriesMethods(numbers).levenshtein_distance("b", client=client)
    assert number.value.field == "left"
    texts: Any = pd.Series(LEFT)
    with pytest.raises(ks.LengthMismatchError):
        kspd.SeriesMethods(texts).levenshtein_distance(["a", "b"], client=client)
