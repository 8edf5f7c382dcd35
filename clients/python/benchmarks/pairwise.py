"""A million pairs over the unix socket, held to two bars.

The first says how much is lost beside the kernel: two cores should need no more than half the
kernel's time on one, besides what the boundary costs anyway. The second is why one would bother.
"""

from __future__ import annotations

import argparse

import kernelserve as ks

from .bar import Bar, print_bars, write_json
from .contenders import check_equal, kernelserve, null_kernel, rapidfuzz, versions
from .one_core import one_core
from .rounds import alternate, median
from .words import PAIRS, draw_pairs

FLOOR_AND_KERNEL_RATIO_MAX = 1.5
RAPIDFUZZ_RATIO_MIN = 4.0

_ONE_CORE = "the kernel on one core"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=PAIRS, help="how many (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=11, help="of timing (default: %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="figures as JSON; - is standard output")
    options = parser.parse_args()

    pairs = draw_pairs(options.pairs)
    with ks.connect() as client, one_core(pairs) as kernel:
        floor, ours = null_kernel(client, pairs), kernelserve(client, pairs)
        peers = [rapidfuzz(pairs, 1), rapidfuzz(pairs, -1)]
        check_equal([ours, *peers])
        runs = {c.name: c.run for c in (floor, ours, *peers)}
        seconds = alternate({**runs, _ONE_CORE: kernel.run}, options.rounds)
        seconds[_ONE_CORE] = kernel.seconds[1:]  # the first is no round's

    ns = {name: [1e9 * s / len(pairs) for s in values] for name, values in seconds.items()}
    typical = {name: median(values) for name, values in ns.items()}
    best_peer = min(typical[peer.name] for peer in peers)
    within = typical[floor.name] + typical[_ONE_CORE] / 2
    bars = [
        Bar(
            "pairwise to (null kernel + half the one-core kernel time)",
            typical[ours.name] / within,
            FLOOR_AND_KERNEL_RATIO_MAX,
        ),
        Bar(
            "RapidFuzz's best of workers 1 and -1 to pairwise",
            best_peer / typical[ours.name],
            RAPIDFUZZ_RATIO_MIN,
            at_least=True,
        ),
    ]
    if options.json != "-":
        print(f"pairwise, {len(pairs):,} pairs, {options.rounds} rounds; {versions()}")
        for name, values in ns.items():
            print(
                f"  {name:32} {typical[name]:8.1f} ns a pair"
                f"   ({min(values):.1f} to {max(values):.1f})"
            )
        print_bars(bars)
    figures = {
        "bench": "pairwise",
        "pairs": len(pairs),
        "rounds": options.rounds,
        "ns_per_pair": {
            name: {"median": typical[name], "rounds": values} for name, values in ns.items()
        },
    }
    write_json(options.json, figures, bars)


if __name__ == "__main__":
    main()
