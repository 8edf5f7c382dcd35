"""`kernelserve health`: does a server take calls?"""

from __future__ import annotations

from typing import Any

import click
import grpc

from .._deadline import check_timeout
from .._status import from_rpc_error
from .._target import as_tls, channel_options, check_token, credentials, parse_address
from .._wire import Writer, fields
from .options import examples, server_options, utf8

# Where `kernelserve serve` listens by default.
_ADDRESS = "127.0.0.1:50051"
_TIMEOUT_S = 5.0

# grpc.health.v1.HealthCheckResponse.ServingStatus
_STATUSES = {0: "UNKNOWN", 1: "SERVING", 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
_SERVING = 1


@click.command(
    epilog=examples(
        "kernelserve health --address unix:/run/kernelserve/socket",
        "kernelserve health kernelserve.v1.FibonacciService",
        "until kernelserve health; do sleep 1; done",
    )
)
@click.argument("service", default="", callback=utf8)
@server_options
def health(connection: dict[str, Any], service: str) -> int:
    """Ask a server whether it takes calls.

    Prints SERVING and exits with 0; otherwise prints what it is and exits with 1. The question is
    grpc.health.v1's, for one SERVICE or for the whole server. Without --address it goes to
    127.0.0.1:50051, where `kernelserve serve` listens.
    """
    target = parse_address(connection["address"] or _ADDRESS)
    tls = as_tls(connection["tls"])
    secret = credentials(tls)
    # One attempt: a retry would hide what is asked for.
    options = [*channel_options(target, tls), ("grpc.enable_retries", 0)]
    token = connection["token"]
    check_token(token)
    request = Writer()
    request.buffer(1, service.encode())
    with (
        grpc.secure_channel(target.uri, secret, options)
        if secret is not None
        else grpc.insecure_channel(target.uri, options)
    ) as channel:
        check = channel.unary_unary("/grpc.health.v1.Health/Check", None, None)
        try:
            reply: bytes = check(
                request.join(),
                timeout=check_timeout(connection["timeout"] or _TIMEOUT_S),
                metadata=(("authorization", f"Bearer {token}"),) if token else None,
            )
        except grpc.RpcError as failure:
            if failure.code() == grpc.StatusCode.NOT_FOUND and service:
                click.echo("SERVICE_UNKNOWN")
                return 1
            raise from_rpc_error(failure, address=target.address, request_id="") from None
    status = dict(fields(memoryview(reply))).get(1, 0)
    click.echo(_STATUSES.get(status, "UNKNOWN") if isinstance(status, int) else "UNKNOWN")
    return 0 if status == _SERVING else 1
