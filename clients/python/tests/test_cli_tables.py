"""Files through the command line: what goes in comes out, with one column more."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any
from unittest import mock

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from cli_outcome import CommandLine
from kernelserve.cli import csv_table
from kernelserve.cli.csv_table import CsvReader, CsvWriter

PEOPLE = '''\
name,alias,zip
kitten,sitting,007
"Smith, J","Smyth, J",1
,x,2
"",ab,3
日本,日本語,
"two
lines","two ""lines""",5
'''
SCORES = [3, 1, None, 2, 1, 3]


@pytest.fixture
def cli(cli: CommandLine) -> CommandLine:
    """A directory with people."""
    Path("people.csv").write_text(PEOPLE, encoding="utf-8", newline="")
    return cli


def rows_of(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


def test_csv_keeps_its_columns_and_gets_scores(cli: CommandLine) -> None:
    outcome = cli("pairwise", "people.csv", "name", "alias")
    assert (outcome.code, outcome.err) == (0, "")
    expected = rows_of(PEOPLE)
    assert rows_of(outcome.out) == [
        [*expected[0], "score"],
        *([*row, "" if s is None else str(s)] for row, s in zip(expected[1:], SCORES, strict=True)),
    ]
    assert '\n,"x","2",\n' in outcome.out  # a null, unlike "", has no quotes


def test_quotes_are_written_only_where_they_are_needed(cli: CommandLine) -> None:
    plain = "left,right\nkitten,sitting\n,x\n"
    outcome = cli("pairwise", "-", "left", "right", stdin=plain.encode())
    assert outcome.out == "left,right,score\nkitten,sitting,3\n,x,\n"


def test_parquet_and_back(cli: CommandLine) -> None:
    assert cli("pairwise", "people.csv", "name", "alias", "-o", "people.parquet").err == ""
    table = pq.read_table("people.parquet")
    assert table.column_names == ["name", "alias", "zip", "score"]
    assert table["name"].to_pylist() == ["kitten", "Smith, J", None, "", "日本", "two\nlines"]
    assert table["zip"].to_pylist() == ["007", "1", "2", "3", None, "5"]
    assert table["score"].type == pa.int32()
    assert table["score"].to_pylist() == SCORES
    back = cli(
        *("pairwise", "people.parquet", "name", "alias", "-o", "back.tsv"),
        *("--column", "likeness", "--scorer", "levenshtein.normalized_similarity"),
    )
    assert (back.code, back.out, back.err) == (0, "", "")
    with Path("back.tsv").open(encoding="utf-8", newline="") as file:
        found = list(csv.DictReader(file, delimiter="\t"))
    assert [row["likeness"] for row in found[:2]] == ["0.5714285714285714", "0.875"]
    assert [row["score"] for row in found] == ["" if s is None else str(s) for s in SCORES]


@pytest.mark.parametrize("encode", [pa.Array.dictionary_encode, lambda a: a.cast(pa.binary())])
def test_csv_has_dictionaries_and_binary_as_it_has_text(cli: CommandLine, encode: Any) -> None:
    texts = pa.array(["kitten", "", None, "a,b", 'a"b'])
    types = [pa.string_view(), pa.large_string(), pa.binary_view(), pa.large_binary()]
    others = {str(kind): texts.cast(kind) for kind in types}
    pq.write_table(pa.table({"l": encode(texts), "r": texts, **others}), "in.parquet")
    outcome = cli("pairwise", "in.parquet", "l", "r")
    assert (outcome.code, outcome.err) == (0, "")
    expected = [('"kitten"', 0), ('""', 0), ("", ""), ('"a,b"', 0), ('"a""b"', 0)]
    assert outcome.out.splitlines()[1:] == [
        ",".join([cell] * (2 + len(types)) + [str(score)]) for cell, score in expected
    ]
    quoted_nowhere = pa.table({"l": encode(pa.array(["ab"])), "r": ["b"]})
    pq.write_table(quoted_nowhere, "in.parquet")
    assert cli("pairwise", "in.parquet", "l", "r").out == "l,r,score\nab,b,1\n"


def test_lines_of_errors_are_counted_over_all_blocks(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_table, "_BLOCK_BYTES", 16)
    rows = b"a,b\n" + b'"x\ny",z\n' * 20 + b"1,2,3\n" + b"x,y\n" * 3
    outcome = cli("pairwise", "-", "a", "b", stdin=rows)
    assert outcome.code == 1
    assert "row 20 (line 42): Expected 2 columns, got 3" in outcome.err


def test_parquet_keeps_types(cli: CommandLine) -> None:
    table = pa.table(
        {
            "l": pa.array(["ab", None, "c"], pa.large_string()),
            "r": pa.array(["b", "x", "c"]).dictionary_encode(),
            "when": pa.array([1, None, 3], pa.timestamp("us", "UTC")),
            "tags": pa.array([["x"], [], None]),
        }
    )
    pq.write_table(table, "in.parquet")
    assert cli("pairwise", "in.parquet", "l", "r", "-o", "out.parquet").err == ""
    out = pq.read_table("out.parquet")
    assert out.select(table.column_names).equals(table)
    assert out["score"].to_pylist() == [1, None, 0]
    assert "list" in cli("pairwise", "in.parquet", "l", "r").error  # which CSV does not have


def test_a_file_can_be_replaced_by_its_own_output(cli: CommandLine) -> None:
    assert cli("pairwise", "people.csv", "name", "alias", "-o", "people.csv").code == 0
    assert rows_of(Path("people.csv").read_text(encoding="utf-8"))[1][3] == "3"
    assert [path.name for path in Path().iterdir()] == ["people.csv"]


def test_output_goes_through_links_and_into_pipes(cli: CommandLine) -> None:
    Path("real.csv").write_text("old")
    Path("link.csv").symlink_to("real.csv")
    assert cli("pairwise", "people.csv", "name", "alias", "-o", "link.csv").code == 0
    assert Path("link.csv").is_symlink()
    written = Path("real.csv").read_text(encoding="utf-8")
    assert written.startswith("name,alias,zip,score\n")
    piped = cli("pairwise", "people.csv", "name", "alias", "-o", "/dev/stdout")
    assert (piped.code, piped.out) == (0, written)


@pytest.mark.parametrize("name", ["none.csv", "none.parquet"])
def test_no_rows_in_no_rows_out(cli: CommandLine, name: str) -> None:
    out = cli("pairwise", "-", "a", "b", "-o", name, stdin=b"a,b")
    assert (out.code, out.err) == (0, "")
    again = cli("pairwise", name, "a", "b", "--column", "again")
    assert (again.code, again.out) == (0, "a,b,score,again\n")
    unknown = cli("pairwise", name, "a", "b", "--column", "x", "--scorer", "levenshtein.distanc")
    assert "did you mean" in unknown.err


def test_run_reads_numbers_and_leaves_their_text_as_it_was(cli: CommandLine) -> None:
    outcome = cli("run", "fibonacci", "--file", "-", "n", stdin=b"n,note\n007,x\n,y\n93,z\n")
    assert outcome.out == "n,note,result\n007,x,13\n,y,\n93,z,12200160415121876738\n"


def test_run_on_columns_of_numbers(cli: CommandLine) -> None:
    pq.write_table(pa.table({"n": pa.array([10, None, 20], pa.int16())}), "n.parquet")
    outcome = cli(
        *("run", "fibonacci", "-f", "n.parquet", "n"),
        *("--param", "modulus=100", "--column", "last digits"),
    )
    assert outcome.out == "n,last digits\n10,55\n,\n20,65\n"


def test_rows_that_fail_can_become_null_with_a_warning(cli: CommandLine) -> None:
    outcome = cli("run", "fibonacci", "-f", "-", "n", "--row-errors=null", stdin=b"n\n10\n94\n")
    assert (outcome.code, outcome.out) == (0, "n,result\n10,55\n94,\n")
    assert outcome.err.startswith("kernelserve: warning: standard input: 1 rows failed")


@pytest.mark.parametrize(
    ("arguments", "stdin", "parts"),
    [
        (
            ["pairwise", "people.csv", "nmae", "alias"],
            b"",
            ["people.csv has no column 'nmae'", "did you mean 'name'?", "name, alias, zip"],
        ),
        (
            ["run", "fibonacci", "-f", "people.csv", "n"],
            b"",
            ["people.csv has no column 'n'. Its columns: name, alias, zip"],
        ),
        (
            ["pairwise", "people.csv", "name", "alias", "--column", "zip"],
            b"",
            ["already has a column 'zip'", "--column"],
        ),
        (["pairwise", "-", "a", "b"], b"a,b,a\n1,2,3\n", ["2 columns 'a'"]),
        (["pairwise", "-", "a", "b"], b"", ["standard input is empty"]),
        (["pairwise", "-", "a", "b"], b"\na,b\n", ["begins with an empty line"]),
        (["pairwise", "-", "a", "b"], b"a,\xff\n", ["first line is not UTF-8"]),
        (["pairwise", "-", "a", "b"], b"a,b\n1,2\n1,2,3\n", ["row 1", "Expected 2 columns, got 3"]),
        (["pairwise", "-", "a", "b"], b"a,b\n1,2\n1,\xff\n", ["column 'b'", "row 1", "UTF8"]),
        (["pairwise", "-", "a", "b"], b"a,b\r1,2\r", ["first line cannot be read: new-line"]),
        (["pairwise", "-", "a", "b"], b"x" * 131_073, ["first line cannot be read: field larger"]),
        (
            ["pairwise", "-", "a", "b"],
            b'a,b\n\n"1\n1",2\n\n1,2,3\n',
            ["row 1 (line 6): Expected 2"],
        ),
        (["pairwise", "missing.csv", "a", "b"], b"", ["missing.csv", "No such file"]),
        (["pairwise", "people.xlsx", "a", "b"], b"", ["people.xlsx", ".csv", ".parquet"]),
        (["pairwise", "people.csv", "name", "alias", "-o", "x.json"], b"", ["x.json", ".csv"]),
        (["pairwise", "people.csv", "name", "alias", "-o", "no/x.csv"], b"", ["no/x.csv"]),
        (["run", "fibonacci", "-f", "-", "n"], b"n\n1\nmany\n", ["n should be uint64", "'many'"]),
        (["run", "fibonacci", "-f", "-", "n"], b"n\n1\n-1\n", ["row 1", "value -1", "request "]),
    ],
)
def test_what_is_wrong_with_a_file_is_one_line(
    cli: CommandLine, arguments: list[str], stdin: bytes, parts: list[str]
) -> None:
    error = cli(*arguments, stdin=stdin).error
    assert [part for part in parts if part not in error] == [], error


def test_a_file_that_is_not_parquet(cli: CommandLine) -> None:
    Path("people.csv").rename("people.parquet")
    error = cli("pairwise", "people.parquet", "name", "alias").error
    assert error.startswith("people.parquet is not a Parquet file")


def test_a_failure_leaves_the_output_as_it_was(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_table, "_BLOCK_BYTES", 16)
    Path("out.csv").write_text("precious")
    rows = b"n\n" + b"10\n" * 50 + b"-1\n"
    error = cli("run", "fibonacci", "-f", "-", "n", "-o", "out.csv", stdin=rows).error
    # Counted from the block that the server got: the line says where that begins.
    begin = int(error.split("in the rows after the first ")[1].split(":")[0])
    row = int(error.split("row ")[-1].split(":")[0])
    assert begin > 0
    assert begin + row == 50
    assert Path("out.csv").read_text() == "precious"
    assert sorted(path.name for path in Path().iterdir()) == ["out.csv", "people.csv"]


cells = st.none() | st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from('",\r\n')
tables = st.integers(1, 3).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), max_size=20)
)


def encode(cell: str | None) -> str:
    if cell is None:
        return ""
    needs_quotes = cell == "" or any(c in cell for c in '",\r\n') or len(cell) % 2
    return '"' + cell.replace('"', '""') + '"' if needs_quotes else cell


@given(tables, st.integers(1, 64), st.booleans())
def test_blocks_of_any_size_give_the_same_rows(
    table: list[list[str | None]], block_bytes: int, last_line_ends: bool
) -> None:
    width = len(table[0]) if table else 2
    lines: list[list[str | None]] = [[f'column "{i}"\n' for i in range(width)], *table]
    text = "\n".join(",".join(map(encode, line)) for line in lines)
    # A null alone on the last line is no line without an end.
    data = (text + "\n" * (last_line_ends or table[-1:] == [[None]])).encode()
    with mock.patch.object(csv_table, "_BLOCK_BYTES", block_bytes):
        reader = CsvReader(io.BytesIO(data), "input", ",")
        batches = list(reader.batches())
    assert reader.columns == lines[0]
    assert [list(row.values()) for batch in batches for row in batch.to_pylist()] == table
    assert reader.position == reader.size == len(data)


@given(tables)
def test_what_is_written_reads_the_same(table: list[list[str | None]]) -> None:
    width = len(table[0]) if table else 2
    names = [f"c{i}" for i in range(width)] + ["score"]
    arrays = [pa.array([row[i] for row in table], pa.string()) for i in range(width)]
    scores = pa.array([None if r[0] is None else len(r[0]) for r in table], pa.int32())
    out = io.BytesIO()
    CsvWriter(out, ",").write(pa.RecordBatch.from_arrays([*arrays, scores], names=names))
    reader = CsvReader(io.BytesIO(out.getvalue()), "output", ",")
    rows = [list(row.values()) for batch in reader.batches() for row in batch.to_pylist()]
    assert [row[:-1] for row in rows] == table
    assert [row[-1] for row in rows] == [None if r[0] is None else str(len(r[0])) for r in table]


def test_many_blocks_agree_with_rapidfuzz(
    cli: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(csv_table, "_BLOCK_BYTES", 1000)
    pairs = [(f"word{i * 7919 % 1009}", f"ward{i}") for i in range(1000)]
    text = "l,r\n" + "".join(f"{left},{right}\n" for left, right in pairs)
    outcome = cli("pairwise", "-", "l", "r", stdin=text.encode())
    assert [row[2] for row in rows_of(outcome.out)[1:]] == [
        str(Levenshtein.distance(left, right)) for left, right in pairs
    ]
