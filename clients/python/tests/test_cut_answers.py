"""Answers that begin and never end, because a replica was killed or a balancer let go of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import get_args

import pytest

import kernelserve as ks
from cutting_balancer import CuttingBalancer, End
from kernelserve import _retry
from kernelserve.bench.server_process import ServerProcess

Start = Callable[..., CuttingBalancer]

CALLS: dict[str, Callable[[ks.Client], bool]] = {
    "Compute": lambda client: client.fibonacci(10) == 55,
    "Compare": lambda client: client.compare("kitten", "sitting") == 3,
    "Pairwise": lambda client: list(client.pairwise(["kitten"], ["sitting"])) == [3],
    "Cdist": lambda client: client.cdist(["kitten"], ["sitting", "kit"]).tolist() == [[3, 3]],
    "TopK": lambda client: client.top_k(["kitten"], ["sitting", "kitten"], 1)[1].to_pylist() == [1],
    "Join": lambda client: len(client.join(["kitten"], ["sitting"], score_cutoff=3)) == 1,
}


@pytest.fixture
def start(server: ServerProcess) -> Iterator[Start]:
    started: list[CuttingBalancer] = []

    def make(end: End, after_bytes: int, cuts: int = 1) -> CuttingBalancer:
        started.append(CuttingBalancer(server.address, end, after_bytes, cuts))
        return started[-1]

    yield make
    for balancer in started:
        balancer.close()


@pytest.mark.parametrize("end", get_args(End))
@pytest.mark.parametrize("after_bytes", [0, 3, 6])
@pytest.mark.parametrize("method", CALLS)
def test_an_answer_that_is_cut_is_asked_for_again(
    start: Start, end: End, after_bytes: int, method: str
) -> None:
    """A call whose answer has begun is no longer gRPC's to retry."""
    balancer = start(end, after_bytes)
    with ks.connect(balancer.address) as client:
        assert CALLS[method](client)
    assert balancer.asked[method] == 2


@pytest.mark.parametrize("end", get_args(End))
@pytest.mark.parametrize("method", CALLS)
def test_answers_that_are_always_cut_are_a_connect_error(
    start: Start, monkeypatch: pytest.MonkeyPatch, end: End, method: str
) -> None:
    monkeypatch.setattr(_retry, "ATTEMPTS_MAX", 2)
    balancer = start(end, 3, cuts=2)
    with (
        ks.connect(balancer.address) as client,
        pytest.raises(ks.ConnectError, match="broke off") as raised,
    ):
        CALLS[method](client)
    assert (raised.value.code, raised.value.value) == ("UNAVAILABLE", balancer.address)
    assert balancer.asked[method] == 2
