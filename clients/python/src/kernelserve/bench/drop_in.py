"""rapidfuzz.process beside ours, by the same code: nothing differs but the import."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np

from ..rapidfuzz import distance as our_distance
from ..rapidfuzz import process as our_process
from .contender import Contender
from .ours import NULL_KERNEL, name, null_name
from .peers import RAPIDFUZZ, has
from .setting import Setting

CHANGED = "changed import"
# RapidFuzz takes up to a second for each of these by 100,000 choices.
_EXTRACTED, _ROWS = 5, 20

Use = Callable[[ModuleType, ModuleType], Any]


def _both(
    use: Use, null: Callable[[], Any], units: int, scores: Callable[[Any], Any]
) -> list[Contender]:
    """The same use of process and distance, ours and RapidFuzz's; `null` does without a kernel."""
    out = [
        Contender(name(CHANGED), "ours", lambda: use(our_process, our_distance), units, scores),
        Contender(null_name(CHANGED), "floor", null, units),
    ]
    if has(RAPIDFUZZ):
        from rapidfuzz import distance, process

        out.append(
            Contender(f"{RAPIDFUZZ} process", "peer", lambda: use(process, distance), units, scores)
        )
    return out


def _as_they_are(matches: Any) -> Any:
    return matches


def _extract(use: Use, s: Setting) -> list[Contender]:
    choices = s.searches.joined

    def null() -> Any:
        return [s.shared.top_k(query, choices, scorer=NULL_KERNEL) for query in _queries(s)]

    return _both(use, null, len(_queries(s)), _as_they_are)


def _queries(s: Setting) -> list[str]:
    return s.searches.lookups[:_EXTRACTED]


def extract(s: Setting) -> list[Contender]:
    """One query after another by the same list, with the default scorer, WRatio."""

    def use(process: ModuleType, _: ModuleType) -> Any:
        return [process.extract(query, s.searches.joined) for query in _queries(s)]

    return _extract(use, s)


def extract_by_distance(s: Setting) -> list[Contender]:
    """The same with a scorer that costs RapidFuzz little."""

    def use(process: ModuleType, distance: ModuleType) -> Any:
        scorer = distance.Levenshtein.distance
        return [process.extract(query, s.searches.joined, scorer=scorer) for query in _queries(s)]

    return _extract(use, s)


def cdist(s: Setting) -> list[Contender]:
    """A few queries by many choices, with the default scorer, ratio."""
    queries, choices = s.searches.lookups[:_ROWS], s.searches.joined
    return _both(
        lambda process, _: process.cdist(queries, choices),
        lambda: s.shared.cdist(queries, choices, scorer=NULL_KERNEL),
        len(queries) * len(choices),
        np.asarray,
    )


def cpdist(s: Setting) -> list[Contender]:
    """Pairs of lists, with the default scorer, ratio."""
    left = s.searches.joined
    right = left[1:] + left[:1]
    return _both(
        lambda process, _: process.cpdist(left, right),
        lambda: s.shared.pairwise(left, right, scorer=NULL_KERNEL),
        len(left),
        np.asarray,
    )
