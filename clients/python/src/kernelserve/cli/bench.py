"""`kernelserve bench`: what offloading gives on this machine."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from .errors import DataError
from .options import examples


def _named_files(
    ctx: click.Context, option: click.Parameter, texts: tuple[str, ...]
) -> dict[str, Path]:
    """NAME=FILE, each of them."""
    out = {}
    for text in texts:
        name, sign, path = text.partition("=")
        if not sign or not name or not Path(path).is_file():
            raise click.BadParameter(f"{text!r} should be NAME=FILE, a file that is there.")
        out[name] = Path(path)
    return out


def _known(ctx: click.Context, option: click.Parameter, only: tuple[str, ...]) -> tuple[str, ...]:
    from ..bench.run import names

    for name in only:
        if name not in names():
            raise click.BadParameter(f"{name!r} is none of {', '.join(names())}.")
    return only


@click.command(
    epilog=examples(
        "kernelserve bench",
        "kernelserve bench --quick",
        "kernelserve bench --only levenshtein --only stages --charts charts/",
        "kernelserve bench --texts street=streets.txt --json figures.json > report.md",
    )
)
@click.option(
    "--quick",
    is_flag=True,
    help="A few texts and rounds, in seconds: to see that it runs. Its figures say nothing.",
)
@click.option("--rounds", type=click.IntRange(min=1), help="Of timing, 7 unless --quick.")
@click.option(
    "--only",
    multiple=True,
    callback=_known,
    metavar="NAME",
    help="Only this part; again for each. A wrong name lists them.",
)
@click.option(
    "--texts",
    "files",
    multiple=True,
    callback=_named_files,
    metavar="NAME=FILE",
    help="Pairs of a file's lines, too: what it gives for texts like yours. Again for each.",
)
@click.option(
    "--pairs-in-batches",
    type=click.IntRange(min=10),
    metavar="NUMBER",
    help="How many go through an iterator to see what memory that takes, 100,000,000 unless "
    "--quick.",
)
@click.option(
    "--json", "json_path", metavar="FILE", help="All figures as JSON; - is standard output."
)
@click.option(
    "--charts",
    "chart_directory",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIRECTORY",
    help="Write charts there, as PNG. Needs matplotlib.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where the report goes, Markdown. Without it: to standard output.",
)
def bench(
    quick: bool,
    rounds: int | None,
    only: tuple[str, ...],
    files: dict[str, Path],
    pairs_in_batches: int | None,
    json_path: str | None,
    chart_directory: Path | None,
    output: Path | None,
) -> None:
    """Measure what offloading gives on this machine.

    Times batches of string distances beside the libraries that do the same in the process, as far
    as they are installed (pip install 'kernelserve[bench]' has them all), and checks beforehand
    that all give the same. Words are those of Debian's wamerican-insane or wamerican-huge, if
    there; otherwise they are made up. Prints a report of tables: times, bars that were set and
    whether they are met, latencies, memory, and where the time goes. It takes some minutes, two or
    more gigabytes of memory and every core; let nothing else run meanwhile.
    """
    from dataclasses import replace

    from ..bench.bar import write_document
    from ..bench.contender import UnequalResultsError
    from ..bench.report import markdown
    from ..bench.run import run
    from ..bench.setting import QUICK, Setting, Sizes

    if chart_directory is not None and find_spec("matplotlib") is None:
        raise DataError("charts need matplotlib: pip install 'kernelserve[bench]'")
    sizes = QUICK if quick else Sizes()
    sizes = replace(
        sizes,
        rounds=rounds or sizes.rounds,
        stream_pairs=pairs_in_batches or sizes.stream_pairs,
    )
    try:
        with Setting(sizes, files) as setting:
            figures = run(setting, only, lambda text: click.echo(f"{text} …", err=True))
    except (UnequalResultsError, ValueError) as error:
        raise DataError(str(error)) from None
    if json_path is not None:
        write_document(json_path, figures)
    charts: dict[str, str] = {}
    if chart_directory is not None:
        from ..bench.charts import draw

        drawn = draw(figures, chart_directory)
        charts = {name: _link(path, output) for name, path in drawn.items()}
    report = markdown(figures, charts)
    if output is not None:
        output.write_text(report, encoding="utf-8")
    elif json_path != "-":
        click.echo(report, nl=False)


def _link(chart: Path, report: Path | None) -> str:
    """A chart's path as the report has it: beside itself where it is a file."""
    import os

    if report is None:
        return chart.as_posix()
    return Path(os.path.relpath(chart, report.parent)).as_posix()
