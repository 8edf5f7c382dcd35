"""Where a client connects to and how: addresses, gRPC's options, credentials, metadata."""

from __future__ import annotations

import ipaddress
import json
import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import grpc

from ._exceptions import Error, invalid, quote
from ._version import __version__

Metadata: TypeAlias = "tuple[tuple[str, str], ...]"

# What a sockaddr_un holds on every Unix is 104 bytes with the final zero.
SOCKET_PATH_BYTES_MAX = 103

# A lost connection is tried again soon, since a replica comes back within seconds, and the longest
# pause bounds how long a client stays away from one that did.
_RECONNECT_MIN_MS, _RECONNECT_MAX_MS = 100, 5_000

# How long one attempt to connect may take: an address that swallows packets never refuses.
_CONNECT_TIMEOUT_MS = 5_000

# New replicas behind a name are seen after this at the latest (gRPC's own is 30 s).
_DNS_PAUSE_MS = 5_000

# gRPC retries a call only while its request fits here; its own default is 256 KiB.
_RETRY_BUFFER_BYTES = 256 << 20


@dataclass(frozen=True)
class TLS:
    """How to encrypt a connection, for connect(tls=...). Each file is PEM.

    Attributes:
        ca: path of the certificates to trust; None: the system's.
        certificate: path of the client's own certificate chain, for servers that ask for one.
        key: path of the key of `certificate`.
        server_name: the name that the server's certificate has, where it is not the address's.
    """

    ca: str | os.PathLike[str] | None = None
    certificate: str | os.PathLike[str] | None = None
    key: str | os.PathLike[str] | None = None
    server_name: str | None = None


@dataclass(frozen=True)
class Target:
    """An address as gRPC takes it (`uri`) and as people write it (`address`)."""

    uri: str
    address: str
    local: bool
    several: bool = False  # it is a list of addresses
    name: tuple[str, int] | None = None  # host and port for DNS
    embedded: bool = False

    def replicas(self) -> bool:
        """Whether several servers stand behind it, each of which may come and go."""
        if self.name is None:
            return self.several
        found = _lookup(*self.name)
        # By family, since localhost alone has an address of each.
        return len({ip for family, ip in found if family == socket.AF_INET}) > 1


def parse_address(address: str | Sequence[str]) -> Target:
    """The target of one address, or of several that are equal replicas.

    `host:port`, `[ipv6]:port`, `unix:/path`, `dns:///host:port`, `ipv4:a:port,b:port`.
    """
    address = _parts(address)
    if address[0].startswith(("ipv4:", "ipv6:")):
        for part in address:
            literal = part.removeprefix(address[0][:5])
            if not _is_ip(_split(literal)[0], int(address[0][3])):
                raise _bad_address(part, f"{address[0][:5]} and a numeric address with its port")
    if len(address) > 1 and address[0].startswith(("ipv4:", "ipv6:")):
        return Target(",".join(address), ",".join(address), local=False, several=True)
    if len(address) == 1:
        return _parse_one(address[0])
    numeric = [resolved for one in address for resolved in _resolve(one)]
    scheme = "ipv4"
    if any(n.startswith("[") for n in numeric):
        # gRPC takes a list of one family: there, IPv4 addresses have an IPv6 form.
        scheme = "ipv6"
        split = [n.rpartition(":") for n in numeric]
        numeric = [f"{ip if ip[0] == '[' else f'[::ffff:{ip}]'}:{port}" for ip, _, port in split]
    return Target(f"{scheme}:{','.join(numeric)}", ",".join(address), local=False, several=True)


def _parts(address: object) -> list[str]:
    """The addresses that connect(address) was given, each of them text that gRPC takes."""
    parts: list[Any] = []
    if isinstance(address, str):
        parts = [part.strip() for part in address.split(",")]
    elif isinstance(address, Sequence) and not isinstance(address, (bytes, bytearray, memoryview)):
        parts = list(address)
    for part in parts or [address]:
        if not isinstance(part, str):
            raise invalid(
                f"the address is {quote(part)}, of type {type(part).__name__}: it should be a str "
                f"such as 'host:port', or a sequence of them",
                field="address",
                bound="str or a sequence of str",
                value=part,
                reason="WRONG_TYPE",
            )
        if "\0" in part or part.encode("utf-8", "ignore").decode() != part:
            raise _bad_address(part, "text without zeros and lone surrogates")
    return parts


def _parse_one(address: str) -> Target:
    if address.startswith("unix:"):
        path = address.removeprefix("unix:").removeprefix("//")
        if not path:
            raise _bad_address(address, "unix: and the path of a socket")
        check_socket_path(path)
        return Target(f"unix:{path}", address, local=True)
    if address.startswith(("unix-abstract:", "ipv4:", "ipv6:")):
        return Target(address, address, local=address.startswith("unix"))
    host, port = _split(address)
    if _is_ip(host):
        literal = ipaddress.ip_address(host)
        text = f"[{host}]" if literal.version == 6 else host
        local = literal.is_loopback
        return Target(f"ipv{literal.version}:{text}:{port}", address, local=local)
    return Target(
        address if address.startswith("dns:") else f"dns:///{host}:{port}",
        address,
        local=host == "localhost",
        name=(host, port),
    )


def _split(address: str) -> tuple[str, int]:
    """Host and port. A missing port is an error here: gRPC would take 443."""
    hostport = address
    if address.startswith("dns:"):  # dns:host:port, or dns://server/host:port
        hostport = address.removeprefix("dns:").rpartition("/")[2]
    host, _, port = hostport.rpartition(":")
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1] if _is_ip(host[1:-1]) else ""
    elif ":" in host or "/" in host:
        host = ""
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise _bad_address(address, "host:port, [ipv6]:port, unix:/path or dns:///host:port")
    return host, int(port)


def _bad_address(address: str, bound: str) -> Error:
    return invalid(
        f"{quote(address)} is not an address that can be connected to: it should be {bound}",
        field="address",
        bound=bound,
        value=address,
        reason="INVALID_ARGUMENT",
    )


def check_socket_path(path: str) -> None:
    """Raises for a path that no socket can have, of which gRPC would only say "unavailable"."""
    size = len(os.fsencode(path))
    if size > SOCKET_PATH_BYTES_MAX:
        raise invalid(
            f"the socket path {path} has {size} bytes, and a Unix socket's path has at most "
            f"{SOCKET_PATH_BYTES_MAX}",
            field="address",
            bound=f"at most {SOCKET_PATH_BYTES_MAX} bytes",
            value=size,
            reason="OUT_OF_RANGE",
        )


def _is_ip(host: str, version: int | None = None) -> bool:
    try:
        return ipaddress.ip_address(host).version == (version or ipaddress.ip_address(host).version)
    except ValueError:
        return False


def _lookup(host: str, port: int) -> list[tuple[int, str]]:
    """Family and address; nothing for a name that is not known now: gRPC goes on asking."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        return []
    return [(family, str(sockaddr[0])) for family, _, _, _, sockaddr in found]


def _resolve(address: str) -> list[str]:
    host, port = _split(address)
    found = [host] if _is_ip(host) else [ip for _, ip in _lookup(host, port)]
    if not found:
        raise _bad_address(address, "a host that can be resolved")
    return [f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}" for ip in dict.fromkeys(found)]


def channel_options(target: Target, tls: TLS | None) -> list[tuple[str, Any]]:
    """gRPC's channel arguments."""
    options: list[tuple[str, Any]] = [
        ("grpc.primary_user_agent", f"kernelserve-python/{__version__}"),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_receive_message_length", -1),
        # Channels of one process would share one connection otherwise.
        ("grpc.use_local_subchannel_pool", 1),
        ("grpc.per_rpc_retry_buffer_size", _RETRY_BUFFER_BYTES),
        ("grpc.initial_reconnect_backoff_ms", _RECONNECT_MIN_MS),
        ("grpc.min_reconnect_backoff_ms", _CONNECT_TIMEOUT_MS),
        ("grpc.max_reconnect_backoff_ms", _RECONNECT_MAX_MS),
        ("grpc.dns_min_time_between_resolutions_ms", _DNS_PAUSE_MS),
        ("grpc.service_config", json.dumps(service_config(target))),
        # Who reads a stream waits for it by himself, not for a thread that does.
        ("SingleThreadedUnaryStream", 1),  # by its name in grpc.experimental, a slow import
    ]
    if target.local:
        options.append(("grpc.enable_http_proxy", 0))
    if tls is not None and tls.server_name is not None:
        options.append(("grpc.ssl_target_name_override", tls.server_name))
    return options


def service_config(target: Target) -> dict[str, Any]:
    """Balancing per call over all replicas; a call that a dying one drops goes to the next."""
    if target.embedded:
        return {}  # there is no other replica, and a crash is to be told, not tried again
    config: dict[str, Any] = {
        "loadBalancingConfig": [{"round_robin": {}}],
        "methodConfig": [
            {
                "name": [{}],
                "retryPolicy": {
                    "maxAttempts": 5,
                    "initialBackoff": "0.05s",
                    "maxBackoff": "1s",
                    "backoffMultiplier": 2,
                    # CANCELLED is what a server that is stopping makes of a call that reaches it
                    # before its GOAWAY reaches us. What we cancel ourselves is not retried.
                    "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"],
                },
            }
        ],
        # Retries stop while over half of the calls fail: they would only add to the load.
        "retryThrottling": {"maxTokens": 100, "tokenRatio": 0.5},
    }
    if target.replicas():
        # One that drains is passed over before it closes its connections. Not for a single
        # address: a proxy there answers for one replica and stands for all.
        config["healthCheckConfig"] = {"serviceName": ""}
    return config


def credentials(tls: TLS | None) -> grpc.ChannelCredentials | None:
    """None for a connection in plain text."""
    if tls is None:
        return None

    def read(path: str | os.PathLike[str] | None, field: str) -> bytes | None:
        try:
            return None if path is None else Path(path).read_bytes()
        except (OSError, ValueError) as error:  # a ValueError of a path with a zero in it
            why = error.strerror if isinstance(error, OSError) else error
            raise invalid(
                f"tls: {path} cannot be read: {why}",
                field=f"tls.{field}",
                bound="a readable PEM file",
                value=path,
                reason="INVALID_ARGUMENT",
            ) from None

    return grpc.ssl_channel_credentials(
        root_certificates=read(tls.ca, "ca"),
        private_key=read(tls.key, "key"),
        certificate_chain=read(tls.certificate, "certificate"),
    )


def as_tls(tls: bool | str | os.PathLike[str] | TLS | None) -> TLS | None:
    """What connect(tls=...) takes."""
    if tls is None or tls is False:
        return None
    made = tls if isinstance(tls, TLS) else TLS() if tls is True else TLS(ca=tls)
    for field in ("ca", "certificate", "key", "server_name"):
        value = getattr(made, field)
        path = isinstance(value, os.PathLike) and field != "server_name"
        if value is not None and not isinstance(value, str) and not path:
            where = f"tls.{field}" if made is tls else "tls"
            raise invalid(
                f"{where} is {quote(value)}, of type {type(value).__name__}: tls is True, a path "
                f"of certificates, or a TLS of paths",
                field=where,
                bound="True, a path or a TLS" if where == "tls" else "str or a path",
                value=value,
                reason="WRONG_TYPE",
            )
    return made


def check_token(token: object) -> None:
    """Raises for a token that no header can carry. It is a secret: no message quotes it."""
    if token is None or (isinstance(token, str) and all(" " <= c <= "~" for c in token)):
        return
    is_text = isinstance(token, str)
    what = "has characters that no header can have" if is_text else f"is a {type(token).__name__}"
    raise invalid(
        f"the token {what}: it should be a str of printable ASCII; one that was read from a file "
        f"may end in a line feed",
        field="token",
        bound="a str of printable ASCII",
        value="not shown",
        reason="INVALID_ARGUMENT" if is_text else "WRONG_TYPE",
    )
