"""Our kernels beside rapidfuzz-cpp, in one process on one thread, over the same texts.

The program kernel_race has both compute the pairs and compares the scores, then times them in turn
by their processor time, with the texts in the core's cache. Ours goes in blocks, as on the server;
rapidfuzz-cpp pair by pair, compiled for this machine. `./dev bench kernels` fetches and builds what
this needs.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from kernelserve.bench.bar import print_bars, write_json

from . import pair_sets
from .kernel_chart import draw_chart
from .kernel_report import Section, Timing
from .pair_sets import PairSet
from .racetrack import QUERIES, Racetrack

# A ratio that each scorer has to reach, and one for the geometric mean of the group.
_EDITS = [
    "levenshtein.distance",
    "indel.distance",
    "fuzz.ratio",
    "osa.distance",
    "lcs_seq.distance",
    "hamming.distance",
    "jaro.similarity",
    "jaro_winkler.similarity",
]
_EDITS_MIN, _EDITS_MEAN_MIN = 5.0, 8.0
_TOKENS = [
    "fuzz.token_sort_ratio",
    "fuzz.token_set_ratio",
    "fuzz.partial_ratio",
    "fuzz.WRatio",
    "damerau_levenshtein.distance",
]
_TOKENS_MIN, _TOKENS_MEAN_MIN = 2.5, 4.0
_LONG = ["levenshtein.distance", "indel.distance", "osa.distance"]
_LONG_MIN = 2.0
_WIDE_MAX = 1.5  # of units of any width, to those of one byte

# Words are what bars were set for; the other sets show that they hold elsewhere.
_PAIRS = 1_000_000
_OTHER_PAIRS = 200_000
# A round of long pairs has this many cells, or one pair.
_LONG_CELLS = 10**9
_LONG_SIZES = (100, 1_000, 10_000, 100_000)

# Queries and choices: where vectors of queries meet each choice, rapidfuzz-cpp by itself is faster
# than RapidFuzz's cdist, so that both are shown.
_CROSS = ["levenshtein.distance", "indel.distance", "jaro_winkler.similarity"]
_CROSS_MIN = 8.0
_CHOICES = 10_000
# What a cutoff is to save: on words, and at least not to cost anywhere.
_CUTOFF = ["levenshtein.distance", "indel.distance"]
_CUTOFF_MIN = {"words": 3.0}
_CUTOFF_ELSEWHERE_MIN = 1.0

_PEERS = ("ours", "rapidfuzz-cpp")


def _pair_sections(track: Racetrack, pairs: PairSet) -> Iterator[Section]:
    for group, scorers, each, mean in (
        ("edits, Jaro", _EDITS, _EDITS_MIN, _EDITS_MEAN_MIN),
        ("tokens, parts, Damerau", _TOKENS, _TOKENS_MIN, _TOKENS_MEAN_MIN),
    ):
        timings = track.run([("kernelserve", pairs), ("rapidfuzz", pairs)], scorers)
        if timings:
            whole = len(timings) == len(scorers)
            yield Section(
                f"{pairs.name} ({group})",
                pairs.description,
                _PEERS,
                timings,
                each,
                mean if whole else None,
            )


def _wide_sections(track: Racetrack, pairs: PairSet) -> Iterator[Section]:
    twin = pair_sets.ascii_twin(pairs)
    timings = track.run([("kernelserve", twin), ("kernelserve", pairs)], [*_EDITS, *_TOKENS])
    if timings:
        yield Section(
            f"{pairs.name}, beside letters",
            f"{pairs.description}, and the same with an ASCII letter for each other character",
            ("letters", pairs.name),
            timings,
            _WIDE_MAX,
            at_least=False,
        )


def _cross_sections(track: Racetrack, pairs: PairSet) -> Iterator[Section]:
    def section(
        contenders: tuple[str, str], timings: list[Timing], least: float
    ) -> Iterator[Section]:
        if timings:
            name = f"{pairs.name}, {QUERIES:,} x {len(pairs):,}, {contenders[1]}"
            yield Section(name, pairs.description, contenders, timings, least)

    ours = "kernelserve_cross"
    timings = track.run([(ours, pairs), ("rapidfuzz_cross", pairs)], _CROSS)
    yield from section(_PEERS, timings, _CROSS_MIN)
    yield from section(("ours", "cdist"), track.run_cdist(ours, pairs, _CROSS), _CROSS_MIN)
    timings = track.run([("kernelserve_cutoff", pairs), (ours, pairs)], _CUTOFF)
    least = _CUTOFF_MIN.get(pairs.name, _CUTOFF_ELSEWHERE_MIN)
    yield from section(("score_cutoff=2", "no cutoff"), timings, least)


def _long_sections(track: Racetrack, pairs: PairSet) -> Iterator[Section]:
    timings = track.run([("kernelserve", pairs), ("rapidfuzz", pairs)], _LONG)
    if timings:
        cells = pairs.cells / len(pairs)
        yield Section(pairs.name, pairs.description, _PEERS, timings, _LONG_MIN, pair_cells=cells)


def _sections(track: Racetrack, options: argparse.Namespace) -> Iterator[Section]:
    packages = options.packages
    count = min(options.pairs, _OTHER_PAIRS)
    sets: dict[str, Callable[[int], PairSet]] = {
        "words": pair_sets.words,
        "phrases": pair_sets.phrases,
        "names": partial(pair_sets.names, packages),
        "addresses": partial(pair_sets.addresses, packages),
        "dna": pair_sets.dna,
        "cjk": pair_sets.cjk,
        "cities": partial(pair_sets.cities, packages),
    }
    for name, make in sets.items():
        if fnmatch(name, options.sets):
            pairs = make(options.pairs if name == "words" else count)
            yield from _pair_sections(track, pairs)
            if name == "cities":
                yield from _wide_sections(track, pairs)
            if name != "phrases":  # some are over what a vector of rapidfuzz-cpp's takes
                yield from _cross_sections(track, make(_CHOICES))
    if fnmatch("long", options.sets):
        for size in _LONG_SIZES:
            few = max(1, _LONG_CELLS // size**2)
            for make_long in (pair_sets.unrelated, pair_sets.edited):
                yield from _long_sections(track, make_long(size, few))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--program", type=Path, default=Path("build/release/tests/bench/kernel_race")
    )
    parser.add_argument(
        "--packages", type=Path, default=Path(".deps/bench"), help="packages with data, unpacked"
    )
    parser.add_argument("--out", type=Path, default=Path("build/bench"), help="where results go")
    parser.add_argument("--rounds", type=int, default=7, help="of timing (default: %(default)s)")
    parser.add_argument(
        "--pairs", type=int, default=_PAIRS, help="at most, in a set (default: %(default)s)"
    )
    parser.add_argument("--sets", default="*", help="only these, as a pattern: words, long, ...")
    parser.add_argument("--scorers", default="*", help="only these, as a pattern: jaro*")
    options = parser.parse_args()
    track = Racetrack(options.program, options.out / "pairs", options.rounds, options.scorers)
    sections = []
    for section in _sections(track, options):
        print(section.markdown(), flush=True)
        sections.append(section)
    if not sections:
        sys.exit(f"no set is called {options.sets}, or no scorer {options.scorers}")
    bars = [bar for section in sections for bar in section.bars]
    missed = [bar for bar in bars if not bar.met]
    print(f"{len(bars) - len(missed)} of {len(bars)} bars are met. The others:")
    print_bars(missed)
    report = "# Kernels beside rapidfuzz-cpp\n\n" + "\n".join(s.markdown() for s in sections)
    (options.out / "kernel_race.md").write_text(report, encoding="utf-8")
    figures = {
        "bench": "kernel_race",
        "rounds": options.rounds,
        "sections": [section.figures() for section in sections],
    }
    write_json(str(options.out / "kernel_race.json"), figures, bars)
    draw_chart(sections, options.out / "kernel_race.png")


if __name__ == "__main__":
    main()
