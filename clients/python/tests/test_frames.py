"""join and top_k of frames give what loops over all pairs give, however they are cut."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import JaroWinkler, Levenshtein

import kernelserve as ks
from kernelserve import _frame_search
from kernelserve._frame_options import FrameArguments, FrameOptions

Row = dict[str, Any]

names = st.none() | st.sampled_from(
    ["", "smith", "smyth", "smithe", "jones", "jonas", "van der Merwe-Oosthuizen", "Müller", "日本"]
)
rows = st.lists(
    st.fixed_dictionaries(
        {
            "name": names,
            "city": names,
            "zip": st.none() | st.integers(0, 2),
            "state": st.none() | st.sampled_from(["a", "b"]),
        }
    ),
    max_size=12,
)
SCHEMA = {"name": pl.String, "city": pl.String, "zip": pl.Int64, "state": pl.String}
LIBRARIES: dict[str, Callable[[pl.DataFrame], Any]] = {
    "polars": lambda frame: frame,
    "pyarrow": lambda frame: frame.to_arrow(),
    "pandas": lambda frame: frame.to_arrow().to_pandas(types_mapper=pd.ArrowDtype),
}


def frame_of(rows: list[Row]) -> pl.DataFrame:
    """With a number for each row, so that rows can be told apart."""
    return pl.DataFrame(rows, SCHEMA).with_row_index("row")


def agree(left: Row, right: Row, by: list[Any]) -> bool:
    if any(isinstance(keys, list) for keys in by):
        return any(agree(left, right, keys) for keys in by)
    return all(left[key] is not None and left[key] == right[key] for key in by)


def matches(
    left: list[Row],
    right: list[Row] | None,
    score: Callable[[Row, Row], float | None],
    passes: Callable[[float], bool],
    by: list[Any],
    *,
    all_others: bool = False,
) -> list[tuple[int, int, float]]:
    """By a loop over all pairs."""
    found = []
    for i, j in product(range(len(left)), range(len(left if right is None else right))):
        if right is None and (i == j if all_others else i >= j):
            continue
        other = (left if right is None else right)[j]
        value = score(left[i], other)
        if agree(left[i], other, by) and value is not None and passes(value):
            found.append((i, j, value))
    return found


def distance(left: Row, right: Row) -> float | None:
    if left["name"] is None or right["name"] is None:
        return None
    return Levenshtein.distance(left["name"], right["name"])


def best(found: list[tuple[int, int, float]], k: int) -> list[tuple[int, int, float]]:
    ordered = sorted(found, key=lambda match: (match[0], match[2], match[1]))
    return [
        match
        for place, match in enumerate(ordered)
        if sum(earlier[0] == match[0] for earlier in ordered[:place]) < k
    ]


def found_in(frame: Any) -> list[tuple[int, int, float]]:
    if isinstance(frame, pd.DataFrame):
        frame = pl.from_pandas(frame)
    elif isinstance(frame, pa.Table):
        frame = pl.from_arrow(frame)
    return list(frame.select("row", "row_right", "score").iter_rows())


@pytest.fixture(params=["in one part", "in small parts", "in large blocks"])
def cut(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """However the work is cut."""
    if request.param != "in one part":
        monkeypatch.setattr(_frame_search, "_PAIRS_MAX", 3)
    if request.param == "in large blocks":
        monkeypatch.setattr(_frame_search, "_BLOCK_PAIRS_MAX", 4)


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize(
    "by", [[], ["zip"], ["zip", "state"], [["zip"], ["state", "city"], ["state"]]], ids=str
)
@settings(max_examples=12)
@given(left=rows, right=st.none() | rows)
def test_a_join_finds_the_pairs_of_a_loop(
    client: ks.Client, by: list[Any], left: list[Row], right: list[Row] | None
) -> None:
    expected = matches(left, right, distance, lambda d: d <= 2, by)
    other = None if right is None else frame_of(right)
    joined = client.join(frame_of(left), other, on="name", by=by or None, score_cutoff=2)
    assert found_in(joined) == expected
    assert joined["score"].dtype == pl.Int32


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize("by", [[], ["zip"], [["zip"], ["state"]]], ids=str)
@settings(max_examples=12)
@given(left=rows, right=st.none() | rows, k=st.integers(0, 3))
def test_top_k_finds_the_best_of_a_loop(
    client: ks.Client, by: list[Any], left: list[Row], right: list[Row] | None, k: int
) -> None:
    expected = matches(left, right, distance, lambda d: d <= 4, by, all_others=True)
    other = None if right is None else frame_of(right)
    found = client.top_k(frame_of(left), other, k, on="name", by=by or None, score_cutoff=4)
    assert found_in(found) == best(expected, k)


def combined(null_score: float | None) -> Callable[[Row, Row], float | None]:
    """The mean of two similarities, of which the second counts thrice."""

    def score(left: Row, right: Row) -> float | None:
        total = 0.0
        for column, weight in (("name", 1.0), ("city", 3.0)):
            a, b = left[column], right[column]
            similar = null_score if a is None or b is None else JaroWinkler.similarity(a, b)
            if similar is None:
                return None
            total += weight * similar
        return total / 4.0

    return score


@pytest.mark.usefixtures("cut")
@pytest.mark.parametrize("null_score", [None, 0.0, 0.9])
@pytest.mark.parametrize("by", [[], ["zip"], [["zip"], ["state"]]], ids=str)
@settings(max_examples=12)
@given(left=rows, right=st.none() | rows, cutoff=st.sampled_from([0.0, 0.3, 0.8, 1.0]))
def test_columns_with_weights_are_one_score(
    client: ks.Client,
    by: list[Any],
    null_score: float | None,
    left: list[Row],
    right: list[Row] | None,
    cutoff: float,
) -> None:
    expected = matches(left, right, combined(null_score), lambda s: s >= cutoff, by)
    joined = client.join(
        frame_of(left),
        None if right is None else frame_of(right),
        on=["name", "city"],
        by=by or None,
        weights=[1, 3],
        scorer="jaro_winkler.similarity",
        score_cutoff=cutoff,
        null_score=null_score,
    )
    assert found_in(joined) == expected


@pytest.mark.usefixtures("cut")
@settings(max_examples=12)
@given(left=rows, right=rows, cutoff=st.sampled_from([0, 1.5, 4]))
def test_distances_of_several_columns_add_up(
    client: ks.Client, left: list[Row], right: list[Row], cutoff: float
) -> None:
    def mean(left: Row, right: Row) -> float | None:
        texts = [(left[c], right[c]) for c in ("name", "city")]
        if any(a is None or b is None for a, b in texts):
            return None
        name, city = (Levenshtein.distance(a, b) for a, b in texts)
        return (2.0 * name + city) / 3.0

    expected = matches(left, right, mean, lambda d: d <= cutoff, [])
    joined = client.join(
        frame_of(left), frame_of(right), on=["name", "city"], weights=[2, 1], score_cutoff=cutoff
    )
    assert found_in(joined) == expected


LEFT = frame_of(
    [
        {"name": "smith", "city": "Bonn", "zip": 1, "state": "a"},
        {"name": "jones", "city": None, "zip": 2, "state": "b"},
        {"name": None, "city": "Köln", "zip": 1, "state": None},
        {"name": "brown", "city": "Trier", "zip": None, "state": "a"},
    ]
)
RIGHT = frame_of(
    [
        {"name": "smyth", "city": "Bonn", "zip": 1, "state": "b"},
        {"name": "jonas", "city": "Jena", "zip": 2, "state": "b"},
        {"name": "smithe", "city": "Bonn", "zip": 1, "state": "a"},
    ]
)


@pytest.mark.parametrize("library", LIBRARIES)
def test_frames_of_each_library_give_frames_of_theirs(client: ks.Client, library: str) -> None:
    left, right = LIBRARIES[library](LEFT), LIBRARIES[library](RIGHT)
    joined = client.join(left, right, on="name", by="zip", score_cutoff=2, how="left")
    assert type(joined) is type(left)
    polars = joined if library == "polars" else pl.DataFrame(joined)
    assert polars.drop("row", "row_right").rows() == [
        ("smith", "Bonn", 1, "a", "smyth", "Bonn", "b", 1),
        ("smith", "Bonn", 1, "a", "smithe", "Bonn", "a", 1),
        ("jones", None, 2, "b", "jonas", "Jena", "b", 1),
        (None, "Köln", 1, None, None, None, None, None),
        ("brown", "Trier", None, "a", None, None, None, None),
    ]
    assert polars.columns == [
        *LEFT.columns,
        "row_right",
        "name_right",
        "city_right",
        "state_right",
        "score",
    ]
    best = client.top_k(left, right, 1, on="name", how="left")
    assert type(best) is type(left)


def test_plain_pandas_frames_have_their_types(client: ks.Client) -> None:
    left, right = LEFT.to_pandas(), RIGHT.to_pandas()
    left.index = pd.Index([7, 7, 8, 9])
    joined = client.join(left, right, on="name", score_cutoff=1)
    assert joined["name"].tolist() == ["smith", "smith", "jones"]
    assert joined["score"].dtype == np.int32
    assert joined.index.tolist() == [0, 1, 2]
    outer = client.join(left, right, on="name", score_cutoff=1, how="left")
    assert outer["score"].dtype == "Int32"
    similar = client.join(
        left, right, on="name", how="left", scorer="jaro.similarity", score_cutoff=0.9
    )
    assert similar["score"].isna().tolist() == [False, True, True, True]


@pytest.mark.parametrize(
    ("left_key", "right_key"),
    [
        (pl.Series(["x", None, "y"]), pl.Series(["y", "x", None], dtype=pl.Categorical)),
        (pl.Series([1, None, 2], dtype=pl.Int8), pl.Series([2, 1, None], dtype=pl.UInt32)),
        (pl.Series([1, None, 2], dtype=pl.UInt64), pl.Series([2, 1, None], dtype=pl.UInt64)),
        (pl.Series([1.0, None, 2.5]), pl.Series([2.5, 1.0, None])),
        (pl.Series([1, None, 2]), pl.Series([2.0, 1.0, None])),
        (pl.Series([True, None, False]), pl.Series([False, True, None])),
        (
            pl.Series(["2001-01-01", None, "2002-02-02"]).str.to_date(),
            pl.Series(["2002-02-02", "2001-01-01", None]).str.to_date(),
        ),
        (pl.Series([b"x", None, b"y"]), pl.Series([b"y", b"x", None])),
    ],
    ids=lambda key: str(key.dtype),
)
def test_keys_of_any_type_agree_where_they_are_equal(
    client: ks.Client, left_key: pl.Series, right_key: pl.Series
) -> None:
    left = pl.DataFrame({"row": [0, 1, 2], "t": ["a", "b", "c"], "key": left_key})
    right = pl.DataFrame({"row": [0, 1, 2], "t": ["c", "a", "b"], "other": right_key})
    joined = client.join(left, right, on="t", left_by="key", right_by="other")
    assert found_in(joined) == [(0, 1, 0), (2, 0, 0)]
    assert joined.columns == ["row", "t", "key", "row_right", "t_right", "other", "score"]


def test_columns_of_any_text_are_compared(client: ks.Client) -> None:
    texts = ["smith", None, "a text that is longer than a view has room for"]
    for array in (
        pa.array(texts),
        pa.array(texts, pa.large_string()),
        pa.array(texts).cast(pa.string_view()),
        pa.array(texts).dictionary_encode(),
        pa.chunked_array([pa.array(texts[:1]), pa.array(texts[1:])]),
        pa.array(texts).cast(pa.binary()),
    ):
        table = pa.table({"row": [0, 1, 2], "t": array})
        joined = client.join(table, table, on="t", score_cutoff=0)
        assert found_in(joined) == [(0, 0, 0), (2, 2, 0)]
        assert joined.schema.field("t").type == array.type
    nothing = pa.table({"row": [0], "t": pa.nulls(1)})
    assert found_in(client.join(nothing, nothing, on="t", score_cutoff=9)) == []


def test_names_that_clash_have_a_suffix_of_ones_own(client: ks.Client) -> None:
    left = pl.DataFrame({"name": ["a"], "name_right": ["x"], "score": [1]})
    right = pl.DataFrame({"name": ["b"]})
    joined = client.join(left, right, on="name", score_cutoff=1, suffix="_2", score_name="distance")
    assert joined.columns == ["name", "name_right", "score", "name_2", "distance"]
    with pytest.raises(ks.InvalidArgumentError) as clash:
        client.join(left, right, on="name", score_cutoff=1, score_name="distance")
    assert clash.value.field == "suffix"
    with pytest.raises(ks.InvalidArgumentError) as score:
        client.join(left, right, on="name", score_cutoff=1, suffix="_2")
    assert score.value.field == "score_name"


def test_frames_of_unequal_libraries_give_lefts(client: ks.Client) -> None:
    joined = client.join(LEFT, RIGHT.to_pandas(), on="name", score_cutoff=1)
    assert found_in(joined) == [(0, 0, 1), (0, 2, 1), (1, 1, 1)]
    table = client.join(RIGHT.to_arrow(), LEFT, on="name", score_cutoff=1)
    assert isinstance(table, pa.Table)


def test_progress_counts_the_pairs_that_agree(client: ks.Client) -> None:
    told: list[tuple[int, int]] = []
    client.join(
        LEFT, RIGHT, on="name", by="zip", progress=lambda done, total: told.append((done, total))
    )
    assert told == [(5, 5)]


def test_the_asyncio_twin_joins_frames(client: ks.Client) -> None:
    async def main() -> tuple[Any, Any]:
        async with ks.aio.connect(client.address) as twin:
            joined = await twin.join(LEFT, RIGHT, on="name", by="zip", score_cutoff=2)
            return joined, await twin.top_k(LEFT, RIGHT, 1, on="name")

    joined, found = asyncio.run(main())
    assert joined.equals(client.join(LEFT, RIGHT, on="name", by="zip", score_cutoff=2))
    assert found.equals(client.top_k(LEFT, RIGHT, 1, on="name"))


def test_options_are_the_typed_arguments() -> None:
    assert FrameArguments.__annotations__.keys() == FrameOptions.__dataclass_fields__.keys()
