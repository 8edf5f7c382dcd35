"""Timing by rounds: everybody once, then everybody again, so that a slow minute hits all alike."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

_NO_CLOCKS: dict[str, Callable[[], float]] = {}


def alternate(
    contenders: Mapping[str, Callable[[], Any]],
    rounds: int,
    clocks: Mapping[str, Callable[[], float]] = _NO_CLOCKS,
) -> dict[str, list[float]]:
    """The seconds of each contender in each round, in the order of the rounds.

    Each round begins with the next one. Before each run that is timed, its contender has one that
    is not, and finds caches and memory as it left them itself: not as another one did, which would
    always be the same one. A contender in `clocks` has one of its own, which tells how long its
    latest run took.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    gc.collect()
    gc.freeze()  # so that collecting the garbage of a run is no look at everything else
    try:
        for turn in range(rounds):
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                contenders[name]()
                passed = seconds_of(contenders[name])
                seconds[name].append(clocks[name]() if name in clocks else passed)
    finally:
        gc.unfreeze()
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
