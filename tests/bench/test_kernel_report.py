"""What the report makes of timings."""

from __future__ import annotations

from bench.kernel_report import Section, Timing

FAST = Timing("fast.distance", [2.0, 4.0, 2.0], [20.0, 24.0, 16.0])
SLOW = Timing("slow.distance", [10.0, 10.0, 10.0], [20.0, 30.0, 10.0])


def section(**changes: object) -> Section:
    settings = {"bound": 3.0, "mean_bound": 4.0, **changes}
    return Section("words", "3 pairs", ("ours", "theirs"), [FAST, SLOW], **settings)  # type: ignore[arg-type]


def test_a_ratio_is_the_median_rounds_and_not_that_of_the_medians() -> None:
    assert FAST.ratio == 8.0
    assert SLOW.ratio == 2.0


def test_each_ratio_and_their_geometric_mean_have_a_bar() -> None:
    assert [bar.line() for bar in section().bars] == [
        "words: fast.distance: theirs to ours: 8.00 (at least 3)",
        "words: slow.distance: theirs to ours: 2.00 (at least 3)   MISSED",
        "words: geometric mean: theirs to ours: 4.00 (at least 4)",
    ]


def test_the_table_says_what_is_missed_and_how_many_cells_a_second() -> None:
    assert section(pair_cells=40).markdown().splitlines() == [
        "## words",
        "",
        "3 pairs.",
        "",
        "| scorer | ours, ns | theirs, ns | ratio | at least | ours, GCUPS | theirs, GCUPS |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| fast.distance | 2.0 | 20.0 | 8.00 | 3 | 20.0 | 2.0 |",
        "| slow.distance | 10.0 | 20.0 | 2.00 | 3 MISSED | 4.0 | 2.0 |",
        "| geometric mean |  |  | 4.00 | 4 |  |  |",
    ]


def test_a_bound_may_be_an_upper_one() -> None:
    bars = section(bound=2.0, mean_bound=None, at_least=False).bars
    assert [bar.met for bar in bars] == [False, True]


def test_figures_have_every_round() -> None:
    assert section().figures()["ns_per_pair"]["slow.distance"] == {
        "first": [10.0, 10.0, 10.0],
        "second": [20.0, 30.0, 10.0],
        "ratio": 2.0,
    }
