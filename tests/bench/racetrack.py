"""Runs the program kernel_race, and RapidFuzz's cdist in turn with it."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import Indel, JaroWinkler, Levenshtein

from .kernel_report import Timing
from .pair_sets import PairSet

QUERIES = 2_000  # as kernel_race has it
_CDIST: dict[str, tuple[Any, Any]] = {
    "levenshtein.distance": (Levenshtein.distance, np.uint8),
    "indel.distance": (Indel.distance, np.uint8),
    "jaro_winkler.similarity": (JaroWinkler.similarity, np.float32),
}


class UnequalScoresError(Exception):
    """Two contenders gave different scores for the same texts."""


class Racetrack:
    """Keeps pairs as files, and has those scorers run over them that match a pattern."""

    def __init__(self, program: Path, data: Path, rounds: int, scorers: str) -> None:
        self._program = program
        self._data = data
        self._rounds = rounds
        self._scorers = scorers
        data.mkdir(parents=True, exist_ok=True)

    def run(
        self, contenders: Sequence[tuple[str, PairSet]], scorers: Sequence[str]
    ) -> list[Timing]:
        """Two contenders, each a kind that kernel_race knows, with its pairs."""
        return self._race(self._rounds, contenders, scorers)

    def run_cdist(self, ours: str, pairs: PairSet, scorers: Sequence[str]) -> list[Timing]:
        """The contender `ours`, and RapidFuzz's cdist with one worker over the same texts."""
        # Side by side in memory, as the file has them: drawn from a dictionary, they lie anywhere.
        queries = "\n".join(pairs.left[:QUERIES]).split("\n")
        choices = "\n".join(pairs.right).split("\n")
        timings = []
        for scorer in self._wanted(scorers):
            compute, dtype = _CDIST[scorer]
            first: list[float] = []
            second: list[float] = []
            for _ in range(self._rounds):
                # kernel_race compares with itself, whose second run is as good as its first.
                (timing,) = self._race(1, [(ours, pairs), (ours, pairs)], [scorer])
                first.append(min(*timing.first, *timing.second))
                began = time.thread_time_ns()
                matrix = process.cdist(queries, choices, scorer=compute, dtype=dtype, workers=1)
                second.append((time.thread_time_ns() - began) / matrix.size)
            timings.append(Timing(scorer, first, second))
        return timings

    def _wanted(self, scorers: Sequence[str]) -> list[str]:
        return [scorer for scorer in scorers if fnmatch(scorer, self._scorers)]

    def _race(
        self, rounds: int, contenders: Sequence[tuple[str, PairSet]], scorers: Sequence[str]
    ) -> list[Timing]:
        wanted = self._wanted(scorers)
        if not wanted:
            return []
        files = []
        for kind, pairs in contenders:
            path = self._data / f"{pairs.name.replace(' ', '_')}.txt"
            pairs.write(path)
            files.append(f"{kind}:{path}")
        command = [str(self._program), str(rounds), *files, *wanted]
        told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        timings = []
        for line in told.splitlines():
            race = json.loads(line)
            if not race["ns"][0]:
                raise UnequalScoresError(
                    f"{race['scorer']} of {' and '.join(files)} differs at {race['differs_at']}"
                )
            timings.append(Timing(race["scorer"], *race["ns"]))
        return timings
