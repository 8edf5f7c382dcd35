"""The command line's own errors, and what any error looks like on a line."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import click

from .._exceptions import Error


class DataError(click.ClickException):
    """Something is wrong with a file or what is in it. Exit code 1."""


def unknown_column(name: str, columns: Sequence[str], source: str) -> DataError:
    """`source` has no column `name`: what was meant perhaps, and what there is."""
    close = difflib.get_close_matches(name, columns, n=1)
    meant = f"; did you mean {close[0]!r}?" if close else "."
    return DataError(f"{source} has no column {name!r}{meant} Its columns: {', '.join(columns)}")


def line_of(error: Error) -> str:
    """An error of the client as one line: the sentence, then what it is about."""
    told = {
        "argument": error.field,
        "bound": error.bound,
        "value": error.value,
        "reason": error.reason or error.code,
        "request": error.request_id,
    }
    about = ", ".join(f"{name} {value}" for name, value in told.items() if value)
    sentence = " | ".join(line.strip() for line in error.message.splitlines() if line.strip())
    return f"{sentence} [{about}]" if about else sentence
