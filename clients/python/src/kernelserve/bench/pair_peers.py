"""Peers that compare texts row by row."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .contender import Contender
from .peers import DUCKDB, POLARS, RAPIDFUZZ, has, rapidfuzz_scorer
from .texts import Pairs


def pairwise(pairs: Pairs, scorer: str) -> list[Contender]:
    """Everybody who has the scorer, over the same pairs."""
    return [
        *rapidfuzz_cpdist(pairs, scorer),
        *polars_ds_column(pairs, scorer),
        *duckdb_query(pairs, scorer),
    ]


def rapidfuzz_cpdist(pairs: Pairs, scorer: str) -> list[Contender]:
    """With one worker, and with as many as there are cores."""
    if not has(RAPIDFUZZ):
        return []
    from rapidfuzz import process

    function, dtype = rapidfuzz_scorer(scorer)

    def run(workers: int) -> Callable[[], Any]:
        return lambda: process.cpdist(
            pairs.left, pairs.right, scorer=function, dtype=dtype, workers=workers
        )

    return [
        Contender(
            f"{RAPIDFUZZ} cpdist, workers={workers}", "peer", run(workers), len(pairs), np.asarray
        )
        for workers in (1, -1)
    ]


def polars_ds_column(pairs: Pairs, scorer: str) -> list[Contender]:
    """On all cores; where texts are ASCII, also by bytes."""
    if not has(POLARS):
        return []
    import polars as pl

    frame = pl.DataFrame({"left": pairs.left, "right": pairs.right})

    def run(expression: Any) -> Callable[[], Any]:
        return lambda: frame.select(expression).to_series()

    return [
        Contender(f"{POLARS} {told}", "peer", run(expression), len(pairs), scores)
        for told, expression, scores in polars_ds_expressions(pairs, scorer)
    ]


def polars_ds_expressions(pairs: Pairs, scorer: str) -> list[tuple[str, Any, Callable[[Any], Any]]]:
    """What each is called, an expression over `left` and `right`, and what makes scores of it."""
    if not has(POLARS):
        return []
    import polars_ds

    # Its ratio goes to 1, not to 100.
    function, scale = {
        "levenshtein.distance": ("str_leven", 1),
        "jaro_winkler.similarity": ("str_jw", 1),
        "fuzz.ratio": ("str_fuzz", 100),
    }[scorer]
    settings: list[tuple[str, dict[str, Any]]] = [("", {})]
    if pairs.is_ascii and function == "str_leven":
        settings.append((", as_bytes", {"as_bytes": True}))  # the same there, and faster

    def scores(series: Any) -> Any:
        return series.to_numpy() * scale

    return [
        (
            f"{function}, parallel{told}",
            getattr(polars_ds, function)("left", "right", parallel=True, **setting),
            scores,
        )
        for told, setting in settings
    ]


def duckdb_query(pairs: Pairs, scorer: str) -> list[Contender]:
    """On all cores, as is its default."""
    function = {
        "levenshtein.distance": "levenshtein",
        "jaro_winkler.similarity": "jaro_winkler_similarity",
    }.get(scorer)
    if function is None or not has(DUCKDB):
        return []
    import duckdb
    import pyarrow as pa

    connection = duckdb.connect()
    table = pa.table({"l": pairs.left_arrow, "r": pairs.right_arrow})
    connection.register("given", table)
    connection.execute("CREATE TABLE pairs AS SELECT * FROM given")
    connection.unregister("given")
    query = f"SELECT {function}(l, r) AS score FROM pairs"

    def run() -> Any:
        relation = connection.sql(query)
        return getattr(relation, "to_arrow_table", relation.arrow)()

    return [
        Contender(
            f"{DUCKDB} {function}",
            "peer",
            run,
            len(pairs),
            scores=lambda found: found.column("score").to_numpy(),
        )
    ]
