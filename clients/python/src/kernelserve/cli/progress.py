"""The progress bar: on standard error, on a terminal only."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from .._progress import ProgressLike
from .listing import is_terminal


class Measured(Protocol):
    """What can tell how far it has been read."""

    name: str

    @property
    def size(self) -> int | None: ...
    @property
    def position(self) -> int: ...


@contextmanager
def show_pairs(wanted: bool) -> Iterator[ProgressLike]:
    """Gives what a verb of queries by choices is to be told as its `progress`."""
    if not (wanted and is_terminal(sys.stderr)):
        yield False
        return
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.BarColumn(),
        rich.TaskProgressColumn(),
        rich.TextColumn("{task.completed:,} of {task.total:,} pairs"),
        rich.TextColumn("{task.fields[rate]}"),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task("", total=0, rate="")
        began = time.monotonic()

        def tell(done: int, total: int) -> None:
            rate = rate_of(done, time.monotonic() - began, "pairs")
            progress.update(task, completed=done, total=total, rate=rate)

        yield tell


def rate_of(done: int, seconds: float, what: str) -> str:
    """How many a second, to three digits; nothing before there is one to speak of."""
    if seconds <= 0 or not done:
        return ""
    rate = done / seconds
    for unit, factor in (("G", 1e9), ("M", 1e6), ("k", 1e3)):
        if rate >= factor:
            return f"{rate / factor:.3g} {unit} {what}/s"
    return f"{rate:.3g} {what}/s"


@contextmanager
def show_progress(source: Measured, wanted: bool) -> Iterator[Callable[[int], None]]:
    """Gives what is to be told how many rows are done."""
    if not (wanted and is_terminal(sys.stderr)):
        yield lambda rows: None
        return
    from rich import progress as rich
    from rich.console import Console

    columns = (
        rich.TextColumn("{task.description}"),
        rich.BarColumn(),
        rich.TaskProgressColumn(),
        rich.TextColumn("{task.fields[rows]:,} rows"),
        rich.TextColumn("{task.fields[rate]}"),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=Console(stderr=True)) as progress:
        task = progress.add_task(Path(source.name).name, total=source.size, rows=0, rate="")
        began = time.monotonic()

        def tell(rows: int) -> None:
            rate = rate_of(rows, time.monotonic() - began, "rows")
            progress.update(task, completed=source.position, rows=rows, rate=rate)

        yield tell
