"""Columns whose buffers lie: an error with a place, never a read outside."""

# Over 400 lines: a table of refusals, read as one.

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

import grpc
import pytest
from harness.columns import ENCODINGS, decode, literal, numbers, texts
from harness.rpc import REQUEST_ID, Raw, Refusal
from harness.server import Server
from harness.wire import bytes_field
from kernelserve.v1 import kernel_pb2, string_distance_pb2, types_pb2

Column = types_pb2.Column

UTF8 = types_pb2.DATA_TYPE_UTF8
UTF8_VIEW = types_pb2.DATA_TYPE_UTF8_VIEW
SYMBOLS = types_pb2.DATA_TYPE_SYMBOLS
INT8 = types_pb2.DATA_TYPE_INT8
INT64 = types_pb2.DATA_TYPE_INT64
UINT64 = types_pb2.DATA_TYPE_UINT64


@dataclass(frozen=True)
class Bad:
    """A column of two rows, and the error it has to get; `field` is below the column's own."""

    name: str
    column: Column
    reason: str
    field: str
    bound: str
    value: str
    row: int | None = None


def utf8(offsets: Sequence[int], values: bytes = b"abc", **fields: object) -> Column:
    packed = struct.pack(f"<{len(offsets)}i", *offsets)
    return Column(type=UTF8, length=2, offsets=packed, values=values, **fields)  # type: ignore[arg-type]


def views(*packed: bytes, buffers: Sequence[bytes] = ()) -> Column:
    return Column(type=UTF8_VIEW, length=len(packed), values=b"".join(packed), view_buffers=buffers)


def view(length: int, buffer: int, offset: int) -> bytes:
    return struct.pack("<i4sii", length, b"pref", buffer, offset)


def indices(
    data_type: types_pb2.DataType.ValueType, form: str, *values: int, **fields: object
) -> Column:
    return Column(
        type=data_type,
        length=len(values),
        values=struct.pack(f"<{len(values)}{form}", *values),
        dictionary=texts(["a", "b", "c"]),
        **fields,  # type: ignore[arg-type]
    )


INLINE = view(1, 0, 0)
MALFORMED = "MALFORMED_COLUMN"
WITHIN_3 = "offsets that ascend within the 3 of values"

# What is wrong with a column as a whole.
LAYOUTS = [
    Bad(
        "validity too short",
        utf8([0, 1, 2], validity=b"\xff", bit_offset=7),
        MALFORMED,
        ".validity",
        "at least 2 bytes",
        "1 bytes long",
    ),
    Bad(
        "offsets too short",
        utf8([0, 1]),
        MALFORMED,
        ".offsets",
        "at least 12 bytes",
        "8 bytes long",
    ),
    Bad("no offsets", utf8([]), MALFORMED, ".offsets", "at least 12 bytes", "0 bytes long"),
    Bad(
        "views too short",
        Column(type=UTF8_VIEW, length=2, values=bytes(31)),
        MALFORMED,
        ".values",
        "at least 32 bytes",
        "31 bytes long",
    ),
    Bad(
        "indices too short",
        Column(type=INT64, length=2, values=bytes(15), dictionary=texts(["a"])),
        MALFORMED,
        ".values",
        "at least 16 bytes",
        "15 bytes long",
    ),
    Bad(
        "a length that no message can hold",
        Column(type=UTF8, length=2**64 - 1, offsets=bytes(16)),
        MALFORMED,
        ".length",
        f"at most {2**40} rows",
        str(2**64 - 1),
    ),
    Bad(
        "a bit offset that would wrap",
        utf8([0, 1, 2], validity=b"\xff", bit_offset=2**32 - 1),
        MALFORMED,
        ".validity",
        f"at least {(2**32 + 1 + 7) // 8} bytes",
        "1 bytes long",
    ),
    Bad("no type", Column(length=2), MALFORMED, ".type", "a data type", "unspecified"),
    Bad(
        "a type of the future",
        Column(type=types_pb2.DataType.ValueType(77), length=2),
        MALFORMED,
        ".type",
        "a data type",
        "unspecified",
    ),
    Bad(
        "repeat with two rows",
        utf8([0, 1, 2], repeat=True),
        MALFORMED,
        ".length",
        "1 where repeat is set",
        "2",
    ),
    Bad(
        "children",
        utf8([0, 1, 2], children=[Column()]),
        MALFORMED,
        ".children",
        "none: there are no nested types",
        "1 columns",
    ),
    Bad(
        "text as indices",
        utf8([0, 1, 2], dictionary=texts(["a"])),
        MALFORMED,
        ".type",
        "an integer type where a dictionary is set",
        "utf8",
    ),
    Bad(
        "a dictionary of a dictionary",
        Column(
            type=INT8,
            length=2,
            values=bytes(2),
            dictionary=Column(type=INT8, length=1, values=b"\0", dictionary=texts(["a"])),
        ),
        MALFORMED,
        ".dictionary.dictionary",
        "absent: a dictionary has none of its own",
        "set",
    ),
    Bad(
        "a dictionary that repeats",
        Column(type=INT8, length=2, values=bytes(2), dictionary=literal("a")),
        MALFORMED,
        ".dictionary.repeat",
        "false",
        "true",
    ),
    Bad(
        "a dictionary whose offsets are too short",
        Column(type=INT8, length=2, values=bytes(2), dictionary=utf8([0, 1])),
        MALFORMED,
        ".dictionary.offsets",
        "at least 12 bytes",
        "8 bytes long",
    ),
]

# What is wrong with a row.
ROWS = [
    Bad(
        "offsets that decrease",
        utf8([0, 2, 1]),
        MALFORMED,
        ".offsets",
        WITHIN_3,
        "offsets 2 to 1",
        1,
    ),
    Bad(
        "an offset past the end",
        utf8([0, 1, 4]),
        MALFORMED,
        ".offsets",
        WITHIN_3,
        "offsets 1 to 4",
        1,
    ),
    Bad(
        "a negative offset", utf8([-1, 1, 2]), MALFORMED, ".offsets", WITHIN_3, "offsets -1 to 1", 0
    ),
    Bad(
        "the greatest offset",
        utf8([0, 1, 2**31 - 1]),
        MALFORMED,
        ".offsets",
        WITHIN_3,
        f"offsets 1 to {2**31 - 1}",
        1,
    ),
    Bad(
        "symbols past the end",
        Column(type=SYMBOLS, length=2, offsets=struct.pack("<3i", 0, 1, 3), values=bytes(11)),
        MALFORMED,
        ".offsets",
        "offsets that ascend within the 2 of values",
        "offsets 1 to 3",
        1,
    ),
    Bad(
        "a view into no buffer",
        views(INLINE, view(13, 1, 0), buffers=[b"x" * 20]),
        MALFORMED,
        ".values",
        "a view into one of the 1 view_buffers",
        "a view of length 13 into buffer 1",
        1,
    ),
    Bad(
        "a view into a negative buffer",
        views(INLINE, view(13, -1, 0), buffers=[b"x" * 20]),
        MALFORMED,
        ".values",
        "a view into one of the 1 view_buffers",
        "a view of length 13 into buffer -1",
        1,
    ),
    Bad(
        "a view of negative length",
        views(INLINE, view(-1, 0, 0), buffers=[b"x" * 20]),
        MALFORMED,
        ".values",
        "a view into one of the 1 view_buffers",
        "a view of length -1 into buffer 0",
        1,
    ),
    Bad(
        "a view past its buffer's end",
        views(INLINE, view(13, 0, 8), buffers=[b"x" * 20]),
        MALFORMED,
        ".values",
        "a view inside view_buffers[0] of 20 bytes",
        "a view of bytes 8 to 21",
        1,
    ),
    Bad(
        "a view at a negative offset",
        views(INLINE, view(13, 0, -1), buffers=[b"x" * 20]),
        MALFORMED,
        ".values",
        "a view inside view_buffers[0] of 20 bytes",
        "a view of bytes -1 to 12",
        1,
    ),
    Bad(
        "a view whose end would wrap",
        views(INLINE, view(2**31 - 1, 0, 2**31 - 1), buffers=[b"x" * 20]),
        MALFORMED,
        ".values",
        "a view inside view_buffers[0] of 20 bytes",
        f"a view of bytes {2**31 - 1} to {2**32 - 2}",
        1,
    ),
    *(
        Bad(
            f"index {value} of {types_pb2.DataType.Name(data_type)}",
            indices(data_type, form, 0, value),
            MALFORMED,
            ".dictionary",
            "an index below 3",
            f"index {value}",
            1,
        )
        for data_type, form, value in (
            (INT8, "b", 3),
            (INT8, "b", -1),
            (INT64, "q", 2**63 - 1),
            (INT64, "q", -(2**63)),
            (UINT64, "Q", 2**64 - 1),
        )
    ),
    Bad(
        "offsets that decrease in a dictionary",
        Column(type=INT8, length=2, values=b"\0\1", dictionary=utf8([0, 2, 1])),
        MALFORMED,
        ".dictionary.offsets",
        WITHIN_3,
        "offsets 2 to 1",
        1,
    ),
    *(
        Bad(
            f"{name} is not UTF-8",
            texts(["ok", text]),
            "INVALID_UTF8",
            "",
            "valid UTF-8",
            f"an invalid byte at {at}",
            1,
        )
        for name, text, at in (
            ("a lone continuation", b"ab\x80", 2),
            ("a sequence cut short", b"abc\xe6\x97", 3),
            ("an overlong slash", b"\xc0\xaf", 0),
            ("a code point past the last", b"\xf4\x90\x80\x80", 0),
            ("0xff", b"\xff", 0),
            ("Latin-1", "déjà".encode("latin-1"), 1),
        )
    ),
]


def pairwise(column: Column, side: str) -> string_distance_pb2.PairwiseRequest:
    """The column on one side, something harmless on the other."""
    if side == "left":
        return string_distance_pb2.PairwiseRequest(left=column, right=literal("a"))
    return string_distance_pb2.PairwiseRequest(left=literal("a"), right=column)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("bad", LAYOUTS + ROWS, ids=lambda bad: bad.name)
def test_the_error_names_the_place(raw: Raw, bad: Bad, side: str) -> None:
    refusal = raw.refusal("Pairwise", pairwise(bad.column, side))
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", bad.reason)
    assert refusal.field == side + bad.field
    assert (refusal.bound, refusal.value) == (bad.bound, bad.value)
    assert refusal.row == (None if bad.row is None else str(bad.row))
    assert refusal.request_id == REQUEST_ID


@pytest.mark.parametrize("bad", ROWS, ids=lambda bad: bad.name)
def test_a_bad_row_can_be_null_instead(raw: Raw, bad: Bad) -> None:
    request = pairwise(bad.column, "left")
    request.format.row_errors = types_pb2.ROW_ERROR_POLICY_NULL
    response = raw.call("Pairwise", request)
    (error,) = response.row_errors.first
    assert response.row_errors.count == 1
    assert (error.row, error.reason) == (bad.row, bad.reason)
    assert f"left{bad.field}" in error.message
    assert decode(response.scores)[error.row] is None
    assert decode(response.scores)[1 - error.row] is not None


@pytest.mark.parametrize("bad", ROWS, ids=lambda bad: bad.name)
def test_what_a_null_points_at_is_not_looked_at(raw: Raw, bad: Bad) -> None:
    column = Column()
    column.CopyFrom(bad.column)
    assert bad.row is not None
    column.validity = bytes([0b11 ^ 1 << bad.row])
    scores = decode(raw.call("Pairwise", pairwise(column, "left")).scores)
    assert scores[bad.row] is None
    assert scores[1 - bad.row] is not None


@pytest.mark.parametrize("bad", LAYOUTS + ROWS, ids=lambda bad: bad.name)
def test_run_refuses_the_same(raw: Raw, bad: Bad) -> None:
    request = kernel_pb2.RunRequest(
        kernel="levenshtein.distance", columns=[literal("a"), bad.column]
    )
    refusal = raw.refusal("Run", request)
    refusal.check_form()
    assert (refusal.reason, refusal.field) == (bad.reason, "right" + bad.field)


def test_the_lowest_bad_row_is_named(raw: Raw) -> None:
    """Whichever worker finds one first: the same request always gets the same error."""
    rows: list[str | bytes | None] = ["some text to compare"] * 60_000
    for at in (59_999, 41_234, 17_777):
        rows[at] = b"\xff"
    for _ in range(5):
        refusal = raw.refusal("Pairwise", pairwise(texts(rows), "left"))
        assert (refusal.reason, refusal.row) == ("INVALID_UTF8", "17777")


def test_text_of_one_pair_is_checked_alike(raw: Raw) -> None:
    for method, request in (
        ("Compare", string_distance_pb2.CompareRequest()),
        ("EditScript", string_distance_pb2.EditScriptRequest()),
        (
            "Align",
            string_distance_pb2.AlignRequest(
                scorer=string_distance_pb2.Scorer(name="fuzz.partial_ratio")
            ),
        ),
    ):
        request.right.utf8 = b"abc\xc0"
        refusal = raw.refusal(method, request)
        refusal.check_form()
        assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", "INVALID_UTF8")
        assert (refusal.field, refusal.value) == ("right", "an invalid byte at 3")
        assert refusal.row is None, "there is but one"


def test_any_byte_of_a_column_may_be_wrong(raw: Raw) -> None:
    """Each request is answered, or refused with a reason; which of both is not of interest here."""
    random = Random(11)
    values = ["kitten", None, "a text that is longer than a view", "日本", ""]
    reasons = set()
    for _ in range(1500):
        encode = random.choice([e for name, e in ENCODINGS.items() if name != "null"])
        column = encode(values, random) or numbers([1, 2, 3, 4, 5], INT64)
        encoded = bytearray(pairwise(column, "left").SerializeToString())
        for _ in range(random.randint(1, 3)):
            encoded[random.randrange(len(encoded))] = random.randrange(256)
        try:
            raw.call("Pairwise", bytes(encoded))
        except grpc.RpcError as error:
            refusal = Refusal.of(error)
            refusal.check_form()
            reasons.add(refusal.reason)
            assert refusal.code not in ("INTERNAL", "UNKNOWN")
    assert {"MALFORMED_COLUMN", "MALFORMED_MESSAGE", "WRONG_TYPE"} <= reasons


@pytest.mark.parametrize(
    ("method", "reason", "field"),
    [("Run", "INVALID_ARGUMENT", "columns"), ("Pairwise", "MALFORMED_COLUMN", "left.type")],
)
def test_two_million_empty_columns_are_not_kept(
    start: Callable[..., Server], method: str, reason: str, field: str
) -> None:
    """Two bytes each, of which a hundred were made."""
    server = start("--workers=1")
    raw = server.raw()
    number = {
        "Run": kernel_pb2.RunRequest.COLUMNS_FIELD_NUMBER,
        "Pairwise": string_distance_pb2.PairwiseRequest.LEFT_FIELD_NUMBER,
    }[method]
    kernel = kernel_pb2.RunRequest(kernel="fibonacci").SerializeToString()
    rest = kernel if method == "Run" else b""
    raw.refusal(method, rest + bytes_field(number, b""))
    before = server.rss_peak_bytes()
    refusal = raw.refusal(method, rest + bytes_field(number, b"") * 2_000_000)
    refusal.check_form()
    assert (refusal.code, refusal.reason) == ("INVALID_ARGUMENT", reason)
    assert refusal.field == field
    if method == "Run":
        assert (refusal.bound, refusal.value) == ("at most 64 columns", "over 64 columns")
    assert server.rss_peak_bytes() - before < 24 << 20
