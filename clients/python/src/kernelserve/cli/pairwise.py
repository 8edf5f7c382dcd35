"""`kernelserve pairwise`: two columns of a file, row by row."""

from __future__ import annotations

from typing import Any

import click

from .. import Client, Scorer
from .options import (
    cutoff_option,
    examples,
    format_option,
    output_options,
    progress_option,
    row_errors_option,
    scorer_options,
    with_client,
)
from .tables import append_column, open_reader


@click.command(
    epilog=examples(
        "kernelserve pairwise people.csv name alias",
        "kernelserve pairwise people.csv name alias -o scored.parquet",
        "kernelserve pairwise people.parquet name alias --scorer levenshtein.normalized_similarity "
        "\\",
        "    --column likeness -o likely.csv",
        "kernelserve pairwise people.jsonl name alias --format jsonl | jq .score",
        "zcat people.csv.gz | kernelserve pairwise - name alias | sort -t, -k3n",
    )
)
@click.argument("file")
@click.argument("left")
@click.argument("right")
@scorer_options()
@cutoff_option
@output_options("score")
@format_option
@row_errors_option
@progress_option
@with_client
def pairwise(
    client: Client,
    file: str,
    left: str,
    right: str,
    scorer: Scorer,
    score_cutoff: float | None,
    output: str,
    column: str,
    standard: str,
    row_errors: Any,
    no_progress: bool,
) -> None:
    """Score two columns of a file against each other, row by row.

    Each row gets the score of its LEFT and its RIGHT. FILE is CSV, TSV, JSON Lines or Parquet by
    its ending; `-` is standard input. All its columns go to the output, and behind them the
    scores. A file of any size takes the same memory. An empty CSV field (not "") is a null, and a
    null has no score.
    """

    def score(lefts: Any, rights: Any) -> Any:
        return client.pairwise(
            lefts, rights, scorer=scorer, score_cutoff=score_cutoff, row_errors=row_errors
        )

    with open_reader(file, standard) as reader:
        append_column(
            reader,
            output,
            column,
            [left, right],
            score,
            progress=not no_progress,
            standard=standard,
        )
