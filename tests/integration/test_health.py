"""Health as grpc.health.v1 has it, for the server and each service, and as a container probes."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Callable

import grpc
import pytest
from harness.rpc import NOT_SERVING, SERVICE_UNKNOWN, SERVING, Raw, Refusal
from harness.server import Server, binary, environment
from harness.waiting import PATIENCE_S

SERVICES = [
    "",
    "kernelserve.v1.StringDistanceService",
    "kernelserve.v1.FibonacciService",
    "kernelserve.v1.KernelService",
    "kernelserve.v1.ServerInfoService",
]


@pytest.mark.parametrize("service", SERVICES)
def test_the_server_and_each_service_are_serving(raw: Raw, service: str) -> None:
    assert raw.health(service) == SERVING


def test_a_service_that_is_not_there_is_not_found(raw: Raw) -> None:
    with pytest.raises(grpc.RpcError) as error:
        raw.health("kernelserve.v1.Nothing")
    assert error.value.code() == grpc.StatusCode.NOT_FOUND
    watch = raw.watch_health("kernelserve.v1.Nothing")
    assert next(watch) == SERVICE_UNKNOWN
    watch.cancel()


@pytest.mark.parametrize("service", SERVICES)
def test_a_watcher_sees_the_server_go(start: Callable[..., Server], service: str) -> None:
    """Health comes first and connections go later, and an open watch holds up nothing: with an hour
    to drain in, the server ends as soon as there is nothing left to do."""
    server = start("--lame_duck_ms=200", "--drain_timeout_ms=3600000")
    watch = server.raw().watch_health(service)
    assert next(watch) == SERVING
    server.signal(signal.SIGTERM)
    assert next(watch) == NOT_SERVING
    later: list[bytes] = []
    code = "OK"
    try:
        later.extend(watch)
    except grpc.RpcError as error:
        code = Refusal.of(error).code
    assert later == []
    assert code in ("OK", "UNAVAILABLE", "CANCELLED")
    assert server.wait() == 0


def test_calls_are_still_taken_while_health_says_no(start: Callable[..., Server]) -> None:
    """A balancer notices after a while only."""
    server = start("--lame_duck_ms=3600000")
    raw = server.raw()
    watch = raw.watch_health()
    assert next(watch) == SERVING
    server.signal(signal.SIGTERM)
    assert next(watch) == NOT_SERVING
    assert raw.health() == NOT_SERVING
    assert raw.call("Compute", b"\x08\x2a").small == 267914296
    assert server.raw(server.tcp).call("Compute", b"\x08\x2a").small == 267914296
    server.signal(signal.SIGTERM)
    assert server.wait() == 128 + signal.SIGTERM


def healthcheck(*flags: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [binary(), "--healthcheck", *flags],
        env=environment(env),
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_the_binary_is_its_own_probe(server: Server) -> None:
    for address in server.addresses:
        probe = healthcheck(f"--listen={address}")
        assert (probe.returncode, probe.stdout, probe.stderr) == (0, "", "")
        assert healthcheck(f"--healthcheck_address={address}").returncode == 0
        assert healthcheck(KERNELSERVE_SERVER_LISTEN=address).returncode == 0
    # The first of several is asked.
    assert healthcheck(f"--listen={server.address},unix:/nowhere/s").returncode == 0


def test_a_probe_of_what_does_not_answer_fails(server: Server) -> None:
    for address in (f"unix:{server.directory}/nobody", "127.0.0.1:1"):
        probe = healthcheck(f"--healthcheck_address={address}", f"--listen={server.address}")
        assert probe.returncode == 1
        assert address in probe.stderr
    probe = healthcheck("--listen=127.0.0.1:0")
    assert probe.returncode == 1
    assert "--healthcheck_address" in probe.stderr


def test_a_probe_of_a_server_that_drains_fails(start: Callable[..., Server]) -> None:
    server = start("--lame_duck_ms=3600000")
    watch = server.raw().watch_health()
    assert next(watch) == SERVING
    server.signal(signal.SIGTERM)
    assert next(watch) == NOT_SERVING
    probe = healthcheck(f"--listen={server.address}")
    assert probe.returncode == 1
    assert "NOT_SERVING" in probe.stderr
    server.signal(signal.SIGTERM)
    assert server.wait() == 128 + signal.SIGTERM
