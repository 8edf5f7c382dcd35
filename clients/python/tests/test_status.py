"""google.rpc.Status, read without its generated code."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, message_factory
from hypothesis import given
from hypothesis import strategies as st

import kernelserve as ks
from kernelserve._status import from_rpc_error, is_older, parse_status_details

# The messages as googleapis has them, in a pool of their own. An Any is written out, since packing
# one asks for a type of the default pool.
_PROTOS = {
    "Status": {"code": (1, "int32"), "message": (2, "string"), "details": (3, "*Any")},
    "Any": {"type_url": (1, "string"), "value": (2, "bytes")},
    "Entry": {"key": (1, "string"), "value": (2, "string")},
    "ErrorInfo": {"reason": (1, "string"), "domain": (2, "string"), "metadata": (3, "*Entry")},
    "RetryInfo": {"retry_delay": (1, "bytes")},
    "RequestInfo": {"request_id": (1, "string"), "serving_data": (2, "string")},
}


def _classes() -> Iterator[tuple[str, type]]:
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="status.proto", package="t", syntax="proto3")
    for name, members in _PROTOS.items():
        message = file.message_type.add(name=name)
        for member, (number, kind) in members.items():
            repeated = kind.startswith("*")
            message.field.add(
                name=member,
                number=number,
                label=kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL,
                type=kinds.TYPE_MESSAGE if repeated else kinds.Type.Value(f"TYPE_{kind.upper()}"),
                type_name=f".t.{kind[1:]}" if repeated else None,
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    for name in _PROTOS:
        found = pool.FindMessageTypeByName(f"t.{name}")
        yield name, message_factory.GetMessageClass(found)


PROTO = dict(_classes())


def status(**details: object) -> bytes:
    packed = [
        PROTO["Any"](type_url=f"type.googleapis.com/google.rpc.{n}", value=d.SerializeToString())  # type: ignore[attr-defined]
        for n, d in details.items()
    ]
    made = PROTO["Status"](code=3, message="what", details=packed)
    return made.SerializeToString()  # type: ignore[no-any-return]


def error_info(reason: str, **metadata: str) -> object:
    entries = [PROTO["Entry"](key=k, value=v) for k, v in metadata.items()]
    return PROTO["ErrorInfo"](reason=reason, domain="kernelserve", metadata=entries)


def retry_info(seconds: int, nanos: int) -> object:
    delay = duration_pb2.Duration(seconds=seconds, nanos=nanos).SerializeToString()
    return PROTO["RetryInfo"](retry_delay=delay)


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
        failure, address="here:1", request_id="ours.1", first_row=first_row, timeout=0.5
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
