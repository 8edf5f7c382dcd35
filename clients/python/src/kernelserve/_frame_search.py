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
import numpy.typing as npt

from . import _cross
from . import _verbs as verbs
from ._blocks import Blocks, Indices, codes_of
from ._comparison import (
    Asking,
    Compared,
    Comparison,
    Scored,
    best_score,
    scorers_of,
    weights_of,
)
from ._frame_arguments import alternatives_of, by_names, right_names, sides_of, unfit
from ._frame_options import FrameOptions
from ._frames import Frame, Rows, side_by_side
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
    codes: list[tuple[Indices, Indices]]  # of both sides, for each alternative of keys
    options: FrameOptions
    k: int | None
    progress: Progress
    _found: list[Scored] = field(default_factory=list)

    def run(self) -> Search:
        """Yields verbs; returns the frame."""
        alternatives = [self._blocks(*codes) for codes in self.codes]
        self.progress.begin(sum(blocks.pairs for blocks in alternatives))
        ordered = len(alternatives) == 1
        for number, codes in enumerate(self.codes):
            large = list(self._large_blocks(*codes))
            for left, right in large:
                yield from self._large(number, left, right)
            if large:
                ordered = False
                mask = np.zeros(len(self.left), np.bool_)
                mask[np.concatenate([left for left, _ in large])] = True
                alternatives[number] = alternatives[number].without(mask)
        for left, right, count in self._parts(alternatives):
            self._keep((yield from self.comparison.scored(left, right)))
            self.progress.add(count)
        return self._frame(ordered=ordered)

    def _blocks(self, left: Indices, right: Indices) -> Blocks:
        if self.right is None:
            return Blocks.within(left, later=self.k is None)
        return Blocks.of(left, right)

    def _parts(self, alternatives: list[Blocks]) -> Iterator[tuple[Rows, Rows, int]]:
        """Pairs to compare, each once, and how many they stand for; small parts in one."""
        held: list[tuple[Rows, Rows]] = []
        size = 0
        for number, blocks in enumerate(alternatives):
            for left, right in blocks.parts(_PAIRS_MAX):
                if held and size + len(left) > _PAIRS_MAX:
                    yield *_end_to_end(held), size
                    held, size = [], 0
                size += len(left)
                held.append(self._new(number, left, right))
        if held:
            yield *_end_to_end(held), size

    def _new(self, number: int, left: Rows, right: Rows) -> tuple[Rows, Rows]:
        """Of pairs of an alternative, those that no earlier one has; and no row with itself."""
        kept = self._is_new(number, left, right)
        if self.right is None and self.k is not None:
            kept &= left != right
        return (left, right) if kept.all() else (left[kept], right[kept])

    def _is_new(self, number: int, left: Rows, right: Rows) -> npt.NDArray[np.bool_]:
        """Which pairs agree on no alternative before this."""
        new = np.ones(len(left), np.bool_)
        for left_codes, right_codes in self.codes[:number]:
            theirs = left_codes.take(left)
            new &= (theirs < 0) | (theirs != right_codes.take(right))
        return new

    def _large_blocks(
        self, left_codes: Indices, right_codes: Indices
    ) -> Iterator[tuple[Rows, Rows]]:
        """The rows of blocks that the server searches better as a whole."""
        if self.k is None and self.comparison.pivot() is None:
            return
        if self.k is not None and (
            len(self.comparison.columns) > 1 or self.comparison.null_score is not None
        ):
            return
        blocks = int(max(left_codes.max(initial=-1), right_codes.max(initial=-1))) + 1
        members, others = (
            np.bincount(codes[codes >= 0], minlength=blocks) for codes in (left_codes, right_codes)
        )
        pairs_max = _BLOCK_PAIRS_MAX * len(self.comparison.columns)
        for code in np.flatnonzero(members * others > pairs_max):
            yield np.flatnonzero(left_codes == code), np.flatnonzero(right_codes == code)

    def _large(self, number: int, left: Rows, right: Rows) -> Generator[verbs.Verb, Any, None]:
        """Searches a block of an alternative as a whole."""
        if self.k is not None:
            self._found.append((yield from self._large_top_k(number, left, right)))
        else:
            yield from self._large_join(number, left, right)
        pairs = len(left) * len(right)
        if self.right is None:
            pairs = pairs if self.k is not None else (pairs - len(left)) // 2
        self.progress.add(pairs)

    def _large_top_k(self, number: int, left: Rows, right: Rows) -> Asking:
        (compared,) = self.comparison.columns
        choices = None if self.right is None else compared.right.take(right)
        assert self.k is not None
        texts, cutoff = compared.left.take(left), self.comparison.cutoff
        table = yield _cross.top_k(texts, choices, self.k, compared.scorer, cutoff, False)
        return self._of_table(table, number, left, right)

    def _large_join(self, number: int, left: Rows, right: Rows) -> Generator[verbs.Verb, Any, None]:
        pivot = self.comparison.pivot()
        assert pivot is not None
        compared, cutoff = pivot
        # With itself, the server compares half of the pairs, in either order of a pair.
        half = self.right is None and not compared.scorer.parameters
        choices = None if half else compared.right.take(right)
        texts = compared.left.take(left)
        table = yield _cross.join(texts, choices, compared.scorer, cutoff, False)
        left, right, scores = self._of_table(table, number, left, right)
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

    def _of_table(self, table: Any, number: int, left: Rows, right: Rows) -> Scored:
        """What the server found in a block, by the frames' rows; what is new of it.

        Of a row's best in an alternative, those of an earlier one are among its best there.
        """
        queries, found, scores = (column.to_numpy() for column in table.itercolumns())
        left, right = left[queries], right[found]
        kept = self._is_new(number, left, right)
        return left[kept], right[kept], scores[kept]

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
        other = self.left if self.right is None else self.right
        none = np.empty(0, np.int64)
        empty = (none, none, np.empty(0, self.comparison.dtype))
        parts = [empty, *self._found]
        left, right = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
        scores = np.concatenate([part[2] for part in parts])
        self._found = []
        if self.k is not None:
            left, right, scores = self._best((left, right, scores))
        elif not ordered:
            order = np.argsort(left * len(other) + right)
            left, right, scores = left[order], right[order], scores[order]
        missing = None
        if self.options.how == "left":
            alone = np.setdiff1d(np.arange(len(self.left)), left)
            order = np.argsort(np.concatenate([left, alone]), kind="stable")
            left = np.concatenate([left, alone])[order]
            right = np.concatenate([right, np.full(len(alone), -1)])[order]
            scores = np.concatenate([scores, np.zeros(len(alone), scores.dtype)])[order]
            missing = right < 0 if len(alone) else None
        kept, names = right_names(
            self.left.names, other.names, self.options, by_names(self.options)
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


def _end_to_end(parts: list[tuple[Rows, Rows]]) -> tuple[Rows, Rows]:
    if len(parts) == 1:
        return parts[0]
    left, right = zip(*parts, strict=True)
    return np.concatenate(left), np.concatenate(right)


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
        raise unfit("how", options.how, "it should be 'inner' or 'left'")
    left_on, right_on, on_arguments = sides_of("on", options.on, options.left_on, options.right_on)
    if not left_on:
        raise unfit("on", options.on, "a frame's column to compare has to be named")
    alternatives, by_arguments = alternatives_of(options)
    cutoff = None if score_cutoff is None else real(score_cutoff, "score_cutoff")
    if k is None and cutoff is None and not alternatives[0][0]:
        text = "a join without blocking keys has to have one: every pair would be a match"
        raise unfit("score_cutoff", None, text)
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
    codes = [codes_of(left_frame, right_frame, *keys, by_arguments) for keys in alternatives]
    right_names(left_frame.names, other.names, options, by_names(options))
    made_k = None if k is None else uint(k, "k", 32)
    made = FrameSearch(
        left_frame,
        right_frame,
        Comparison(columns, cutoff, null),
        codes,
        options,
        made_k,
        Progress(progress),
    )
    return made.run()


def advance(search: Search, answer: Any) -> tuple[verbs.Verb | None, Any]:
    """The next verb of a search that is sent the result of the last; None and the frame at its end.

    So that it can be called in another thread: a StopIteration does not leave one.
    """
    try:
        return search.send(answer), None
    except StopIteration as end:
        return None, end.value
