"""One million pairs of words: everybody's time, in the same run, after their results agreed."""

from __future__ import annotations

from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

import kernelserve as ks
from benchmarks.contenders import (
    Contender,
    check_equal,
    kernelserve,
    null_kernel,
    polars,
    python_loop,
    rapidfuzz,
    versions,
)
from benchmarks.rounds import alternate, median
from benchmarks.words import WORDS, Pairs, draw_pairs

# The loop takes as long as all others together: fewer rounds of it.
_PYTHON_ROUNDS = 3


@dataclass(frozen=True)
class Result:
    """A contender's nanoseconds a pair: the median of its rounds, and the range."""

    contender: Contender
    ns: float
    ns_least: float
    ns_most: float
    rounds: int


@dataclass(frozen=True)
class Results:
    """What was measured. `peers` are the libraries that do the same in the process."""

    pairs: Pairs
    ours: Result
    floor: Result
    peers: list[Result]
    python: Result


def measure(client: ks.Client, console: Console, count: int, rounds: int) -> Results:
    with console.status(f"drawing {count:,} pairs of words from {WORDS.name} …") as status:
        pairs = draw_pairs(count)
        ours, floor = kernelserve(client, pairs), null_kernel(client, pairs)
        peers = [rapidfuzz(pairs, 1), rapidfuzz(pairs, -1), polars(pairs)]
        python = python_loop(pairs)
        status.update("checking that all give the same distances …")
        check_equal([ours, *peers, python])
        status.update(f"timing, {rounds} rounds …")
        timed = alternate({c.name: c.run for c in (ours, floor, *peers)}, rounds)
        status.update("timing the loop in Python …")
        timed |= alternate({python.name: python.run}, _PYTHON_ROUNDS)

    def result(contender: Contender) -> Result:
        ns = sorted(1e9 * seconds / contender.pairs for seconds in timed[contender.name])
        return Result(contender, median(ns), ns[0], ns[-1], len(ns))

    return Results(pairs, result(ours), result(floor), [result(p) for p in peers], result(python))


def show_million_pairs(results: Results, console: Console) -> None:
    console.print(
        f"[bold]Levenshtein distance of {len(results.pairs):,} pairs of English words, drawn from "
        f"{results.pairs.words:,}"
    )
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("", no_wrap=True)
    for heading in ("all, ms", "ns a pair", "least to most", "to ours"):
        table.add_column(heading, justify="right", no_wrap=True)
    by_time = sorted(results.peers, key=lambda r: r.ns)
    for r in [results.floor, results.ours, *by_time, results.python]:
        is_ours = r is results.ours
        table.add_row(
            r.contender.name,
            # What only a sample was run of gets no total: that would be an extrapolation.
            f"{r.ns * len(results.pairs) / 1e6:,.0f}" if r is not results.python else "not run",
            f"{r.ns:,.0f}",
            f"{r.ns_least:,.0f} to {r.ns_most:,.0f}",
            "" if is_ours or r is results.floor else f"{r.ns / results.ours.ns:,.1f}x",
            style="bold" if is_ours else "dim" if r is results.floor else None,
        )
    console.print(table)
    console.print(
        f"Median of {results.ours.rounds} alternating rounds ({results.python.rounds} of the "
        f"Python loop). RapidFuzz's cpdist, polars_ds's str_leven; {versions()}.\n"
        "All gave the same distances before the clock ran. Everybody begins with the pairs in its "
        "own kind: kernelserve with pyarrow arrays, RapidFuzz with lists of str, polars_ds with a "
        "data frame.\nThe null kernel gets the same columns and returns zeros without a look at "
        "them: the cost of the boundary, and the floor under any kernel."
    )
