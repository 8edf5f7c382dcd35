"""JSON Lines in and out of the command line: types stay, and errors name the row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cli_outcome import CommandLine
from kernelserve.cli import json_lines_table
from kernelserve.cli.progress import rate_of

PEOPLE: list[dict[str, Any]] = [
    {"name": "kitten", "alias": "sitting", "zip": "007", "born": "2001-02-03", "n": 1},
    {"name": "Zoë \u2028", "alias": None, "zip": "1", "born": "x", "n": None},
    {"name": "", "alias": 'quo"ted', "zip": "2", "born": "2001-02-03 04:05:06", "n": 3},
]


@pytest.fixture
def cli(cli: CommandLine) -> CommandLine:
    """A directory with people."""
    Path("people.jsonl").write_bytes(lines(PEOPLE))
    return cli


def lines(rows: list[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def rows_of(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.split("\n") if line]


def test_rows_leave_as_they_came_and_get_scores(cli: CommandLine) -> None:
    expected = [{**row, "score": s} for row, s in zip(PEOPLE, [3, None, 7], strict=True)]
    assert cli("pairwise", "people.jsonl", "name", "alias", "-o", "out.ndjson").err == ""
    assert rows_of(Path("out.ndjson").read_text(encoding="utf-8")) == expected
    piped = cli("pairwise", "-", "name", "alias", "--format", "jsonl", stdin=lines(PEOPLE))
    assert rows_of(piped.out) == expected


@pytest.mark.parametrize("block_bytes", [1, 90, 1 << 20])
def test_blocks_of_any_size_give_the_same_rows(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, block_bytes: int
) -> None:
    monkeypatch.setattr(json_lines_table, "_BLOCK_BYTES", block_bytes)
    rows = [{"a": f"word {n}", "b": "word"} for n in range(50)]
    text = lines(rows).rstrip(b"\n").replace(b'7"', b'7"  ').replace(b"}\n{", b"}\r\n\n{", 3)
    out = rows_of(cli("pairwise", "-", "a", "b", "--format", "jsonl", stdin=text).out)
    assert [row["score"] for row in out] == [len(row["a"]) - 4 for row in rows]


def test_other_formats_and_back(cli: CommandLine) -> None:
    assert cli("pairwise", "people.jsonl", "name", "alias", "-o", "people.parquet").err == ""
    table = pq.read_table("people.parquet")
    assert table.column("n").type == pa.int64()
    assert table.column("born").to_pylist() == [row["born"] for row in PEOPLE]
    back = ["pairwise", "people.parquet", "name", "alias", "--column", "again", "--format", "jsonl"]
    assert [row["again"] for row in rows_of(cli(*back).out)] == [3, None, 7]
    shown = cli("pairwise", "people.jsonl", "name", "alias", "--format", "tsv").out
    assert shown.splitlines()[0].split("\t") == [*PEOPLE[0], "score"]


def test_what_only_parquet_has_becomes_text(cli: CommandLine) -> None:
    days = pa.array([12_345], pa.date32())
    pq.write_table(pa.table({"a": ["x"], "b": ["y"], "day": days}), "days.parquet")
    out = cli("pairwise", "days.parquet", "a", "b", "--format", "jsonl").out
    assert rows_of(out) == [{"a": "x", "b": "y", "day": "2003-10-20", "score": 1}]
    pq.write_table(pa.table({"a": ["x"], "b": ["y"], "raw": [b"\xff"]}), "raw.parquet")
    failed = cli("pairwise", "raw.parquet", "a", "b", "--format", "jsonl")
    assert failed.error == "JSON cannot hold this: a value of type bytes"


def test_matches_as_objects(cli: CommandLine) -> None:
    args = ["join", "people.jsonl", "name", "people.jsonl", "alias"]
    out = cli(*args, "--score-cutoff", 3, "--format", "jsonl").out
    assert rows_of(out) == [
        {"left_index": 0, "left": "kitten", "right_index": 0, "right": "sitting", "score": 3}
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", ["standard input is empty"]),
        (b"\n \n", ["standard input is empty"]),
        (b'{"a": "x", "b": "y"}\n{"a": \n', ["standard input", "row 1"]),
        (b'{"a": "x", "b": "y"}\n{"a": 5, "b": "y"}\n', ["standard input", "row 1"]),
        (b'["x", "y"]\n', ["standard input"]),
        (b'{"a": "x"}\n', ["no column 'b'", "Its columns: a"]),
        (b'{"a": "x", "b": "y", "score": 1}\n', ["already has a column 'score'"]),
    ],
)
def test_what_is_wrong_is_one_line(cli: CommandLine, text: bytes, words: list[str]) -> None:
    failed = cli("pairwise", "-", "a", "b", "--format", "jsonl", stdin=text)
    for word in words:
        assert word in failed.error


def test_rows_of_errors_are_counted_over_all_blocks(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_lines_table, "_BLOCK_BYTES", 30)
    text = lines([{"a": "x", "b": "y"}] * 20) + b'{"a": "x", "c": "y"}\n'
    args = ["pairwise", "-", "a", "b", "--format", "jsonl", "-o", "out.jsonl"]
    failed = cli(*args, stdin=text)
    assert failed.error == "standard input: row 20 has a field 'c', new to the file"
    assert not Path("out.jsonl").exists()


@pytest.mark.parametrize(
    ("done", "seconds", "told"),
    [
        (0, 1.0, ""),
        (5, 0.0, ""),
        (5, 2.0, "2.5 rows/s"),
        (1_234_567, 1.0, "1.23 M rows/s"),
        (3_000_000_000, 2.0, "1.5 G rows/s"),
        (4_500, 1.0, "4.5 k rows/s"),
    ],
)
def test_rates(done: int, seconds: float, told: str) -> None:
    assert rate_of(done, seconds, "rows") == told
