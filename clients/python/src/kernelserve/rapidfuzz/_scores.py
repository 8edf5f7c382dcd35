"""How a scorer of RapidFuzz's API becomes a call of compare() or editops()."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from .._api import default_client
from .._callbacks import compare as compare_here
from .._callbacks import inside
from .._deadline import UNSET
from .._editops import Editops
from .._exceptions import invalid, quote
from .._loops import count_call
from .._scorers import DEFAULT_PROCESS, ParameterValue, Scorer, is_default_process
from .._verbs import compare

RATIO_MAX = 100.0
_TEXT = (str, bytes)


@dataclass(frozen=True, slots=True)
class Score:
    """A scorer: `name` is the catalog's, `path` what users write, such as "Levenshtein.distance".

    `worst` is what two texts have of which one is missing; None where that is an error. `cutoff`
    reads a score_cutoff, and gives None for one that no score passes.
    """

    name: str
    path: str
    kind: type[int] | type[float]
    worst: float | None
    cutoff: Callable[[Any], float | None]
    plain: Scorer = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plain", Scorer(self.name))

    def __call__(
        self,
        s1: object,
        s2: object,
        processor: Callable[[Any], Any] | None,
        score_cutoff: object,
        parameters: Mapping[str, ParameterValue] | None = None,
    ) -> Any:
        if self.worst is not None and (is_missing(s1) or is_missing(s2)):
            return self.worst
        left, right, served = processed(s1, s2, processor)
        cutoff = None
        if score_cutoff is not None:
            cutoff = self.cutoff(score_cutoff)
            if cutoff is None:
                return self.worst
        scorer = self.plain
        if parameters or served:
            scorer = Scorer(self.name, processor=served, **(parameters or {}))
        if inside():
            return self.kind(compare_here(left, right, scorer, cutoff))
        count_call(self.path, f"kernelserve.pairwise(left, right, scorer={self.name!r})")
        verb = compare(left, right, scorer, cutoff)
        return self.kind(default_client()._run(verb, UNSET))


def edits(
    name: str,
    s1: object,
    s2: object,
    processor: Callable[[Any], Any] | None,
    parameters: Mapping[str, ParameterValue] | None = None,
) -> Editops:
    """The edits between two sequences by the metric of a scorer."""
    left, right, served = processed(s1, s2, processor)
    scorer = Scorer(name, processor=served, **(parameters or {}))
    return default_client().editops(left, right, scorer=scorer)


def is_missing(value: object) -> bool:
    """Whether it is None, NaN or pandas.NA."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return True
    pandas = sys.modules.get("pandas")
    return pandas is not None and value is getattr(pandas, "NA", None)


def processed(
    s1: object, s2: object, processor: Callable[[Any], Any] | None
) -> tuple[Any, Any, str | None]:
    """What is to be compared, and what the server is to do to it first.

    A processor that the server does not have runs here: it may be any Python at all. So does
    default_process of what is no text, to raise what it raises.
    """
    if processor:
        if is_default_process(processor) and isinstance(s1, _TEXT) and isinstance(s2, _TEXT):
            return s1, s2, DEFAULT_PROCESS
        s1, s2 = processor(s1), processor(s2)
    return sequence(s1, "s1"), sequence(s2, "s2"), None


def sequence(value: object, name: str) -> object:
    """`value` if a verb takes it for a text, or else the list of its elements."""
    if isinstance(value, (str, bytes, bytearray, memoryview, Sequence)):
        return value
    indexed = hasattr(value, "__len__") and hasattr(value, "__getitem__")
    if indexed and hasattr(value, "tolist"):  # an array or Series, which a number of numpy is not
        return value
    if indexed and not isinstance(value, (Set, Mapping)):
        return [value[index] for index in range(len(value))]  # type: ignore[arg-type, index]
    kind = type(value).__name__
    raise invalid(
        f"{name} is a {kind}: what is compared is a str, bytes or a sequence of hashable things",
        field=name,
        bound="str, bytes or a sequence",
        value=kind,
        reason="WRONG_TYPE",
    )


def whole_cutoff(value: object) -> float:
    """Of scores that are whole numbers: what is behind the point is cut off."""
    cutoff = as_number(value, "score_cutoff")
    if not math.isfinite(cutoff):
        raise invalid(
            f"score_cutoff is {cutoff}, expected a whole number",
            field="score_cutoff",
            bound="a whole number",
            value=value,
            reason="OUT_OF_RANGE",
        )
    return int(cutoff)


def unit_cutoff(value: object) -> float | None:
    """Of scores from 0.0 to 1.0. NaN is a cutoff that no score passes."""
    cutoff = as_number(value, "score_cutoff")
    if cutoff < 0 or cutoff > 1:
        raise invalid(
            "score_cutoff has to be in the range of 0.0 - 1.0",
            field="score_cutoff",
            bound="0.0 to 1.0",
            value=value,
            # RapidFuzz raises a TypeError here.
            reason="WRONG_TYPE",
        )
    return None if math.isnan(cutoff) else cutoff


def ratio_cutoff(value: object) -> float | None:
    """Of scores from 0 to 100: a negative one lets all pass, one over 100 or NaN none."""
    cutoff = as_number(value, "score_cutoff")
    return max(cutoff, 0.0) if cutoff <= RATIO_MAX else None


def as_number(value: object, name: str) -> float:
    """A number of any library as a float."""
    if isinstance(value, Real):
        try:
            return float(value)
        except OverflowError:
            raise invalid(
                f"{name} is {quote(value)}, which no 64-bit float is",
                field=name,
                bound="a number that a 64-bit float holds",
                value=value,
                reason="OUT_OF_RANGE",
            ) from None
    raise invalid(
        f"{name} is a {type(value).__name__}, not a number",
        field=name,
        bound="a number",
        value=type(value).__name__,
        reason="WRONG_TYPE",
    )
