"""The table of what is measured: works, who does them, and the bars that ours is held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from . import concurrent_calls, drop_in, ours, pair_peers, search_peers, surfaces
from .bar import Bar
from .contender import Contender
from .peers import DUCKDB, POLARS, RAPIDFUZZ, STRINGZILLA, SYMSPELL
from .setting import SHARED, SOCKET, TCP, Setting

K, CUTOFF = 5, 2
_KERNEL = "the kernel on one core"
_ANEW, _KEPT = "choices made ready anew", "choices known"
_EMPTY, _SMALL, _ONCE, _MANY = "no pairs", "few pairs", "all pairs", "many times the pairs"
_LISTS = "lists of str"
# Of the rows of a join, that are compared with all others by RapidFuzz.
_JOIN_ROWS_CHECKED = 100


class NotMeasuredError(LookupError):
    """A bar needs a contender that was not there; the message names it."""


@dataclass(frozen=True)
class Medians:
    """Seconds a unit, by contender: the median of the rounds."""

    seconds: Mapping[str, float]
    units: Mapping[str, int]

    def __getitem__(self, name: str) -> float:
        return self.fastest(name)

    def fastest(self, *names: str) -> float:
        """Of all contenders whose names begin so: a peer has several settings."""
        found = [s for name, s in self.seconds.items() if name.startswith(names)]
        if not found:
            raise NotMeasuredError(" or ".join(names))
        return min(found)

    def whole(self, name: str) -> float:
        """The seconds of a contender's whole run."""
        return self[name] * self.units[name]


@dataclass(frozen=True)
class Rule:
    """A bar before it is measured. `measure` raises NotMeasuredError where a peer is missing."""

    name: str
    bound: float
    measure: Callable[[Medians], float]
    at_least: bool = False
    unit: str = ""

    def judge(self, medians: Medians) -> Bar:
        return Bar(self.name, self.measure(medians), self.bound, self.at_least, self.unit)


def times_as_fast(bound: float, way: str, *rivals: str) -> Rule:
    """Ours is at least so many times as fast as the fastest of some peers."""
    told = " or ".join(rivals)
    return Rule(
        f"times as fast as {told}, {way}",
        bound,
        lambda medians: medians.fastest(*rivals) / medians[ours.name(way)],
        at_least=True,
    )


def at_most_times(bound: float, name: str, this: str, other: str) -> Rule:
    """One contender takes at most so many times as long a unit as another."""
    return Rule(name, bound, lambda medians: medians[this] / medians[other])


@dataclass(frozen=True)
class Work:
    """One line of the table. `unit` is what times are told for."""

    name: str
    title: str
    unit: str
    contenders: Callable[[Setting], list[Contender]]
    bars: tuple[Rule, ...] = ()
    check: Callable[[Setting], None] | None = None
    texts: Callable[[Setting], str] = lambda setting: setting.pairs.description


# --- Who does it -----------------------------------------------------------------------------


def _levenshtein(s: Setting) -> list[Contender]:
    pairs, scorer = s.pairs, "levenshtein.distance"
    ways = [(s.shared, SHARED), (s.socket, SOCKET), (s.tcp, TCP)]
    kernel = s.one_core
    return [
        *(ours.pairwise(client, way, pairs, scorer) for client, way in ways),
        *(ours.null_pairwise(client, way, pairs) for client, way in ways),
        Contender(_KERNEL, "floor", kernel.run, len(pairs), seconds=lambda: kernel.seconds),
        *pair_peers.pairwise(pairs, scorer),
    ]


def _pairwise(scorer: str, s: Setting) -> list[Contender]:
    return [
        ours.pairwise(s.shared, SHARED, s.pairs, scorer),
        ours.null_pairwise(s.shared, SHARED, s.pairs),
        *pair_peers.pairwise(s.pairs, scorer),
    ]


def _other_pairwise(scorer: str, texts: str, s: Setting) -> list[Contender]:
    pairs = s.other_pairs(texts)
    return [
        ours.pairwise(s.shared, SHARED, pairs, scorer),
        ours.null_pairwise(s.shared, SHARED, pairs),
        *pair_peers.pairwise(pairs, scorer),
    ]


def _lists(s: Setting) -> list[Contender]:
    scorer = "levenshtein.distance"
    return [
        ours.pairwise_of_lists(s.shared, _LISTS, s.pairs, scorer),
        ours.null_pairwise(s.shared, SHARED, s.pairs),
        *pair_peers.rapidfuzz_cpdist(s.pairs, scorer),
    ]


def _expression(way: str, s: Setting) -> list[Contender]:
    return [*surfaces.expression(s.shared, way, s.pairs), *surfaces.polars_ds(way, s.pairs)]


def _tables(s: Setting) -> list[Contender]:
    scorer = "levenshtein.distance"
    return [
        *surfaces.pandas_columns(s.shared, s.pairs),
        *surfaces.duckdb_relation(s.shared, s.pairs),
        *pair_peers.duckdb_query(s.pairs, scorer),
        *pair_peers.rapidfuzz_cpdist(s.pairs, scorer),
    ]


def _matrix(s: Setting) -> list[Contender]:
    return [
        ours.cdist(s.shared, SHARED, s.searches, "levenshtein.distance"),
        ours.cdist(s.shared, SHARED, s.searches, ours.NULL_KERNEL),
        *search_peers.matrices(s.searches),
    ]


def _top_k(cutoff: int | None, s: Setting) -> list[Contender]:
    out = [
        ours.top_k(s.forgetful, _ANEW, s.searches, K, cutoff),
        ours.top_k(s.shared, _KEPT, s.searches, K, cutoff),
        ours.null_top_k(s.shared, SHARED, s.searches.lookups, s.searches.words_arrow),
        *search_peers.rapidfuzz_extract(s.searches, K, cutoff),
    ]
    return out if cutoff is None else [*out, *search_peers.symspell_lookup(s.searches, K, cutoff)]


def _join(s: Setting) -> list[Contender]:
    return [
        ours.join(s.forgetful, _ANEW, s.searches, CUTOFF),
        ours.null_top_k(s.shared, SHARED, s.searches.joined),
    ]


def _check_join(s: Setting) -> None:
    table = s.forgetful.join(s.searches.joined, score_cutoff=CUTOFF)
    search_peers.check_join(table, s.searches, CUTOFF, _JOIN_ROWS_CHECKED)


def _large(s: Setting) -> list[Contender]:
    scorer = "levenshtein.distance"
    return [
        ours.pairwise(s.shared, _MANY, s.many_pairs, scorer),
        ours.pairwise(s.shared, _ONCE, s.pairs, scorer),
        ours.null_pairwise(s.shared, _ONCE, s.pairs),
        ours.null_pairwise(s.shared, _MANY, s.many_pairs),
    ]


def _small(s: Setting) -> list[Contender]:
    """Counted in calls, of which a run makes many."""
    scorer, calls = "levenshtein.distance", max(1, s.sizes.calls // 10)

    def repeated(contender: Contender) -> Contender:
        def run() -> Any:
            for _ in range(calls - 1):
                contender.run()
            return contender.run()

        # With no pairs, there are no scores to compare.
        scores = contender.scores if contender.units else None
        return Contender(contender.name, contender.kind, run, calls, scores)

    few, none = s.pairs.first(s.sizes.small_pairs), s.pairs.first(0)
    return [
        repeated(ours.pairwise(s.shared, _EMPTY, none, scorer)),
        repeated(ours.pairwise(s.shared, _SMALL, few, scorer)),
        repeated(ours.null_pairwise(s.shared, _SMALL, few)),
        *map(repeated, pair_peers.rapidfuzz_cpdist(few, scorer)[:1]),
    ]


_PAIRS = {
    "levenshtein.distance": "Levenshtein distance, pair by pair",
    "jaro_winkler.similarity": "Jaro-Winkler similarity, pair by pair",
    "fuzz.ratio": "fuzz.ratio, pair by pair",
}

# --- The table -------------------------------------------------------------------------------

WORKS = [
    Work(
        "levenshtein",
        _PAIRS["levenshtein.distance"],
        "pair",
        _levenshtein,
        (
            times_as_fast(4, SHARED, POLARS),
            times_as_fast(10, SHARED, RAPIDFUZZ),
            times_as_fast(2.5, SOCKET, POLARS),
            Rule(
                f"times own floor and half the one-core kernel, {SOCKET}",
                1.25,
                lambda m: m[ours.name(SOCKET)] / (m[ours.null_name(SOCKET)] + m[_KERNEL] / 2),
            ),
            at_most_times(1.3, f"times the {SOCKET}, {TCP}", ours.name(TCP), ours.name(SOCKET)),
        ),
    ),
    Work(
        "jaro_winkler",
        _PAIRS["jaro_winkler.similarity"],
        "pair",
        partial(_pairwise, "jaro_winkler.similarity"),
        (times_as_fast(3, SHARED, DUCKDB, POLARS, RAPIDFUZZ),),
    ),
    Work(
        "ratio",
        _PAIRS["fuzz.ratio"],
        "pair",
        partial(_pairwise, "fuzz.ratio"),
        (times_as_fast(3, SHARED, POLARS, RAPIDFUZZ),),
    ),
    Work(
        "lists",
        "Levenshtein distance, lists of str in and a list out",
        "pair",
        _lists,
        (times_as_fast(2, _LISTS, RAPIDFUZZ),),
    ),
    Work(
        "expression",
        "Levenshtein distance, a Polars expression",
        "pair",
        partial(_expression, surfaces.EAGER),
        (times_as_fast(3, surfaces.EAGER, POLARS),),
    ),
    Work(
        "streaming",
        "Levenshtein distance, a Polars expression in a lazy query, streaming",
        "pair",
        partial(_expression, surfaces.STREAMING),
        (times_as_fast(2.5, surfaces.STREAMING, POLARS),),
    ),
    Work(
        "tables",
        "Levenshtein distance, columns of pandas and DuckDB",
        "pair",
        _tables,
        (
            times_as_fast(3, surfaces.COLUMNS, DUCKDB, RAPIDFUZZ),
            times_as_fast(3, surfaces.RELATION, DUCKDB, RAPIDFUZZ),
        ),
    ),
    *(
        Work(
            f"process_{called}",
            f"rapidfuzz.process.{title}, by the changed import",
            unit,
            contenders,
            (times_as_fast(1, drop_in.CHANGED, RAPIDFUZZ),),
            texts=lambda s: f"{len(s.searches.joined):,} distinct words; {s.words.origin}",
        )
        for called, title, unit, contenders in (
            ("extract", "extract of WRatio", "query", drop_in.extract),
            ("extract_distance", "extract of a distance", "query", drop_in.extract_by_distance),
            ("cdist", "cdist of ratio", "cell", drop_in.cdist),
            ("cpdist", "cpdist of ratio", "pair", drop_in.cpdist),
        )
    ),
    Work(
        "asyncio",
        "Levenshtein distance, concurrent calls of one event loop",
        "call",
        concurrent_calls.gathered,
        (
            at_most_times(
                1.5,
                "times a gather of coroutines that do nothing",
                ours.name(concurrent_calls.GATHERED),
                concurrent_calls.NOTHING,
            ),
            times_as_fast(8, concurrent_calls.GATHERED, concurrent_calls.STUBS),
        ),
        texts=lambda s: f"{s.sizes.concurrent:,} pairs; {s.words.origin}",
    ),
    Work(
        "cdist",
        "Levenshtein distance, a full matrix of uint8",
        "cell",
        _matrix,
        (times_as_fast(4, SHARED, RAPIDFUZZ), times_as_fast(25, SHARED, STRINGZILLA)),
        texts=lambda s: "{:,} by {:,} ".format(*s.sizes.matrix) + s.words.origin,
    ),
    Work(
        "top_k",
        f"The {K} nearest words of words with one or two edits",
        "query",
        partial(_top_k, None),
        (times_as_fast(300, _ANEW, RAPIDFUZZ),),
        texts=lambda s: f"{s.sizes.lookups:,} queries; all of {s.words.origin}",
    ),
    Work(
        "top_k_within",
        f"The {K} nearest words within {CUTOFF}",
        "query",
        partial(_top_k, CUTOFF),
        (times_as_fast(1_000, _ANEW, RAPIDFUZZ), times_as_fast(3, _ANEW, SYMSPELL)),
        texts=lambda s: f"{s.sizes.lookups:,} queries; all of {s.words.origin}",
    ),
    Work(
        "join",
        f"All pairs of a column with itself within {CUTOFF}",
        "word",
        _join,
        (Rule("all of the join", 3, lambda m: m.whole(ours.name(_ANEW)), unit="s"),),
        check=_check_join,
        texts=lambda s: f"{len(s.searches.joined):,} distinct words; {s.words.origin}",
    ),
    Work(
        "large",
        "What a pair costs in a large batch and in a larger one",
        "pair",
        _large,
        (
            at_most_times(
                1.1, "times as long a pair, in the larger batch", ours.name(_MANY), ours.name(_ONCE)
            ),
        ),
        texts=lambda s: f"{s.pairs.description}; {s.sizes.times} times as many",
    ),
    Work(
        "small",
        "What a small batch costs beside an empty one",
        "call",
        _small,
        (
            at_most_times(
                1.5,
                "times as long as an empty call, the small one",
                ours.name(_SMALL),
                ours.name(_EMPTY),
            ),
        ),
        texts=lambda s: f"{s.sizes.small_pairs:,} pairs a call; {s.words.origin}",
    ),
]


def other_works(setting: Setting) -> list[Work]:
    """The same pair by pair of texts that are not words; no bars were set for those."""
    return [
        Work(
            f"{name}: {texts}",
            f"{_PAIRS[scorer]}: {texts}",
            "pair",
            partial(_other_pairwise, scorer, texts),
            texts=lambda s, texts=texts: s.other_pairs(texts).description,  # type: ignore[misc]
        )
        for texts in setting.other_texts
        for name, scorer in zip(("levenshtein", "jaro_winkler", "ratio"), _PAIRS, strict=True)
    ]
