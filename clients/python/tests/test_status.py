"""google.rpc.Status, read without its generated code."""

from __future__ import annotations

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernelserve as ks
from google_status import PROTO, error_info, retry_info, status
from kernelserve._status import from_rpc_error, is_older, parse_status_details


class Failure:
    """What grpc gives for a failed call."""

    def __init__(self, code: grpc.StatusCode, details: str | None, encoded: bytes | None) -> None:
        self._told = (code, details, encoded)

    def code(self) -> grpc.StatusCode:
        return self._told[0]

    def details(self) -> str | None:
        return self._told[1]

    def trailing_metadata(self) -> object:
        encoded = self._told[2]
        return None if encoded is None else [("x", "y"), ("grpc-status-details-bin", encoded)]


def mapped(
    code: grpc.StatusCode, details: str | None, encoded: bytes | None = None, first_row: int = 0
) -> ks.Error:
    failure = Failure(code, details, encoded)
    return from_rpc_error(
        failure, address="here:1", request_id="ours.1", first_rows={"": first_row}, timeout=0.5
    )


@given(st.text(), st.dictionaries(st.text(), st.text()), st.integers(0, 10**9), st.text())
def test_details_read_back(
    reason: str, metadata: dict[str, str], nanos: int, request_id: str
) -> None:
    details = parse_status_details(
        status(
            ErrorInfo=error_info(reason, **metadata),
            BadRequest=PROTO["RequestInfo"](request_id="of another type"),
            RetryInfo=retry_info(2, nanos % 10**9),
            RequestInfo=PROTO["RequestInfo"](request_id=request_id),
        )
    )
    assert (details.reason, details.metadata) == (reason or None, metadata)
    assert details.retry_after == pytest.approx(2 + nanos % 10**9 / 1e9)
    assert details.request_id == (request_id or None)


@given(st.binary())
def test_what_is_no_status_is_no_details(encoded: bytes) -> None:
    parse_status_details(encoded)
    cut = status(ErrorInfo=error_info("WRONG_TYPE", field="left"))[:-3]
    assert parse_status_details(cut).metadata == {}


def test_an_error_says_what_the_server_said() -> None:
    error = mapped(
        grpc.StatusCode.NOT_FOUND,
        'no scorer is named "x"',
        status(
            ErrorInfo=error_info("UNKNOWN_SCORER", field="scorer.name", value="x", bound="known"),
            RequestInfo=PROTO["RequestInfo"](request_id="theirs"),
        ),
    )
    assert type(error) is ks.UnknownNameError
    assert error.message == 'no scorer is named "x"'
    assert (error.field, error.bound, error.value) == ("scorer.name", "known", "x")
    assert (error.code, error.reason, error.request_id) == (
        "NOT_FOUND",
        "UNKNOWN_SCORER",
        "theirs",
    )


def test_rows_count_from_the_callers_first() -> None:
    encoded = status(ErrorInfo=error_info("INVALID_UTF8", row="7", field="left"))
    text = "row 7 of left is not UTF-8 at byte 7"
    error = mapped(grpc.StatusCode.INVALID_ARGUMENT, text, encoded, first_row=1000)
    assert error.row == 1007
    assert error.message == "row 1007 of left is not UTF-8 at byte 7"


@pytest.mark.parametrize(
    ("code", "details", "expected", "message"),
    [
        (
            grpc.StatusCode.UNAVAILABLE,
            "Connection refused",
            ks.ConnectError,
            "no answer from here:1: Connection refused",
        ),
        (
            grpc.StatusCode.UNKNOWN,
            "Stream removed (Data frame with END_STREAM flag received)",
            ks.ConnectError,
            "the answer of here:1 broke off: "
            "Stream removed (Data frame with END_STREAM flag received)",
        ),
        (
            grpc.StatusCode.DEADLINE_EXCEEDED,
            "Deadline Exceeded",
            ks.DeadlineError,
            "the timeout of 0.5 s passed before here:1 answered",
        ),
        (grpc.StatusCode.UNIMPLEMENTED, None, ks.UnsupportedError, "unimplemented"),
        (
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "SERVER: Received message larger than max (5 vs. 4)",
            ks.TooLargeError,
            "SERVER: Received message larger than max (5 vs. 4)",
        ),
    ],
)
def test_grpcs_own_errors_have_no_details(
    code: grpc.StatusCode, details: str | None, expected: type[ks.Error], message: str
) -> None:
    error = mapped(code, details)
    assert type(error) is expected
    assert error.message == message
    assert (error.request_id, error.retry_after) == ("ours.1", None)


@pytest.mark.parametrize(
    ("version", "older"),
    [
        ("0.0.9", True),
        ("0.1", True),
        ("0.1.0", False),
        ("0.1.1", False),
        ("1.0", False),
        ("", True),
    ],
)
def test_versions_compare_by_number(version: str, older: bool) -> None:
    assert is_older(version, than="0.1.0") is older
