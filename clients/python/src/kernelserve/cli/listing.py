"""Rows on standard output: a table on a terminal, tab-separated lines for the next program."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TextIO

import click


def print_rows(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """`columns` are the terminal's headings. Only there are lines wrapped or coloured."""
    if not is_terminal(sys.stdout):
        for row in rows:
            click.echo("\t".join(cell.replace("\t", " ").replace("\n", " ") for cell in row))
        return
    # Not before it is needed: a command without a table starts the sooner.
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column == columns[0])
    for row in rows:
        table.add_row(*(_plain(cell) for cell in row))
    Console(highlight=False).print(table)


def is_terminal(stream: TextIO | None) -> bool:
    """Of a standard stream, which is None in a process that was started with it closed."""
    return stream is not None and stream.isatty()


def _plain(cell: str) -> str:
    """Square brackets are rich's markup, and here somebody's text."""
    return cell.replace("[", r"\[")
