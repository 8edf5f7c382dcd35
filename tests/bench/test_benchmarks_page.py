"""docs/benchmarks.md is made from the figures beside it, and from nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from kernelserve.bench.report import markdown

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_page_is_what_its_figures_make() -> None:
    figures = json.loads((DOCS / "benchmarks/figures.json").read_text(encoding="utf-8"))
    charts = {path.stem: f"benchmarks/{path.name}" for path in DOCS.glob("benchmarks/*.png")}
    assert sorted(charts) == ["latency", "speedup", "stages", "throughput"]
    page = (DOCS / "benchmarks.md").read_text(encoding="utf-8")
    assert page == markdown(figures, charts), "run ./dev bench --page"
