"""Runs the program kernel_race."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from .kernel_report import Timing
from .pair_sets import PairSet


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
        wanted = [scorer for scorer in scorers if fnmatch(scorer, self._scorers)]
        if not wanted:
            return []
        files = []
        for kind, pairs in contenders:
            path = self._data / f"{pairs.name.replace(' ', '_')}.txt"
            pairs.write(path)
            files.append(f"{kind}:{path}")
        command = [str(self._program), str(self._rounds), *files, *wanted]
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
