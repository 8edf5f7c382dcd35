"""google.rpc.Status as any server sends it, made by the protobuf library."""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf import descriptor_pb2, descriptor_pool, duration_pb2, message_factory

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
