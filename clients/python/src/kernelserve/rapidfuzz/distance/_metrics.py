"""Makes a metric's module, as rapidfuzz.distance has them, from a row of a table."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any, Generic, TypeVar

from ..._editops import Editops
from ..._scorers import FORMS, RAPIDFUZZ_METRICS
from .._docs import described
from .._scores import Score, unit_cutoff, whole_cutoff

ScoreT = TypeVar("ScoreT")
NormalizedT = TypeVar("NormalizedT")
EditopsT = TypeVar("EditopsT")
OpcodesT = TypeVar("OpcodesT")


class Metric(ModuleType, Generic[ScoreT, NormalizedT]):
    """The module of a metric: its four forms, each a function."""

    distance: ScoreT
    similarity: ScoreT
    normalized_distance: NormalizedT
    normalized_similarity: NormalizedT


class MetricWithEdits(
    Metric[ScoreT, NormalizedT], Generic[ScoreT, NormalizedT, EditopsT, OpcodesT]
):
    """The module of a metric that can also say what the edits are."""

    editops: EditopsT
    opcodes: OpcodesT


# What a form is, and what comes instead of a score beyond the cutoff.
_FORM_DOCS = {
    "distance": (
        "The {metric} distance: {what}.",
        "score_cutoff + 1 comes instead of a greater one",
    ),
    "similarity": ("The {metric} similarity: {similar}.", "0 comes instead of a smaller one"),
    "normalized_distance": (
        "The {metric} distance as a part of the greatest possible, from 0.0 to 1.0.",
        "1.0 comes instead of a greater one",
    ),
    "normalized_similarity": (
        "1.0 - the normalized {metric} distance.",
        "0.0 comes instead of a smaller one",
    ),
}
_WHOLE_END = """\
Returns:
    An int.

Raises:
    TypeError: one is None or no sequence of hashable things.
    ValueError: another argument is out of its range."""
_REAL_END = """\
Returns:
    A float; {worst} where one is None, NaN or pandas.NA.

Raises:
    TypeError: one is no sequence of hashable things; score_cutoff is not from 0.0 to 1.0.
    ValueError: another argument is out of its range."""
_EDITS_END = """\
Returns:
    The {kind}, as RapidFuzz finds them.

Raises:
    TypeError: one is None or no sequence of hashable things."""


def metric(
    name: str,
    signature: Callable[[Score], Any],
    what: str,
    *,
    similar: str = "the greatest distance possible less the distance",
    edits: Callable[[str, Callable[[Editops], Any]], Any] | None = None,
    real: bool = False,
) -> Any:
    """The module of a metric, importable by its name.

    `what` the distance counts and what is `similar` are for docstrings. `signature` and `edits`
    make functions of the right parameters; `real` says that all four forms are floats.
    """
    module: Metric[Any, Any] = Metric(
        f"{__package__}.{name}", f"{name}: {what}. As rapidfuzz.distance.{name}."
    )
    forms = [*FORMS]
    for form in FORMS:
        normalized = real or form.startswith("normalized")
        score = Score(
            name=f"{RAPIDFUZZ_METRICS[name]}.{form}",
            path=f"{name}.{form}",
            kind=float if normalized else int,
            worst=(1.0 if form.endswith("distance") else 0.0) if normalized else None,
            cutoff=unit_cutoff if normalized else whole_cutoff,
        )
        summary, instead = _FORM_DOCS[form]
        if real and form == "distance":
            instead = _FORM_DOCS["normalized_distance"][1]
        function = described(
            signature(score),
            module.__name__,
            form,
            summary.format(metric=name, what=what, similar=similar),
            instead=instead,
            end=_REAL_END.format(worst=score.worst) if normalized else _WHOLE_END,
        )
        setattr(module, form, function)
    if edits is not None:
        scorer = f"{RAPIDFUZZ_METRICS[name]}.distance"
        for kind, convert in (("editops", _as_is), ("opcodes", Editops.as_opcodes)):
            function = described(
                edits(scorer, convert),
                module.__name__,
                kind,
                f"A shortest list of {name} edits that turn s1 into s2, as {kind.capitalize()}.",
                end=_EDITS_END.format(kind="edits"),
            )
            setattr(module, kind, function)
            forms.append(kind)
    module.__dict__["__all__"] = sorted(forms)
    # For `from kernelserve.rapidfuzz.distance.Levenshtein import distance`, and for pickle.
    sys.modules[module.__name__] = module
    return module


def _as_is(script: Editops) -> Editops:
    return script
