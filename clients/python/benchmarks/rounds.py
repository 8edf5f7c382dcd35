"""Timing by rounds: everybody once, then everybody again, so that a slow minute hits all alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any


def alternate(contenders: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """The seconds of each contender in each round, in the order of the rounds.

    Each round begins with the next one; everybody runs once before the first.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for run in contenders.values():
        run()
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            seconds[name].append(seconds_of(contenders[name]))
    return seconds


def seconds_of(run: Callable[[], Any]) -> float:
    """How long one run takes; the garbage of those before it is not its to collect."""
    gc.collect()
    began = time.perf_counter()
    result = run()
    elapsed = time.perf_counter() - began
    del result  # after the clock: freeing is not computing
    return elapsed


def median(values: list[float]) -> float:
    return statistics.median(values)
