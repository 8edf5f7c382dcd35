"""A million pairs in shared memory, beside the same through the unix socket, and their best peer.

What the two ways differ in is the boundary, which the null kernel shows alone. Results are checked
equal before anything is timed.
"""

from __future__ import annotations

import argparse

import kernelserve as ks

from .bar import Bar, print_bars, write_json
from .contenders import Contender, check_equal, kernelserve, null_kernel, polars, versions
from .rounds import alternate, median
from .words import PAIRS, draw_pairs

POLARS_RATIO_MIN = 4.0


def through(way: str, contender: Contender) -> Contender:
    return Contender(f"{contender.name}, {way}", contender.run, contender.pairs)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="how many (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=11, help="of timing (default: %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="figures as JSON; - is standard output")
    options = parser.parse_args()

    pairs = draw_pairs(options.pairs)
    with ks.connect() as shared, ks.connect(shared_memory=False) as sent:
        ours = through("shared memory", kernelserve(shared, pairs))
        others = [through("unix socket", kernelserve(sent, pairs)), polars(pairs)]
        floors = [
            through("shared memory", null_kernel(shared, pairs)),
            through("unix socket", null_kernel(sent, pairs)),
        ]
        check_equal([ours, *others])
        runs = {c.name: c.run for c in (*floors, ours, *others)}
        seconds = alternate(runs, options.rounds)

    ns = {name: [1e9 * s / len(pairs) for s in values] for name, values in seconds.items()}
    typical = {name: median(values) for name, values in ns.items()}
    bars = [
        Bar(
            "polars_ds to pairwise in shared memory",
            typical[others[1].name] / typical[ours.name],
            POLARS_RATIO_MIN,
            at_least=True,
        ),
    ]
    if options.json != "-":
        print(f"shared memory, {len(pairs):,} pairs, {options.rounds} rounds; {versions()}")
        for name, values in ns.items():
            print(
                f"  {name:40} {typical[name]:8.1f} ns a pair"
                f"   ({min(values):.1f} to {max(values):.1f})"
            )
        print_bars(bars)
    figures = {
        "bench": "shared_memory",
        "pairs": len(pairs),
        "rounds": options.rounds,
        "ns_per_pair": {
            name: {"median": typical[name], "rounds": values} for name, values in ns.items()
        },
    }
    write_json(options.json, figures, bars)


if __name__ == "__main__":
    main()
