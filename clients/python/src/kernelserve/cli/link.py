"""`kernelserve link`: the rows of two files, or of one, that are about the same thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click
import pyarrow as pa

from .. import Client, Scorer
from .._scorers import DEFAULT_PROCESS, DEFAULT_SCORER
from .errors import DataError
from .options import (
    examples,
    format_option,
    output_options,
    progress_option,
    utf8,
    with_client,
)
from .progress import show_pairs
from .tables import bar_is_wanted, open_reader, open_writer


@dataclass(frozen=True)
class _Sides:
    """Columns of the left file, and those of the right one that they go with."""

    left: list[str]
    right: list[str]

    @classmethod
    def of(cls, names: list[str]) -> _Sides:
        """Of names, or LEFT=RIGHT where the files have different ones."""
        pairs = [name.partition("=") for name in names]
        return cls([left for left, _, _ in pairs], [right or left for left, _, right in pairs])


@dataclass(frozen=True)
class _Compared:
    """One --on: a column, its scorer, and what its score counts."""

    name: str
    scorer: str
    weight: float

    @classmethod
    def of(cls, text: str) -> _Compared:
        name, *rest = text.split(":")
        if not name or len(rest) > 2:
            raise click.BadParameter(
                f"{text!r} should be COLUMN, COLUMN:SCORER or COLUMN:SCORER:WEIGHT.",
                param_hint="'--on'",
            )
        try:
            weight = float(rest[1]) if len(rest) == 2 else 1.0
        except ValueError:
            raise click.BadParameter(
                f"{text!r}: the weight {rest[1]!r} is no number.", param_hint="'--on'"
            ) from None
        return cls(name, rest[0] if rest and rest[0] else DEFAULT_SCORER, weight)


def _all_utf8(ctx: click.Context, option: click.Parameter, texts: tuple[str, ...]) -> list[str]:
    return [utf8(ctx, option, text) for text in texts]


@click.command(
    name="link",
    epilog=examples(
        "kernelserve link people.csv customers.csv --on name --by zip --score-cutoff 2",
        "kernelserve link people.csv --on name:jaro_winkler.similarity:3 \\",
        "    --on street:levenshtein.normalized_similarity:2 --by born --by phone \\",
        "    --null-score 0 --score-cutoff 0.8 -o same.parquet",
        "kernelserve link new.csv old.csv --on name=full_name:fuzz.WRatio -k 1 --how left",
    ),
)
@click.argument("left")
@click.argument("right", required=False)
@click.option(
    "--on",
    "compared",
    multiple=True,
    required=True,
    callback=_all_utf8,
    metavar="COLUMN[:SCORER[:WEIGHT]]",
    help="A column to compare; `kernelserve kernels` lists the scorers, and levenshtein.distance "
    "is what it is without one. LEFT=RIGHT where the files name it differently. Again for each: "
    "the score of two rows is then the mean of their columns' scores, by weight (1 without one).",
)
@click.option(
    "--by",
    "keys",
    multiple=True,
    callback=_all_utf8,
    metavar="COLUMN[,COLUMN]",
    help="Compare rows that agree on these columns only. Again for each alternative: rows that "
    "agree on one of them are compared.",
)
@click.option(
    "--score-cutoff",
    type=float,
    metavar="NUMBER",
    help="The greatest distance, or the least similarity, of a match.",
)
@click.option("-k", type=click.IntRange(min=0), help="How many matches a row of LEFT gets at most.")
@click.option(
    "--how",
    type=click.Choice(["inner", "left"]),
    default="inner",
    show_default=True,
    help="Whether rows of LEFT without a match are left out, or there with nothing beside them.",
)
@click.option(
    "--null-score",
    type=float,
    metavar="NUMBER",
    help="What a column counts where a text is missing. Without it, such rows do not match.",
)
@click.option(
    "--suffix",
    default="_right",
    show_default=True,
    callback=utf8,
    help="What is added to the names of RIGHT's columns that LEFT has, too.",
)
@click.option(
    "--processor",
    type=click.Choice([DEFAULT_PROCESS]),
    help="What is done to the texts first: RapidFuzz's default_process leaves lower-case letters, "
    "digits, and spaces between them.",
)
@output_options("score")
@format_option
@progress_option
@with_client
def link(
    client: Client,
    left: str,
    right: str | None,
    compared: list[str],
    keys: list[str],
    score_cutoff: float | None,
    k: int | None,
    how: str,
    null_score: float | None,
    suffix: str,
    processor: str | None,
    output: str,
    column: str,
    standard: str,
    no_progress: bool,
) -> None:
    """Find rows of files that are about the same thing.

    LEFT and RIGHT are CSV, TSV, JSON Lines or Parquet files by their ending; `-` is standard
    input. Columns of both are compared, and a row of the output is a row of LEFT, the row of RIGHT
    that it matches, and their score. Of LEFT alone, each pair of its rows is compared once.
    """
    if k is None and score_cutoff is None and not keys:
        raise click.UsageError("It needs --score-cutoff, -k or --by: all pairs would be matches.")
    told = [_Compared.of(text) for text in compared]
    on = _Sides.of([each.name for each in told])
    by = [_Sides.of(key.split(",")) for key in keys]
    lefts = _table(left, standard)
    rights = _table(right, standard) if right is not None else None
    options: dict[str, Any] = {
        "left_on": on.left,
        "right_on": on.right,
        "left_by": [sides.left for sides in by] or None,
        "right_by": [sides.right for sides in by] or None,
        "scorer": [Scorer(each.scorer, processor=processor) for each in told],
        "weights": [each.weight for each in told],
        "how": how,
        "suffix": suffix,
        "score_name": column,
        "null_score": null_score,
        "score_cutoff": score_cutoff,
    }
    with show_pairs(bar_is_wanted(output, not no_progress)) as progress:
        if k is None:
            found = client.join(lefts, rights, **options, progress=progress)
        else:
            found = client.top_k(lefts, rights, k, **options, progress=progress)
    with open_writer(output, standard) as writer:
        # One batch, of no rows too: it has the names of the columns.
        writer.write(pa.RecordBatch.from_struct_array(found.to_struct_array().combine_chunks()))


def _table(path: str, standard: str) -> Any:
    with open_reader(path, standard) as reader:
        names = list(reader.columns)
        for name in names:
            if names.count(name) > 1:
                raise DataError(f"{reader.name} has {names.count(name)} columns {name!r}")
        batches = list(reader.batches())
    return pa.Table.from_batches(batches) if batches else pa.table({name: [] for name in names})
