"""join and top_k of Polars' frames by their namespace, at once and as parts of lazy plans."""

from __future__ import annotations

from typing import Any, Literal

import polars as pl
import pytest
from polars.testing import assert_frame_equal, assert_series_equal

import kernelserve as ks
import kernelserve.polars as ksp
from frozen_process import frozen
from kernelserve.bench.server_process import ServerProcess

LEFT = pl.DataFrame(
    {
        "id": [1, 2, 3, 4],
        "name": ["smith", "jones", None, "brown"],
        "zip": ["a", "b", "a", None],
    }
)
RIGHT = pl.DataFrame({"id": [7, 8], "name": ["smyth", "jonas"], "zip": ["a", "b"]})

CASES: list[dict[str, Any]] = [
    {"on": "name", "score_cutoff": 2},
    {"on": "name", "by": "zip", "how": "left", "score_cutoff": 1},
    {"left_on": "name", "right_on": "zip", "score_cutoff": 5, "suffix": "_2"},
    {
        "on": ["name", "zip"],
        "scorer": "jaro_winkler.similarity",
        "weights": [2, 1],
        "null_score": 0.5,
        "score_cutoff": 0.5,
        "score_name": "similarity",
    },
    {"on": "name", "by": "zip", "scorer": "levenshtein.normalized_similarity"},
]


def lazy(frame: pl.DataFrame) -> ksp.LazyFrameMethods:
    return ksp.LazyFrameMethods(frame.lazy())


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("itself", [False, True], ids=["two frames", "one frame"])
def test_a_lazy_join_gives_what_a_join_gives_and_knew_its_schema(
    client: ks.Client,
    engine: Literal["in-memory", "streaming"],
    case: dict[str, Any],
    itself: bool,
) -> None:
    other = None if itself else RIGHT
    expected = client.join(LEFT, other, **case)
    query = lazy(LEFT).join(None if itself else RIGHT.lazy(), client=client, **case)
    assert query.collect_schema() == expected.schema
    assert_frame_equal(query.collect(engine=engine), expected)
    best = client.top_k(LEFT, other, 1, **case)
    query = lazy(LEFT).top_k(other, 1, client=client, **case)
    assert query.collect_schema() == best.schema
    assert_frame_equal(query.collect(engine=engine), best)


def test_it_is_a_part_of_a_longer_query(client: ks.Client) -> None:
    query = (
        ksp.LazyFrameMethods(LEFT.lazy().filter(pl.col("id") < 3))
        .join(RIGHT.lazy(), on="name", score_cutoff=1, client=client)
        .filter(pl.col("id_right") > 7)
        .select("name", "name_right")
    )
    assert query.collect().rows() == [("jones", "jonas")]


def test_data_frames_and_series_have_it_too(client: ks.Client) -> None:
    frame = ksp.DataFrameMethods(LEFT)
    assert_frame_equal(
        frame.join(RIGHT, on="name", score_cutoff=1, client=client),
        client.join(LEFT, RIGHT, on="name", score_cutoff=1),
    )
    assert_frame_equal(
        frame.top_k(RIGHT, 1, on="name", client=client), client.top_k(LEFT, RIGHT, 1, on="name")
    )
    series = ksp.SeriesMethods(LEFT["name"])
    assert_series_equal(
        series.levenshtein_distance("smith", client=client),
        pl.Series("name", [0, 5, None, 5], pl.Int32),
    )
    assert series.soundex(client=client).to_list() == ["S530", "J520", None, "B650"]


def test_namespaces_are_registered() -> None:
    # What mypy sees by the plugin alone.
    for frame, methods in (
        (LEFT, ksp.DataFrameMethods),
        (LEFT.lazy(), ksp.LazyFrameMethods),
        (LEFT["name"], ksp.SeriesMethods),
        (pl.col("name"), ksp.Expressions),
    ):
        assert type(getattr(frame, "ks")) is methods  # noqa: B009


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_errors_come_out_of_the_plan_as_they_are(
    client: ks.Client, engine: Literal["in-memory", "streaming"]
) -> None:
    query = lazy(LEFT).join(RIGHT, on="nam", score_cutoff=1, client=client)
    with pytest.raises(ks.UnknownNameError, match="did you mean 'name'") as unknown:
        query.collect(engine=engine)
    assert unknown.value.field == "on"
    query = lazy(LEFT).join(RIGHT, on="name", score_cutoff=-1, client=client)
    with pytest.raises(ks.OutOfRangeError) as negative:
        query.collect(engine=engine)
    assert negative.value.field == "scorer.score_cutoff"
    assert negative.value.request_id
    with pytest.raises(ks.WrongTypeError) as series:
        lazy(LEFT).join(RIGHT["name"], on="name", client=client)  # type: ignore[arg-type]
    assert series.value.field == "right"


def test_a_search_in_a_query_ends_by_its_deadline(server: ServerProcess) -> None:
    with ks.connect(server.address) as client:
        client.compare("a", "b")
        query = lazy(LEFT).join(RIGHT, on="name", score_cutoff=1, client=client, timeout=0.2)
        with frozen(server.pid), pytest.raises(ks.DeadlineError):
            query.collect()
