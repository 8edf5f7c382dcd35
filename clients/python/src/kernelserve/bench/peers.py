"""The libraries that do the same in the process: which there are, and of what version.

`pair_peers` and `search_peers` have them as contenders, each with the input and settings it likes
best: Polars and DuckDB begin with their own tables and end with a Series and an Arrow table;
RapidFuzz with lists of str and numpy; StringZilla with its own tape of strings; symspellpy with its
index, whose making is left out. Who is not installed gives no contender.
"""

from __future__ import annotations

from functools import cache
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

import numpy as np

# A peer, with the modules that it needs, and the package that versions are told of.
RAPIDFUZZ, POLARS, DUCKDB = "RapidFuzz", "polars_ds", "DuckDB"
STRINGZILLA, SYMSPELL, PANDAS = "StringZilla", "symspellpy", "pandas"
_NEEDED: dict[str, tuple[tuple[str, ...], str]] = {
    RAPIDFUZZ: (("rapidfuzz",), "rapidfuzz"),
    POLARS: (("polars", "polars_ds"), "polars_ds"),
    DUCKDB: (("duckdb",), "duckdb"),
    STRINGZILLA: (("stringzilla", "stringzillas"), "stringzillas-cpus"),
    SYMSPELL: (("symspellpy",), "symspellpy"),
    PANDAS: (("pandas",), "pandas"),
}


@cache
def has(peer: str) -> bool:
    return all(find_spec(module) is not None for module in _NEEDED[peer][0])


def missing() -> list[str]:
    return [peer for peer in _NEEDED if not has(peer)]


def versions() -> dict[str, str]:
    """Of the peers that there are."""
    out = {}
    for peer, (_, package) in _NEEDED.items():
        try:
            out[peer] = version(package)
        except PackageNotFoundError:
            continue
    return out


def rapidfuzz_scorer(scorer: str) -> tuple[Any, Any]:
    """RapidFuzz's function of that name, and the narrowest dtype that holds its scores."""
    from rapidfuzz import distance, fuzz

    found: dict[str, tuple[Any, Any]] = {
        "levenshtein.distance": (distance.Levenshtein.distance, np.uint8),
        "jaro_winkler.similarity": (distance.JaroWinkler.similarity, np.float64),
        "fuzz.ratio": (fuzz.ratio, np.float64),
    }
    return found[scorer]
