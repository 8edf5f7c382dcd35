"""Answers that begin and never end, because a replica was killed or a balancer let go of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import get_args

import pytest

import kernelserve as ks
from cutting_balancer import CuttingBalancer, End
from kernelserve import _retry
from kernelserve.bench.server_process import ServerProcess

Start = Callable[..., CuttingBalancer]
Call = Callable[[ks.Client], bool]

# Answers that come in part, and what the server names them for in their headers: streams, and
# replies over 16 KiB.
IN_PART: dict[str, Call] = {
    "Compute": lambda client: math.log2(client.fibonacci(200_000)) > 138_000,
    "Pairwise": lambda client: (
        list(client.pairwise(["kitten", "flaw"] * 15_000, ["sitting", "lawn"] * 15_000))
        == [3, 2] * 15_000
    ),
    "Cdist": lambda client: client.cdist(["kitten"], ["sitting", "kit"]).tolist() == [[3, 3]],
    "TopK": lambda client: client.top_k(["kitten"], ["sitting", "kitten"], 1)[1].to_pylist() == [1],
    "Join": lambda client: len(client.join(["kitten"], ["sitting"], score_cutoff=3)) == 1,
}
CALLS: dict[str, Call] = {
    **IN_PART,
    "Compare": lambda client: client.compare("kitten", "sitting") == 3,
}
CASES = [
    (method, end)
    for method in CALLS
    for end in get_args(End)
    if method in IN_PART or end != "connection"
]


@pytest.fixture
def start(server: ServerProcess) -> Iterator[Start]:
    started: list[CuttingBalancer] = []

    def make(end: End, after_bytes: int, cuts: int = 1) -> CuttingBalancer:
        started.append(CuttingBalancer(server.address, end, after_bytes, cuts))
        return started[-1]

    yield make
    for balancer in started:
        balancer.close()


@pytest.mark.parametrize("after_bytes", [0, 3, 6])
@pytest.mark.parametrize(("method", "end"), CASES)
def test_an_answer_that_is_cut_is_asked_for_again(
    start: Start, method: str, end: End, after_bytes: int
) -> None:
    """A call whose answer has begun is no longer gRPC's to retry."""
    balancer = start(end, after_bytes)
    with ks.connect(balancer.address, timeout=60) as client:
        assert CALLS[method](client)
    assert balancer.asked[method] == 2


@pytest.mark.parametrize("after_bytes", [16_384, 29_000])
@pytest.mark.parametrize("end", get_args(End))
def test_a_long_answer_that_is_cut_is_asked_for_again(
    start: Start, end: End, after_bytes: int
) -> None:
    balancer = start(end, after_bytes)
    with ks.connect(balancer.address, timeout=60) as client:
        assert CALLS["Pairwise"](client)
    assert balancer.asked["Pairwise"] == 2


@pytest.mark.parametrize(("method", "end"), CASES)
def test_answers_that_are_always_cut_are_a_connect_error(
    start: Start, monkeypatch: pytest.MonkeyPatch, method: str, end: End
) -> None:
    monkeypatch.setattr(_retry, "BROKEN_ATTEMPTS_MAX", 2)
    balancer = start(end, 3, cuts=3)
    with (
        ks.connect(balancer.address, timeout=60) as client,
        pytest.raises(ks.ConnectError, match="broke off") as raised,
    ):
        CALLS[method](client)
    assert (raised.value.code, raised.value.value) == ("UNAVAILABLE", balancer.address)
    assert balancer.asked[method] == 2
