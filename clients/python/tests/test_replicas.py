"""Several servers behind one client: calls spread over them, and none fails when one dies."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

import kernelserve as ks
from kernelserve._embedded import find_binary


class Replica:
    """A server on a port of this machine, which it keeps when it is started again."""

    def __init__(self) -> None:
        self.address = "127.0.0.1:0"
        self.start()

    def start(self) -> None:
        ready, write = os.pipe()
        flags = [f"--listen={self.address}", f"--ready_fd={write}", "--lame_duck_ms=100"]
        self._process = subprocess.Popen(
            [find_binary(), *flags], pass_fds=[write], stderr=subprocess.DEVNULL
        )
        os.close(write)
        with os.fdopen(ready) as told:
            self.address = json.loads(told.readline())["addresses"][0]

    def end(self, how: signal.Signals) -> None:
        self._process.send_signal(how)
        self._process.wait()


@pytest.fixture
def replicas() -> Iterator[list[Replica]]:
    started = [Replica() for _ in range(3)]
    yield started
    for replica in started:
        replica.end(signal.SIGKILL)


def connect(replicas: list[Replica]) -> ks.Client:
    return ks.connect([replica.address for replica in replicas], timeout=60)


def spread(client: ks.Client, calls: int) -> list[int]:
    """How many of `calls` each server got."""
    return sorted(Counter(client.server_info().instance_id for _ in range(calls)).values())


def wait_for_spread(client: ks.Client) -> None:
    """Until all three take calls: connections are made in the background."""
    for _ in range(100_000):
        if len(spread(client, 3)) == 3:
            return
    raise AssertionError("one of the three gets no calls")


def test_calls_spread_evenly(replicas: list[Replica]) -> None:
    with connect(replicas) as client:
        wait_for_spread(client)
        assert spread(client, 30) == [10, 10, 10]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_call_fails_when_a_replica_ends(replicas: list[Replica], how: signal.Signals) -> None:
    words = ["word"] * 70_000
    failures: list[ks.Error] = []
    done = [threading.Event() for _ in replicas]

    def work(client: ks.Client, call: Callable[[ks.Client], object]) -> None:
        """Calls until all have ended once; after each ended, some more."""
        for ended in done:
            while not ended.is_set():
                try:
                    call(client)
                except ks.Error as error:
                    failures.append(error)

    with connect(replicas) as client:
        wait_for_spread(client)
        calls: list[Callable[[ks.Client], object]] = [
            lambda c: c.compare("a", "b"),
            lambda c: c.pairwise(words, "ward"),
            lambda c: c.fibonacci([1, 2, 3]),
        ]
        threads = [threading.Thread(target=work, args=(client, call)) for call in calls]
        for thread in threads:
            thread.start()
        for replica, ended in zip(replicas, done, strict=True):
            replica.end(how)
            spread(client, 50)
            replica.start()
            wait_for_spread(client)
            ended.set()
        for thread in threads:
            thread.join()
    assert failures == []


def test_the_asyncio_client_loses_no_call_either(replicas: list[Replica]) -> None:
    async def main() -> list[object]:
        async with ks.aio.connect([replica.address for replica in replicas]) as client:
            await asyncio.gather(*[client.pairwise(["a"], ["b"]) for _ in range(30)])
            ending = asyncio.to_thread(replicas[1].end, signal.SIGKILL)
            calls = [client.pairwise(["kitten"], ["sitting"]) for _ in range(300)]
            results, _ = await asyncio.gather(asyncio.gather(*calls), ending)
            return list(results)

    assert asyncio.run(main()) == [[3]] * 300


def test_a_stream_outlives_each_replica_that_serves_it(replicas: list[Replica]) -> None:
    def tell(done: int, total: int) -> None:
        blocks.append(done)
        if len(blocks) == 2:
            replicas[0].end(signal.SIGKILL)
        if len(blocks) == 4:
            replicas[0].start()
            replicas[1].end(signal.SIGKILL)

    blocks: list[int] = []
    words = [f"word {i}" for i in range(6000)]
    with connect(replicas) as client:
        wait_for_spread(client)
        replicas[2].end(signal.SIGKILL)
        matrix = client.cdist(words[:4000], words, dtype="uint8", progress=tell)
    assert blocks[-1] == 4000 * 6000
    assert len(blocks) > 8
    expected = process.cdist(words[:4000], words, scorer=Levenshtein.distance, dtype=np.uint8)
    assert np.array_equal(matrix, expected)
    replicas[1].start()
    replicas[2].start()
