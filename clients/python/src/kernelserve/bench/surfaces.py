"""The same pairs by other libraries' own means: Polars expressions, pandas, DuckDB's relations.

Each begins with its library's own table and ends with its own column of scores.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._client import Client
from .contender import Contender
from .ours import NULL_KERNEL, name, null_name
from .pair_peers import polars_ds_expressions
from .peers import DUCKDB, PANDAS, POLARS, has
from .texts import Pairs

EAGER, STREAMING = "Polars expression", "Polars expression, streaming"
COLUMNS, RELATION = "pandas columns", "DuckDB relation"
_SCORER = "levenshtein.distance"


def _frame(pairs: Pairs) -> Any:
    import polars as pl

    return pl.DataFrame({"left": pairs.left, "right": pairs.right})


def _select(frame: Any, expression: Any, way: str) -> Callable[[], Any]:
    if way == EAGER:
        return lambda: frame.select(expression).to_series()
    return lambda: frame.lazy().select(expression).collect(engine="streaming").to_series()


def expression(client: Client, way: str, pairs: Pairs) -> list[Contender]:
    """By the namespace, and what that costs by itself."""
    if not has(POLARS):
        return []
    from ..polars import expressions

    left = expressions("left")
    made = left.levenshtein_distance("right", client=client)
    null = left.pairwise("right", scorer=NULL_KERNEL, client=client)
    rows = len(pairs)
    return [
        Contender(name(way), "ours", _select(_frame(pairs), made, way), rows, np.asarray),
        Contender(null_name(way), "floor", _select(_frame(pairs), null, way), rows),
    ]


def polars_ds(way: str, pairs: Pairs) -> list[Contender]:
    """Its own expression, in the same kind of query."""
    return [
        Contender(f"{POLARS} {told}", "peer", _select(_frame(pairs), made, way), len(pairs), scores)
        for told, made, scores in polars_ds_expressions(pairs, _SCORER)
    ]


def pandas_columns(client: Client, pairs: Pairs) -> list[Contender]:
    """Of dtype string[pyarrow], in a DataFrame."""
    if not has(PANDAS):
        return []
    import pandas as pd

    frame = pd.DataFrame({"left": pairs.left, "right": pairs.right}, dtype="string[pyarrow]")

    def run(scorer: str) -> Callable[[], Any]:
        return lambda: client.pairwise(frame["left"], frame["right"], scorer=scorer)

    return [
        Contender(name(COLUMNS), "ours", run(_SCORER), len(pairs), np.asarray),
        Contender(null_name(COLUMNS), "floor", run(NULL_KERNEL), len(pairs)),
    ]


def duckdb_relation(client: Client, pairs: Pairs) -> list[Contender]:
    """A table of DuckDB's in, a relation with the scores out."""
    if not has(DUCKDB):
        return []
    import duckdb
    import pyarrow as pa

    from ..duckdb import pairwise

    connection = duckdb.connect()
    given = pa.table({"left": pairs.left_arrow, "right": pairs.right_arrow})
    connection.register("given", given)
    connection.execute("CREATE TABLE pairs AS SELECT * FROM given")
    connection.unregister("given")
    relation = connection.table("pairs")

    def run(scorer: str) -> Callable[[], Any]:
        return lambda: pairwise(relation, "left", "right", scorer=scorer, client=client)

    return [
        Contender(
            name(RELATION),
            "ours",
            run(_SCORER),
            len(pairs),
            scores=lambda scored: scored.project("score").fetchnumpy()["score"],
        ),
        Contender(null_name(RELATION), "floor", run(NULL_KERNEL), len(pairs)),
    ]
