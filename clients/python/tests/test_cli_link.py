"""`kernelserve link`: the rows of files that are about the same thing, beside a RapidFuzz loop."""

from __future__ import annotations

import csv
import io
import itertools
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rapidfuzz.distance import JaroWinkler, Levenshtein

from cli_outcome import CommandLine

PEOPLE = """id,name,street,zip,born
a,martha smith,1 high street,1000,1970
b,john doe,22 low road,2000,
c,jon doe,22 low rd,2000,1980
d,,5 hill lane,1000,1970
"""
CUSTOMERS = """id,full_name,street,zip,born
1,marhta smith,1 hihg street,1000,1971
2,john doe,22 low road,3000,1980
3,dwayne,5 hill lane,1000,1970
4,martha smith,,9000,1970
"""
WEIGHTS = (3, 2)
NAME_AND_STREET = [
    "--on=name=full_name:jaro_winkler.similarity:3",
    "--on=street:levenshtein.normalized_similarity:2",
]


@pytest.fixture
def cli(cli: CommandLine) -> CommandLine:
    """A directory with people and customers."""
    Path("people.csv").write_text(PEOPLE, encoding="utf-8")
    Path("customers.csv").write_text(CUSTOMERS, encoding="utf-8")
    return cli


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def expected(cutoff: float, *keys: str) -> list[tuple[str, str, float]]:
    """By a loop: pairs that agree on one of the keys, a missing text counting 0."""
    out = []
    for left, right in itertools.product(rows_of(PEOPLE), rows_of(CUSTOMERS)):
        if not any(left[key] and left[key] == right[key] for key in keys):
            continue
        texts = [(left["name"], right["full_name"]), (left["street"], right["street"])]
        scores = [
            JaroWinkler.similarity(*texts[0]) if all(texts[0]) else 0.0,
            Levenshtein.normalized_similarity(*texts[1]) if all(texts[1]) else 0.0,
        ]
        score = sum(w * s for w, s in zip(WEIGHTS, scores, strict=True)) / sum(WEIGHTS)
        if score >= cutoff:
            out.append((left["id"], right["id"], score))
    return out


@pytest.mark.parametrize("keys", [["zip"], ["zip", "born"]])
@pytest.mark.parametrize("cutoff", [0.0, 0.4, 0.9])
def test_rows_that_agree_on_a_key_are_scored_by_several_columns(
    cli: CommandLine, keys: list[str], cutoff: float
) -> None:
    options = [*NAME_AND_STREET, *(f"--by={key}" for key in keys)]
    outcome = cli(
        "link", "people.csv", "customers.csv", *options, "--null-score", 0, "--score-cutoff", cutoff
    )
    assert (outcome.code, outcome.err) == (0, "")
    found = [(row["id"], row["id_right"], float(row["score"])) for row in rows_of(outcome.out)]
    wanted = expected(cutoff, *keys)
    assert [pair[:2] for pair in found] == [pair[:2] for pair in wanted]
    assert [pair[2] for pair in found] == pytest.approx([pair[2] for pair in wanted])


def test_the_output_has_the_columns_of_both_files(cli: CommandLine) -> None:
    options = ["--on=name=full_name", "--by=zip,born", "--column=edits", "--suffix=_2"]
    rows = rows_of(cli("link", "people.csv", "customers.csv", *options, "--how=left").out)
    assert list(rows[0]) == [
        *("id", "name", "street", "zip", "born"),
        *("id_2", "full_name", "street_2", "edits"),  # all matches agree on zip and born
    ]
    edits = Levenshtein.distance("martha smith", "dwayne")
    assert [(row["id"], row["id_2"], row["edits"]) for row in rows] == [
        ("a", "3", str(edits)),
        ("b", "", ""),
        ("c", "", ""),
        ("d", "", ""),  # its name is missing
    ]


def test_one_file_is_linked_with_itself_each_pair_once(cli: CommandLine) -> None:
    outcome = cli("link", "people.csv", "--on=name", "--by=zip", "-o", "same.parquet")
    assert (outcome.code, outcome.out, outcome.err) == (0, "", "")
    table = pq.read_table("same.parquet")
    assert table.select(["id", "id_right", "score"]).to_pylist() == [
        {"id": "b", "id_right": "c", "score": Levenshtein.distance("john doe", "jon doe")}
    ]


def test_the_best_match_of_each_row(cli: CommandLine) -> None:
    options = ["--on=name=full_name:levenshtein.distance", "-k", 1, "--how=left"]
    rows = rows_of(cli("link", "people.csv", "-", *options, stdin=CUSTOMERS.encode()).out)
    assert [(row["id"], row["id_right"], row["score"]) for row in rows] == [
        ("a", "4", "0"),
        ("b", "2", "0"),
        ("c", "2", "1"),
        ("d", "", ""),
    ]


def test_no_match_leaves_the_names_of_the_columns(cli: CommandLine) -> None:
    outcome = cli("link", "people.csv", "--on=name", "--score-cutoff=0", "--by=id")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines() == [
        "id,name,street,zip,born,name_right,street_right,zip_right,born_right,score"
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--on=nome", "--by=zip"], "no column named 'nome'"),
        (["--on=name", "--by=zap"], "no column named 'zap'"),
        (["--on=name:levenshtin.distance", "--by=zip"], "levenshtin.distance"),
        (["--on=name", "--on=street:fuzz.ratio", "--by=zip"], "scorer"),
        (["--on=name", "--by=zip", "--suffix="], "suffix"),
    ],
)
def test_what_cannot_be_linked_is_told_in_one_line(
    cli: CommandLine, options: list[str], told: str
) -> None:
    assert told in cli("link", "people.csv", *options).error


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--on=name"], "all pairs would be matches"),
        (["--on=name:fuzz.ratio:heavy", "--by=zip"], "no number"),
        (["--on=name:fuzz.ratio:1:2", "--by=zip"], "COLUMN:SCORER:WEIGHT"),
        (["--on=:fuzz.ratio", "--by=zip"], "COLUMN:SCORER:WEIGHT"),
        (["--by=zip"], "--on"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused(
    cli: CommandLine, options: list[str], told: str
) -> None:
    outcome = cli("link", "people.csv", *options)
    assert outcome.code == 2
    assert told in outcome.err


def test_a_file_with_two_columns_of_one_name_is_refused(cli: CommandLine) -> None:
    Path("twice.csv").write_text("name,name\na,b\n", encoding="utf-8")
    assert "2 columns 'name'" in cli("link", "twice.csv", "--on=name", "--score-cutoff=1").error
