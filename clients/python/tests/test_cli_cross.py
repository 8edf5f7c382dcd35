"""`kernelserve cdist`, `top-k` and `join`: files in, rows of matches out."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

from cli_outcome import CommandLine
from kernelserve._cross import CrossVerb
from kernelserve.cli import cross, csv_table

QUERIES = "word\nkittn\nflw\n\n"
CHOICES = 'id,word\n1,kitten\n2,"flow, er"\n3,flaw\n4,\n5,日本\n'


@pytest.fixture
def cli(cli: CommandLine) -> CommandLine:
    """A directory with queries and choices."""
    Path("queries.csv").write_text(QUERIES, encoding="utf-8")
    Path("choices.csv").write_text(CHOICES, encoding="utf-8")
    return cli


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_top_k_gives_texts_and_scores(cli: CommandLine) -> None:
    outcome = cli("top-k", "queries.csv", "word", "choices.csv", "word", "-k", 2)
    assert (outcome.code, outcome.err) == (0, "")
    assert rows_of(outcome.out) == [
        ["query_index", "query", "choice_index", "choice", "score"],
        ["0", "kittn", "0", "kitten", "1"],
        ["0", "kittn", "2", "flaw", "5"],
        ["1", "flw", "2", "flaw", "1"],
        ["1", "flw", "4", "日本", "3"],
    ]
    near = cli("top-k", "-", "word", "choices.csv", "word", "--score-cutoff", 1, stdin=b"word\nx\n")
    assert near.out.splitlines() == ["query_index,query,choice_index,choice,score"]


def test_queries_of_many_blocks_are_numbered_through(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_table, "_BLOCK_BYTES", 64)
    words = [f"word {i}" for i in range(100)]
    Path("many.csv").write_text("\n".join(["word", *words]), encoding="utf-8")
    outcome = cli("top-k", "many.csv", "word", "many.csv", "word", "-k", 1, "-o", "out.parquet")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    table = pq.read_table("out.parquet")
    assert table["query_index"].to_pylist() == table["choice_index"].to_pylist() == [*range(100)]
    assert table["query"].to_pylist() == table["choice"].to_pylist() == words
    assert table.schema.field("score").type == pa.int32()


def test_join_of_two_columns_and_of_one(cli: CommandLine) -> None:
    arguments = ["choices.csv", "word", "queries.csv", "word", "--score-cutoff", "1"]
    assert rows_of(cli("join", *arguments).out) == [
        ["left_index", "left", "right_index", "right", "score"],
        ["0", "kitten", "0", "kittn", "1"],
        ["2", "flaw", "1", "flw", "1"],
    ]
    itself = cli("join", "choices.csv", "word", "--score-cutoff", 5)
    assert rows_of(itself.out)[1:] == [
        ["1", "flow, er", "2", "flaw", "5"],
        ["2", "flaw", "4", "日本", "4"],
    ]


@pytest.mark.parametrize("cells", [1, 10, 1 << 20])
def test_cdist_has_a_column_for_each_choice(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch, cells: int
) -> None:
    monkeypatch.setattr(cross, "_CELLS_MAX", cells)
    outcome = cli("cdist", "queries.csv", "word", "choices.csv", "word")
    words = ["kitten", "flow, er", "flaw", "", "日本"]
    scores = process.cdist(["kittn", "flw"], words, scorer=Levenshtein.distance).astype(str)
    scores[:, 3] = ""  # of a null
    assert rows_of(outcome.out) == [
        ["word", *words],
        ["kittn", *scores[0]],
        ["flw", *scores[1]],
        ["", *[""] * 5],
    ]


def test_cdist_sends_its_choices_once(cli: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cross, "_CELLS_MAX", 1)  # a query at a time
    digests: list[bytes | None] = []
    request = CrossVerb.request

    def noted(verb: CrossVerb, tile: Any, digest: bytes | None, region: Any = None) -> bytes:
        digests.append(digest)
        return request(verb, tile, digest, region)

    monkeypatch.setattr(CrossVerb, "request", noted)
    assert cli("cdist", "queries.csv", "word", "choices.csv", "word").code == 0
    assert len(digests) > 1
    assert digests.count(None) == 1


def test_estimates(cli: CommandLine) -> None:
    files = ["queries.csv", "word", "choices.csv", "word"]
    for command, options in (("cdist", []), ("top-k", []), ("join", ["--score-cutoff", "1"])):
        outcome = cli(command, *files, *options, "--estimate", "-o", "never.csv")
        pairs, seconds, size = outcome.out.rstrip("\n").split("\t")
        assert pairs == "15"
        assert 0 <= float(seconds) < 1
        assert int(size) > 0
    assert not Path("never.csv").exists()


def test_what_a_command_line_lacks(cli: CommandLine) -> None:
    outcome = cli("join", "choices.csv", "word")
    assert outcome.code == 2
    assert "--score-cutoff" in outcome.err
    outcome = cli("join", "choices.csv", "word", "queries.csv", "--score-cutoff", "1")
    assert outcome.code == 2
    assert "COLUMN" in outcome.err
    assert cli("top-k", "queries.csv", "word", "choices.csv", "word", "-k", -1).code == 2


def test_a_column_that_is_not_there(cli: CommandLine) -> None:
    expected = "has no column 'wrd'; did you mean 'word'?"
    files = ["queries.csv", "wrd", "choices.csv", "word"]
    for command in ("top-k", "cdist"):
        assert expected in cli(command, *files).error
    assert expected in cli("join", "choices.csv", "wrd", "--score-cutoff", 1).error
    assert not Path("out.csv").exists()


def test_files_of_no_rows(cli: CommandLine) -> None:
    Path("empty.csv").write_text("word\n", encoding="utf-8")
    heads = {
        "top-k": "query_index,query,choice_index,choice,score",
        "cdist": 'word,kitten,"flow, er",flaw,,日本',
    }
    for command, head in heads.items():
        outcome = cli(command, "empty.csv", "word", "choices.csv", "word")
        assert (outcome.code, outcome.err) == (0, "")
        assert rows_of(outcome.out) == rows_of(head)
        assert cli(command, "queries.csv", "word", "empty.csv", "word").code == 0
    joined = cli("join", "empty.csv", "word", "--score-cutoff", 1)
    assert joined.out == "left_index,left,right_index,right,score\n"
