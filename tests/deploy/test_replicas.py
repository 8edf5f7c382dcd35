"""Three replicas behind HAProxy, as deploy/compose.yaml has them.

Every call is balanced by itself, and replicas may come and go without a call being lost.
"""

from __future__ import annotations

import time

import pytest
from harness import http2
from harness.waiting import until

from .callers import Callers, serving
from .cluster import Cluster, docker, inspect
from .harmful_headers import HARMFUL, send_headers_without_end, status

pytestmark = [pytest.mark.deploy, pytest.mark.xdist_group("heavy")]

CALLS = 60
SPREAD_CALLS = 600
SETTLING_S = 10.0


def until_all_serve(cluster: Cluster, replicas: int) -> None:
    until(
        lambda: len(serving(cluster.address, CALLS)) == replicas,
        f"{replicas} replicas get calls, and no other does",
    )


def until_three_serve(cluster: Cluster) -> None:
    until_all_serve(cluster, 3)


def test_calls_of_one_connection_spread_evenly_over_all_three(cluster: Cluster) -> None:
    until_three_serve(cluster)
    assert sorted(serving(cluster.address, CALLS).values()) == [CALLS // 3] * 3


def until_healthy(replica: str) -> None:
    until(lambda: inspect(replica)["State"]["Health"]["Status"] == "healthy", "it is healthy")


@pytest.mark.parametrize("name", HARMFUL)
def test_headers_over_which_a_replica_ends_the_connection_get_no_further(
    cluster: Cluster, name: str
) -> None:
    until_three_serve(cluster)
    headers, expected = HARMFUL[name]
    connection = http2.Connection(cluster.address)
    assert status(connection, headers) == expected
    assert status(connection, []) == "200"
    connection.close()


def test_headers_without_end_end_at_the_balancer(cluster: Cluster) -> None:
    until_three_serve(cluster)
    with pytest.raises(ConnectionError):
        send_headers_without_end(cluster.address)
    assert len(serving(cluster.address, CALLS)) == 3


def test_a_killed_replica_costs_no_call(cluster: Cluster) -> None:
    until_three_serve(cluster)
    victim = cluster.replicas()[0]
    with Callers(cluster.address) as callers:
        docker("kill", victim)
        callers.until_answered(200)
        assert len(serving(cluster.address, CALLS)) == 2
        docker("start", victim)
        until_three_serve(cluster)
        callers.until_answered(200)
    assert callers.failures == []


def test_a_rolling_restart_costs_none_of_20_000_calls(cluster: Cluster) -> None:
    until_three_serve(cluster)
    with Callers(cluster.address) as callers:
        for replica in cluster.replicas():
            docker("stop", "--time=30", replica)
            assert inspect(replica)["State"]["ExitCode"] == 0
            docker("start", replica)
            until_healthy(replica)
        until_three_serve(cluster)
        callers.until_answered(max(200, 20_000 - callers.answered))
    assert callers.failures == []


def check_even_spread(address: str, replicas: int) -> None:
    """Each gets within a fifth of its share, at the latest when the balancer has had its time."""
    even = SPREAD_CALLS / replicas
    settled = time.monotonic() + SETTLING_S
    while True:
        late = time.monotonic() >= settled
        spread = serving(address, SPREAD_CALLS)
        if all(0.8 * even <= calls <= 1.2 * even for calls in spread.values()):
            return
        assert not late, spread


def test_calls_spread_evenly_after_replicas_were_added_and_taken_away(cluster: Cluster) -> None:
    until_three_serve(cluster)
    try:
        with Callers(cluster.address) as callers:
            for replicas in (1, 3, 2):
                cluster.scale(replicas)
                until_all_serve(cluster, replicas)
                check_even_spread(cluster.address, replicas)
        assert callers.failures == []
    finally:
        cluster.scale(3)
        until_three_serve(cluster)
