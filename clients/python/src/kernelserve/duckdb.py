"""Kernels over DuckDB's relations: a relation in, a relation of the same connection out.

    import duckdb
    import kernelserve.duckdb as ksd

    pairs = duckdb.sql("FROM 'pairs.parquet'")
    ksd.pairwise(pairs, "a", "b").filter("score <= 2")
    ksd.join(customers, suppliers, on="name", by="zip", score_cutoff=2)

A relation runs once, when the function is called, and its rows are held in memory from then on.
DuckDB's own functions in Python get 2,048 rows at a time, for each of which a call would go out;
here all of a column's do. Tables that are too long for memory come in batches:
`ks.pairwise(relation.to_arrow_reader())`, with two columns.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any, Unpack

import duckdb

from ._api import default_client
from ._client import Client
from ._cross import K_DEFAULT
from ._deadline import UNSET, Timeout
from ._exceptions import UnknownNameError, describe, invalid, quote
from ._frame_options import FrameArguments
from ._progress import ProgressLike
from ._scorers import DEFAULT_SCORER, ScorerLike
from ._verbs import DTypeLike, RowErrorsLike

__all__ = ["join", "pairwise", "top_k"]


def pairwise(
    relation: duckdb.DuckDBPyRelation,
    left: str,
    right: str,
    *,
    scorer: ScorerLike = DEFAULT_SCORER,
    score_cutoff: float | None = None,
    score_name: str = "score",
    dtype: DTypeLike | None = None,
    row_errors: RowErrorsLike = "fail",
    timeout: Timeout = UNSET,
    client: Client | None = None,
) -> duckdb.DuckDBPyRelation:
    """The relation with one more column: the score of two of its columns, row by row.

    Args:
        left, right: names of columns of texts.
        score_name: the name of the new column.
        scorer, score_cutoff, dtype, row_errors, timeout: as in Client.pairwise().

    Raises:
        UnknownNameError: the relation has no such column.
        InvalidArgumentError: it has a column named `score_name`.
        WrongTypeError and others: as Client.pairwise().
    """
    names = relation.columns
    for argument, name in (("left", left), ("right", right)):
        if name not in names:
            close = difflib.get_close_matches(name, names, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            text = f"{argument}: the relation has no column named {quote(name)}{hint}"
            told = {"field": argument, "bound": quote(names, str), "value": quote(name, str)}
            raise UnknownNameError(describe(text, "NOT_FOUND", **told))
    if score_name in names:
        raise invalid(
            f"score_name is {quote(score_name)}, and the relation has a column of that name",
            field="score_name",
            value=score_name,
            reason="INVALID_ARGUMENT",
        )
    table = _table(relation)
    scores = (client or default_client()).pairwise(
        table.column(names.index(left)),
        table.column(names.index(right)),
        scorer=scorer,
        score_cutoff=score_cutoff,
        dtype=dtype,
        row_errors=row_errors,
        timeout=timeout,
    )
    return _relation(relation, table.append_column(score_name, scores))


def join(
    left: duckdb.DuckDBPyRelation,
    right: duckdb.DuckDBPyRelation | None = None,
    *,
    scorer: ScorerLike | Sequence[ScorerLike] = DEFAULT_SCORER,
    score_cutoff: float | None = None,
    progress: ProgressLike = False,
    timeout: Timeout = UNSET,
    client: Client | None = None,
    **frames: Unpack[FrameArguments],
) -> duckdb.DuckDBPyRelation:
    """Every pair of rows of two relations within the cutoff: Client.join() of frames."""
    joined = (client or default_client()).join(
        _table(left),
        None if right is None else _table(right),
        scorer=scorer,
        score_cutoff=score_cutoff,
        progress=progress,
        timeout=timeout,
        **frames,
    )
    return _relation(left, joined)


def top_k(
    queries: duckdb.DuckDBPyRelation,
    choices: duckdb.DuckDBPyRelation | None = None,
    k: int = K_DEFAULT,
    *,
    scorer: ScorerLike | Sequence[ScorerLike] = DEFAULT_SCORER,
    score_cutoff: float | None = None,
    progress: ProgressLike = False,
    timeout: Timeout = UNSET,
    client: Client | None = None,
    **frames: Unpack[FrameArguments],
) -> duckdb.DuckDBPyRelation:
    """The best rows of `choices` for each row of `queries`: Client.top_k() of frames."""
    found = (client or default_client()).top_k(
        _table(queries),
        None if choices is None else _table(choices),
        k,
        scorer=scorer,
        score_cutoff=score_cutoff,
        progress=progress,
        timeout=timeout,
        **frames,
    )
    return _relation(queries, found)


def _table(relation: duckdb.DuckDBPyRelation) -> Any:
    """Its rows, which DuckDB hands over with every core: to score some meanwhile gains nothing."""
    return relation.to_arrow_table()


def _relation(source: duckdb.DuckDBPyRelation, scored: Any) -> duckdb.DuckDBPyRelation:
    """A table as a relation of the connection that `source` is of.

    DuckDB looks up the name `scored` in the code that calls it.
    """
    made = source.query("source", "SELECT * FROM scored")
    assert made is not None  # as of statements that give nothing
    return made
