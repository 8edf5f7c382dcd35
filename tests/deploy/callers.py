"""Clients that call all the time, while replicas come and go."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable

import grpc
import kernelserve as ks
from harness.waiting import until
from kernelserve.v1 import server_info_pb2, server_info_pb2_grpc


def serving(address: str, calls: int) -> Counter[str]:
    """Which replicas answer, over one connection, and how many of the calls each."""
    with grpc.insecure_channel(address) as channel:
        stub = server_info_pb2_grpc.ServerInfoServiceStub(channel)
        request = server_info_pb2.GetServerInfoRequest()
        # A balancer that says where it listens may not do so yet.
        asked = (stub.GetServerInfo(request, wait_for_ready=True) for _ in range(calls))
        return Counter(info.instance_id for info in asked)


class Callers:
    """Clients of default settings that call all the time, from threads of their own, for one reply
    and for streams of them."""

    def __init__(self, address: str) -> None:
        self._stopping = threading.Event()
        self.answered = 0
        self.failures: list[str] = []
        unary = (self._compare, self._pairwise, self._fibonacci)
        calls = (*unary, self._cdist, self._top_k)
        self._threads = [threading.Thread(target=self._run, args=(address, f)) for f in calls]

    def _run(self, address: str, call: Callable[[ks.Client], bool]) -> None:
        with ks.connect(address) as client:
            while not self._stopping.is_set():
                try:
                    right = call(client)
                except Exception as error:
                    self.failures.append(repr(error))
                else:
                    self.answered += 1
                    if not right:
                        self.failures.append(f"wrong answer from {call.__name__}")

    @staticmethod
    def _compare(client: ks.Client) -> bool:
        return client.compare("kitten", "sitting") == 3

    @staticmethod
    def _pairwise(client: ks.Client) -> bool:
        scores = client.pairwise(["kitten", "flaw"] * 500, ["sitting", "lawn"] * 500)
        return list(scores) == [3, 2] * 500

    @staticmethod
    def _fibonacci(client: ks.Client) -> bool:
        return client.fibonacci(10_000, modulus=10**9 + 7) == 271496360

    @staticmethod
    def _cdist(client: ks.Client) -> bool:
        scores = client.cdist(["kitten", "flaw"] * 50, ["sitting", "lawn"] * 50)
        return bool(scores.shape == (100, 100) and scores[98:, 98:].tolist() == [[3, 5], [7, 2]])

    @staticmethod
    def _top_k(client: ks.Client) -> bool:
        best = client.top_k(["kitten"] * 20, ["lawn", "sitting", "flaw"], k=1)
        return bool(best.column("choice_index").to_pylist() == [1] * 20)

    def until_answered(self, more: int) -> None:
        goal = self.answered + more
        while self.answered < goal:
            self._until(min(goal, self.answered + 500))

    def _until(self, goal: int) -> None:
        until(lambda: self.answered >= goal, f"{goal} calls are answered")

    def __enter__(self) -> Callers:
        for thread in self._threads:
            thread.start()
        self.until_answered(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join()
