"""The namespace `ks` of Polars' Series and frames: done at once, or a part of a lazy plan."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Unpack

import polars as pl

from ._api import default_client
from ._client import Client
from ._column_methods import ColumnMethods
from ._cross import K_DEFAULT
from ._deadline import UNSET, Timeout
from ._frame_methods import FrameMethods
from ._frame_options import FrameArguments, FrameOptions
from ._polars_expressions import polars_type
from ._scorers import DEFAULT_SCORER, ScorerLike

# For a search inside of a query that has no other timeout: nobody could end one that hangs.
TIMEOUT_S = 3600.0


@pl.api.register_series_namespace("ks")
class SeriesMethods(ColumnMethods[pl.Series]):
    """Kernels of a Series, computed at once: `series.ks.levenshtein_distance(other)`."""


@pl.api.register_dataframe_namespace("ks")
class DataFrameMethods(FrameMethods[pl.DataFrame]):
    """join() and top_k() of a DataFrame."""


@pl.api.register_lazyframe_namespace("ks")
class LazyFrameMethods:
    """join() and top_k() of a LazyFrame, as a part of its plan.

    Both sides are collected when the query gets there. `timeout` is for the whole search; left out,
    it is the client's own, or an hour.
    """

    def __init__(self, frame: pl.LazyFrame) -> None:
        self._frame = frame

    def join(
        self,
        right: pl.LazyFrame | pl.DataFrame | None = None,
        *,
        scorer: ScorerLike | Sequence[ScorerLike] = DEFAULT_SCORER,
        score_cutoff: float | None = None,
        timeout: Timeout = UNSET,
        client: Client | None = None,
        **frames: Unpack[FrameArguments],
    ) -> pl.LazyFrame:
        """Every pair of rows within the cutoff; arguments as in Client.join()."""

        def join(chosen: Client, left: pl.DataFrame, other: pl.DataFrame | None) -> Any:
            return chosen.join(
                left,
                other,
                scorer=scorer,
                score_cutoff=score_cutoff,
                timeout=_seconds(chosen, timeout),
                **frames,
            )

        return self._deferred(join, right, scorer, client, FrameOptions(**frames), "right")

    def top_k(
        self,
        choices: pl.LazyFrame | pl.DataFrame | None = None,
        k: int = K_DEFAULT,
        *,
        scorer: ScorerLike | Sequence[ScorerLike] = DEFAULT_SCORER,
        score_cutoff: float | None = None,
        timeout: Timeout = UNSET,
        client: Client | None = None,
        **frames: Unpack[FrameArguments],
    ) -> pl.LazyFrame:
        """The best rows of `choices` for each row; arguments as in Client.top_k()."""

        def top_k(chosen: Client, left: pl.DataFrame, other: pl.DataFrame | None) -> Any:
            return chosen.top_k(
                left,
                other,
                k,
                scorer=scorer,
                score_cutoff=score_cutoff,
                timeout=_seconds(chosen, timeout),
                **frames,
            )

        return self._deferred(top_k, choices, scorer, client, FrameOptions(**frames), "choices")

    def _deferred(
        self,
        verb: Callable[[Client, pl.DataFrame, pl.DataFrame | None], Any],
        other: pl.LazyFrame | pl.DataFrame | None,
        scorer: ScorerLike | Sequence[ScorerLike],
        client: Client | None,
        options: FrameOptions,
        argument: str,
    ) -> pl.LazyFrame:
        from ._frame_arguments import result_columns

        left = self._frame
        if other is not None and not isinstance(other, (pl.LazyFrame, pl.DataFrame)):
            from ._frames import no_frame

            raise no_frame(other, argument, "which is no frame of Polars")
        lazy = None if other is None else other.lazy()

        def run() -> pl.DataFrame:
            sides = pl.collect_all([left] if lazy is None else [left, lazy])
            result: pl.DataFrame = verb(
                client or default_client(), sides[0], sides[1] if lazy is not None else None
            )
            return result

        def schema() -> pl.Schema:
            mine = left.collect_schema()
            theirs = mine if lazy is None else lazy.collect_schema()
            kept, names, score = result_columns(mine.names(), theirs.names(), options, scorer)
            right = {name: theirs[key] for key, name in zip(kept, names, strict=True)}
            return pl.Schema({**mine, **right, options.score_name: polars_type(score)})

        return pl.defer(run, schema=schema)


def _seconds(client: Client, timeout: Timeout) -> Timeout:
    return TIMEOUT_S if timeout is UNSET and client._timeout is None else timeout
