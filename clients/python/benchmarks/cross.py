"""Queries by choices over the unix socket: a matrix, the best of a word list, a join.

Each beside RapidFuzz, from Python's objects to Python's objects, checked to give the same before
anything is timed. Looking up words takes RapidFuzz so long that it gets a few of them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rapidfuzz import process
from rapidfuzz.distance import Levenshtein

import kernelserve as ks

from .bar import Bar, print_bars, write_json
from .contenders import NULL_KERNEL, versions
from .rounds import alternate, median
from .words import Searches, draw_searches

RAPIDFUZZ_CDIST_RATIO_MIN = 4.0
RAPIDFUZZ_EXTRACT_RATIO_MIN = 300.0
RAPIDFUZZ_EXTRACT_WITHIN_RATIO_MIN = 1_000.0
JOIN_SECONDS_MAX = 3.0

K = 5
CUTOFF = 2

# Of the queries; each takes RapidFuzz a tenth of a second or more.
_PEER_LOOKUPS = 5
# Of the rows of a join, that are compared with all others by RapidFuzz.
_CHECKED_ROWS = 100


@dataclass(frozen=True)
class Contender:
    """One way to do some work, which is `units` pairs or lookups."""

    name: str
    run: Callable[[], Any]
    units: int


def matrices(client: ks.Client, texts: Searches) -> list[Contender]:
    """The null kernel, ours, and RapidFuzz with one worker and with all."""
    queries, choices = texts.matrix_queries, texts.matrix_choices
    cells = len(queries) * len(choices)

    def ours(scorer: str) -> Callable[[], Any]:
        return lambda: client.cdist(queries, choices, scorer=scorer, dtype="uint8")

    def peer(workers: int) -> Callable[[], Any]:
        return lambda: process.cdist(
            queries, choices, scorer=Levenshtein.distance, dtype=np.uint8, workers=workers
        )

    return [
        Contender("kernelserve cdist, null kernel", ours(NULL_KERNEL), cells),
        Contender("kernelserve cdist", ours("levenshtein.distance"), cells),
        Contender("RapidFuzz cdist, workers=1", peer(1), cells),
        Contender("RapidFuzz cdist, workers=-1", peer(-1), cells),
    ]


def lookups(client: ks.Client, texts: Searches, cutoff: int | None) -> list[Contender]:
    """Ours and RapidFuzz's, which gets a few queries."""
    within = "" if cutoff is None else f" within {cutoff}"
    few = texts.lookups[:_PEER_LOOKUPS]

    def peer() -> list[tuple[int, int, int]]:
        return [
            (number, row, score)
            for number, query in enumerate(few)
            for _, score, row in process.extract(
                query, texts.words, scorer=Levenshtein.distance, limit=K, score_cutoff=cutoff
            )
        ]

    return [
        Contender(
            f"kernelserve top_k{within}",
            lambda: client.top_k(texts.lookups, texts.words_arrow, K, score_cutoff=cutoff),
            len(texts.lookups),
        ),
        Contender(f"RapidFuzz extract{within}, {len(few)} queries", peer, len(few)),
    ]


def self_join(client: ks.Client, texts: Searches) -> Contender:
    return Contender(
        f"kernelserve join of {len(texts.joined):,} words with themselves within {CUTOFF}",
        lambda: client.join(texts.joined, score_cutoff=CUTOFF),
        1,
    )


def check_matrices(contenders: Sequence[Contender]) -> None:
    """Raises unless all but the null kernel give the same matrix."""
    _, ours, *peers = contenders
    expected = ours.run()
    for peer in peers:
        if not np.array_equal(peer.run(), expected):
            raise AssertionError(f"{peer.name} and {ours.name} differ")


def check_lookups(contenders: Sequence[Contender]) -> None:
    """Raises unless the best of the first queries are the same, in the same order."""
    ours, peer = contenders
    expected = peer.run()
    if table_rows(ours.run())[: len(expected)] != expected:
        raise AssertionError(f"{peer.name} and {ours.name} differ")


def check_join(join: Contender, texts: Searches) -> None:
    """Raises unless some rows have the matches that RapidFuzz finds among all later ones."""
    rows = np.linspace(0, len(texts.joined) - 1, _CHECKED_ROWS).astype(int)
    matrix = process.cdist(
        [texts.joined[row] for row in rows],
        texts.joined,
        scorer=Levenshtein.distance,
        score_cutoff=CUTOFF,
        dtype=np.uint8,
        workers=-1,
    )
    table = join.run()
    left = np.asarray(table["left_index"])
    right = np.asarray(table["right_index"])
    for number, row in enumerate(rows.tolist()):
        near: npt.NDArray[Any] = np.flatnonzero(matrix[number] <= CUTOFF)
        if not np.array_equal(right[left == row], near[near > row]):
            raise AssertionError(f"{join.name} and RapidFuzz differ in row {row}")


def table_rows(table: pa.Table) -> list[tuple[int, int, int]]:
    return list(zip(*table.to_pydict().values(), strict=True))


def bars_of(groups: Sequence[Sequence[Contender]], typical: Mapping[str, float]) -> list[Bar]:
    """The groups are matrices, lookups, lookups within the cutoff, and the join."""
    cdist, top, within, (join,) = groups
    best_cdist = min(typical[peer.name] for peer in cdist[2:])
    return [
        Bar(
            "RapidFuzz cdist, its best of workers 1 and -1, to cdist",
            best_cdist / typical[cdist[1].name],
            RAPIDFUZZ_CDIST_RATIO_MIN,
            at_least=True,
        ),
        Bar(
            "RapidFuzz extract to top_k",
            typical[top[1].name] / typical[top[0].name],
            RAPIDFUZZ_EXTRACT_RATIO_MIN,
            at_least=True,
        ),
        Bar(
            f"RapidFuzz extract to top_k, both within {CUTOFF}",
            typical[within[1].name] / typical[within[0].name],
            RAPIDFUZZ_EXTRACT_WITHIN_RATIO_MIN,
            at_least=True,
        ),
        Bar(f"seconds of {join.name}", typical[join.name] / 1e9, JOIN_SECONDS_MAX),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="of timing (default: %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="figures as JSON; - is standard output")
    options = parser.parse_args()

    texts = draw_searches()
    ns: dict[str, list[float]] = {}
    with ks.connect() as client:
        cdist, join = matrices(client, texts), self_join(client, texts)
        top, within = lookups(client, texts, None), lookups(client, texts, CUTOFF)
        check_matrices(cdist)
        check_lookups(top)
        check_lookups(within)
        check_join(join, texts)
        groups = [cdist, top, within, [join]]
        for group in groups:
            seconds = alternate({c.name: c.run for c in group}, options.rounds)
            for c in group:
                ns[c.name] = [1e9 * s / c.units for s in seconds[c.name]]

    typical = {name: median(values) for name, values in ns.items()}
    bars = bars_of(groups, typical)
    if options.json != "-":
        print(
            f"{len(texts.matrix_queries):,} by {len(texts.matrix_choices):,} words; top {K} of "
            f"{len(texts.lookups):,} among {len(texts.words):,}; {options.rounds} rounds; "
            f"{versions()}"
        )
        for group, unit in zip(groups, ("a pair", "a query", "a query", "in all"), strict=True):
            for name in (c.name for c in group):
                print(
                    f"  {name:62} {typical[name]:16,.1f} ns {unit}"
                    f"   ({min(ns[name]):,.1f} to {max(ns[name]):,.1f})"
                )
        print_bars(bars)
    figures = {
        "bench": "cross",
        "rounds": options.rounds,
        "words": len(texts.words),
        "ns_per_unit": {
            name: {"median": typical[name], "rounds": values} for name, values in ns.items()
        },
    }
    write_json(options.json, figures, bars)


if __name__ == "__main__":
    main()
