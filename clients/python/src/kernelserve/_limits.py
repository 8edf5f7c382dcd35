"""What the client assumes about servers, and its own bounds, each beside its reason."""

from __future__ import annotations

from dataclasses import dataclass

from .v1 import server_info_pb2


@dataclass(frozen=True, slots=True)
class Limits:
    """How large one request may be. Hints: an error that says otherwise is believed.

    `separated_texts`: whether columns may have Column.separated.
    """

    request_bytes_max: int
    request_bytes_preferred: int
    rows_max: int
    separated_texts: bool = False


# What every v1 server takes (server_info.proto). Work that fits needs no look at the server's own.
SAFE_LIMITS = Limits(request_bytes_max=4 << 20, request_bytes_preferred=4 << 20, rows_max=65_536)

# Kept free of the bound for the message's other fields, and gRPC's five bytes.
REQUEST_BYTES_RESERVED = 4096


def limits_of(info: server_info_pb2.GetServerInfoResponse) -> Limits:
    """The limits that a server tells; those it does not tell are the safe ones."""
    told = info.limits
    bytes_max = told.request_bytes_max or SAFE_LIMITS.request_bytes_max
    return Limits(
        request_bytes_max=bytes_max,
        request_bytes_preferred=min(bytes_max, told.request_bytes_preferred or bytes_max),
        rows_max=told.rows_max or SAFE_LIMITS.rows_max,
        separated_texts="separated_texts" in info.capabilities,
    )
