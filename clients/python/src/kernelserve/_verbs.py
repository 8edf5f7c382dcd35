"""What each verb asks and how its answer is read: everything but the I/O.

Client and AsyncClient share all of it. A verb is a ScalarVerb (one request, one reply), a
ColumnVerb (rows, cut into as many calls as it takes), a CrossVerb (queries by choices, as streams;
see _cross), or Done (nothing to ask).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from ._edit_records import ScoreAlignment
from ._editops import Editops, editops_from_message
from ._exceptions import invalid, quote
from ._nulls import is_null
from ._scorers import ParameterValue, ScorerLike, parameter, scorer_message, wire_text
from ._symbols import SymbolTable
from .v1 import fibonacci_pb2, kernel_pb2, server_info_pb2
from .v1 import string_distance_pb2 as sd
from .v1 import types_pb2 as types

if TYPE_CHECKING:
    from ._cross import CrossVerb
    from ._inputs import Arguments
    from ._rows import ColumnVerb

# One text: characters, bytes (each the Latin-1 character of its value), or any hashable things.
TextLike: TypeAlias = "str | bytes | Sequence[Hashable]"
RowErrorsLike: TypeAlias = Literal["fail", "null"]
# A name such as "int64", or a numpy dtype or scalar type.
DTypeLike: TypeAlias = Any

_SERVICE = "/kernelserve.v1."
COMPARE = f"{_SERVICE}StringDistanceService/Compare"
EDIT_SCRIPT = f"{_SERVICE}StringDistanceService/EditScript"
ALIGN = f"{_SERVICE}StringDistanceService/Align"
PAIRWISE = f"{_SERVICE}StringDistanceService/Pairwise"
LIST_KERNELS = f"{_SERVICE}KernelService/ListKernels"
RUN = f"{_SERVICE}KernelService/Run"
COMPUTE = f"{_SERVICE}FibonacciService/Compute"
GET_SERVER_INFO = f"{_SERVICE}ServerInfoService/GetServerInfo"

# F(93) is the greatest below 2^64.
_FIBONACCI_UINT64_N_MAX = 93


@dataclass(frozen=True, slots=True)
class ScalarVerb:
    """One request, and what turns its reply into the result."""

    method: str
    request: bytes
    parse: Callable[[bytes], Any]


@dataclass(frozen=True, slots=True)
class Done:
    """A result that needs no server."""

    result: Any


Verb: TypeAlias = "ScalarVerb | ColumnVerb | CrossVerb | Done"


def compare(
    left: TextLike | None,
    right: TextLike | None,
    scorer: ScorerLike,
    score_cutoff: float | None,
) -> Verb:
    message = scorer_message(scorer, score_cutoff)
    if is_null(left) or is_null(right):
        return Done(None)
    symbols = SymbolTable()
    request = sd.CompareRequest(
        scorer=message, left=_text(left, "left", symbols), right=_text(right, "right", symbols)
    )
    return ScalarVerb(COMPARE, request.SerializeToString(), _parse_score)


def _parse_score(reply: bytes) -> int | float:
    return _score(sd.CompareResponse.FromString(reply).score)


def _score(score: sd.Score) -> int | float:
    return score.real if score.WhichOneof("value") == "real" else score.integer


def editops(left: TextLike, right: TextLike, scorer: ScorerLike) -> Verb:
    symbols = SymbolTable()
    request = sd.EditScriptRequest(
        scorer=scorer_message(scorer, None),
        left=_text(left, "left", symbols),
        right=_text(right, "right", symbols),
    )

    def parse(reply: bytes) -> Editops:
        return editops_from_message(sd.EditScriptResponse.FromString(reply))

    return ScalarVerb(EDIT_SCRIPT, request.SerializeToString(), parse)


def align(
    left: TextLike | None,
    right: TextLike | None,
    scorer: ScorerLike,
    score_cutoff: float | None,
) -> Verb:
    message = scorer_message(scorer, score_cutoff)
    if is_null(left) or is_null(right):
        return Done(None)
    symbols = SymbolTable()
    request = sd.AlignRequest(
        scorer=message, left=_text(left, "left", symbols), right=_text(right, "right", symbols)
    )
    return ScalarVerb(ALIGN, request.SerializeToString(), _parse_alignment)


def _parse_alignment(reply: bytes) -> ScoreAlignment | None:
    found = sd.AlignResponse.FromString(reply)
    if not found.HasField("score"):
        return None
    return ScoreAlignment(
        _score(found.score),
        found.left_begin,
        found.left_end,
        found.right_begin,
        found.right_end,
    )


def _text(value: object, name: str, symbols: SymbolTable) -> sd.Text:
    if isinstance(value, str):
        return sd.Text(utf8=value.encode("utf-8", "surrogatepass"))
    if isinstance(value, (bytes, bytearray, memoryview)):
        return sd.Text(binary=bytes(value))
    if hasattr(value, "tolist"):  # arrays, Series
        value = value.tolist()
    if isinstance(value, Sequence):
        return sd.Text(symbols=sd.Symbols(units=symbols.units(value, name)))
    kind = type(value).__name__
    raise invalid(
        f"{name} is a {kind}: a text is a str, bytes or a sequence of hashable things",
        field=name,
        bound="str, bytes or a sequence",
        value=kind,
        reason="WRONG_TYPE",
    )


def pairwise(
    left: object,
    right: object,
    scorer: ScorerLike,
    score_cutoff: float | None,
    dtype: DTypeLike | None,
    row_errors: RowErrorsLike,
    first_row: int = 0,
) -> ColumnVerb:
    from ._inputs import arguments

    told = arguments([left, right], ["left", "right"], lazy=True)
    if told.origin.family == "scalar":
        raise invalid(
            "pairwise takes columns, and both left and right are single texts: "
            "compare() takes a pair",
            field="left",
            bound="a column",
            value=type(left).__name__,
            reason="WRONG_TYPE",
        )
    return pairwise_of(told, scorer, score_cutoff, dtype, row_errors, first_row)


def pairwise_of(
    told: Arguments,
    scorer: ScorerLike,
    score_cutoff: float | None,
    dtype: DTypeLike | None,
    row_errors: RowErrorsLike,
    first_row: int = 0,
) -> ColumnVerb:
    """pairwise() of two columns that are there already."""
    from ._results import Results
    from ._rows import ColumnVerb

    result_type = data_type(dtype, "dtype")
    # The server is free to narrow int32 scores: fewer bytes travel, and `dtype` widens them.
    request = sd.PairwiseRequest(
        scorer=scorer_message(scorer, score_cutoff),
        format=types.ResultFormat(
            type=result_type,
            row_errors=row_error_policy(row_errors),
            narrow=result_type in _WHOLE,
        ),
    )
    return ColumnVerb(
        method=PAIRWISE,
        head=request.SerializeToString(),
        columns=[(14, told.columns[0]), (15, told.columns[1])],
        rows=told.rows,
        results=Results(told.rows, told.origin, dtype=DTYPE_NAMES.get(result_type, "int32")),
        result_span=(2, 5),
        first_row=first_row,
    )


def fibonacci(
    n: Any, modulus: int | None, dtype: DTypeLike | None, row_errors: RowErrorsLike
) -> Verb:
    if modulus is not None:
        modulus = uint(modulus, "modulus")
    policy = row_error_policy(row_errors)
    if _is_scalar(n):
        one = fibonacci_pb2.ComputeRequest(n=uint(n, "n"), modulus=modulus)
        return ScalarVerb(COMPUTE, one.SerializeToString(), _parse_fibonacci)

    from ._inputs import arguments
    from ._results import Results
    from ._rows import ColumnVerb

    told = arguments([n], ["n"])
    if dtype is None and (told.origin.family == "list" or _holds_objects(n)):
        dtype = object  # whoever hands over Python's integers gets them back
    objects = dtype is object and told.origin.family in ("scalar", "list", "numpy", "pandas")
    if dtype is not object:
        result_type = data_type(dtype or "uint64", "dtype")
    elif objects and (modulus or told.columns[0].greatest() <= _FIBONACCI_UINT64_N_MAX):
        result_type = types.DATA_TYPE_UINT64
    else:
        result_type = types.DATA_TYPE_BINARY
    request = kernel_pb2.RunRequest(kernel="fibonacci", result_type=result_type, row_errors=policy)
    if modulus is not None:
        request.parameters.append(parameter("modulus", modulus, "modulus"))
    return ColumnVerb(
        method=RUN,
        head=request.SerializeToString(),
        columns=[(15, told.columns[0])],
        rows=told.rows,
        results=Results(told.rows, told.origin, convert=_integer if objects else None),
        result_span=(7,),
    )


def _holds_objects(column: object) -> bool:
    """Of a numpy array or pandas Series."""
    return str(getattr(column, "dtype", "")) == "object"


def _is_scalar(value: object) -> bool:
    if isinstance(value, (str, bytes)):
        return True
    several = ("__len__", "__iter__", "__arrow_c_array__", "__arrow_c_stream__")
    return not any(hasattr(type(value), name) for name in several)


def _parse_fibonacci(reply: bytes) -> int:
    response = fibonacci_pb2.ComputeResponse.FromString(reply)
    if response.WhichOneof("value") == "magnitude":
        return _integer(response.magnitude)
    return response.small


def _integer(magnitude: bytes) -> int:
    return int.from_bytes(magnitude, "little")


def uint(value: Any, name: str, bits: int = 64) -> int:
    """What proto can carry of an integer; its range proper is the server's to check."""
    kind = type(value).__name__
    if isinstance(value, bool) or not hasattr(type(value), "__index__"):
        raise invalid(
            f"{name} is {quote(value)}, a {kind}: it should be an integer",
            field=name,
            bound="an integer",
            value=value,
            reason="WRONG_TYPE",
        )
    number = operator.index(value)
    if not 0 <= number < 1 << bits:
        raise invalid(
            f"{name} is {quote(number)}: it should be from 0 to 2^{bits}-1",
            field=name,
            bound=f"0 to 2^{bits}-1",
            value=number,
            reason="OUT_OF_RANGE",
        )
    return number


def kernels() -> Verb:
    def parse(reply: bytes) -> list[kernel_pb2.Kernel]:
        return list(kernel_pb2.ListKernelsResponse.FromString(reply).kernels)

    return ScalarVerb(LIST_KERNELS, b"", parse)


def server_info() -> ScalarVerb:
    parse = server_info_pb2.GetServerInfoResponse.FromString
    return ScalarVerb(GET_SERVER_INFO, b"", parse)


def run(
    kernel: str,
    columns: Sequence[object],
    parameters: Mapping[str, ParameterValue] | None,
    result_type: DTypeLike | None,
    row_errors: RowErrorsLike,
) -> Verb:
    from ._inputs import arguments
    from ._results import Results
    from ._rows import ColumnVerb

    wire_text(kernel, "kernel")
    if parameters is not None and not isinstance(parameters, Mapping):
        raise invalid(
            f"parameters is a {type(parameters).__name__}: it should be a mapping of names to "
            f"values",
            field="parameters",
            bound="a mapping",
            value=type(parameters).__name__,
            reason="WRONG_TYPE",
        )
    names = [f"columns[{i}]" for i in range(len(columns))]
    told = arguments(columns, names)
    request = kernel_pb2.RunRequest(
        kernel=kernel,
        parameters=[parameter(k, v, f"parameters.{k}") for k, v in (parameters or {}).items()],
        result_type=data_type(result_type, "result_type"),
        row_errors=row_error_policy(row_errors),
    )
    return ColumnVerb(
        method=RUN,
        head=request.SerializeToString(),
        columns=[(15, column) for column in told.columns],
        rows=told.rows,
        results=Results(told.rows, told.origin),
        result_span=(7,),
    )


_WHOLE = {
    types.DATA_TYPE_UNSPECIFIED,
    types.DATA_TYPE_INT16,
    types.DATA_TYPE_INT32,
    types.DATA_TYPE_INT64,
    types.DATA_TYPE_UINT16,
    types.DATA_TYPE_UINT32,
    types.DATA_TYPE_UINT64,
}

# numpy's names are the enum's, but for the prefix and letter case.
DTYPE_NAMES = {
    number: name.removeprefix("DATA_TYPE_").lower()
    for name, number in types.DataType.items()
    if name.startswith(("DATA_TYPE_INT", "DATA_TYPE_UINT", "DATA_TYPE_FLOAT"))
}


def data_type(dtype: DTypeLike | None, field: str) -> types.DataType.ValueType:
    """The wire's type for a name ("int64", "utf8", "binary") or a numpy dtype."""
    if dtype is None:
        return types.DATA_TYPE_UNSPECIFIED
    name = dtype if isinstance(dtype, str) else getattr(dtype, "__name__", "") or quote(dtype, str)
    number = None
    if name.isascii():
        number = types.DataType.DESCRIPTOR.values_by_name.get(f"DATA_TYPE_{name.upper()}")
    if number is None:
        raise invalid(
            f"{field} is {quote(dtype)}, which is no type of a result",
            field=field,
            bound="int8 to int64, uint8 to uint64, float32, float64, bool, utf8 or binary",
            value=dtype,
            reason="WRONG_TYPE",
        )
    return types.DataType.Value(number.name)


def row_error_policy(row_errors: str) -> types.RowErrorPolicy.ValueType:
    """The wire's policy for "fail" or "null"."""
    policy = {"fail": types.ROW_ERROR_POLICY_FAIL, "null": types.ROW_ERROR_POLICY_NULL}
    if not isinstance(row_errors, str) or row_errors not in policy:
        raise invalid(
            f"row_errors is {quote(row_errors)}: it should be 'fail' or 'null'",
            field="row_errors",
            bound="'fail' or 'null'",
            value=row_errors,
            reason="INVALID_ARGUMENT",
        )
    return policy[row_errors]


def warn_of(verb: Verb) -> None:
    """Warns of what a verb that is done found, from the thread of whoever asked for it."""
    if not isinstance(verb, (ScalarVerb, Done)):
        verb.warn()
