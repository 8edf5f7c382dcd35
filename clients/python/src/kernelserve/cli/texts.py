"""`kernelserve compare`, `kernelserve editops` and `kernelserve align`: two texts."""

from __future__ import annotations

import click

from .. import Client, Scorer
from .._edit_rows import ADVANCE
from .._scorers import DEFAULT_ALIGNER
from .listing import print_rows
from .options import cutoff_option, examples, scorer_options, with_client


@click.command(
    epilog=examples(
        "kernelserve compare kitten sitting",
        "kernelserve compare kitten sitting --scorer levenshtein.normalized_similarity",
        "kernelserve compare kitten sitting --param weights=1,1,2",
        "kernelserve compare -- -v --version",
    )
)
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@scorer_options()
@cutoff_option
@with_client
def compare(
    client: Client, left: str, right: str, scorer: Scorer, score_cutoff: float | None
) -> None:
    """Print the score of the texts A and B."""
    click.echo(client.compare(left, right, scorer=scorer, score_cutoff=score_cutoff))


@click.command(
    epilog=examples(
        "kernelserve editops kitten sitting",
        "kernelserve editops kitten sitting | cut -f1 | sort | uniq -c",
    )
)
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@scorer_options()
@with_client
def editops(client: Client, left: str, right: str, scorer: Scorer) -> None:
    """Print the edits that turn the text A into B, one a line.

    Each line has the kind of edit, the position in A and the position in B, counted in code points
    from 0; then the character of A that goes and the one of B that comes, two for a transposition.
    """

    def characters(text: str, position: int, units: int) -> str:
        return text[position : position + units]

    print_rows(
        ["edit", "in A", "in B", "goes", "comes"],
        [
            (
                kind,
                str(at_left),
                str(at_right),
                characters(left, at_left, ADVANCE[kind][0]),
                characters(right, at_right, ADVANCE[kind][1]),
            )
            for kind, at_left, at_right in client.editops(left, right, scorer=scorer)
        ],
    )


@click.command(
    epilog=examples(
        'kernelserve align "a certain string" cetain',
        "kernelserve align needle haystack --score-cutoff 50",
    )
)
@click.argument("left", metavar="A")
@click.argument("right", metavar="B")
@scorer_options(DEFAULT_ALIGNER)
@cutoff_option
@with_client
def align(
    client: Client, left: str, right: str, scorer: Scorer, score_cutoff: float | None
) -> None:
    """Print which parts of the texts A and B fit best.

    One line: the score, where the part of A begins and ends and where that of B does, counted in
    code points from 0; then both parts. Nothing where the score is below the cutoff.
    """
    found = client.align(left, right, scorer=scorer, score_cutoff=score_cutoff)
    if found is not None:
        score, *places = found
        parts = left[found.src_start : found.src_end], right[found.dest_start : found.dest_end]
        print_rows(
            ["score", "from A", "to A", "from B", "to B", "part of A", "part of B"],
            [(str(score), *map(str, places), *parts)],
        )
