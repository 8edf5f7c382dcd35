"""The kernels as methods of a Series, of Polars or pandas: computed at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeVar

from ._api import default_client
from ._client import Client
from ._deadline import UNSET, Timeout
from ._kernel_methods import SCORERS, KernelMethods
from ._scorers import ParameterValue, ProcessorLike, Scorer, ScorerLike
from ._verbs import DTypeLike, RowErrorsLike

SeriesT = TypeVar("SeriesT")


class ColumnMethods(KernelMethods[Any, SeriesT]):
    """Kernels of a Series: `series.ks`.

    A method gives a Series of its library, as Client.pairwise() and run() do; the other side is a
    column of any kind, or one text.
    """

    def __init__(self, series: SeriesT) -> None:
        self._series = series

    def _call(
        self,
        kernel: str,
        others: Sequence[Any],
        parameters: Mapping[str, object],
        *,
        processor: ProcessorLike | None = None,
        score_cutoff: float | None = None,
        row_errors: Literal["fail", "null"] = "fail",
        timeout: Timeout = UNSET,
        client: Client | None = None,
    ) -> SeriesT:
        given: dict[str, Any] = {k: v for k, v in parameters.items() if v is not None}
        if kernel not in SCORERS:
            return self.run(
                kernel,
                *others,
                parameters=given,
                row_errors=row_errors,
                timeout=timeout,
                client=client,
            )
        scorer = Scorer(kernel, processor=processor, **given)
        return self.pairwise(
            *others,
            scorer=scorer,
            score_cutoff=score_cutoff,
            row_errors=row_errors,
            timeout=timeout,
            client=client,
        )

    def pairwise(
        self,
        other: Any,
        *,
        scorer: ScorerLike,
        score_cutoff: float | None = None,
        dtype: DTypeLike | None = None,
        row_errors: RowErrorsLike = "fail",
        timeout: Timeout = UNSET,
        client: Client | None = None,
    ) -> SeriesT:
        """Client.pairwise() with this Series as its left side."""
        result: SeriesT = (client or default_client()).pairwise(
            self._series,
            other,
            scorer=scorer,
            score_cutoff=score_cutoff,
            dtype=dtype,
            row_errors=row_errors,
            timeout=timeout,
        )
        return result

    def run(
        self,
        kernel: str,
        *others: Any,
        parameters: Mapping[str, ParameterValue] | None = None,
        result_type: DTypeLike | None = None,
        row_errors: RowErrorsLike = "fail",
        timeout: Timeout = UNSET,
        client: Client | None = None,
    ) -> SeriesT:
        """Client.run() with this Series as the kernel's first argument."""
        result: SeriesT = (client or default_client()).run(
            kernel,
            self._series,
            *others,
            parameters=parameters,
            result_type=result_type,
            row_errors=row_errors,
            timeout=timeout,
        )
        return result
