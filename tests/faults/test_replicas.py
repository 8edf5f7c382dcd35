"""Replicas that come and go under a client that knows them all: none of its calls fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import kernelserve as ks
import pytest
from harness.server import Server
from harness.waiting import PATIENCE_S, until

THREADS = 4
# Calls between two events: some for each replica, from each thread.
CALLS = 60

WORDS = ["kitten", "flaw", "saturday"] * 300
DISTANCES = [3, 7, 6] * 300


@dataclass
class Load:
    """Threads that call without pause. What goes wrong is kept for `stop`."""

    client: ks.Client
    calls: int = 0
    failures: list[BaseException] = field(default_factory=list)
    _stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self._threads = [threading.Thread(target=self._run, args=[i]) for i in range(THREADS)]
        for thread in self._threads:
            thread.start()

    def _run(self, number: int) -> None:
        while not self._stopping.is_set() and not self.failures:
            try:
                if number % 2:
                    assert self.client.pairwise(WORDS, "sitting") == DISTANCES
                else:
                    assert self.client.compare("kitten", "sitting") == 3
                self.calls += 1
            except BaseException as failure:
                self.failures.append(failure)

    def go_on(self) -> None:
        """Returns after some more calls."""
        enough = self.calls + CALLS
        until(lambda: self.calls >= enough or bool(self.failures), "more calls have been answered")
        self.check()

    def check(self) -> None:
        if self.failures:
            raise self.failures[0]

    def stop(self) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(PATIENCE_S)
        self.check()


@pytest.fixture(params=[0, 100])
def lame_duck(request: pytest.FixtureRequest) -> str:
    """Without a pause, calls reach a server that has closed its doors already."""
    return f"--lame_duck_ms={request.param}"


@pytest.fixture
def replicas(start: Callable[..., Server], lame_duck: str) -> list[Server]:
    # Each an address of its own, whose port is not given away while nobody listens there.
    return [start(f"--listen=127.0.0.{i}:0", lame_duck) for i in (11, 12, 13)]


@pytest.fixture
def load(replicas: list[Server]) -> Iterator[Load]:
    addresses = ",".join(server.tcp for server in replicas)
    with ks.connect(addresses, timeout=PATIENCE_S) as client:
        load = Load(client)
        yield load
        load.stop()


def test_a_rolling_restart_costs_no_call(
    start: Callable[..., Server], replicas: list[Server], load: Load, lame_duck: str
) -> None:
    load.go_on()
    for server in replicas:
        address = server.tcp
        server.stop()
        load.go_on()
        replacement = start(f"--listen={address}", lame_duck)
        replacement.until_connected()
        load.go_on()
    # By now there is none left of those that the client began with.
    assert all(server.process.poll() == 0 for server in replicas)


def test_a_killed_replica_costs_no_call(replicas: list[Server], load: Load) -> None:
    load.go_on()
    for server in replicas[:2]:
        server.process.kill()
        server.process.wait()
        load.go_on()
