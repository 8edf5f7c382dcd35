"""A bar that a measurement has to clear, and how it is told."""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Bar:
    """What was measured, and the bound that is at most or at least allowed.

    A ratio without a unit; otherwise in `unit`.
    """

    name: str
    ratio: float
    bound: float
    at_least: bool = False
    unit: str = ""

    @property
    def met(self) -> bool:
        return self.ratio >= self.bound if self.at_least else self.ratio <= self.bound

    @property
    def sense(self) -> str:
        return "at least" if self.at_least else "at most"

    def line(self) -> str:
        outcome = "" if self.met else "   MISSED"
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.name}: {self.ratio:.2f}{unit} ({self.sense} {self.bound:g}{unit}){outcome}"

    def figures(self) -> dict[str, Any]:
        return {**asdict(self), "sense": self.sense, "met": self.met}


def print_bars(bars: Sequence[Bar]) -> None:
    for bar in bars:
        print(bar.line())


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load": os.getloadavg()[0],
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    """As the system calls it; empty where it does not."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = (line.partition(":")[2].strip() for line in file if "model name" in line)
            return next(names, "")
    except OSError:
        return ""


def write_json(path: str | None, figures: dict[str, Any], bars: Sequence[Bar]) -> None:
    """Writes figures and bars to a file, to standard output for "-", nowhere for None."""
    if path is None:
        return
    write_document(path, {"machine": machine(), **figures, "bars": [b.figures() for b in bars]})


def write_document(path: str, document: dict[str, Any]) -> None:
    """Writes JSON to a file, or to standard output for "-"."""
    text = json.dumps(document, indent=2) + "\n"
    if path == "-":
        sys.stdout.write(text)
    else:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
