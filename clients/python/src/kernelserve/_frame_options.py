"""What join and top_k of frames are told beside what columns are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, TypedDict

# One name, or several.
Names: TypeAlias = "str | Sequence[str] | None"
# The same, or several lists, of which one has to agree.
Keys: TypeAlias = "Names | Sequence[Sequence[str]]"
How: TypeAlias = Literal["inner", "left"]


class FrameArguments(TypedDict, total=False):
    """The keyword arguments of a verb over frames; Client.join() says what each is."""

    on: Names
    left_on: Names
    right_on: Names
    by: Keys
    left_by: Keys
    right_by: Keys
    how: How
    suffix: str
    score_name: str
    weights: Sequence[float] | None
    null_score: float | None


@dataclass(frozen=True, slots=True)
class FrameOptions:
    """The same, with those that were not given."""

    on: Names = None
    left_on: Names = None
    right_on: Names = None
    by: Keys = None
    left_by: Keys = None
    right_by: Keys = None
    how: How = "inner"
    suffix: str = "_right"
    score_name: str = "score"
    weights: Sequence[float] | None = None
    null_score: float | None = None

    @property
    def given(self) -> bool:
        """Whether there is any: then both sides are frames."""
        names = (self.on, self.left_on, self.right_on, self.by, self.left_by, self.right_by)
        rest = (self.weights, self.null_score)
        words = (self.how, self.suffix, self.score_name)
        return any(each is not None for each in (*names, *rest)) or words != _WORDS


_WORDS = ("inner", "_right", "score")
