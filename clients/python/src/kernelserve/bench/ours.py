"""Kernelserve as a contender, and the null kernel, which shows what the boundary costs by itself.

The null kernel gets the same columns and returns zeros without a look at them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pyarrow as pa

from .._client import Client
from .contender import Contender
from .texts import Pairs, Searches

NULL_KERNEL = "null"


def pairwise(client: Client, way: str, pairs: Pairs, scorer: str) -> Contender:
    """Arrow arrays in, an Arrow array out; `way` is how the columns get to the server."""
    return Contender(
        name(way), "ours", _pairwise(client, pairs, scorer), len(pairs), scores=np.asarray
    )


def null_pairwise(client: Client, way: str, pairs: Pairs) -> Contender:
    return Contender(null_name(way), "floor", _pairwise(client, pairs, NULL_KERNEL), len(pairs))


def name(way: str) -> str:
    return f"kernelserve, {way}"


def null_name(way: str) -> str:
    return f"null kernel, {way}"


def _pairwise(client: Client, pairs: Pairs, scorer: str) -> Callable[[], Any]:
    left, right = pairs.left_arrow, pairs.right_arrow
    return lambda: client.pairwise(left, right, scorer=scorer)


def pairwise_of_lists(client: Client, way: str, pairs: Pairs, scorer: str) -> Contender:
    """Lists of str in, a list out."""
    return Contender(
        name(way),
        "ours",
        lambda: client.pairwise(pairs.left, pairs.right, scorer=scorer),
        len(pairs),
        scores=np.asarray,
    )


def cdist(client: Client, way: str, texts: Searches, scorer: str) -> Contender:
    """Lists of str in, a numpy matrix of uint8 out; counted in cells."""
    is_null = scorer == NULL_KERNEL
    queries, choices = texts.matrix_queries, texts.matrix_choices
    return Contender(
        null_name(way) if is_null else name(way),
        "floor" if is_null else "ours",
        lambda: client.cdist(queries, choices, scorer=scorer, dtype="uint8"),
        len(queries) * len(choices),
        scores=None if is_null else np.asarray,
    )


def top_k(client: Client, way: str, texts: Searches, k: int, cutoff: int | None) -> Contender:
    """A list of str by an Arrow array, a table out; counted in queries."""

    def run() -> pa.Table:
        return client.top_k(texts.lookups, texts.words_arrow, k, score_cutoff=cutoff)

    return Contender(
        name(way),
        "ours",
        run,
        len(texts.lookups),
        scores=lambda table: matches_by_query(table, len(texts.lookups)),
    )


def null_top_k(client: Client, way: str, queries: Any, choices: Any = None) -> Contender:
    """The k best of what is all alike, with k = 0; without choices, of the queries themselves."""

    def run() -> pa.Table:
        return client.top_k(queries, choices, 0, scorer=NULL_KERNEL)

    return Contender(null_name(way), "floor", run, len(queries))


def join(client: Client, way: str, texts: Searches, cutoff: int) -> Contender:
    """A list of str with itself, a table out; counted in words."""
    return Contender(
        name(way),
        "ours",
        lambda: client.join(texts.joined, score_cutoff=cutoff),
        len(texts.joined),
    )


def matches_by_query(table: pa.Table, queries: int) -> list[list[tuple[int, int]]]:
    """Of each query its choices in order, each with its score."""
    out: list[list[tuple[int, int]]] = [[] for _ in range(queries)]
    for query, choice, score in zip(*(c.to_pylist() for c in table.columns), strict=True):
        out[query].append((choice, score))
    return out
