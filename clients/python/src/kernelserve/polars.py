"""Kernels as Polars expressions, and joins of frames: importing this registers the namespace `ks`.

    import kernelserve.polars
    import polars as pl

    frame.with_columns(pl.col("a").ks.levenshtein_distance("b"))
    lazy.filter(pl.col("a").ks.jaro_winkler_similarity(pl.lit("smith")) > 0.9)
    lazy.ks.join(other, on="name", by="zip", score_cutoff=2)

Nothing is asked of a server while a query is built: the names and types of the kernels came with
this package. When the query runs, whole columns go to the client's server, as Polars holds them, in
as many calls as Polars hands them over in; each within its `timeout`.
"""

from __future__ import annotations

from ._polars_expressions import Expressions, expressions
from ._polars_frames import DataFrameMethods, LazyFrameMethods, SeriesMethods

__all__ = [
    "DataFrameMethods",
    "Expressions",
    "LazyFrameMethods",
    "SeriesMethods",
    "expressions",
]
