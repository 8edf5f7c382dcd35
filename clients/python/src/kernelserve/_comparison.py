"""How pairs of rows are scored: by one column, or by several whose scores have weights."""

from __future__ import annotations

import math
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from . import _verbs as verbs
from ._exceptions import invalid, quote
from ._frames import Rows
from ._kernel_methods import RESULT_TYPES
from ._records import pairwise_records
from ._scorers import Scorer, ScorerLike, as_scorer, higher_is_better, real
from ._texts import Texts

# Left rows, right rows and their scores.
Scored: TypeAlias = "tuple[Rows, Rows, npt.NDArray[Any]]"
# What asks a server: it yields verbs, and is sent their results.
Asking: TypeAlias = "Generator[verbs.Verb, Any, Scored]"

# Sums of products differ in their last digits by the order in which they are added.
_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Compared:
    """One column of both sides, and how much it counts. `best` is the best score there can be."""

    left: Texts
    right: Texts
    scorer: Scorer
    weight: float
    best: float


def best_score(scorer: Scorer) -> float:
    """The best score of any two texts; infinite where longer texts have better ones."""
    form = scorer.name.rpartition(".")[2]
    if not higher_is_better(scorer):
        return 0.0
    if scorer.name.startswith("fuzz."):
        return 100.0
    whole = RESULT_TYPES.get(scorer.name) != "float64"
    return math.inf if whole and not form.startswith("normalized") else 1.0


def scorers_of(scorer: ScorerLike | Sequence[ScorerLike], columns: int) -> list[Scorer]:
    """One for each column. All have to be better where they are greater, or all where less."""
    if isinstance(scorer, (list, tuple)):
        made = [as_scorer(each) for each in scorer]
        if len(made) != columns:
            raise invalid(
                f"scorer has {len(made)} scorers for {columns} columns",
                field="scorer",
                bound=str(columns),
                value=len(made),
                reason="INVALID_ARGUMENT",
            )
    else:
        made = [as_scorer(scorer)] * columns  # type: ignore[arg-type]
    if len({higher_is_better(each) for each in made}) > 1:
        named = ", ".join(each.name for each in made)
        raise invalid(
            f"the scorers {named} cannot be added: of distances, less is better, of similarities, "
            f"more is",
            field="scorer",
            bound="distances alone, or similarities alone",
            value=named,
            reason="INVALID_ARGUMENT",
        )
    return made


def weights_of(weights: Sequence[float] | None, columns: int) -> list[float]:
    """One for each column, 1 where there are none."""
    if weights is None:
        return [1.0] * columns
    made = [real(weight, "weights") for weight in weights]
    if len(made) != columns:
        raise invalid(
            f"weights has {len(made)} numbers for {columns} columns",
            field="weights",
            bound=str(columns),
            value=len(made),
            reason="INVALID_ARGUMENT",
        )
    for weight in made:
        if not 0 < weight < math.inf:
            raise invalid(
                f"weights has {quote(weight)}: each should be a number over 0",
                field="weights",
                bound="over 0",
                value=weight,
                reason="OUT_OF_RANGE",
            )
    return made


def score_type(scorers: Sequence[Scorer], null_score: float | None) -> str:
    """The type of the scores by one or several scorers."""
    if len(scorers) > 1 or null_score is not None:
        return "float64"
    return RESULT_TYPES.get(scorers[0].name, "float64")


@dataclass(frozen=True, slots=True)
class Comparison:
    """The columns, by one or all of which pairs are scored.

    One column's score is the scorer's own. The score of several is their mean by weight, float64.
    `null_score` is what a column counts as where a text is null; None: no score for such a pair.
    """

    columns: list[Compared]
    cutoff: float | None
    null_score: float | None

    @property
    def higher(self) -> bool:
        return higher_is_better(self.columns[0].scorer)

    @property
    def dtype(self) -> np.dtype[Any]:
        return np.dtype(score_type([each.scorer for each in self.columns], self.null_score))

    def passes(self, scores: Any) -> Any:
        """Which scores are within the cutoff."""
        if self.cutoff is None:
            return np.ones(np.shape(scores), np.bool_)
        return scores >= self.cutoff if self.higher else scores <= self.cutoff

    def scored(self, left: Rows, right: Rows) -> Asking:
        """Those of the pairs that pass, in their order, and their scores."""
        if len(self.columns) == 1:
            return (yield from self._scored_alone(self.columns[0], left, right))
        if not len(left):
            return left, right, np.empty(0, self.dtype)
        scores = yield pairwise_records(
            [each.left for each in self.columns],
            [each.right for each in self.columns],
            left,
            right,
            [(each.scorer, each.weight) for each in self.columns],
            self.cutoff,
            self.null_score,
        )
        if isinstance(scores, np.ma.MaskedArray):
            kept = np.flatnonzero(~np.ma.getmaskarray(scores))
            return left.take(kept), right.take(kept), scores.data.take(kept)
        return left, right, scores

    def _scored_alone(self, compared: Compared, left: Rows, right: Rows) -> Asking:
        """scored() of one column, whose scores are the scorer's own."""
        valid = _valid(compared, left, right)
        if valid is not None and self.null_score is None:
            left, right, valid = left[valid], right[valid], None
        if not len(left):
            return left, right, np.empty(0, self.dtype)
        texts = compared.left.take(left), compared.right.take(right)
        answer = yield verbs.pairwise(*texts, compared.scorer, self.cutoff, None, "fail")
        scores = np.frombuffer(answer.buffers()[1], answer.type.to_pandas_dtype(), len(answer))
        if valid is not None:
            scores = np.where(valid, scores, float(self.null_score or 0))
        kept = self.passes(scores)
        return left[kept], right[kept], scores[kept].astype(self.dtype, copy=False)

    def pivot(self) -> tuple[Compared, float] | None:
        """A column, and a cutoff of its own that no passing pair fails; None where none has one."""
        if self.cutoff is None:
            return None
        found: tuple[Compared, float] | None = None
        for compared in self.columns:
            rest = [each for each in self.columns if each is not compared]
            needed = self._needed(compared, rest)
            if len(self.columns) == 1:
                needed = self.cutoff
            if needed is None or (self.higher and needed <= 0):
                continue
            if self.null_score is not None and (
                self.null_score >= needed if self.higher else self.null_score <= needed
            ):
                continue
            if found is None or compared.weight > found[0].weight:
                found = compared, needed
        return found

    @property
    def _weight(self) -> float:
        return sum(each.weight for each in self.columns)

    def _best(self, rest: Sequence[Compared]) -> float:
        """The best sum that these columns can add."""
        choose = max if self.higher else min
        null = self.null_score
        return sum(
            each.weight * (each.best if null is None else choose(each.best, null)) for each in rest
        )

    def _needed(self, compared: Compared, rest: Sequence[Compared]) -> float | None:
        """The worst score of a column with which a pair can pass, the rest at its best."""
        best, kind = self._best(rest), RESULT_TYPES.get(compared.scorer.name)
        if self.cutoff is None or kind is None:
            return None
        if math.isinf(best) or math.isinf(compared.best):
            return None
        needed = (self.cutoff * self._weight - best) / compared.weight
        if self.higher:
            return min(max(0.0, needed - _SLACK), compared.best)
        most = max(0.0, needed + _SLACK)
        return min(most, 1.0) if kind == "float64" else float(math.floor(most))


def _valid(compared: Compared, left: Rows, right: Rows) -> npt.NDArray[np.bool_] | None:
    """Which pairs have both texts; None where all do."""
    found = None
    for texts, rows in ((compared.left, left), (compared.right, right)):
        if texts.valid is not None:
            there = texts.valid.take(rows)
            found = there if found is None else found & there
    return None if found is None or found.all() else found
