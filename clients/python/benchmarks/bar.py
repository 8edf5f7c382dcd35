"""A bar that a measurement has to clear, and how it is told."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Bar:
    """What was measured, as a ratio, and the bound that is at most or at least allowed."""

    name: str
    ratio: float
    bound: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound

    def line(self) -> str:
        sense = "at least" if self.at_least else "at most"
        outcome = "" if self.met else "   MISSED"
        return f"{self.name}: {self.ratio:.2f} ({sense} {self.bound:g}){outcome}"


def print_bars(bars: Sequence[Bar]) -> None:
    for bar in bars:
        print(bar.line())


def write_json(path: str | None, figures: dict[str, Any], bars: Sequence[Bar]) -> None:
    """Writes figures and bars to a file, to standard output for "-", nowhere for None."""
    if path is None:
        return
    document = {
        "machine": {
            "cores": len(os.sched_getaffinity(0)),
            "load": os.getloadavg()[0],
            "kernel": platform.release(),
            "python": platform.python_version(),
        },
        **figures,
        "bars": [
            {
                "name": bar.name,
                "ratio": bar.ratio,
                "bound": bar.bound,
                "sense": "at least" if bar.at_least else "at most",
                "met": bar.met,
            }
            for bar in bars
        ],
    }
    text = json.dumps(document, indent=2) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
