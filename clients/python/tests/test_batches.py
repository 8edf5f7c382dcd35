"""Columns that come in batches: results as they are asked for, the same as of whole columns."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from arrow_columns import as_list
from cross_references import rows
from cross_server import CrossServer

LEFT = [f"word {i}" * (i % 4) for i in range(50)]
RIGHT = [f"ward {i * 7 % 13}" * (i % 3) for i in range(50)]
SCORES = [Levenshtein.distance(a, b) for a, b in zip(LEFT, RIGHT, strict=True)]

KINDS: dict[str, Callable[[list[str]], Any]] = {
    "pyarrow": pa.array,
    "chunked": lambda texts: pa.chunked_array([texts]),
    "numpy": lambda texts: np.array(texts, object),
    "pandas": pd.Series,
    "polars": pl.Series,
    "record batch": lambda texts: pa.record_batch([pa.array(texts)], names=["text"]),
    "table of polars": lambda texts: pl.DataFrame({"text": texts}),
    "table of pandas": lambda texts: pd.DataFrame({"text": texts}),
}


def batches(texts: list[str], size: int, kind: str = "pyarrow") -> Iterator[Any]:
    for begin in range(0, len(texts), size):
        yield KINDS[kind](texts[begin : begin + size])


def reader(columns: dict[str, list[str]], size: int) -> pa.RecordBatchReader:
    table = pa.table(columns)
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize=size))


@pytest.mark.parametrize("kind", KINDS)
def test_batches_on_both_sides(client: ks.Client, kind: str) -> None:
    found = list(client.pairwise(batches(LEFT, 7, kind), batches(RIGHT, 11, kind)))
    assert [score for batch in found for score in as_list(batch)] == SCORES
    library = {"numpy": "numpy", "pandas": "pandas", "polars": "polars"}.get(kind.split()[-1])
    assert {type(batch).__module__.partition(".")[0] for batch in found} == {library or "pyarrow"}


def test_a_reader_gives_a_reader(client: ks.Client) -> None:
    scores = client.pairwise(reader({"a": LEFT}, 7), reader({"b": RIGHT}, 50))
    assert isinstance(scores, pa.RecordBatchReader)
    assert scores.schema == pa.schema({"score": pa.int32()})
    assert scores.read_all()["score"].to_pylist() == SCORES
    pairs = client.pairwise(reader({"a": LEFT, "b": RIGHT}, 7), scorer="fuzz.ratio")
    assert pairs.schema == pa.schema({"score": pa.float64()})
    assert [batch.num_rows for batch in pairs] == [7] * 7 + [1]


def test_pairs_in_one_iterator(client: ks.Client) -> None:
    pairs = zip(batches(LEFT, 9), batches(RIGHT, 9), strict=True)
    assert [s for batch in client.pairwise(pairs) for s in batch.to_pylist()] == SCORES


def test_one_text_with_every_batch(client: ks.Client) -> None:
    expected = [Levenshtein.distance(text, "word") for text in LEFT]
    for found in (
        client.pairwise(batches(LEFT, 7), "word"),
        client.pairwise("word", batches(LEFT, 7)),
    ):
        assert [score for batch in found for score in batch.to_pylist()] == expected


def test_an_iterator_of_rows_is_one_column(client: ks.Client) -> None:
    assert client.pairwise(iter(LEFT), iter(RIGHT)) == SCORES
    assert client.pairwise(iter([["a", "b"], ["c"]]), ["ab", "d"]) == [0, 1]
    assert client.pairwise(iter([]), []) == []


def test_nothing_is_read_before_it_is_asked_for(client: ks.Client) -> None:
    def read(texts: list[str]) -> Iterator[Any]:
        for batch in batches(texts, 10):
            taken.append(batch)
            yield batch

    taken: list[Any] = []
    found = client.pairwise(read(LEFT), "word")
    assert len(taken) == 1  # what its items are is seen by the first
    next(found)
    assert len(taken) == 1
    next(found)
    assert len(taken) == 2


def test_readers_of_nothing(client: ks.Client) -> None:
    for scorer, kind in (("levenshtein.distance", pa.int32()), ("fuzz.ratio", pa.float64())):
        scores = client.pairwise(reader({"a": []}, 1), reader({"b": []}, 1), scorer=scorer)
        assert scores.schema == pa.schema({"score": kind})
        assert scores.read_all().num_rows == 0
        best = client.top_k(reader({"a": []}, 1), ["b"], scorer=scorer)
        assert best.schema.field("score").type == kind
        assert best.read_all().num_rows == 0


@pytest.mark.parametrize(("left", "right"), [(21, 20), (20, 21), (0, 3), (20, 27)])
def test_batches_that_differ_in_length(client: ks.Client, left: int, right: int) -> None:
    lefts, rights = batches([*LEFT[:left], ""], 7), batches([*RIGHT[:right], ""], 10)
    with pytest.raises(ks.LengthMismatchError) as caught:
        list(client.pairwise(lefts, rights))
    assert caught.value.field == ("left" if left > right else "right")
    assert caught.value.bound == str(min(left, right) + 1)


def test_errors_count_rows_over_all_batches(client: ks.Client) -> None:
    def bad(at: int) -> Iterator[Any]:
        for begin in range(0, 30, 10):
            texts = [b"\xff" if row == at else b"ok" for row in range(begin, begin + 10)]
            ends = np.cumsum([0, *map(len, texts)], dtype=np.int32)
            buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(texts))]
            yield pa.Array.from_buffers(pa.string(), 10, buffers)

    with pytest.raises(ks.InvalidTextError, match="row 25") as caught:
        list(client.pairwise(bad(25), "x"))
    assert caught.value.row == 25
    with pytest.raises(ks.InvalidTextError) as of_queries:
        list(client.top_k(bad(13), ["x"]))
    assert of_queries.value.row == 13
    with pytest.warns(ks.RowErrorWarning, match="row 17"):
        list(client.pairwise(bad(17), "x", row_errors="null"))


@pytest.mark.parametrize(
    ("left", "right", "field"),
    [
        (batches(LEFT, 7), LEFT, "right"),
        (LEFT, batches(LEFT, 7), "left"),
        (reader({"a": LEFT, "b": RIGHT}, 7), "word", "left"),
    ],
)
def test_sides_that_do_not_go_together(
    client: ks.Client, left: Any, right: Any, field: str
) -> None:
    with pytest.raises(ks.InvalidArgumentError) as caught:
        list(client.pairwise(left, right))
    assert caught.value.field == field


def test_a_side_that_is_missing(client: ks.Client) -> None:
    with pytest.raises(ks.WrongTypeError, match="right is missing") as caught:
        client.pairwise(LEFT)
    assert caught.value.field == "right"
    with pytest.raises(ks.InvalidArgumentError, match="1 columns, expected 2"):
        list(client.pairwise(batches(LEFT, 7)))
    with pytest.raises(ks.InvalidArgumentError) as of_choices:
        client.join(batches(LEFT, 7), score_cutoff=1)
    assert of_choices.value.field == "choices"


# --- Queries by choices ---------------------------------------------------------------------------


def best() -> list[tuple[int, int, int]]:
    out = []
    for number, text in enumerate(LEFT):
        found = process.extract(text, RIGHT, scorer=Levenshtein.distance, limit=3)
        out += [(number, row, score) for _, score, row in found]
    return out


@pytest.mark.parametrize("kind", KINDS)
def test_queries_in_batches(client: ks.Client, kind: str) -> None:
    tables = list(client.top_k(batches(LEFT, 20, kind), RIGHT, 3))
    assert len(tables) == 3
    library = {"pandas": "pandas", "polars": "polars"}.get(kind.split()[-1], "pyarrow")
    assert {type(table).__module__.partition(".")[0] for table in tables} == {library}
    columns = (
        [[as_list(table[name]) for name in tables[0].columns] for table in tables]
        if (library != "pyarrow")
        else [[column.to_pylist() for column in table.columns] for table in tables]
    )
    assert [row for table in columns for row in zip(*table, strict=True)] == best()


def test_a_reader_of_queries_gives_a_reader(client: ks.Client) -> None:
    found = client.top_k(reader({"a": LEFT}, 20), RIGHT, 3)
    assert isinstance(found, pa.RecordBatchReader)
    assert rows(found.read_all()) == best()
    joined = client.join(reader({"a": LEFT}, 20), RIGHT, score_cutoff=2)
    assert rows(joined.read_all()) == rows(client.join(LEFT, RIGHT, score_cutoff=2))


def test_batches_of_queries_send_the_choices_once() -> None:
    server = CrossServer(5)
    with ks.connect(server.address) as client:
        tables = list(client.top_k(batches(LEFT, 20), RIGHT, 3))
    assert [row for table in tables for row in rows(table)] == best()
    assert [(call.choices, call.query_base) for call in server.calls] == [
        ("column", 0),
        ("digest", 20),
        ("digest", 40),
    ]
    server.stop()


def test_symbols_of_batches_and_choices_are_the_same(client: ks.Client) -> None:
    words = [[["the", "fox"], ["a", "hen"]], [["the", "hen"]]]
    queries = (pl.Series(batch, dtype=pl.List(pl.String)) for batch in words)
    tables = client.top_k(queries, [["a", "fox"], ["the", "hen"]], 1)
    assert [row for table in tables for row in table.rows()] == [(0, 0, 1), (1, 0, 1), (2, 1, 0)]


def test_asyncio_gives_batches_as_they_come(client: ks.Client) -> None:
    client.compare("", "")

    async def collect(found: AsyncIterator[Any]) -> list[Any]:
        return [batch async for batch in found]

    async def main() -> tuple[list[Any], list[Any], list[Any]]:
        async with ks.aio.connect(client.address) as twin:
            return (
                await collect(await twin.pairwise(batches(LEFT, 7), batches(RIGHT, 11))),
                await collect(await twin.top_k(reader({"a": LEFT}, 20), RIGHT, 3)),
                await collect(await twin.join(batches(LEFT, 20), RIGHT, score_cutoff=2)),
            )

    scores, found, joined = asyncio.run(main())
    assert [score for batch in scores for score in batch.to_pylist()] == SCORES
    assert [row for table in found for row in rows(table)] == best()
    assert [row for table in joined for row in rows(table)] == rows(
        client.join(LEFT, RIGHT, score_cutoff=2)
    )
