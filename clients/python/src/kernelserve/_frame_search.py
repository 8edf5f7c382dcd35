"""join and top_k of frames: everything but the I/O.

A search is a generator: it yields verbs, is sent their results, and returns the frame. Rows are
compared where they agree on the blocking keys, many small blocks in one call. A large block, and a
frame without keys is one, goes to the server as a whole, which need not compare most of its pairs.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from . import _cross
from . import _verbs as verbs
from ._blocks import Blocks, codes_of
from ._comparison import (
    Compared,
    Comparison,
    Indices,
    Scored,
    best_score,
    score_type,
    scorers_of,
    weights_of,
)
from ._exceptions import Error, invalid, quote
from ._frame_options import FrameOptions, Names
from ._frames import Frame, side_by_side
from ._progress import Progress, ProgressLike
from ._scorers import ScorerLike, real
from ._texts import Texts
from ._verbs import uint

# Yields verbs and is sent what they give.
Search: TypeAlias = "Generator[verbs.Verb, Any, Any]"

# Pairs compared at a time: some 90 MB of indices, views, messages and scores, in a few calls.
_PAIRS_MAX = 1 << 19

# A block of more pairs than this, for each column, goes to the server as one: comparing all of them
# takes longer than such a call by itself does, which is about a millisecond.
_BLOCK_PAIRS_MAX = 1 << 15


@dataclass(slots=True)
class FrameSearch:
    """One search. `k` is how many matches a left row gets at most; None: all."""

    left: Frame
    right: Frame | None  # None: left with itself
    comparison: Comparison
    left_codes: Indices
    right_codes: Indices
    options: FrameOptions
    k: int | None
    progress: Progress
    _found: list[Scored] = field(default_factory=list)

    def run(self) -> Search:
        """Yields verbs; returns the frame."""
        itself = self.right is None
        if itself:
            blocks = Blocks.within(self.left_codes, later=self.k is None)
        else:
            blocks = Blocks.of(self.left_codes, self.right_codes)
        self.progress.begin(blocks.pairs)
        large = list(self._large_blocks())
        for left, right in large:
            yield from self._large(left, right)
        if large:
            mask = np.zeros(len(self.left), np.bool_)
            mask[np.concatenate([left for left, _ in large])] = True
            blocks = blocks.without(mask)
        for left, right in blocks.parts(_PAIRS_MAX):
            count = len(left)
            if itself and self.k is not None:
                others = left != right
                left, right = left[others], right[others]
            self._keep((yield from self.comparison.scored(left, right)))
            self.progress.add(count)
        return self._frame(ordered=not large)

    def _large_blocks(self) -> Iterator[tuple[Indices, Indices]]:
        """The rows of blocks that the server searches better as a whole."""
        if self.k is None and self.comparison.pivot() is None:
            return
        if self.k is not None and (
            len(self.comparison.columns) > 1 or self.comparison.null_score is not None
        ):
            return
        blocks_in_all = int(max(self.left_codes.max(initial=-1), self.right_codes.max(initial=-1)))
        members, others = (
            np.bincount(codes[codes >= 0], minlength=blocks_in_all + 1)
            for codes in (self.left_codes, self.right_codes)
        )
        pairs_max = _BLOCK_PAIRS_MAX * len(self.comparison.columns)
        for code in np.flatnonzero(members * others > pairs_max):
            yield np.flatnonzero(self.left_codes == code), np.flatnonzero(self.right_codes == code)

    def _large(self, left: Indices, right: Indices) -> Generator[verbs.Verb, Any, None]:
        if self.k is not None:
            yield from self._large_top_k(left, right)
        else:
            yield from self._large_join(left, right)
        pairs = len(left) * len(right)
        if self.right is None:
            pairs = pairs if self.k is not None else (pairs - len(left)) // 2
        self.progress.add(pairs)

    def _large_top_k(self, left: Indices, right: Indices) -> Generator[verbs.Verb, Any, None]:
        (compared,) = self.comparison.columns
        choices = None if self.right is None else compared.right.take(right)
        assert self.k is not None
        table = yield _cross.top_k(
            compared.left.take(left),
            choices,
            self.k,
            compared.scorer,
            self.comparison.cutoff,
            False,
        )
        queries, found, scores = (column.to_numpy() for column in table.itercolumns())
        self._found.append((left[queries], right[found], scores))

    def _large_join(self, left: Indices, right: Indices) -> Generator[verbs.Verb, Any, None]:
        pivot = self.comparison.pivot()
        assert pivot is not None
        compared, cutoff = pivot
        # With itself, the server compares half of the pairs, in either order of a pair.
        half = self.right is None and not compared.scorer.parameters
        choices = None if half else compared.right.take(right)
        texts = compared.left.take(left)
        table = yield _cross.join(texts, choices, compared.scorer, cutoff, False)
        queries, found, scores = (column.to_numpy() for column in table.itercolumns())
        left, right = left[queries], right[found]
        if self.right is None and not half:
            later = left < right
            left, right, scores = left[later], right[later], scores[later]
        if len(self.comparison.columns) == 1:
            scores = scores.astype(self.comparison.dtype, copy=False)
            self._found.append((left, right, scores))
            return
        for begin in range(0, len(left), _PAIRS_MAX):
            part = slice(begin, begin + _PAIRS_MAX)
            self._found.append((yield from self.comparison.scored(left[part], right[part])))

    def _keep(self, scored: Scored) -> None:
        """Adds matches; of a part, only those that may be among the best of their row."""
        self._found.append(scored if self.k is None else self._best(scored))

    def _best(self, scored: Scored) -> Scored:
        """The k best of each left row: from best to worst, and of equal scores by right row."""
        left, right, scores = scored
        losses = -scores if self.comparison.higher else scores
        order = np.lexsort((right, losses, left))
        left, right, scores = left[order], right[order], scores[order]
        begins = np.flatnonzero(np.diff(left, prepend=-1))
        rank = np.arange(len(left)) - np.repeat(begins, np.diff(begins, append=len(left)))
        kept = rank < (self.k or 0)
        return left[kept], right[kept], scores[kept]

    def _frame(self, *, ordered: bool) -> Any:
        none = np.empty(0, np.int64)
        empty = (none, none, np.empty(0, self.comparison.dtype))
        parts = [empty, *self._found]
        left, right = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
        scores = np.concatenate([part[2] for part in parts])
        self._found = []
        if self.k is not None:
            left, right, scores = self._best((left, right, scores))
        elif not ordered:
            order = np.lexsort((right, left))
            left, right, scores = left[order], right[order], scores[order]
        missing = None
        if self.options.how == "left":
            alone = np.setdiff1d(np.arange(len(self.left)), left)
            order = np.argsort(np.concatenate([left, alone]), kind="stable")
            left = np.concatenate([left, alone])[order]
            right = np.concatenate([right, np.full(len(alone), -1)])[order]
            scores = np.concatenate([scores, np.zeros(len(alone), scores.dtype)])[order]
            missing = right < 0 if len(alone) else None
        other = self.left if self.right is None else self.right
        kept, names = right_names(
            self.left.names, other.names, self.options, _by_names(self.options)
        )
        return side_by_side(
            self.left.take(left),
            other.select(kept).take(right),
            scores,
            missing,
            library=self.left.library,
            names=names,
            score_name=self.options.score_name,
        )


def right_names(
    left: Sequence[Any], right: Sequence[Any], options: FrameOptions, by_names: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    """Right's columns that the result has, and their names there.

    Those of `by` are left's as well. Raises InvalidArgumentError where two would have one name.
    """
    taken = set(left)
    kept = [name for name in right if name not in by_names]
    names = [f"{name}{options.suffix}" if name in taken else name for name in kept]
    for name in names:
        if name in taken:
            raise _ambiguous("suffix", options.suffix, f"two columns would be named {quote(name)}")
        taken.add(name)
    if options.score_name in taken:
        text = f"there is a column named {quote(options.score_name)} already"
        raise _ambiguous("score_name", options.score_name, text)
    return kept, names


def result_columns(
    left: Sequence[Any],
    right: Sequence[Any],
    options: FrameOptions,
    scorer: ScorerLike | Sequence[ScorerLike],
) -> tuple[list[Any], list[Any], str]:
    """Of a search's result: right's columns, their names in it, and the type of the scores."""
    on, _, _ = _sides("on", options.on, options.left_on, options.right_on)
    scorers = scorers_of(scorer, max(1, len(on)))
    return *right_names(left, right, options, _by_names(options)), score_type(
        scorers, options.null_score
    )


def _by_names(options: FrameOptions) -> list[Any]:
    """The keys that both sides have under one name."""
    left, right, _ = _sides("by", options.by, options.left_by, options.right_by)
    return [a for a, b in zip(left, right, strict=True) if a == b]


def search(
    left: Any,
    right: Any,
    options: FrameOptions,
    scorer: ScorerLike | Sequence[ScorerLike],
    score_cutoff: float | None,
    progress: ProgressLike,
    k: int | None = None,
) -> Search:
    """A join, or with `k` the best matches of each row. Raises for arguments that cannot work."""
    left_frame = Frame.of(left, "left" if k is None else "queries")
    right_frame = None
    if right is not None:
        right_frame = Frame.of(right, "right" if k is None else "choices").to(left_frame.library)
    other = left_frame if right_frame is None else right_frame
    if options.how not in ("inner", "left"):
        raise _ambiguous("how", options.how, "it should be 'inner' or 'left'")
    left_on, right_on, on_arguments = _sides("on", options.on, options.left_on, options.right_on)
    if not left_on:
        raise _ambiguous("on", options.on, "a frame's column to compare has to be named")
    left_by, right_by, by_arguments = _sides("by", options.by, options.left_by, options.right_by)
    cutoff = None if score_cutoff is None else real(score_cutoff, "score_cutoff")
    if k is None and cutoff is None and not left_by:
        text = "a join without blocking keys has to have one: every pair would be a match"
        raise _ambiguous("score_cutoff", None, text)
    names = zip(left_on, right_on, strict=True)
    sides = [
        (Texts.of(left_frame, a, on_arguments[0]), Texts.of(other, b, on_arguments[1]))
        for a, b in names
    ]
    scorers = scorers_of(scorer, len(left_on))
    weights = weights_of(options.weights, len(left_on))
    columns = [
        Compared(*texts, made, weight, best_score(made))
        for texts, made, weight in zip(sides, scorers, weights, strict=True)
    ]
    null = None if options.null_score is None else real(options.null_score, "null_score")
    codes = codes_of(left_frame, right_frame, left_by, right_by, by_arguments)
    right_names(left_frame.names, other.names, options, _by_names(options))
    made_k = None if k is None else uint(k, "k", 32)
    made = FrameSearch(
        left_frame,
        right_frame,
        Comparison(columns, cutoff, null),
        *codes,
        options,
        made_k,
        Progress(progress),
    )
    return made.run()


def _sides(
    name: str, both: Names, left: Names, right: Names
) -> tuple[list[Any], list[Any], tuple[str, str]]:
    """The columns of either side, and the arguments that name them."""
    arguments = (f"left_{name}", f"right_{name}")
    if both is not None:
        if left is not None or right is not None:
            raise _ambiguous(name, both, f"{arguments[0]} and {arguments[1]} say the same already")
        return _listed(both), _listed(both), (name, name)
    if (left is None) != (right is None):
        missing = arguments[0] if left is None else arguments[1]
        raise _ambiguous(missing, None, f"{name} of the other side is given, this one is not")
    lefts, rights = _listed(left), _listed(right)
    if len(lefts) != len(rights):
        text = f"it names {len(rights)} columns, and {arguments[0]} {len(lefts)}"
        raise _ambiguous(arguments[1], right, text)
    return lefts, rights, arguments


def _listed(names: Names) -> list[Any]:
    if names is None:
        return []
    return list(names) if isinstance(names, (list, tuple)) else [names]


def _ambiguous(argument: str, value: object, why: str) -> Error:
    return invalid(
        f"{argument} is {quote(value)}: {why}",
        field=argument,
        value=value,
        reason="INVALID_ARGUMENT",
    )


def advance(search: Search, answer: Any) -> tuple[verbs.Verb | None, Any]:
    """The next verb of a search that is sent the result of the last; None and the frame at its end.

    So that it can be called in another thread: a StopIteration does not leave one.
    """
    try:
        return search.send(answer), None
    except StopIteration as end:
        return None, end.value
