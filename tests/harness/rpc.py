"""Calls below the Python client: messages or bytes in, messages or refusals out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]
from kernelserve.v1 import (
    call_timing_pb2,
    fibonacci_pb2,
    kernel_pb2,
    server_info_pb2,
    string_distance_pb2,
)

from harness.waiting import PATIENCE_S

Metadata = Sequence[tuple[str, str | bytes]]

REQUEST_ID = "the-test's-own-request"


@dataclass(frozen=True)
class Method:
    path: str
    response: type[Message]
    streams: bool


def _methods() -> dict[str, Method]:
    found = {}
    for module in (fibonacci_pb2, kernel_pb2, server_info_pb2, string_distance_pb2):
        for service in module.DESCRIPTOR.services_by_name.values():
            for method in service.methods:
                found[method.name] = Method(
                    path=f"/{service.full_name}/{method.name}",
                    response=getattr(module, method.output_type.name),
                    streams=method.server_streaming,
                )
    return found


METHODS = _methods()


@dataclass(frozen=True)
class Reply:
    message: Any
    initial: dict[str, str | bytes]
    trailing: dict[str, str | bytes]

    @property
    def timing(self) -> call_timing_pb2.CallTiming:
        encoded = self.trailing["kernelserve-timing-bin"]
        assert isinstance(encoded, bytes)
        return call_timing_pb2.CallTiming.FromString(encoded)


@dataclass(frozen=True)
class Refusal:
    """How a call failed: gRPC's code and message, and the google.rpc details."""

    code: str
    message: str
    trailing: dict[str, str | bytes]
    domain: str | None = None
    reason: str | None = None
    metadata: dict[str, str] = field(default_factory=dict)
    violations: list[tuple[str, str]] = field(default_factory=list)
    request_id: str | None = None
    retry_delay_s: float | None = None

    @property
    def field(self) -> str | None:
        return self.metadata.get("field")

    @property
    def bound(self) -> str | None:
        return self.metadata.get("bound")

    @property
    def value(self) -> str | None:
        return self.metadata.get("value")

    @property
    def row(self) -> str | None:
        return self.metadata.get("row")

    @classmethod
    def of(cls, error: grpc.RpcError) -> Refusal:
        assert isinstance(error, grpc.Call)
        trailing = dict(error.trailing_metadata() or ())
        read: dict[str, Any] = {}
        status = status_pb2.Status.FromString(trailing.get("grpc-status-details-bin", b""))
        for detail in status.details:
            info = error_details_pb2.ErrorInfo()
            bad = error_details_pb2.BadRequest()
            request = error_details_pb2.RequestInfo()
            retry = error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                read |= {
                    "domain": info.domain,
                    "reason": info.reason,
                    "metadata": dict(info.metadata),
                }
            elif detail.Unpack(bad):
                found = [(v.field, v.description) for v in bad.field_violations]
                read["violations"] = found
            elif detail.Unpack(request):
                read["request_id"] = request.request_id
            elif detail.Unpack(retry):
                delay = retry.retry_delay
                read["retry_delay_s"] = delay.seconds + delay.nanos / 1e9
            else:
                raise AssertionError(f"a detail that the contract does not have: {detail}")
        if status.details:
            assert status.code == error.code().value[0]
            assert status.message == error.details()
        return cls(error.code().name, error.details() or "", trailing, **read)

    def check_form(self) -> None:
        """It is what error_reason.proto promises of every error."""
        assert self.domain == "kernelserve", f"no ErrorInfo: {self}"
        assert self.reason
        assert self.message
        assert self.metadata["request_id"] == self.request_id == self.trailing["x-request-id"]
        if self.field is not None:
            # The description may be cut short; what is there is the message.
            ((path, description),) = self.violations
            assert path == self.field
            assert self.message.startswith(description)
            assert description
        else:
            assert self.violations == []


class Raw:
    """The methods of every service over one channel, by name."""

    def __init__(self, channel: grpc.Channel) -> None:
        self.channel = channel

    def call(self, method: str, request: Message | bytes, **options: Any) -> Any:
        """The response message of a call that succeeds."""
        return self.reply(method, request, **options).message

    def reply(
        self,
        method: str,
        request: Message | bytes,
        metadata: Metadata = (),
        timeout: float | None = PATIENCE_S,
        compression: grpc.Compression | None = None,
    ) -> Reply:
        message, call = self._unary(method).with_call(
            request, timeout=timeout, metadata=tuple(metadata), compression=compression
        )
        return Reply(message, dict(call.initial_metadata()), dict(call.trailing_metadata()))

    def future(
        self,
        method: str,
        request: Message | bytes,
        metadata: Metadata = (),
        timeout: float | None = PATIENCE_S,
    ) -> Any:
        """A call under way."""
        return self._unary(method).future(request, timeout=timeout, metadata=tuple(metadata))

    def stream(
        self,
        method: str,
        request: Message | bytes,
        metadata: Metadata = (),
        timeout: float | None = PATIENCE_S,
    ) -> Any:
        """A server-streaming call under way: an iterator of messages."""
        kind = METHODS[method]
        start = self.channel.unary_stream(
            kind.path,
            request_serializer=_serialize,
            response_deserializer=kind.response.FromString,
        )
        return start(request, timeout=timeout, metadata=tuple(metadata))

    def refusal(
        self,
        method: str,
        request: Message | bytes,
        metadata: Metadata = (("x-request-id", REQUEST_ID),),
        **options: Any,
    ) -> Refusal:
        """The error of a call that fails."""
        try:
            if METHODS[method].streams:
                got: object = list(self.stream(method, request, metadata, **options))
            else:
                got = self.call(method, request, metadata=metadata, **options)
        except grpc.RpcError as error:
            return Refusal.of(error)
        raise AssertionError(f"{method} succeeded with {got}")

    def _unary(self, method: str) -> Any:
        kind = METHODS[method]
        return self.channel.unary_unary(
            kind.path,
            request_serializer=_serialize,
            response_deserializer=kind.response.FromString,
        )

    # ---- grpc.health.v1, of which the client ships no stubs: its messages are this simple ----

    def health(self, service: str = "") -> bytes:
        """The encoded HealthCheckResponse."""
        call = self.bytes_call("/grpc.health.v1.Health/Check")
        answer: bytes = call(_health_request(service), timeout=PATIENCE_S)
        return answer

    def watch_health(self, service: str = "") -> Any:
        """The stream of encoded HealthCheckResponses."""
        start = self.channel.unary_stream(
            "/grpc.health.v1.Health/Watch", request_serializer=None, response_deserializer=None
        )
        return start(_health_request(service), timeout=PATIENCE_S)

    def bytes_call(self, path: str) -> Any:
        """A unary method of which nothing is known."""
        return self.channel.unary_unary(path, request_serializer=None, response_deserializer=None)


SERVING = b"\x08\x01"
NOT_SERVING = b"\x08\x02"
SERVICE_UNKNOWN = b"\x08\x03"


def _health_request(service: str) -> bytes:
    return b"" if not service else b"\x0a" + bytes([len(service)]) + service.encode()


def _serialize(request: Message | bytes) -> bytes:
    return request if isinstance(request, bytes) else request.SerializeToString()
