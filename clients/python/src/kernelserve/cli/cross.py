"""`kernelserve cdist`, `kernelserve top-k` and `kernelserve join`: two columns, all by all."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

import click
import pyarrow as pa

from .. import Client, Scorer
from .._cross import K_DEFAULT, ChoicesOfBatches, Estimate
from .errors import unknown_column
from .listing import print_rows
from .options import (
    Command,
    cutoff_option,
    examples,
    format_option,
    progress_option,
    scorer_options,
    with_client,
)
from .progress import show_pairs, show_progress
from .tables import Reader, bar_is_wanted, open_reader, open_writer

# Of a matrix at a time: some tens of megabytes.
_CELLS_MAX = 8 << 20

_output_option = click.option(
    "-o",
    "--output",
    default="-",
    metavar="FILE",
    help="Where the rows go: CSV, TSV, JSON Lines or Parquet by its ending. Without it: to "
    "standard output.",
)
_estimate_option = click.option(
    "--estimate",
    is_flag=True,
    help="Print how many pairs there are, how many seconds the server would take for all of them "
    "and how many bytes it would send at most; compute nothing.",
)


_bound_option = click.option(
    "--score-cutoff",
    type=float,
    metavar="NUMBER",
    help="The greatest distance, or the least similarity, of a match.",
)


def _columns_command(cutoff: Any, **settings: Any) -> Callable[[Command], click.Command]:
    """A command over a column of queries and one of choices, with the options of all three."""

    def decorate(command: Command) -> click.Command:
        options = [scorer_options(), cutoff, _output_option, format_option, _estimate_option]
        for option in reversed([*options, progress_option, with_client]):
            command = option(command)
        made: click.Command = click.command(**settings)(command)
        return made

    return decorate


def _column(path: str, name: str, standard: str) -> Any:
    """A column of a file as one Arrow array, or chunks where it is too long for that."""
    with open_reader(path, standard) as reader:
        chunks = list(_batches(reader, name))
    return pa.chunked_array(chunks).combine_chunks()


def _batches(reader: Reader, name: str) -> Iterator[Any]:
    if name not in reader.columns:
        raise unknown_column(name, reader.columns, reader.name)
    return (batch.column(reader.columns.index(name)) for batch in reader.batches())


def _print_estimate(found: Estimate) -> None:
    numbers = (f"{found.cells}", f"{found.seconds:.3g}", f"{found.bytes}")
    print_rows(["pairs", "seconds", "bytes"], [numbers])


@_columns_command(
    _bound_option,
    name="top-k",
    epilog=examples(
        "kernelserve top-k typos.csv word dictionary.csv word",
        "kernelserve top-k new.csv name known.parquet name -k 1 --scorer fuzz.WRatio -o best.csv",
        "kernelserve top-k - name known.csv name --score-cutoff 2 < new.csv | cut -d, -f2,4",
    ),
)
@click.argument("queries")
@click.argument("query_column", metavar="COLUMN")
@click.argument("choices")
@click.argument("choice_column", metavar="COLUMN")
@click.option(
    "-k",
    type=click.IntRange(min=0),
    default=K_DEFAULT,
    show_default=True,
    help="How many choices each query gets at most.",
)
def top_k(
    client: Client,
    queries: str,
    query_column: str,
    choices: str,
    choice_column: str,
    k: int,
    scorer: Scorer,
    score_cutoff: float | None,
    output: str,
    standard: str,
    estimate: bool,
    no_progress: bool,
) -> None:
    """Find the best choices of each query.

    QUERIES and CHOICES are CSV, TSV, JSON Lines or Parquet files by their ending; `-` is
    standard input. A COLUMN of each is compared. A row of the output has the number and the text of
    a query and of a choice, both from 0, and their score: best first. A file of queries of any size
    takes the same memory.
    """
    texts = _column(choices, choice_column, standard)
    options: dict[str, Any] = {"k": k, "scorer": scorer, "score_cutoff": score_cutoff}
    if estimate:
        column = _column(queries, query_column, standard)
        _print_estimate(client.estimate("top_k", column, texts, **options))
        return
    under_way: deque[Any] = deque()
    first_row = 0

    def read(reader: Reader) -> Iterator[Any]:
        for batch in _batches(reader, query_column):
            under_way.append(batch)
            yield batch

    with open_reader(queries, standard) as reader:
        bar = show_progress(reader, bar_is_wanted(output, not no_progress))
        with bar as advance, open_writer(output, standard) as writer:
            for table in client.top_k(read(reader), texts, **options):
                batch = under_way.popleft()
                rows = _rows(table, ("query", batch, first_row), ("choice", texts, 0))
                writer.write(rows)
                first_row += len(batch)
                advance(first_row)


def _rows(table: Any, *sides: tuple[str, Any, int]) -> Any:
    """The table with the texts behind each index; `sides` have a name, texts, and their first."""
    columns: dict[str, Any] = {}
    for index, (name, texts, first_row) in zip(table.columns, sides, strict=False):
        numbers = index.combine_chunks()
        columns[f"{name}_index"] = numbers
        columns[name] = _taken(texts, numbers.to_numpy() - first_row)
    columns["score"] = table["score"].combine_chunks()
    return pa.RecordBatch.from_pydict(columns)


def _taken(texts: Any, rows: Any) -> Any:
    taken = texts.take(pa.array(rows))
    return taken.combine_chunks() if isinstance(taken, pa.ChunkedArray) else taken


@_columns_command(
    _bound_option,
    name="join",
    epilog=examples(
        "kernelserve join people.jsonl name --score-cutoff 2 --format jsonl",
        "kernelserve join people.csv name customers.parquet name --score-cutoff 1 -o same.csv",
        "kernelserve join people.csv name --scorer fuzz.ratio --score-cutoff 90 --estimate",
    ),
)
@click.argument("left")
@click.argument("left_column", metavar="COLUMN")
@click.argument("right", required=False)
@click.argument("right_column", metavar="[COLUMN]", required=False)
def join(
    client: Client,
    left: str,
    left_column: str,
    right: str | None,
    right_column: str | None,
    scorer: Scorer,
    score_cutoff: float | None,
    output: str,
    standard: str,
    estimate: bool,
    no_progress: bool,
) -> None:
    """Find all pairs whose score passes the cutoff.

    LEFT and RIGHT are CSV, TSV, JSON Lines or Parquet files by their ending; `-` is standard
    input. A COLUMN of each is compared, or LEFT's with itself, each pair once. A row of the output
    has the numbers and the texts of both, from 0, and their score.
    """
    if score_cutoff is None:
        raise click.UsageError("A join needs --score-cutoff: it gives the pairs that pass it.")
    if right is not None and right_column is None:
        raise click.UsageError("RIGHT needs its COLUMN.")
    lefts = _column(left, left_column, standard)
    rights = None
    if right is not None:
        rights = _column(right, str(right_column), standard)
    options: dict[str, Any] = {"scorer": scorer, "score_cutoff": score_cutoff}
    if estimate:
        _print_estimate(client.estimate("join", lefts, rights, **options))
        return
    with show_pairs(bar_is_wanted(output, not no_progress)) as progress:
        table = client.join(lefts, rights, **options, progress=progress)
    with open_writer(output, standard) as writer:
        sides = ("left", lefts, 0), ("right", lefts if rights is None else rights, 0)
        writer.write(_rows(table, *sides))


@_columns_command(
    cutoff_option,
    name="cdist",
    epilog=examples(
        "kernelserve cdist new.csv name known.csv name",
        "kernelserve cdist new.csv name known.csv name --scorer fuzz.ratio -o matrix.parquet",
    ),
)
@click.argument("queries")
@click.argument("query_column", metavar="COLUMN")
@click.argument("choices")
@click.argument("choice_column", metavar="COLUMN")
def cdist(
    client: Client,
    queries: str,
    query_column: str,
    choices: str,
    choice_column: str,
    scorer: Scorer,
    score_cutoff: float | None,
    output: str,
    standard: str,
    estimate: bool,
    no_progress: bool,
) -> None:
    """Score every query with every choice.

    QUERIES and CHOICES are CSV, TSV, JSON Lines or Parquet files by their ending; `-` is
    standard input. A COLUMN of each is compared. A row of the output has a query and its scores, in
    a column for each choice. A file of queries of any size takes the same memory.
    """
    texts = _column(choices, choice_column, standard)
    options: dict[str, Any] = {"scorer": scorer, "score_cutoff": score_cutoff}
    if estimate:
        column = _column(queries, query_column, standard)
        _print_estimate(client.estimate("cdist", column, texts, **options))
        return
    names = [query_column, *(text or "" for text in texts.to_pylist())]
    step = max(1, _CELLS_MAX // max(1, len(texts)))
    shared = ChoicesOfBatches(texts)
    rows_done = 0
    with open_reader(queries, standard) as reader:
        bar = show_progress(reader, bar_is_wanted(output, not no_progress))
        with bar as advance, open_writer(output, standard) as writer:
            for batch in _batches(reader, query_column):
                for begin in range(0, max(1, len(batch)), step):
                    some = batch[begin : begin + step]
                    scores = client.cdist(some, shared, **options)
                    columns = [some, *(pa.array(column) for column in scores.T)]
                    writer.write(pa.RecordBatch.from_arrays(columns, names=names))
                    rows_done += len(some)
                    advance(rows_done)
