"""What AsyncClient's batches are made of: the verbs that answer many calls at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from . import _cross
from . import _verbs as verbs
from ._connection import Connection
from ._deadline import UNSET, Timeout, check_timeout
from ._lanes import Stop
from ._scorers import ScorerLike


@dataclass(frozen=True, slots=True)
class _Calls:
    """Blocking calls of a client whose own timeout is `default`."""

    connection: Connection
    timeout: Timeout
    default: float | None

    def _run(self, verb: verbs.Verb, stop: Stop) -> Any:
        seconds = self.default if self.timeout is UNSET else check_timeout(self.timeout)
        return self.connection.run(verb, seconds, stop)


@dataclass(frozen=True, slots=True)
class Comparisons(_Calls):
    """compare() of pairs of texts."""

    scorer: ScorerLike
    score_cutoff: float | None

    def one(self, item: Any, stop: Stop) -> Any:
        left, right = item
        return self._run(verbs.compare(left, right, self.scorer, self.score_cutoff), stop)

    def many(self, items: Sequence[Any], stop: Stop) -> Sequence[Any]:
        lefts, rights = zip(*items, strict=True)
        verb = verbs.pairwise(lefts, rights, self.scorer, self.score_cutoff, None, "fail")
        return self._run(verb, stop)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Fibonaccis(_Calls):
    """fibonacci() of integers."""

    modulus: int | None

    def one(self, item: Any, stop: Stop) -> Any:
        return self._run(verbs.fibonacci(item, self.modulus, None, "fail"), stop)

    def many(self, items: Sequence[Any], stop: Stop) -> Sequence[Any]:
        return self._run(verbs.fibonacci(list(items), self.modulus, object, "fail"), stop)  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class Searches(_Calls):
    """top_k() of texts, or lists of such, among the same choices."""

    choices: Any
    k: int
    scorer: ScorerLike
    score_cutoff: float | None

    def one(self, item: Any, stop: Stop) -> Any:
        return self._run(self._verb(item), stop)

    def many(self, items: Sequence[Any], stop: Stop) -> Sequence[Any]:
        from ._matches import Matches, MatchRows

        queries: list[Any] = []
        begins = [0]
        for item in items:
            queries.extend(item if isinstance(item, list) else [item])
            begins.append(len(queries))
        verb = self._verb(queries)
        made = verb.results
        assert isinstance(made, Matches)
        verb.results = MatchRows.of(made)
        return made.tables(self._run(verb, stop), begins)

    def _verb(self, queries: Any) -> _cross.CrossVerb:
        return _cross.top_k(
            queries, self.choices, self.k, self.scorer, self.score_cutoff, progress=False
        )
