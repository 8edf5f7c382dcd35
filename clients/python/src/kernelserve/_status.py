"""gRPC's errors turned into this package's: the one place where that is done.

A server's google.rpc.Status arrives in the trailing metadata `grpc-status-details-bin`. It is read
here by hand: grpcio-status and googleapis-common-protos each pin a range of protobuf versions
narrower than ours, and generated copies of the google/rpc files would clash with theirs in
protobuf's global registry if an application has both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

import grpc

from ._exceptions import Error, describe, error_class
from ._wire import DecodeError, fields

# gRPC's own words for an answer that ended without its trailers, and so without a status: so
# HAProxy says that the server went away, and Envoy by a reset.
_NO_TRAILERS = ("Stream removed", "Received RST_STREAM")
_NO_TRAILERS_CODES = (grpc.StatusCode.UNKNOWN, grpc.StatusCode.INTERNAL)


class RpcFailure(Protocol):
    """What grpc.RpcError of a finished call and grpc.aio.AioRpcError have in common."""

    def code(self) -> grpc.StatusCode: ...
    def details(self) -> str | None: ...
    def trailing_metadata(self) -> object: ...


@dataclass
class StatusDetails:
    """What is of use in the details of a google.rpc.Status."""

    reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    retry_after: float | None = None
    request_id: str | None = None


def from_rpc_error(
    failure: RpcFailure,
    *,
    address: str,
    request_id: str,
    first_rows: Mapping[str, int] = MappingProxyType({}),
    timeout: float | None = None,
) -> Error:
    """The error to raise for a call that failed.

    `first_rows` has where the call's rows begin in the caller's columns, by the argument that the
    error's field begins with, "" for all others: errors count from there.
    `timeout` is what the verb was given, in seconds.
    """
    code = failure.code().name
    message = failure.details() or code.lower().replace("_", " ")
    details = StatusDetails()
    for key, value in failure.trailing_metadata() or ():  # type: ignore[attr-defined]
        if key == "grpc-status-details-bin":
            details = parse_status_details(value)
    if details.reason is None and code == "RESOURCE_EXHAUSTED" and "larger than max" in message:
        details.reason = "REQUEST_TOO_LARGE"  # gRPC's own words for a message over its limit
    if _lacks_trailers(failure):
        code = "UNAVAILABLE"
    told = details.metadata
    row = told.get("row")
    argument = re.split(r"\W", told.get("field", ""), maxsplit=1)[0]
    first_row = first_rows.get(argument, first_rows.get("", 0))
    if row is not None and row.isdecimal():
        message = re.sub(rf"\brow {row}\b", f"row {int(row) + first_row}", message)
    if details.reason is None:
        began = answer_began(failure)
        message = _explain(code, message, address, timeout, told, answer_began=began)
    return error_class(code, details.reason)(
        describe(
            message,
            code,
            reason=details.reason,
            field=told.get("field"),
            bound=told.get("bound"),
            value=told.get("value"),
            row=int(row) + first_row if row is not None and row.isdecimal() else None,
            retry_after=details.retry_after,
            request_id=details.request_id or told.get("request_id") or request_id,
        )
    )


def answer_began(failure: RpcFailure) -> bool:
    """Whether a part of an answer had come. gRPC tries no such call again by itself.

    Headers tell: servers name calls there whose answers may come in part. grpc.aio's errors, which
    the verbs never meet, do not tell.
    """
    headers = failure.initial_metadata() if isinstance(failure, grpc.Call) else ()
    return bool(headers) or _lacks_trailers(failure)


def _lacks_trailers(failure: RpcFailure) -> bool:
    return failure.code() in _NO_TRAILERS_CODES and (failure.details() or "").startswith(
        _NO_TRAILERS
    )


def is_older(version: str, than: str) -> bool:
    """Whether a release number, such as "0.1.0", is lower; one that cannot be read counts so."""

    def numbers(text: str) -> list[int]:
        return [int(part) for part in re.findall(r"\d+", text)]

    return numbers(version) < numbers(than)


def _explain(
    code: str,
    message: str,
    address: str,
    timeout: float | None,
    told: dict[str, str],
    *,
    answer_began: bool,
) -> str:
    """gRPC's own errors, which come without details, in our words and with details."""
    if code == "UNAVAILABLE":
        told.update(field="address", bound="an address that answers", value=address)
        if answer_began:
            return f"the answer of {address} broke off: {message}"
        return f"no answer from {address}: {message}"
    if code == "DEADLINE_EXCEEDED" and timeout is not None:
        told.update(field="timeout", value=f"{timeout:g}")
        if timeout <= 0:
            told.update(bound="over 0")
            return f"the timeout is {timeout:g} s: it has passed before the call is made"
        told.update(bound=f"the time that the call takes: over {timeout:g}")
        return f"the timeout of {timeout:g} s passed before {address} answered"
    if code == "UNAUTHENTICATED":
        return f"{address} refuses the call: {message}"
    return message


def parse_status_details(status: bytes) -> StatusDetails:
    """Reads a serialised google.rpc.Status. Details that it cannot read count as absent."""
    out = StatusDetails()
    try:
        for number, value in fields(memoryview(status)):
            if number == 3 and isinstance(value, memoryview):
                _read_any(value, out)
    except (DecodeError, UnicodeDecodeError):
        pass
    return out


def _read_any(any_message: memoryview, out: StatusDetails) -> None:
    got = _submessages(any_message)
    type_name = bytes(got.get(1, b"")).decode().rpartition("/")[2]
    body = memoryview(got.get(2, b""))
    if type_name == "google.rpc.ErrorInfo":
        for number, value in fields(body):
            if number == 1 and isinstance(value, memoryview):
                out.reason = bytes(value).decode()
            elif number == 3 and isinstance(value, memoryview):
                entry = _submessages(value)
                key = bytes(entry.get(1, b"")).decode()
                out.metadata[key] = bytes(entry.get(2, b"")).decode()
    elif type_name == "google.rpc.RetryInfo":
        delay = dict(fields(memoryview(_submessages(body).get(1, b""))))
        seconds, nanos = delay.get(1, 0), delay.get(2, 0)
        if isinstance(seconds, int) and isinstance(nanos, int):
            out.retry_after = seconds + nanos / 1e9
    elif type_name == "google.rpc.RequestInfo":
        out.request_id = bytes(_submessages(body).get(1, b"")).decode() or None


def _submessages(data: memoryview) -> dict[int, memoryview]:
    return {number: value for number, value in fields(data) if isinstance(value, memoryview)}
