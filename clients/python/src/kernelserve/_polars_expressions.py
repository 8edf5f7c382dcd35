"""The namespace `ks` of Polars' expressions and Series."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

import polars as pl

from ._api import default_client
from ._client import Client
from ._deadline import UNSET, Timeout
from ._exceptions import Error, UnknownNameError, describe, invalid, quote
from ._kernel_methods import RESULT_TYPES, SCORERS, KernelMethods
from ._scorers import ParameterValue, ProcessorLike, Scorer, ScorerLike, as_scorer
from ._verbs import RowErrorsLike

# The right side of a scorer: an expression, a column by its name, or a Series as a literal.
Operand: TypeAlias = "pl.Expr | pl.Series | str"

# A call inside of a query that has no other timeout: nobody who waits for the query could end one
# that hangs. The longest that work of one call's size was seen to take is some seconds.
TIMEOUT_S = 300.0

_DTYPES: Mapping[str, type[pl.DataType]] = {
    "bool": pl.Boolean,
    "int32": pl.Int32,
    "int64": pl.Int64,
    "uint32": pl.UInt32,
    "uint64": pl.UInt64,
    "float32": pl.Float32,
    "float64": pl.Float64,
    "utf8": pl.String,
    "binary": pl.Binary,
}


def polars_type(name: str) -> type[pl.DataType]:
    """The type of a kernel's results, by the catalog's name."""
    return _DTYPES[name]


@dataclasses.dataclass(frozen=True)
class KernelCall:
    """What Polars calls with the columns of an expression. Pickles, as plans do."""

    kernel: str
    dtype: str
    scorer: Scorer | None
    parameters: Mapping[str, Any]
    score_cutoff: float | None
    row_errors: RowErrorsLike
    timeout: Timeout
    client: Client | None

    def __call__(self, columns: Sequence[pl.Series]) -> pl.Series:
        if any(column.is_empty() for column in columns):
            return pl.Series(columns[0].name, [], _DTYPES[self.dtype])
        client = self.client or default_client()
        seconds = self.timeout
        if seconds is UNSET and client._timeout is None:
            seconds = TIMEOUT_S
        if self.scorer is not None:
            left, right = columns
            scores: pl.Series = client.pairwise(
                left,
                right,
                scorer=self.scorer,
                score_cutoff=self.score_cutoff,
                row_errors=self.row_errors,
                timeout=seconds,
            )
            return scores
        result: pl.Series = client.run(
            self.kernel,
            *columns,
            parameters=self.parameters,
            result_type=self.dtype,
            row_errors=self.row_errors,
            timeout=seconds,
        )
        return result


@pl.api.register_expr_namespace("ks")
class Expressions(KernelMethods[Operand, pl.Expr]):
    """Kernels of an expression: `pl.col("a").ks`, or expressions("a").

    A method gives an expression of as many rows, null where an argument is null. The other side is
    an expression, a column by its name, or a Series; `pl.lit("text")` is a literal. Columns are
    String, Categorical, Enum or Binary, lists of hashable things, or for kernels of numbers,
    numbers.

    `timeout` holds for each call that the query makes, of which there is one a batch of rows that
    Polars hands over; left out, it is the client's own, or 300 seconds.
    """

    def __init__(self, expr: pl.Expr) -> None:
        self._expr = expr

    def _call(
        self,
        kernel: str,
        others: Sequence[Operand],
        parameters: Mapping[str, object],
        *,
        processor: ProcessorLike | None = None,
        score_cutoff: float | None = None,
        row_errors: Literal["fail", "null"] = "fail",
        timeout: Timeout = UNSET,
        client: Client | None = None,
    ) -> pl.Expr:
        given: dict[str, Any] = {k: v for k, v in parameters.items() if v is not None}
        scorer = None
        if kernel in SCORERS:
            scorer = Scorer(kernel, processor=processor, **given)
        dtype = RESULT_TYPES[kernel]
        call = KernelCall(kernel, dtype, scorer, given, score_cutoff, row_errors, timeout, client)
        return self._apply(others, call)

    def pairwise(
        self,
        other: Operand,
        *,
        scorer: ScorerLike,
        score_cutoff: float | None = None,
        row_errors: RowErrorsLike = "fail",
        timeout: Timeout = UNSET,
        client: Client | None = None,
    ) -> pl.Expr:
        """The score by any scorer: a name, a kernelserve.Scorer, or RapidFuzz's function.

        Raises:
            UnknownNameError: this package knows no scorer of that name, and so not its type.
        """
        made = as_scorer(scorer)
        dtype = RESULT_TYPES.get(made.name)
        if dtype is None:
            raise _unknown(made.name)
        call = KernelCall(made.name, dtype, made, {}, score_cutoff, row_errors, timeout, client)
        return self._apply([other], call)

    def run(
        self,
        kernel: str,
        *others: Operand,
        return_dtype: str | None = None,
        parameters: Mapping[str, ParameterValue] | None = None,
        row_errors: RowErrorsLike = "fail",
        timeout: Timeout = UNSET,
        client: Client | None = None,
    ) -> pl.Expr:
        """Any kernel by its name, such as one that the server has and this package does not know.

        Args:
            return_dtype: the type of its results, such as "int64"; may be left out where this
                package knows the kernel.

        Raises:
            UnknownNameError: of a kernel that this package does not know, without return_dtype.
        """
        dtype = return_dtype or RESULT_TYPES.get(kernel)
        if dtype is None:
            raise _unknown(kernel)
        if dtype not in _DTYPES:
            raise invalid(
                f"return_dtype is {quote(dtype)}, which is no type of a result",
                field="return_dtype",
                bound=", ".join(_DTYPES),
                value=dtype,
                reason="WRONG_TYPE",
            )
        call = KernelCall(kernel, dtype, None, parameters or {}, None, row_errors, timeout, client)
        return self._apply(others, call)

    def _apply(self, others: Sequence[Operand], call: KernelCall) -> pl.Expr:
        columns = [self._expr, *(_expression(other) for other in others)]
        return pl.map_batches(columns, call, return_dtype=_DTYPES[call.dtype], is_elementwise=True)


def expressions(column: Operand) -> Expressions:
    """The kernels of a column by its name, or of an expression: what `.ks` gives.

    For type checkers, which do not see the attributes that namespaces add.
    """
    return Expressions(_expression(column))


def _expression(operand: Operand) -> pl.Expr:
    if isinstance(operand, pl.Expr):
        return operand
    if isinstance(operand, str):
        return pl.col(operand)
    if isinstance(operand, pl.Series):
        return pl.lit(operand)
    raise invalid(
        f"an operand is a {type(operand).__name__}: it should be an expression, a column's name or "
        f"a Series",
        field="other",
        bound="an expression, a column's name or a Series",
        value=type(operand).__name__,
        reason="WRONG_TYPE",
    )


def _unknown(kernel: str) -> Error:
    close = difflib.get_close_matches(kernel, RESULT_TYPES, 1)
    hint = f'; did you mean "{close[0]}"?' if close else ""
    return UnknownNameError(
        describe(
            f"this package knows no kernel named {quote(kernel)}, and so not the type of its "
            f"results{hint}",
            "NOT_FOUND",
            reason="UNKNOWN_KERNEL",
            field="kernel",
            value=quote(kernel, str),
        )
    )
