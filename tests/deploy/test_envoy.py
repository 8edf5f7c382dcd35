"""Replicas behind Envoy, as deploy/envoy/envoy.yaml has it. HAProxy is what is tested at length:
see test_replicas.py."""

from __future__ import annotations

import json
import signal
import subprocess
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from harness import http2
from harness.server import Server
from harness.waiting import PATIENCE_S, until

from .callers import Callers, serving
from .cluster import ROOT
from .harmful_headers import HARMFUL, send_headers_without_end, status

pytestmark = [pytest.mark.deploy, pytest.mark.xdist_group("heavy")]

CALLS = 60


@pytest.fixture
def replicas(start: Callable[..., Server]) -> list[Server]:
    # Several rounds of health checks, as with HAProxy.
    return [start("--listen=127.0.0.1:0", "--lame_duck_ms=3000") for _ in range(2)]


@pytest.fixture
def balancer(replicas: list[Server], tmp_path: Path) -> Iterator[str]:
    """Envoy's address, in front of both."""
    config = yaml.safe_load((ROOT / "deploy/envoy/envoy.yaml").read_text())
    (listener,) = config["static_resources"]["listeners"]
    (cluster,) = config["static_resources"]["clusters"]
    free = {"socket_address": {"address": "127.0.0.1", "port_value": 0}}
    listener["address"] = config["admin"]["address"] = free
    (endpoints,) = cluster["load_assignment"]["endpoints"]
    endpoints["lb_endpoints"] = [
        {"endpoint": {"address": {"socket_address": {"address": host, "port_value": int(port)}}}}
        for host, port in (replica.address.split(":") for replica in replicas)
    ]
    (tmp_path / "envoy.yaml").write_text(yaml.safe_dump(config))
    admin, log = tmp_path / "admin", tmp_path / "log"
    files = ["--config-path", str(tmp_path / "envoy.yaml"), "--admin-address-path", str(admin)]
    with log.open("wb") as stream:
        process = subprocess.Popen(
            ["envoy", *files, "--disable-hot-restart", "--log-level", "warning"],
            stdout=stream,
            stderr=stream,
        )
    try:
        until(lambda: admin.exists() or process.poll() is not None, "Envoy runs")
        assert process.poll() is None, log.read_text()
        until(lambda: admin.read_text() != "", "Envoy tells where to ask it")
        with urllib.request.urlopen(f"http://{admin.read_text()}/listeners?format=json") as answer:
            (status,) = json.load(answer)["listener_statuses"]
        yield f"127.0.0.1:{status['local_address']['socket_address']['port_value']}"
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def test_calls_are_spread_evenly_and_a_replica_that_drains_costs_none(
    replicas: list[Server], balancer: str
) -> None:
    until(lambda: len(serving(balancer, CALLS)) == 2, "both replicas get calls")
    assert sorted(serving(balancer, CALLS).values()) == [CALLS // 2] * 2
    with Callers(balancer) as callers:
        replicas[0].signal(signal.SIGTERM)
        assert replicas[0].wait() == 0
        callers.until_answered(200)
    assert callers.failures == []


def test_a_killed_replica_costs_no_call(replicas: list[Server], balancer: str) -> None:
    until(lambda: len(serving(balancer, CALLS)) == 2, "both replicas get calls")
    with Callers(balancer) as callers:
        replicas[0].signal(signal.SIGKILL)
        replicas[0].wait()
        callers.until_answered(200)
    assert callers.failures == []


def test_headers_over_which_a_replica_ends_the_connection_get_no_further(
    replicas: list[Server], balancer: str
) -> None:
    until(lambda: len(serving(balancer, CALLS)) == 2, "both replicas get calls")
    for headers, expected in HARMFUL.values():
        connection = http2.Connection(balancer)
        # What is too long it resets without a status.
        assert status(connection, headers) in ({expected} if expected == "200" else {"431", None})
        connection.close()
    with pytest.raises(ConnectionError):
        send_headers_without_end(balancer)
    assert len(serving(balancer, CALLS)) == 2
