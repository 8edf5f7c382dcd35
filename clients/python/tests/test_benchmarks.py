"""The benchmarks' own arithmetic: what a bar says, and whose turn it is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.bar import Bar, print_bars, write_json
from benchmarks.rounds import alternate


def test_a_bar_that_is_missed_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_bars(
        [
            Bar("slow", 1.51, 1.5),
            Bar("just", 1.5, 1.5),
            Bar("fast", 3.99, 4.0, at_least=True),
            Bar("faster", 4.0, 4.0, at_least=True),
        ]
    )
    assert capsys.readouterr().out.splitlines() == [
        "slow: 1.51 (at most 1.5)   MISSED",
        "just: 1.50 (at most 1.5)",
        "fast: 3.99 (at least 4)   MISSED",
        "faster: 4.00 (at least 4)",
    ]


def test_json_has_figures_and_outcomes(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    write_json(str(path), {"pairs": 3}, [Bar("slow", 2.0, 1.5)])
    written = json.loads(path.read_text())
    assert written["pairs"] == 3
    assert written["bars"] == [
        {"name": "slow", "ratio": 2.0, "bound": 1.5, "sense": "at most", "met": False}
    ]


def test_rounds_begin_with_each_in_turn_after_everybody_ran_once() -> None:
    order: list[str] = []
    contenders = {name: lambda name=name: order.append(name) for name in "abc"}
    seconds = alternate(contenders, 4)
    assert "".join(order) == "abc" + "abc" + "bca" + "cab" + "abc"
    assert {name: len(values) for name, values in seconds.items()} == {"a": 4, "b": 4, "c": 4}
