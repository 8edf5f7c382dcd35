"""Arguments that no call can work with: each error names the argument, the bound and the value."""

# Over 400 lines: a table of refusals, read as one.

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from google.protobuf.message import Message
from harness.columns import decode, numbers, texts
from harness.rpc import REQUEST_ID, Raw
from harness.server import Server
from kernelserve.v1 import fibonacci_pb2, kernel_pb2, string_distance_pb2, types_pb2

UINT64_MAX = 2**64 - 1
INT64 = types_pb2.DATA_TYPE_INT64
FLOAT64 = types_pb2.DATA_TYPE_FLOAT64
BINARY = types_pb2.DATA_TYPE_BINARY

WHOLE = "an integer from 0 to 18446744073709551615"
AT_LEAST_0 = "a number, at least 0"
WHOLE_AT_LEAST_0 = "a whole number, at least 0"


@dataclass(frozen=True)
class Bad:
    """A request, and how it has to fail. `says` is a part of the message."""

    name: str
    method: str
    request: Message
    code: str
    reason: str
    field: str | None = None
    bound: str | None = None
    value: str | None = None
    row: str | None = None
    says: str = ""


def compute(n: int, modulus: int | None = None) -> Message:
    return fibonacci_pb2.ComputeRequest(n=n, modulus=modulus)


def terms(first: int, count: int, modulus: int | None = None) -> Message:
    return fibonacci_pb2.StreamTermsRequest(first=first, count=count, modulus=modulus)


def run(kernel: str, *columns: types_pb2.Column, **fields: Any) -> Message:
    return kernel_pb2.RunRequest(kernel=kernel, columns=columns, **fields)


def fibonacci(*parameters: types_pb2.Parameter) -> Message:
    return run("fibonacci", numbers([1]), parameters=parameters)


def every_row(n: int) -> types_pb2.Column:
    column = numbers([n])
    column.repeat = True
    return column


def pairwise(
    left: types_pb2.Column | None = None,
    right: types_pb2.Column | None = None,
    scorer: str = "levenshtein.distance",
    format: types_pb2.ResultFormat | None = None,  # noqa: A002 - the field's name
    **fields: Any,
) -> Message:
    return string_distance_pb2.PairwiseRequest(
        left=left or texts(["a"]),
        right=right or texts(["b"]),
        scorer=string_distance_pb2.Scorer(name=scorer, **fields),
        format=format,
    )


def scored(scorer: str, name: str, value: float) -> Message:
    fields: Any = {name: value}
    return pairwise(scorer=scorer, **fields)


def weights(column: types_pb2.Column) -> list[types_pb2.Parameter]:
    return [parameter("weights", column=column)]


def compare(scorer: str, **fields: Any) -> Message:
    text = string_distance_pb2.Text(utf8=b"a")
    named = string_distance_pb2.Scorer(name=scorer, **fields)
    return string_distance_pb2.CompareRequest(scorer=named, left=text, right=text)


def edit_script(scorer: str, **fields: Any) -> Message:
    return string_distance_pb2.EditScriptRequest(
        scorer=string_distance_pb2.Scorer(name=scorer, **fields),
        left=string_distance_pb2.Text(utf8=b"a"),
        right=string_distance_pb2.Text(utf8=b"ab"),
    )


def align(scorer: str, **fields: Any) -> Message:
    named = string_distance_pb2.Scorer(name=scorer, **fields)
    return string_distance_pb2.AlignRequest(scorer=named)


def parameter(name: str, **value: Any) -> types_pb2.Parameter:
    return types_pb2.Parameter(name=name, **value)


OUT_OF_RANGE = ("OUT_OF_RANGE", "OUT_OF_RANGE")
WRONG_TYPE = ("INVALID_ARGUMENT", "WRONG_TYPE")

NUMBERS = [
    Bad(
        "n over the limit",
        "Compute",
        compute(1_000_000_001),
        *OUT_OF_RANGE,
        "n",
        "at most 1000000000 without a modulus",
        "1000000001",
    ),
    Bad("modulus 0", "Compute", compute(1, 0), *OUT_OF_RANGE, "modulus", "at least 1", "0"),
    Bad(
        "stream modulus 0",
        "StreamTerms",
        terms(0, 1, 0),
        *OUT_OF_RANGE,
        "modulus",
        "at least 1",
        "0",
    ),
    Bad(
        "first over the limit",
        "StreamTerms",
        terms(1_000_000_001, 1),
        *OUT_OF_RANGE,
        "first",
        "at most 1000000000 without a modulus",
        "1000000001",
    ),
    Bad(
        "last over the limit",
        "StreamTerms",
        terms(1_000_000_000, 2),
        *OUT_OF_RANGE,
        "count",
        "at most 1 from there without a modulus",
        "2",
    ),
    Bad(
        "terms past 2^64",
        "StreamTerms",
        terms(UINT64_MAX, 2, 7),
        *OUT_OF_RANGE,
        "count",
        f"at most 2^64 - {UINT64_MAX}",
        "2",
    ),
    Bad(
        "negative n",
        "Run",
        run("fibonacci", numbers([5, -1], INT64)),
        *OUT_OF_RANGE,
        "n",
        WHOLE,
        "-1",
        row="1",
    ),
    Bad(
        "non-integer n",
        "Run",
        run("fibonacci", numbers([5, None, 2.5], FLOAT64)),
        *OUT_OF_RANGE,
        "n",
        WHOLE,
        "2.5",
        row="2",
    ),
    *(
        Bad(
            f"n is {value}",
            "Run",
            run("fibonacci", numbers([value], FLOAT64)),
            *OUT_OF_RANGE,
            "n",
            WHOLE,
            str(value),
            row="0",
        )
        for value in (math.nan, math.inf, -math.inf)
    ),
    Bad(
        "n beyond what uint64 results hold",
        "Run",
        run("fibonacci", numbers([93, 94, 95])),
        "OUT_OF_RANGE",
        "OVERFLOW",
        "n",
        "at most 93",
        "94",
        row="1",
    ),
    Bad(
        "binary n over the limit",
        "Run",
        run("fibonacci", numbers([1_000_000_001]), result_type=BINARY),
        *OUT_OF_RANGE,
        "n",
        "at most 1000000000 without a modulus",
        "1000000001",
        row="0",
    ),
]

NAMES = [
    Bad(
        "unknown kernel, a near one",
        "Run",
        run("fibonaci", numbers([1])),
        "NOT_FOUND",
        "UNKNOWN_KERNEL",
        "kernel",
        "fibonacci",
        "fibonaci",
        says="did you mean 'fibonacci'?",
    ),
    Bad(
        "unknown kernel, none near",
        "Run",
        run("xyzzy", numbers([1])),
        "NOT_FOUND",
        "UNKNOWN_KERNEL",
        "kernel",
        None,
        "xyzzy",
        says="'xyzzy'",
    ),
    *(
        Bad(
            f"unknown scorer to {method}",
            method,
            request,
            "NOT_FOUND",
            "UNKNOWN_SCORER",
            "scorer.name",
            "levenshtein.distance",
            "levenstein.distance",
            says="did you mean 'levenshtein.distance'?",
        )
        for method, request in (
            ("Pairwise", pairwise(scorer="levenstein.distance")),
            ("Compare", compare("levenstein.distance")),
            ("EditScript", edit_script("levenstein.distance")),
        )
    ),
    Bad(
        "a kernel that is no scorer",
        "Pairwise",
        pairwise(scorer="fibonacci"),
        "NOT_FOUND",
        "UNKNOWN_SCORER",
        "scorer.name",
        None,
        "fibonacci",
    ),
    Bad(
        "unknown parameter of a kernel",
        "Run",
        fibonacci(parameter("modulo", integer=7)),
        "INVALID_ARGUMENT",
        "UNKNOWN_PARAMETER",
        "parameters.modulo",
        "'modulus'",
        "modulo",
        says="did you mean 'modulus'?",
    ),
    Bad(
        "unknown parameter of a scorer",
        "Pairwise",
        pairwise(parameters=[parameter("weigths", integer=7)]),
        "INVALID_ARGUMENT",
        "UNKNOWN_PARAMETER",
        "scorer.parameters.weigths",
        "'weights'",
        "weigths",
        says="did you mean 'weights'?",
    ),
    *(
        Bad(
            f"a kernel's name that is {name}",
            "Run",
            run(value, numbers([1])),
            "NOT_FOUND",
            "UNKNOWN_KERNEL",
            "kernel",
            None,
            value[:100] or None,
        )
        for name, value in (("empty", ""), ("a megabyte", "x" * 1_000_000))
    ),
]

PARAMETERS = [
    Bad(
        "parameter modulus 0",
        "Run",
        fibonacci(parameter("modulus", integer=0)),
        *OUT_OF_RANGE,
        "parameters.modulus",
        "at least 1",
        "0",
    ),
    Bad(
        "negative modulus",
        "Run",
        fibonacci(parameter("modulus", integer=-7)),
        *OUT_OF_RANGE,
        "parameters.modulus",
        "0 to 18446744073709551615",
        "-7",
    ),
    Bad(
        "a modulus that is a text",
        "Run",
        fibonacci(parameter("modulus", text="seven")),
        *WRONG_TYPE,
        "parameters.modulus",
        WHOLE,
        "the text 'seven'",
    ),
    Bad(
        "a modulus without a value",
        "Run",
        fibonacci(parameter("modulus")),
        *WRONG_TYPE,
        "parameters.modulus",
        WHOLE,
        "nothing",
    ),
    Bad(
        "a parameter given twice",
        "Run",
        fibonacci(parameter("modulus", integer=7), parameter("modulus", integer=7)),
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        "parameters.modulus",
        says="twice",
    ),
    Bad(
        "two weights",
        "Pairwise",
        pairwise(parameters=weights(numbers([1, 2], INT64))),
        *WRONG_TYPE,
        "scorer.parameters.weights",
        "a list of 3 integers",
        "a list of 2 int64",
    ),
    Bad(
        "a null weight",
        "Pairwise",
        pairwise(parameters=weights(numbers([1, None, 2], INT64))),
        *WRONG_TYPE,
        "scorer.parameters.weights",
        "no null",
        "null",
    ),
    Bad(
        "weights that are texts",
        "Pairwise",
        pairwise(parameters=weights(texts(["1", "1", "2"]))),
        *WRONG_TYPE,
        "scorer.parameters.weights",
        "an integer of 64 bits",
        "utf8",
    ),
    Bad(
        "a negative weight",
        "Pairwise",
        pairwise(parameters=weights(numbers([1, -1, 1], INT64))),
        *OUT_OF_RANGE,
        "scorer.parameters.weights",
        "0 to 1000000000",
        "-1",
        says="deletion",
    ),
    Bad(
        "weights too short for their length",
        "Pairwise",
        pairwise(parameters=weights(types_pb2.Column(type=INT64, length=3, values=bytes(23)))),
        "INVALID_ARGUMENT",
        "MALFORMED_COLUMN",
        "scorer.parameters.weights.values",
        "at least 24 bytes",
        "23 bytes long",
    ),
    *(
        Bad(
            f"{name} {value} of {scorer}",
            "Pairwise",
            scored(scorer, name, value),
            *OUT_OF_RANGE,
            f"scorer.{name}",
            bound,
            str(value).replace(".0", ""),
        )
        for name in ("score_cutoff", "score_hint")
        for scorer, bound, values in (
            ("levenshtein.distance", WHOLE_AT_LEAST_0, (-1.0, 2.5, math.nan)),
            ("levenshtein.normalized_similarity", AT_LEAST_0, (-0.5, math.nan)),
        )
        for value in values
    ),
]

SHAPES = [
    Bad(
        "columns of unequal length",
        "Pairwise",
        pairwise(texts(["a", "b", "c"]), texts(["a", "b"])),
        "INVALID_ARGUMENT",
        "LENGTH_MISMATCH",
        "right",
        "3 rows, as left",
        "2 rows",
        says="repeat",
    ),
    Bad(
        "a column of one row that does not repeat",
        "Pairwise",
        pairwise(texts(["a"]), texts(["a", "b"])),
        "INVALID_ARGUMENT",
        "LENGTH_MISMATCH",
        "right",
        "1 rows, as left",
        "2 rows",
    ),
    Bad(
        "rows that the columns do not have",
        "Run",
        run("fibonacci", numbers([1, 2, 3]), rows=5),
        "INVALID_ARGUMENT",
        "LENGTH_MISMATCH",
        "n",
        "5 rows, as rows",
        "3 rows",
    ),
    Bad(
        "no column",
        "Run",
        run("fibonacci"),
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        "columns",
        "1 columns",
        "0 columns",
    ),
    Bad(
        "a column too many",
        "Run",
        run("fibonacci", numbers([1]), numbers([1])),
        "INVALID_ARGUMENT",
        "INVALID_ARGUMENT",
        "columns",
        "1 columns",
        "2 columns",
    ),
    Bad(
        "a side that is missing",
        "Pairwise",
        string_distance_pb2.PairwiseRequest(left=texts(["a"])),
        "INVALID_ARGUMENT",
        "MALFORMED_COLUMN",
        "right.type",
        "a data type",
        "unspecified",
    ),
    Bad(
        "too many rows",
        "Run",
        run("fibonacci", every_row(1), rows=(16 << 20) + 1),
        "RESOURCE_EXHAUSTED",
        "TOO_MANY_ROWS",
        "rows",
        "at most 16777216 rows",
        "16777217 rows",
    ),
    Bad(
        "results beyond the bound: a million F(10^7) would be 868 GB",
        "Run",
        run("fibonacci", every_row(10_000_000), rows=1_000_000, result_type=BINARY),
        "RESOURCE_EXHAUSTED",
        "RESULT_TOO_LARGE",
        "results",
        "at most 1073741824 bytes",
        f"{1_000_000 * (4 + 867_803)} bytes",
    ),
]

TYPES = [
    Bad(
        "a number where text belongs",
        "Pairwise",
        pairwise(numbers([1], INT64)),
        *WRONG_TYPE,
        "left",
        "text (utf8, binary, a view of these, or symbols)",
        "int64",
    ),
    Bad(
        "text where a number belongs",
        "Run",
        run("fibonacci", texts(["5"])),
        *WRONG_TYPE,
        "n",
        "an integer or floating-point type",
        "utf8",
    ),
    Bad(
        "a result type that the kernel does not give",
        "Run",
        run("fibonacci", numbers([1]), result_type=FLOAT64),
        *WRONG_TYPE,
        "result_type",
        "uint64, binary",
        "float64",
    ),
    Bad(
        "a result type that no server has",
        "Run",
        run("fibonacci", numbers([1]), result_type=types_pb2.DataType.ValueType(99)),
        *WRONG_TYPE,
        "result_type",
        "a DataType",
        "99",
    ),
    Bad(
        "text as a score",
        "Pairwise",
        pairwise(format=types_pb2.ResultFormat(type=BINARY)),
        *WRONG_TYPE,
        "format.type",
        "int32, int8, int16, int64, uint8, uint16, uint32, uint64, float32, float64",
        "binary",
    ),
    Bad(
        "a normalised score as an integer",
        "Pairwise",
        pairwise(
            scorer="levenshtein.normalized_distance", format=types_pb2.ResultFormat(type=INT64)
        ),
        *WRONG_TYPE,
        "format.type",
        "float64, float32",
        "int64",
    ),
]

NOT_YET = [
    Bad(
        "preprocessing that there is not",
        "Compare",
        compare("levenshtein.distance", preprocessing=7),
        "UNIMPLEMENTED",
        "UNIMPLEMENTED",
        "scorer.preprocessing",
        "a Preprocessing that this server has",
        "7",
    ),
    Bad(
        "preprocessing of symbols",
        "Pairwise",
        pairwise(
            right=types_pb2.Column(
                type=types_pb2.DATA_TYPE_SYMBOLS, length=1, offsets=bytes(8), values=b""
            ),
            preprocessing=string_distance_pb2.PREPROCESSING_DEFAULT_PROCESS,
        ),
        *WRONG_TYPE,
        "right",
        "characters (utf8, binary, or a view of these)",
        "symbols",
    ),
    Bad(
        "edits of a scorer that has none",
        "EditScript",
        edit_script("null"),
        "UNIMPLEMENTED",
        "UNIMPLEMENTED",
        "scorer.name",
        "levenshtein.distance, osa.distance, indel.distance, lcs_seq.distance, hamming.distance",
        "null",
        says="these have: levenshtein.distance, osa.distance",
    ),
    Bad(
        "an alignment by a scorer that has none",
        "Align",
        align("fuzz.ratio"),
        "UNIMPLEMENTED",
        "UNIMPLEMENTED",
        "scorer.name",
        "fuzz.partial_ratio",
        "fuzz.ratio",
        says="has no alignment; these have: fuzz.partial_ratio",
    ),
    Bad(
        "an alignment with a negative cutoff",
        "Align",
        align("fuzz.partial_ratio", score_cutoff=-1),
        *OUT_OF_RANGE,
        "scorer.score_cutoff",
        "a number, at least 0",
        "-1",
    ),
    Bad(
        "an unknown parameter of an edit script",
        "EditScript",
        edit_script("hamming.distance", parameters=[parameter("pda", boolean=True)]),
        "INVALID_ARGUMENT",
        "UNKNOWN_PARAMETER",
        "scorer.parameters.pda",
        "'pad'",
        "pda",
    ),
    Bad(
        "edits of texts that hamming may not pad",
        "EditScript",
        edit_script("hamming.distance", parameters=[parameter("pad", boolean=False)]),
        "INVALID_ARGUMENT",
        "ROW_FAILED",
        "right",
        "1",
        "2",
    ),
]

ALL = NUMBERS + NAMES + PARAMETERS + SHAPES + TYPES + NOT_YET


@pytest.mark.parametrize("bad", ALL, ids=lambda bad: bad.name)
def test_the_error_names_what_is_wrong(raw: Raw, bad: Bad) -> None:
    refusal = raw.refusal(bad.method, bad.request)
    refusal.check_form()
    assert refusal.request_id == REQUEST_ID
    assert (refusal.code, refusal.reason) == (bad.code, bad.reason)
    assert (refusal.field, refusal.bound, refusal.row) == (bad.field, bad.bound, bad.row)
    assert refusal.value == bad.value
    assert bad.says in refusal.message
    assert refusal.retry_delay_s is None, "trying again would not help"
    if bad.row is not None:
        assert refusal.message.startswith(f"row {bad.row}: ")


def test_the_kernel_fibonacci_keeps_to_the_flag_too(start: Callable[..., Server]) -> None:
    """--fibonacci_n_max bounded Compute and StreamTerms, and Run had a bound of its own."""
    raw = start("--fibonacci_n_max=1000").raw()
    terms = raw.call("Run", run("fibonacci", numbers([1000]), result_type=BINARY)).result
    # The last digits of the published number.
    assert int.from_bytes(decode(terms)[0], "little") % 10**9 == 849228875
    refusal = raw.refusal("Run", run("fibonacci", numbers([1, 1001]), result_type=BINARY))
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("OUT_OF_RANGE", "OUT_OF_RANGE")
    assert (refusal.field, refusal.value, refusal.row) == ("n", "1001", "1")
    assert refusal.bound == "at most 1000 without a modulus"
