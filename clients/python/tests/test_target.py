"""Addresses, gRPC's options and credentials."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

import kernelserve as ks
from kernelserve._target import TLS, as_tls, channel_options, credentials, parse_address


@pytest.mark.parametrize(
    ("address", "uri", "local"),
    [
        ("unix:/run/ks.sock", "unix:/run/ks.sock", True),
        ("unix:///run/ks.sock", "unix:/run/ks.sock", True),
        ("unix:ks.sock", "unix:ks.sock", True),
        ("unix-abstract:ks", "unix-abstract:ks", True),
        ("127.0.0.1:443", "ipv4:127.0.0.1:443", True),
        ("10.0.0.1:50051", "ipv4:10.0.0.1:50051", False),
        ("[::1]:443", "ipv6:[::1]:443", True),
        ("[2001:db8::1]:1", "ipv6:[2001:db8::1]:1", False),
        ("localhost:1", "dns:///localhost:1", True),
        ("kernels.invalid:1", "dns:///kernels.invalid:1", False),
        ("dns:///kernels.invalid:1", "dns:///kernels.invalid:1", False),
        ("ipv4:10.0.0.1:1,10.0.0.2:1", "ipv4:10.0.0.1:1,10.0.0.2:1", False),
        ("10.0.0.1:1,10.0.0.2:2", "ipv4:10.0.0.1:1,10.0.0.2:2", False),
        (["10.0.0.1:1", "10.0.0.2:2"], "ipv4:10.0.0.1:1,10.0.0.2:2", False),
        (["[::1]:1", "[::2]:2"], "ipv6:[::1]:1,[::2]:2", False),
        ("[::1]:1,127.0.0.1:2", "ipv6:[::1]:1,[::ffff:127.0.0.1]:2", False),
    ],
)
def test_addresses(address: Any, uri: str, local: bool) -> None:
    target = parse_address(address)
    assert (target.uri, target.local) == (uri, local)
    assert target.address == (address if isinstance(address, str) else ",".join(address))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "host",
        "host:",
        ":1",
        "host:0",
        "host:65536",
        "host:http",
        "::1:50051",
        "[kernels]:1",
        "http://x:1",
        "a,b:1",
        "unix:",
        "unix://",
        "ipv4:abc",
        "ipv4:[::1]:1",
        "ipv6:[::1]:1,127.0.0.1:1",
        "h\0:1",
        "unix:/a\0b",
        "\ud800:1",
    ],
)
def test_what_is_no_address_is_an_error(address: str) -> None:
    with pytest.raises(ks.InvalidArgumentError, match="not an address") as caught:
        ks.connect(address)
    assert caught.value.field == "address"


@pytest.mark.parametrize("address", [50051, Path("/s"), b"localhost:1", [None], [], ("a:1", 2)])
def test_an_address_that_is_no_text_is_told_before_any_call(address: Any) -> None:
    for connect in (ks.connect, ks.aio.connect):
        with pytest.raises(ks.WrongTypeError, match="the address is ") as caught:
            connect(address)
        assert caught.value.field == "address"


def test_a_name_with_addresses_of_both_families_can_be_in_a_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lookup(host: str, port: int, **rest: Any) -> list[Any]:
        families = [(socket.AF_INET6, ("::1", port, 0, 0)), (socket.AF_INET, ("127.0.0.1", port))]
        return [(family, socket.SOCK_STREAM, 6, "", address) for family, address in families]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    assert parse_address("localhost:1,10.0.0.9:2").uri == (
        "ipv6:[::1]:1,[::ffff:127.0.0.1]:1,[::ffff:10.0.0.9]:2"
    )


@pytest.mark.parametrize(
    "token", ["secr\u00e9t", "secret\n", "sec\0ret", "secret\ud800", b"secret", 5]
)
def test_a_token_that_no_header_can_carry_is_an_error_that_keeps_it_secret(token: Any) -> None:
    for connect in (ks.connect, ks.aio.connect):
        with pytest.raises(ks.InvalidArgumentError, match="it should be a str") as caught:
            connect("localhost:1", token=token)
        assert caught.value.field == "token"
        assert "secr" not in str(caught.value)


def test_a_socket_path_that_no_socket_can_have() -> None:
    longest = "/" + "x" * 102
    assert parse_address(f"unix:{longest}").uri == f"unix:{longest}"
    with pytest.raises(ks.OutOfRangeError, match="has 104 bytes") as caught:
        ks.connect(f"unix:{longest}x")
    assert (caught.value.field, caught.value.value) == ("address", "104")
    with pytest.raises(ks.OutOfRangeError):
        ks.connect("unix:/" + "é" * 52)


def options(address: str | list[str], tls: TLS | None = None) -> dict[str, Any]:
    return dict(channel_options(parse_address(address), tls))


def test_no_proxy_stands_before_this_machine() -> None:
    assert options("127.0.0.1:1")["grpc.enable_http_proxy"] == 0
    assert options("unix:/s")["grpc.enable_http_proxy"] == 0
    assert "grpc.enable_http_proxy" not in options("10.0.0.1:1")


def test_messages_and_retries_may_be_as_large_as_a_batch() -> None:
    told = options("10.0.0.1:1")
    assert told["grpc.max_receive_message_length"] == told["grpc.max_send_message_length"] == -1
    assert told["grpc.per_rpc_retry_buffer_size"] > 64 << 20
    assert told["grpc.use_local_subchannel_pool"] == 1
    # Pings more often than a server allows end in too_many_pings.
    assert not any("keepalive" in name for name in told)


def test_calls_are_balanced_and_tried_again() -> None:
    config = json.loads(options("10.0.0.1:1")["grpc.service_config"])
    assert config["loadBalancingConfig"] == [{"round_robin": {}}]
    (method,) = config["methodConfig"]
    assert method["name"] == [{}]
    assert method["retryPolicy"]["retryableStatusCodes"] == ["UNAVAILABLE", "CANCELLED"]
    assert "healthCheckConfig" not in config


def test_replicas_are_asked_for_their_health(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(host: str, port: int, **rest: Any) -> list[Any]:
        ips = {"one": ["10.0.0.1"], "three": ["10.0.0.1", "10.0.0.2", "10.0.0.3"]}[host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

    def checks_health(address: str | list[str]) -> bool:
        return "healthCheckConfig" in json.loads(options(address)["grpc.service_config"])

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    assert checks_health(["10.0.0.1:1", "10.0.0.2:1"])
    assert checks_health("dns:///three:1")
    assert not checks_health("dns:///one:1")
    assert not checks_health("unix:/s")
    assert parse_address(["three:1", "10.0.0.9:2"]).uri == (
        "ipv4:10.0.0.1:1,10.0.0.2:1,10.0.0.3:1,10.0.0.9:2"
    )


def test_tls(tmp_path: Path) -> None:
    assert as_tls(None) is as_tls(False) is None
    assert as_tls(True) == TLS()
    assert as_tls("ca.pem") == TLS(ca="ca.pem")
    assert as_tls(TLS(ca="x")) == TLS(ca="x")
    assert credentials(None) is None
    assert credentials(TLS()) is not None
    named = options("10.0.0.1:1", TLS(server_name="kernels"))
    assert named["grpc.ssl_target_name_override"] == "kernels"
    with pytest.raises(ks.InvalidArgumentError, match=r"nowhere\.pem cannot be read") as caught:
        credentials(TLS(key=tmp_path / "nowhere.pem"))
    assert caught.value.field == "tls.key"
    with pytest.raises(ks.InvalidArgumentError, match="cannot be read: embedded null"):
        credentials(TLS(ca="a\0b"))


@pytest.mark.parametrize(
    ("tls", "field"),
    [(5, "tls"), (b"x", "tls"), (TLS(key=5), "tls.key"), (TLS(server_name=5), "tls.server_name")],  # type: ignore[arg-type]
)
def test_tls_of_another_type_is_told_before_any_call(tls: Any, field: str) -> None:
    with pytest.raises(ks.WrongTypeError, match="tls is True, a path") as caught:
        ks.connect("localhost:1", tls=tls)
    assert caught.value.field == field
