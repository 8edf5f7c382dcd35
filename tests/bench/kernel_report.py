"""What a race of kernels came to: ratios, the bars they are held to, and a Markdown table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from kernelserve.bench.bar import Bar


@dataclass(frozen=True)
class Timing:
    """Nanoseconds a pair that a scorer took in each round, of two contenders."""

    scorer: str
    first: Sequence[float]
    second: Sequence[float]

    @property
    def ratio(self) -> float:
        """The second's time to the first's, in the median round: there, they ran in turn."""
        return statistics.median(b / a for a, b in zip(self.first, self.second, strict=True))


@dataclass(frozen=True)
class Section:
    """Timings over the same pairs, and what their ratios have to be."""

    name: str
    description: str
    contenders: tuple[str, str]
    timings: Sequence[Timing]
    bound: float  # of each ratio
    mean_bound: float | None = None  # of their geometric mean
    at_least: bool = True
    pair_cells: float | None = None  # of a pair's matrix, where speed is told by those

    @property
    def bars(self) -> list[Bar]:
        bars = [self._bar(timing.scorer, timing.ratio, self.bound) for timing in self.timings]
        if self.mean_bound is not None:
            mean = statistics.geometric_mean(timing.ratio for timing in self.timings)
            bars.append(self._bar("geometric mean", mean, self.mean_bound))
        return bars

    def _bar(self, what: str, ratio: float, bound: float) -> Bar:
        first, second = self.contenders
        return Bar(f"{self.name}: {what}: {second} to {first}", ratio, bound, self.at_least)

    def markdown(self) -> str:
        head = ["scorer", *(f"{name}, ns" for name in self.contenders), "ratio"]
        head.append("at least" if self.at_least else "at most")
        if self.pair_cells:
            head += [f"{name}, GCUPS" for name in self.contenders]
        rows = [head, ["---"] + ["---:"] * (len(head) - 1)]
        medians = [
            [statistics.median(ns) for ns in (timing.first, timing.second)]
            for timing in self.timings
        ]
        times = [[f"{ns:,.1f}" for ns in pair] for pair in medians]
        names = [timing.scorer for timing in self.timings]
        if self.mean_bound is not None:
            times.append(["", ""])
            names.append("geometric mean")
        for name, time, bar in zip(names, times, self.bars, strict=True):
            outcome = f"{bar.bound:g}" if bar.met else f"{bar.bound:g} MISSED"
            rows.append([name, *time, f"{bar.ratio:.2f}", outcome])
        if self.pair_cells:
            speeds = [[f"{self.pair_cells / ns:.1f}" for ns in pair] for pair in medians]
            for row, speed in zip_longest(rows[2:], speeds, fillvalue=["", ""]):
                row += speed
        table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
        return f"## {self.name}\n\n{self.description}.\n\n{table}\n"

    def figures(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "description": self.description,
            "contenders": self.contenders,
            "pair_cells": self.pair_cells,
            "ns_per_pair": {
                timing.scorer: {
                    "first": list(timing.first),
                    "second": list(timing.second),
                    "ratio": timing.ratio,
                }
                for timing in self.timings
            },
        }
