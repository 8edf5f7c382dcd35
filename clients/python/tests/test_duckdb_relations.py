"""Kernels over DuckDB's relations."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import duckdb
import pyarrow as pa
import pytest
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
import kernelserve.duckdb as ksd


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    """Not DuckDB's default connection: relations of two cannot be joined."""
    with duckdb.connect() as made:
        made.execute(
            """
            CREATE TABLE pairs AS
            SELECT i AS id, 'kitten' || i % 7 AS a,
                   CASE WHEN i % 5 = 0 THEN NULL ELSE 'sitting' || i % 3 END AS b
            FROM range(5000) t(i)
            """
        )
        yield made


def test_a_score_is_one_more_column(
    client: ks.Client, connection: duckdb.DuckDBPyConnection
) -> None:
    scored = ksd.pairwise(connection.table("pairs"), "a", "b", client=client)
    gc.collect()  # the rows are the relation's own
    assert scored.columns == ["id", "a", "b", "score"]
    rows = scored.order("id").fetchall()
    assert rows == [
        (i, a, b, None if b is None else Levenshtein.distance(a, b)) for i, a, b, _ in rows
    ]
    assert len(rows) == 5000


@pytest.mark.parametrize("rows", [0, 1, 4999, 1_000_000])
def test_rows_that_come_in_parts_stay_in_order(
    client: ks.Client, connection: duckdb.DuckDBPyConnection, rows: int
) -> None:
    """DuckDB hands over some 100,000 rows at a time, or fewer."""
    relation = connection.sql(
        f"SELECT i AS id, repeat('a', i % 7) AS a, repeat('a', i % 11) AS b FROM range({rows}) t(i)"
    )
    scored = ksd.pairwise(relation, "a", "b", client=client)
    told = "count(*), count(*) FILTER (score != abs(i % 7 - i % 11)), count(*) FILTER (i != id)"
    checked = f"SELECT {told} FROM (SELECT *, row_number() OVER () - 1 AS i FROM scored)"
    counted = scored.query("scored", checked)
    assert counted is not None
    assert counted.fetchall() == [(rows, 0, 0)]


def test_a_row_that_fails_is_named_by_its_place_in_the_relation(
    client: ks.Client, connection: duckdb.DuckDBPyConnection
) -> None:
    hamming = ks.Scorer("hamming.distance", pad=False)
    relation = connection.sql(
        "SELECT repeat('a', 1 + i // 300_000) AS a, 'a' AS b FROM range(400_000) t(i)"
    )
    with pytest.raises(ks.Error) as failed:
        ksd.pairwise(relation, "a", "b", scorer=hamming, client=client)
    assert failed.value.row == 300_000


def test_it_goes_on_in_sql_of_the_same_connection(
    client: ks.Client, connection: duckdb.DuckDBPyConnection
) -> None:
    scored = ksd.pairwise(
        connection.table("pairs"),
        "a",
        "b",
        scorer="levenshtein.normalized_similarity",
        score_name="similarity",
        client=client,
    )
    joined = connection.sql(
        "SELECT count(*) FROM scored JOIN pairs USING (id) WHERE scored.b = 'x'"
    )
    assert joined.fetchall() == [(0,)]
    assert scored.filter("similarity > 1").fetchall() == []


def test_relations_are_joined(client: ks.Client, connection: duckdb.DuckDBPyConnection) -> None:
    left = connection.sql("SELECT * FROM (VALUES ('smith', 1), ('jones', 2)) t(name, zip)")
    right = connection.sql("SELECT * FROM (VALUES ('smyth', 1), ('jonas', 1)) t(name, zip)")
    joined = ksd.join(left, right, on="name", by="zip", score_cutoff=1, client=client)
    assert joined.columns == ["name", "zip", "name_right", "score"]
    assert joined.fetchall() == [("smith", 1, "smyth", 1)]
    best = ksd.top_k(left, right, 1, on="name", client=client).fetchall()
    assert best == [("smith", 1, "smyth", 1, 1), ("jones", 2, "jonas", 1, 1)]
    itself = ksd.join(left, on="name", score_cutoff=9, client=client)
    assert itself.fetchall() == [("smith", 1, "jones", 2, 5)]


def test_a_relation_is_a_frame_and_a_reader_comes_in_batches(
    client: ks.Client, connection: duckdb.DuckDBPyConnection
) -> None:
    relation = connection.table("pairs")
    joined = client.join(relation, on="a", by="id", score_cutoff=0)
    assert isinstance(joined, pa.Table)
    batches = client.pairwise(relation.project("a, b").to_arrow_reader(1000))
    assert sum(batch.num_rows for batch in batches) == 5000


def test_what_cannot_work_is_told(client: ks.Client, connection: duckdb.DuckDBPyConnection) -> None:
    pairs = connection.table("pairs")
    with pytest.raises(ks.UnknownNameError, match="named 'aa'; did you mean 'a'") as unknown:
        ksd.pairwise(pairs, "aa", "b", client=client)
    assert unknown.value.field == "left"
    with pytest.raises(ks.WrongTypeError) as number:
        ksd.pairwise(pairs, "a", "id", client=client)
    assert number.value.field == "right"
    with pytest.raises(ks.InvalidArgumentError) as clash:
        ksd.pairwise(pairs, "a", "b", score_name="id", client=client)
    assert clash.value.field == "score_name"
    with pytest.raises(duckdb.Error):
        ksd.pairwise(pairs.filter("id / 'x' > 1"), "a", "b", client=client)
