"""The benchmarks' own arithmetic: what a bar says, whose turn it is, and what counts as equal."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kernelserve.bench.bar import Bar, print_bars, write_json
from kernelserve.bench.contender import Contender, UnequalResultsError, check_equal
from kernelserve.bench.rounds import alternate
from kernelserve.bench.works import Medians, NotMeasuredError, at_most_times, times_as_fast


def test_a_bar_that_is_missed_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    print_bars(
        [
            Bar("slow", 1.51, 1.5),
            Bar("just", 1.5, 1.5),
            Bar("fast", 3.99, 4.0, at_least=True),
            Bar("faster", 4.0, 4.0, at_least=True),
            Bar("late", 3.5, 3.0, unit="s"),
        ]
    )
    assert capsys.readouterr().out.splitlines() == [
        "slow: 1.51 (at most 1.5)   MISSED",
        "just: 1.50 (at most 1.5)",
        "fast: 3.99 (at least 4)   MISSED",
        "faster: 4.00 (at least 4)",
        "late: 3.50 s (at most 3 s)   MISSED",
    ]


def test_json_has_figures_and_outcomes(tmp_path: Path) -> None:
    path = tmp_path / "figures.json"
    write_json(str(path), {"pairs": 3}, [Bar("slow", 2.0, 1.5)])
    written = json.loads(path.read_text())
    assert written["pairs"] == 3
    assert written["bars"] == [
        {
            "name": "slow",
            "ratio": 2.0,
            "bound": 1.5,
            "at_least": False,
            "unit": "",
            "sense": "at most",
            "met": False,
        }
    ]


def test_rounds_begin_with_each_in_turn_and_time_what_just_ran() -> None:
    order: list[str] = []
    contenders = {name: lambda name=name: order.append(name) for name in "abc"}
    seconds = alternate(contenders, 4)
    assert "".join(order) == "aabbcc" + "bbccaa" + "ccaabb" + "aabbcc"
    assert {name: len(values) for name, values in seconds.items()} == {"a": 4, "b": 4, "c": 4}


def test_a_clock_of_ones_own_tells_each_run_that_is_timed() -> None:
    runs: list[int] = []
    seconds = alternate({"a": lambda: runs.append(1)}, 3, {"a": lambda: float(len(runs))})
    assert seconds == {"a": [2.0, 4.0, 6.0]}


MEDIANS = Medians(
    {"kernelserve, here": 2.0, "peer, workers=1": 9.0, "peer, workers=-1": 8.0, "other": 5.0},
    {"kernelserve, here": 10},
)


def test_a_peer_counts_by_its_fastest_setting() -> None:
    assert times_as_fast(3, "here", "peer").judge(MEDIANS).ratio == 4.0
    assert times_as_fast(3, "here", "peer", "other").judge(MEDIANS).ratio == 2.5
    assert at_most_times(3, "", "other", "kernelserve, here").judge(MEDIANS).ratio == 2.5
    assert MEDIANS.whole("kernelserve, here") == 20.0


def test_a_bar_without_its_peer_is_not_measured() -> None:
    with pytest.raises(NotMeasuredError, match="nobody or noone"):
        times_as_fast(3, "here", "nobody", "noone").judge(MEDIANS)


def contender(result: Any, scores: Callable[[Any], Any] | None = np.asarray) -> Contender:
    return Contender(str(result), "peer", lambda: result, 1, scores)


@pytest.mark.parametrize(
    ("result", "scores"),
    [
        ([1, 2, 3], np.asarray),
        ([1.0, 2.0, 3.0 + 1e-9], np.asarray),
        ([1, 2], np.asarray),  # a peer that takes long
        ([9, 9, 9], None),  # nothing to compare
    ],
)
def test_equal_results_pass(result: Any, scores: Callable[[Any], Any] | None) -> None:
    check_equal([contender([1, 2, 3]), contender(result, scores)])


@pytest.mark.parametrize("result", [[1, 2, 4], [1, 2, 3, 4], [], [[1, 2, 3]]])
def test_results_that_differ_are_refused(result: Any) -> None:
    with pytest.raises(UnequalResultsError):
        check_equal([contender([1, 2, 3]), contender(result)])


def test_matches_are_compared_query_by_query() -> None:
    ours = contender([[(3, 1)], [(5, 0), (2, 1)]], list)
    check_equal([ours, contender([[(3, 1)]], list)])
    with pytest.raises(UnequalResultsError, match=r"in row 1"):
        check_equal([ours, contender([[(3, 1)], [(2, 1), (5, 0)]], list)])
