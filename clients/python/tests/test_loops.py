"""Scores asked for one by one bring one warning."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

import kernelserve as ks
from kernelserve import _loops
from kernelserve.rapidfuzz.distance import Levenshtein


def raised(call: Callable[[], object], times: int) -> list[warnings.WarningMessage]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(times):
            call()
    return [w for w in caught if issubclass(w.category, ks.PerformanceWarning)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time as the watch sees it, which a test sets; and a watch that has seen nothing."""
    now = [1000.0]
    monkeypatch.setattr("kernelserve._loops.monotonic", lambda: now[0])
    monkeypatch.setattr(_loops, "_watch", _loops.Watch())
    return now


def test_a_loop_is_warned_of_once(client: ks.Client, clock: list[float]) -> None:
    def call() -> None:
        Levenshtein.normalized_similarity("kitten", "sitting")

    assert raised(call, _loops.LOOP_CALLS - 1) == []
    (warning,) = raised(call, 1)
    assert "Levenshtein.normalized_similarity" in str(warning.message)
    batch = "kernelserve.pairwise(left, right, scorer='levenshtein.normalized_similarity')"
    assert batch in str(warning.message)
    # It points at the line of the loop.
    assert warning.filename == __file__
    assert warning.lineno == call.__code__.co_firstlineno + 1
    assert raised(call, 3 * _loops.LOOP_CALLS) == []


def test_calls_now_and_then_are_no_loop(client: ks.Client, clock: list[float]) -> None:
    def call() -> None:
        clock[0] += 2 * _loops.LOOP_SECONDS / _loops.LOOP_CALLS
        Levenshtein.distance("a", "b")

    assert raised(call, 2 * _loops.LOOP_CALLS) == []


def test_what_makes_no_call_does_not_count(client: ks.Client, clock: list[float]) -> None:
    times = 2 * _loops.LOOP_CALLS
    assert raised(lambda: Levenshtein.normalized_distance(None, "a"), times) == []
    # There is no batch verb for edits.
    assert raised(lambda: Levenshtein.editops("a", "b"), times) == []


def test_loops_over_the_verbs_are_told_of_the_others(
    client: ks.Client, clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    for call, named in (
        (lambda: client.compare("a", "b"), "pairwise()"),
        (lambda: client.fibonacci(3), "fibonacci() of a list"),
    ):
        monkeypatch.setattr(_loops, "_watch", _loops.Watch())
        (warning,) = raised(call, 2 * _loops.LOOP_CALLS)
        assert named in str(warning.message)
        assert warning.filename == __file__
    monkeypatch.setattr(_loops, "_watch", _loops.Watch())
    assert raised(lambda: client.fibonacci([3]), 2 * _loops.LOOP_CALLS) == []


def test_threads_that_take_turns_are_no_loop(client: ks.Client, clock: list[float]) -> None:
    with ThreadPoolExecutor(1) as other:

        def both() -> None:
            client.compare("a", "b")
            other.submit(client.compare, "a", "b").result()

        assert raised(both, _loops.LOOP_CALLS) == []
