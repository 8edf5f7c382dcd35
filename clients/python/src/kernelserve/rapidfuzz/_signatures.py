"""The signatures that RapidFuzz's functions have: a protocol for each, and what makes one.

They differ in their parameters alone. A maker is given a Score, or the name of a scorer whose edits
are asked for, and gives a function of that signature.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias, TypeVar, overload

from .._editops import Editops
from .._scorers import ParameterValue, real
from .._verbs import TextLike
from ._scores import Score, edits

T_co = TypeVar("T_co", covariant=True)
U1 = TypeVar("U1")
U2 = TypeVar("U2")

Weights: TypeAlias = Sequence[int]
Parameters: TypeAlias = "dict[str, ParameterValue] | None"

UNIFORM_WEIGHTS = (1, 1, 1)
PREFIX_WEIGHT = 0.1


class Plain(Protocol[T_co]):
    """A scorer without parameters."""

    @overload
    def __call__(
        self,
        s1: TextLike | None,
        s2: TextLike | None,
        *,
        processor: None = None,
        score_cutoff: float | None = None,
    ) -> T_co: ...
    @overload
    def __call__(
        self,
        s1: U1,
        s2: U2,
        *,
        processor: Callable[[U1 | U2], TextLike],
        score_cutoff: float | None = None,
    ) -> T_co: ...


class Weighted(Protocol[T_co]):
    """A scorer with costs for insertion, deletion and substitution."""

    @overload
    def __call__(
        self,
        s1: TextLike | None,
        s2: TextLike | None,
        *,
        weights: Weights | None = UNIFORM_WEIGHTS,
        processor: None = None,
        score_cutoff: float | None = None,
        score_hint: float | None = None,
    ) -> T_co: ...
    @overload
    def __call__(
        self,
        s1: U1,
        s2: U2,
        *,
        weights: Weights | None = UNIFORM_WEIGHTS,
        processor: Callable[[U1 | U2], TextLike],
        score_cutoff: float | None = None,
        score_hint: float | None = None,
    ) -> T_co: ...


class Padded(Protocol[T_co]):
    """A scorer that takes texts of two lengths, if it may."""

    @overload
    def __call__(
        self,
        s1: TextLike | None,
        s2: TextLike | None,
        *,
        pad: bool = True,
        processor: None = None,
        score_cutoff: float | None = None,
    ) -> T_co: ...
    @overload
    def __call__(
        self,
        s1: U1,
        s2: U2,
        *,
        pad: bool = True,
        processor: Callable[[U1 | U2], TextLike],
        score_cutoff: float | None = None,
    ) -> T_co: ...


class PrefixWeighted(Protocol[T_co]):
    """A scorer with a bonus for a common prefix."""

    @overload
    def __call__(
        self,
        s1: TextLike | None,
        s2: TextLike | None,
        *,
        prefix_weight: float = PREFIX_WEIGHT,
        processor: None = None,
        score_cutoff: float | None = None,
    ) -> T_co: ...
    @overload
    def __call__(
        self,
        s1: U1,
        s2: U2,
        *,
        prefix_weight: float = PREFIX_WEIGHT,
        processor: Callable[[U1 | U2], TextLike],
        score_cutoff: float | None = None,
    ) -> T_co: ...


class PlainEdits(Protocol[T_co]):
    """editops() or opcodes() without parameters."""

    @overload
    def __call__(self, s1: TextLike, s2: TextLike, *, processor: None = None) -> T_co: ...
    @overload
    def __call__(self, s1: U1, s2: U2, *, processor: Callable[[U1 | U2], TextLike]) -> T_co: ...


class HintedEdits(Protocol[T_co]):
    """editops() or opcodes() that may be told about how many edits there are."""

    @overload
    def __call__(
        self,
        s1: TextLike,
        s2: TextLike,
        *,
        processor: None = None,
        score_hint: float | None = None,
    ) -> T_co: ...
    @overload
    def __call__(
        self,
        s1: U1,
        s2: U2,
        *,
        processor: Callable[[U1 | U2], TextLike],
        score_hint: float | None = None,
    ) -> T_co: ...


class PaddedEdits(Protocol[T_co]):
    """editops() or opcodes() between texts of two lengths, if they may be."""

    @overload
    def __call__(
        self, s1: TextLike, s2: TextLike, *, pad: bool = True, processor: None = None
    ) -> T_co: ...
    @overload
    def __call__(
        self, s1: U1, s2: U2, *, pad: bool = True, processor: Callable[[U1 | U2], TextLike]
    ) -> T_co: ...


def plain(score: Score) -> Plain[Any]:
    def scorer(s1: Any, s2: Any, *, processor: Any = None, score_cutoff: Any = None) -> Any:
        return score(s1, s2, processor, score_cutoff)

    return scorer


def weighted(score: Score) -> Weighted[Any]:
    def scorer(
        s1: Any,
        s2: Any,
        *,
        weights: Any = UNIFORM_WEIGHTS,
        processor: Any = None,
        score_cutoff: Any = None,
        score_hint: Any = None,
    ) -> Any:
        # A hint changes no score, and the server finds by itself what it is for.
        del score_hint
        return score(s1, s2, processor, score_cutoff, weight_parameters(weights))

    return scorer


def weight_parameters(weights: Any) -> Parameters:
    """None for the weights that a scorer has by default."""
    if weights is None:
        return None
    given = tuple(weights)
    return None if given == UNIFORM_WEIGHTS else {"weights": given}


def padded(score: Score) -> Padded[Any]:
    def scorer(
        s1: Any, s2: Any, *, pad: Any = True, processor: Any = None, score_cutoff: Any = None
    ) -> Any:
        return score(s1, s2, processor, score_cutoff, pad_parameters(pad))

    return scorer


def pad_parameters(pad: Any) -> Parameters:
    """None where texts may differ in length, as by default."""
    return None if pad else {"pad": False}


def prefix_weighted(score: Score) -> PrefixWeighted[Any]:
    def scorer(
        s1: Any,
        s2: Any,
        *,
        prefix_weight: Any = PREFIX_WEIGHT,
        processor: Any = None,
        score_cutoff: Any = None,
    ) -> Any:
        return score(s1, s2, processor, score_cutoff, prefix_parameters(prefix_weight))

    return scorer


def prefix_parameters(prefix_weight: Any) -> Parameters:
    """None for the weight that a scorer has by default."""
    weight = real(prefix_weight, "prefix_weight")
    return None if weight == PREFIX_WEIGHT else {"prefix_weight": weight}


def plain_edits(name: str, convert: Callable[[Editops], Any]) -> PlainEdits[Any]:
    def script(s1: Any, s2: Any, *, processor: Any = None) -> Any:
        return convert(edits(name, s1, s2, processor))

    return script


def hinted_edits(name: str, convert: Callable[[Editops], Any]) -> HintedEdits[Any]:
    def script(s1: Any, s2: Any, *, processor: Any = None, score_hint: Any = None) -> Any:
        del score_hint
        return convert(edits(name, s1, s2, processor))

    return script


def padded_edits(name: str, convert: Callable[[Editops], Any]) -> PaddedEdits[Any]:
    def script(s1: Any, s2: Any, *, pad: Any = True, processor: Any = None) -> Any:
        return convert(edits(name, s1, s2, processor, pad_parameters(pad)))

    return script
