"""One million pairs of words: everybody's time, in the same run, after their results agreed."""

from __future__ import annotations

from dataclasses import dataclass

from rich import box
from rich.console import Console
from rich.table import Table

import kernelserve as ks
from kernelserve.bench import ours, pair_peers, peers
from kernelserve.bench.contender import Contender, check_equal
from kernelserve.bench.rounds import alternate, median
from kernelserve.bench.setting import SHARED
from kernelserve.bench.texts import Pairs, draw_pairs, load_words

from .python_loop import python_loop

_SCORER = "levenshtein.distance"

# The loop takes as long as all others together: fewer rounds of it.
_PYTHON_ROUNDS = 2


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
    with console.status(f"drawing {count:,} pairs of words …") as status:
        words = load_words()
        pairs = draw_pairs("words", words.origin, words.words, count)
        mine = ours.pairwise(client, SHARED, pairs, _SCORER)
        floor = ours.null_pairwise(client, SHARED, pairs)
        others = [
            *pair_peers.rapidfuzz_cpdist(pairs, _SCORER),
            *pair_peers.polars_ds_column(pairs, _SCORER),
        ]
        python = python_loop(pairs)
        status.update("checking that all give the same distances …")
        check_equal([mine, *others, python])
        status.update(f"timing, {rounds} rounds …")
        timed = alternate({c.name: c.run for c in (mine, floor, *others)}, rounds)
        status.update("timing the loop in Python …")
        timed |= alternate({python.name: python.run}, _PYTHON_ROUNDS)

    def result(contender: Contender) -> Result:
        ns = sorted(1e9 * seconds / contender.units for seconds in timed[contender.name])
        return Result(contender, median(ns), ns[0], ns[-1], len(ns))

    return Results(pairs, result(mine), result(floor), [result(p) for p in others], result(python))


def versions() -> str:
    """Of the libraries that are compared."""
    return ", ".join(f"{name} {version}" for name, version in peers.versions().items())


def show_million_pairs(results: Results, console: Console) -> None:
    console.print(f"[bold]Levenshtein distance of {results.pairs.description}")
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
