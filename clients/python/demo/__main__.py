"""Runs the demo: `./dev demo`."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path

from rich.console import Console

import kernelserve as ks

from .chart import draw_chart
from .classic import show_classic
from .million_pairs import measure, show_million_pairs

_PAIRS = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(prog="./dev demo", description=__doc__)
    parser.add_argument("--pairs", type=int, default=_PAIRS, help="how many (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=9, help="of timing (default: %(default)s)")
    parser.add_argument(
        "--chart",
        type=Path,
        default=Path("build/demo/pairwise.png"),
        help="where the chart goes (default: %(default)s)",
    )
    options = parser.parse_args()
    console = Console(highlight=False)
    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    machine = f"{cores} cores (load {load:.1f} at the start), Python {platform.python_version()}"
    with ks.connect() as client:  # without an address: a server of its own, on a unix socket
        console.rule(f"[bold]kernelserve {ks.__version__}[/], {machine}", align="left")
        if load > cores / 2:
            console.print(f"This machine is busy (load {load:.1f}): times will be long and vary.")
        distance = client.compare("kitten", "sitting")
        if distance != 3:
            raise AssertionError(f"compare gives {distance}")
        console.print(f'\nks.compare("kitten", "sitting") = {distance}\n')
        show_classic(client, console)
        console.print()
        results = measure(client, console, options.pairs, options.rounds)
    show_million_pairs(results, console)
    options.chart.parent.mkdir(parents=True, exist_ok=True)
    draw_chart(results, machine, options.chart)
    console.print(f"\nThe same as a chart: {options.chart}")


if __name__ == "__main__":
    main()
