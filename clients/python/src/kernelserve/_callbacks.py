"""Scores that a caller's own function asks for while it is called once for each cell.

A scorer or processor of somebody's own runs here. A score that it asks for would be a round trip
for each cell, thousands of times what the function itself takes. So such scores are computed here,
by RapidFuzz where it is installed, whose results are the same; and refused where it is not.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, TypeVar

from ._exceptions import Error, invalid
from ._nulls import is_null
from ._scorers import FORMS, RAPIDFUZZ_METRICS, RAPIDFUZZ_RATIOS, ScorerLike, as_scorer

ResultT = TypeVar("ResultT")

# The argument that the function came as, while it is called.
_inside: ContextVar[str | None] = ContextVar("_inside", default=None)

_METRICS = {name: metric for metric, name in RAPIDFUZZ_METRICS.items()}


def callback(function: Callable[..., ResultT], argument: str) -> Callable[..., ResultT]:
    """The function, to be called many times; `argument` is what it was handed over as."""

    def call(*arguments: Any, **named: Any) -> ResultT:
        token = _inside.set(argument)
        try:
            return function(*arguments, **named)
        finally:
            _inside.reset(token)

    return call


def inside() -> bool:
    """Whether such a function is being called, in this context."""
    return _inside.get() is not None


def compare(left: object, right: object, scorer: ScorerLike, score_cutoff: float | None) -> Any:
    """What Client.compare() gives, computed here. Raises refusal() where it cannot be."""
    scorer = as_scorer(scorer)
    function = _rapidfuzz_function(scorer.name)
    if function is None:
        raise refusal(f"compare() by {scorer.name}")
    if is_null(left) or is_null(right):
        return None
    processor = None
    if scorer.processor is not None:
        processor = importlib.import_module("rapidfuzz.utils").default_process
    return function(
        left, right, processor=processor, score_cutoff=score_cutoff, **scorer.parameters
    )


def _rapidfuzz_function(name: str) -> Any:
    """RapidFuzz's scorer of that name; None where it has none or is not installed."""
    metric, _, form = name.rpartition(".")
    try:
        if metric == "fuzz" and form in RAPIDFUZZ_RATIOS:
            return getattr(importlib.import_module("rapidfuzz.fuzz"), form)
        if metric in _METRICS and form in FORMS:
            distance = importlib.import_module("rapidfuzz.distance")
            return getattr(getattr(distance, _METRICS[metric]), form)
    except ImportError:
        pass
    return None


def refusal(what: str) -> Error:
    """For what cannot be computed here; `what` names it for the message."""
    argument = _inside.get() or "scorer"
    return invalid(
        f"{what} inside of {argument}, a function that is called for each cell: each would be a "
        f"round trip to the server. Pass the scorer itself, compute it without kernelserve, or "
        f"install rapidfuzz, by which its scorers are then computed in this process",
        field=argument,
        bound="a scorer of the server, or a function that asks it nothing",
        value=what,
        reason="INVALID_ARGUMENT",
    )
