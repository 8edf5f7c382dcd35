"""Errors survive what is done to them."""

from __future__ import annotations

import copy
import inspect
import pickle

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernelserve as ks
from kernelserve import _exceptions
from kernelserve._exceptions import describe, error_class
from kernelserve.v1 import error_reason_pb2

CLASSES = [
    value
    for value in vars(_exceptions).values()
    if inspect.isclass(value) and issubclass(value, ks.Error)
]


def test_the_tree_is_the_one_drawn() -> None:
    drawn = inspect.getdoc(_exceptions) or ""
    for made in CLASSES:
        (line,) = [line for line in drawn.splitlines() if f" {made.__name__} " in f" {line} "]
        also = line.partition("also ")[2].partition(":")[0].split()
        foreign = [base.__name__ for base in made.__bases__ if not issubclass(base, ks.Error)]
        assert foreign == (also if made is not ks.Error else ["Exception"])


def test_every_class_is_public() -> None:
    assert {made.__name__ for made in CLASSES} <= set(ks.__all__)


@pytest.mark.parametrize(
    ("code", "reason", "expected"),
    [
        ("OUT_OF_RANGE", "OUT_OF_RANGE", ks.OutOfRangeError),
        ("OUT_OF_RANGE", "OVERFLOW", ks.ResultOverflowError),
        ("NOT_FOUND", "UNKNOWN_SCORER", ks.UnknownNameError),
        ("UNAVAILABLE", "DRAINING", ks.ConnectError),
        ("RESOURCE_EXHAUSTED", "TOO_MANY_ROWS", ks.TooLargeError),
        ("RESOURCE_EXHAUSTED", None, ks.OverloadedError),
        ("INVALID_ARGUMENT", "A_REASON_OF_A_NEWER_SERVER", ks.InvalidArgumentError),
        ("DATA_LOSS", None, ks.ServerError),
        ("INTERNAL", "INTERNAL", ks.ServerError),
    ],
)
def test_the_class_goes_by_reason_then_code(
    code: str, reason: str | None, expected: type[ks.Error]
) -> None:
    assert error_class(code, reason) is expected


def test_no_reason_of_the_contract_is_forgotten() -> None:
    # Those whose code says all, or that this client never causes.
    by_code = {"UNSPECIFIED", "MALFORMED_MESSAGE", "COMPRESSION_NOT_SUPPORTED", "INTERNAL"}
    by_code |= {"CHOICES_UNKNOWN", "REGION_UNKNOWN", "UNAUTHENTICATED"}
    reasons = {
        name.removeprefix("ERROR_REASON_")
        for name in error_reason_pb2.ErrorReason.keys()  # noqa: SIM118
    }
    assert reasons - by_code == set(_exceptions._BY_REASON)


@given(
    st.text(),
    st.text(),
    st.text(),
    st.none() | st.integers(0, 2**63),
    st.none() | st.floats(0, 1e6),
)
def test_attributes_come_back_from_the_string(
    message: str, field: str, value: str, row: int | None, retry_after: float | None
) -> None:
    text = describe(
        message,
        "OUT_OF_RANGE",
        reason="OUT_OF_RANGE",
        field=field,
        value=value,
        row=row,
        retry_after=retry_after,
        request_id="ab.12",
    )
    for error in (
        ks.OutOfRangeError(text),
        pickle.loads(pickle.dumps(ks.OutOfRangeError(text))),
        copy.copy(ks.OutOfRangeError(text)),
        ks.OutOfRangeError(str(ks.OutOfRangeError(text))),
        ks.OutOfRangeError(f"in the column 'x': {text}, said Polars"),
    ):
        assert (error.code, error.reason, error.field, error.value, error.row) == (
            "OUT_OF_RANGE",
            "OUT_OF_RANGE",
            field,
            value,
            row,
        )
        assert (error.retry_after, error.request_id, error.bound) == (retry_after, "ab.12", None)
    assert ks.OutOfRangeError(text).message == message


@pytest.mark.parametrize("made", CLASSES, ids=lambda made: made.__name__)
def test_every_class_is_made_from_one_string(made: type[ks.Error]) -> None:
    error = made(describe("why", "INTERNAL", request_id="7"))
    assert pickle.loads(pickle.dumps(error)).args == error.args
    assert (error.message, error.code, error.request_id) == ("why", "INTERNAL", "7")
    bare = made("only words")
    assert (bare.message, bare.code, str(bare)) == ("only words", None, "only words")
    assert made().message == ""


def test_a_trailer_in_the_message_is_not_ours() -> None:
    inner = describe("inner", "NOT_FOUND", request_id="1")
    error = ks.Error(describe(f"outer: {inner}", "INTERNAL", request_id="2"))
    assert (error.code, error.request_id) == ("INTERNAL", "2")
    assert error.message == f"outer: {inner}"


def test_polars_gives_the_error_back() -> None:
    def fail(_: pl.Series) -> pl.Series:
        raise ks.UnknownNameError(describe("no such scorer", "NOT_FOUND", field="scorer.name"))

    with pytest.raises(ks.UnknownNameError) as caught:
        pl.select(pl.lit(1).map_batches(fail, return_dtype=pl.Int32))
    assert caught.value.field == "scorer.name"
