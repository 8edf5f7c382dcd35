"""`kernelserve bench`, end to end, and what its report makes of figures."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cli_outcome import CommandLine
from kernelserve.bench import texts
from kernelserve.bench.peers import missing
from kernelserve.bench.report import duration, markdown, quantile, significant, table
from kernelserve.bench.run import names
from kernelserve.bench.setting import QUICK, Setting
from kernelserve.bench.works import WORKS, other_works

FIGURES: dict[str, Any] = {
    "bench": "kernelserve",
    "version": "1.2.3",
    "machine": {
        "processor": "Abacus",
        "cores": 4,
        "load": 0.25,
        "kernel": "6.1",
        "python": "3.11.2",
    },
    "peers": {"RapidFuzz": "3.14.6"},
    "missing": ["DuckDB"],
    "rounds": 3,
    "judged": True,
    "works": [
        {
            "name": "levenshtein",
            "title": "Levenshtein distance",
            "unit": "pair",
            "texts": "3 pairs of words",
            "contenders": [
                {"name": "kernelserve, shared memory", "kind": "ours", "units": 3,
                 "ns": [30.0, 20.0, 25.0]},
                {"name": "null kernel, shared memory", "kind": "floor", "units": 3,
                 "ns": [10.0, 12.0, 11.0]},
                {"name": "RapidFuzz cpdist, workers=1", "kind": "peer", "units": 3,
                 "ns": [250.0, 1250.0, 200.0]},
            ],
            "bars": [
                {"name": "times as fast as RapidFuzz, shared memory", "ratio": 10.0,
                 "bound": 10.0, "at_least": True, "unit": "", "sense": "at least", "met": True},
                {"name": "all of it", "ratio": 3.5, "bound": 3.0, "at_least": False, "unit": "s",
                 "sense": "at most", "met": False},
            ],
            "unmeasured": ["times as fast as DuckDB, shared memory: there is no DuckDB"],
        }
    ],
    "latency": {"seconds": {"compare, one pair": [0.0001, 0.0003, 0.0002, 0.004]}},
    "throughput": {
        "batch_sizes": [1, 1000],
        "pairs_per_second": {"kernelserve, shared memory": [5000.0, 2.5e6]},
    },
    "stages": {"ns_per_pair": {"unix socket": {"build": 2.0, "socket": 30.5, "together": 28.25}}},
    "memory": {
        "join": {"rows": 5, "peak_bytes": {"client": 2 << 20},
                 "bytes_on_the_way": {"client": [1 << 20, 2 << 20]}},
        "stream": {"rows": 7000, "peak_bytes": {"server": 3 << 20},
                   "bytes_on_the_way": {"server": [2 << 20, 2 << 20]}},
        "bars": [],
    },
}  # fmt: skip


def row(text: str) -> str:
    """A line of a table as it is without its padding."""
    return " | ".join(cell.strip() for cell in text.strip("|").split("|"))


def test_the_report_has_every_figure() -> None:
    lines = [row(line) if line.startswith("|") else line for line in
             markdown(FIGURES, {"latency": "charts/latency.png"}).splitlines()]  # fmt: skip
    for line in [
        "1 of 2 are met.",
        "Levenshtein distance | times as fast as RapidFuzz, shared memory | 10 | at least 10 | met",
        " | all of it | 3.5 s | at most 3 s | **MISSED**",
        "Levenshtein distance | times as fast as DuckDB, shared memory: there is no DuckDB |  |  | "
        "not measured",
        "![How long single calls take](charts/latency.png)",
        "kernelserve, shared memory | 25 ns | 20 ns to 30 ns | ",
        "null kernel, shared memory | 11 ns | 10 ns to 12 ns | ",
        "RapidFuzz cpdist, workers=1 | 250 ns | 200 ns to 1.25 µs | 10x",
        "compare, one pair | 300 µs | 4 ms | 4 ms | 4 ms",
        "kernelserve, shared memory | 0.005 | 2.5",
        "unix socket | 2 | 30.5 | 28.2",
        "the join of 5 words | client | 2 | 1 | 2",
        "7,000 pairs in batches | server | 3 | 2 | 2",
    ]:
        assert line in lines, line


def test_the_report_says_what_it_was_made_with() -> None:
    told = " ".join(markdown(FIGURES, {}).split())
    assert "version 1.2.3, on 4 cores (Abacus), load 0.2 at the start, Linux 6.1" in told
    assert "RapidFuzz 3.14.6. Not installed, and so left out: DuckDB." in told


def test_the_report_has_what_was_run_and_no_more() -> None:
    only = {key: FIGURES[key] for key in FIGURES if key not in ("stages", "memory", "throughput")}
    headings = re.findall("^## .*", markdown(only, {}), re.MULTILINE)
    assert headings == ["## The bars", "## Levenshtein distance", "## Latency"]


def test_bars_are_not_judged_by_a_quick_run() -> None:
    report = markdown({**FIGURES, "judged": False}, {})
    assert "MISSED" not in report
    assert "met" not in report
    assert report.count("not judged") == 2


def test_numbers_have_three_digits_that_count() -> None:
    assert [significant(v) for v in (0.01234, 1.5, 99.94, 123.4, 12345.6)] == [
        "0.0123", "1.5", "99.9", "123", "12,346"
    ]  # fmt: skip
    assert [duration(ns) for ns in (5.25, 1500, 2.5e6, 3e9)] == [
        "5.25 ns", "1.5 µs", "2.5 ms", "3 s"
    ]  # fmt: skip


def test_quantiles_are_values_that_were_seen() -> None:
    assert [quantile([1, 2, 3, 4], q) for q in (0, 0.5, 0.99, 1)] == [1, 3, 4, 4]


def test_tables_align() -> None:
    assert table(["a", "number"], [["word", "1"], ["b", "22"]], right=(1,)).splitlines() == [
        "| a    | number |",
        "| ---- | -----: |",
        "| word |      1 |",
        "| b    |     22 |",
    ]


def test_each_work_has_a_name_of_its_own_and_a_bar() -> None:
    every = [work.name for work in WORKS]
    assert len(set(every)) == len(every)
    assert all(work.bars for work in WORKS)


def test_the_bars_are_those_that_were_set() -> None:
    bounds = {work.name: [(r.name, r.bound, r.at_least) for r in work.bars] for work in WORKS}
    assert bounds["levenshtein"] == [
        ("times as fast as polars_ds, shared memory", 4, True),
        ("times as fast as RapidFuzz, shared memory", 10, True),
        ("times as fast as polars_ds, unix socket", 2.5, True),
        ("times own floor and half the one-core kernel, unix socket", 1.25, False),
        ("times the unix socket, TCP loopback", 1.3, False),
    ]
    del bounds["levenshtein"]
    assert {name: [bound for _, bound, _ in rules] for name, rules in bounds.items()} == {
        "jaro_winkler": [3],
        "ratio": [3],
        "lists": [2],
        "expression": [3],
        "streaming": [2.5],
        "tables": [3, 3],
        "process_extract": [1],
        "process_extract_distance": [1],
        "process_cdist": [1],
        "process_cpdist": [1],
        "asyncio": [1.5, 8],
        "cdist": [4, 25],
        "top_k": [300],
        "top_k_within": [1000, 3],
        "join": [3],
        "large": [1.1],
        "small": [1.5],
    }


def test_words_are_made_up_where_there_is_no_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(texts, "_LISTS", [Path("/nowhere")])
    monkeypatch.setattr(texts, "_MADE_UP", 3000)
    words = texts.load_words()
    assert "no word list is installed" in words.origin
    assert len(set(words.words)) == 3000
    assert words.words == texts.make_up_words(3000)
    assert all(re.fullmatch("[a-z]{2,30}", word) for word in words.words)


def test_misspelt_words_have_one_or_two_edits() -> None:
    distance = pytest.importorskip("rapidfuzz.distance").Levenshtein.distance
    random = np.random.default_rng(2)
    distances = {distance("kernel", texts.misspelt("kernel", random)) for _ in range(500)}
    # Two may undo each other, and one may put in the letter that is there.
    assert distances == {0, 1, 2}


def test_texts_are_the_same_with_every_run() -> None:
    for make in (texts.dna, texts.cjk):
        assert make(50).left == make(50).left
        assert make(50).left != make(50).right
    assert set("".join(texts.dna(50).left)) == set("ACGT")
    assert {len(text) for text in texts.dna(500).left} == set(range(18, 31))


def test_files_are_more_texts_to_compare(tmp_path: Path) -> None:
    path = tmp_path / "streets.txt"
    path.write_text("Main Street\n\nElm Road\n", encoding="utf-8")
    with Setting(QUICK, {"streets": path}) as setting:
        pairs = setting.other_pairs("streets")
        assert set(pairs.left) == {"Main Street", "Elm Road"}
        assert "levenshtein: streets" in [work.name for work in other_works(setting)]


@pytest.mark.slow
def test_a_quick_run_measures_all_there_is(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    figures_path, report_path = tmp_path / "figures.json", tmp_path / "report.md"
    command_line = CommandLine(capfdbinary, monkeypatch)
    outcome = command_line("bench", "--quick", "--json", figures_path, "-o", report_path)
    assert (outcome.code, outcome.out) == (0, ""), outcome.err
    figures = json.loads(figures_path.read_text())
    assert [work["name"].partition(":")[0] for work in figures["works"]][: len(WORKS)] == [
        work.name for work in WORKS
    ]
    assert figures["missing"] == missing()
    for work in figures["works"]:
        assert all(ns > 0 for c in work["contenders"] for ns in c["ns"])
        assert {c["kind"] for c in work["contenders"]} >= {"ours", "floor"}, work["name"]
    judged = {work["name"]: len(work["bars"]) + len(work["unmeasured"])
              for work in figures["works"] if ":" not in work["name"]}  # fmt: skip
    assert judged == {work.name: len(work.bars) for work in WORKS}
    assert set(figures["stages"]["ns_per_pair"]) == {
        "shared memory", "unix socket", "TCP loopback"
    }  # fmt: skip
    assert len(figures["memory"]["bars"]) == 6
    assert report_path.read_text(encoding="utf-8") == markdown(figures, {})


def test_one_part_is_run_alone_and_drawn(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("matplotlib")
    command_line = CommandLine(capfdbinary, monkeypatch)
    asked = [argument for name in ("lists", "latency", "stages") for argument in ("--only", name)]
    outcome = command_line("bench", "--quick", *asked, "--charts", tmp_path / "charts")
    assert outcome.code == 0, outcome.err
    drawn = sorted(path.name for path in (tmp_path / "charts").iterdir())
    assert set(drawn) - {"speedup.png"} == {"latency.png", "stages.png"}  # that needs a peer
    for name in drawn:
        assert (tmp_path / "charts" / name).read_bytes().startswith(b"\x89PNG")
        assert f"({tmp_path}/charts/{name})" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "nothing"], f"'nothing' is none of {', '.join(names())}."),
        (["--texts", "street"], "'street' should be NAME=FILE, a file that is there."),
        (["--texts", "street=/nowhere"], "'street=/nowhere' should be NAME=FILE"),
    ],
)
def test_what_makes_no_sense_is_refused(
    arguments: list[str],
    message: str,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outcome = CommandLine(capfdbinary, monkeypatch)("bench", *arguments)
    assert outcome.code == 2
    assert message in outcome.err
