"""What the arguments of rapidfuzz.process ask for: a scorer of the server, or Python to call."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .._callbacks import callback
from .._exceptions import Error, invalid, quote
from .._scorers import DEFAULT_PROCESS, Scorer, is_default_process, rapidfuzz_name
from ._scores import RATIO_MAX, as_number, sequence, unit_cutoff, whole_cutoff
from ._signatures import Parameters, pad_parameters, prefix_parameters, weight_parameters

# What scorer_kwargs may have, by metric, and how it is read.
_KWARGS: dict[str, dict[str, Callable[[Any], Parameters]]] = {
    "levenshtein": {"weights": weight_parameters},
    "hamming": {"pad": pad_parameters},
    "jaro_winkler": {"prefix_weight": prefix_parameters},
}


@dataclass(frozen=True, slots=True)
class Plan:
    """A scorer of the server with all that it is given.

    `whole` scores are integers, others floats; `higher` ones are better if so. `worst` is what a
    pair has of which one is missing; None where such a pair is an error. `cutoff` is not NaN, which
    `hopeless` stands for: no score passes it. `processor` is what has to run here.
    """

    scorer: Scorer
    whole: bool
    higher: bool
    worst: float | None
    cutoff: float | None
    hopeless: bool
    processor: Callable[[Any], Any] | None

    @classmethod
    def of(
        cls,
        scorer: object,
        processor: object,
        score_cutoff: object,
        score_hint: object,
        scorer_kwargs: object,
    ) -> Plan | None:
        """None where the server does not have the scorer."""
        name = rapidfuzz_name(scorer)
        if name is None:
            return None
        metric, _, form = name.rpartition(".")
        real = metric in ("fuzz", "jaro", "jaro_winkler") or form.startswith("normalized")
        read = _ratio_cutoff if metric == "fuzz" else unit_cutoff if real else whole_cutoff
        if score_hint is not None:
            read(score_hint)  # to refuse what is none; the server needs no hint
        cutoff = None if score_cutoff is None else read(score_cutoff)
        served, here = _processors(processor)
        higher = not form.endswith("distance")
        return cls(
            scorer=Scorer(
                name, processor=served, **_parameters(metric, name, kwargs_of(scorer_kwargs))
            ),
            whole=not real,
            higher=higher,
            worst=(0.0 if higher else 1.0) if real else None,
            cutoff=cutoff,
            hopeless=score_cutoff is not None and cutoff is None,
            processor=here,
        )

    def text(self, value: Any, name: str) -> Any:
        """What is compared of a text that is there: through the processor, if it runs here.

        Raises WrongTypeError where that is no text; `name` says of which argument.
        """
        return self.checked(value if self.processor is None else self.processor(value), name)

    def checked(self, value: Any, name: str) -> Any:
        """What is compared of what has been through the processor. Raises as text() does."""
        if self.scorer.processor is not None and not isinstance(value, (str, bytes)):
            raise not_a_string(value, name)
        return value if type(value) is str else sequence(value, name)

    def without_processor(self) -> Plan:
        """For texts that have been through it."""
        return replace(self, processor=None)

    @property
    def takes_missing(self) -> bool:
        """Whether the scorer has a score for what is missing."""
        return self.worst is not None

    def passes(self, scores: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
        """Which scores are no worse than the cutoff."""
        if self.hopeless:
            return np.zeros(scores.shape, np.bool_)
        if self.cutoff is None:
            return np.ones(scores.shape, np.bool_)
        return scores >= self.cutoff if self.higher else scores <= self.cutoff

    @property
    def optimal(self) -> float | None:
        """The best score there is; None where there is no such bound."""
        if not self.higher:
            return 0.0
        if self.whole:
            return None
        return RATIO_MAX if self.scorer.name.startswith("fuzz.") else 1.0


def _processors(processor: object) -> tuple[str | None, Callable[[Any], Any] | None]:
    """The name of the one that the server has, or the one to call here."""
    if is_default_process(processor):
        return DEFAULT_PROCESS, None
    return None, called_processor(processor)


def called_processor(processor: object) -> Callable[[Any], Any] | None:
    """What is to be called with each text, if anything."""
    if not processor:
        return None
    if callable(processor):
        return callback(processor, "processor")
    kind = type(processor).__name__
    raise invalid(
        f"processor is a {kind}: {kind!r} object is not callable",
        field="processor",
        bound="a function of one text, or None",
        value=kind,
        reason="WRONG_TYPE",
    )


def kwargs_of(kwargs: object) -> dict[str, Any]:
    """A copy of scorer_kwargs."""
    if kwargs is None:
        return {}
    if isinstance(kwargs, Mapping):
        return dict(kwargs)
    kind = type(kwargs).__name__
    raise invalid(
        f"scorer_kwargs is a {kind}: it should be a dict",
        field="scorer_kwargs",
        bound="a dict",
        value=kind,
        reason="WRONG_TYPE",
    )


def _parameters(metric: str, name: str, kwargs: dict[str, Any]) -> dict[str, Any]:
    """scorer_kwargs as parameters of a Scorer; those that have their defaults are left out."""
    known = _KWARGS.get(metric, {})
    out: dict[str, Any] = {}
    for key, value in kwargs.items():
        if key not in known:
            takes = " and ".join(map(repr, known)) or "nothing"
            raise invalid(
                f"scorer_kwargs has {quote(key)}: of {name} it may have {takes}",
                field="scorer_kwargs",
                bound=takes,
                value=key,
                # RapidFuzz raises a TypeError here.
                reason="WRONG_TYPE",
            )
        out |= known[key](value) or {}
    return out


def _ratio_cutoff(value: object) -> float | None:
    """Of scores from 0 to 100; None for NaN. Stricter than what a ratio by itself takes."""
    cutoff = as_number(value, "score_cutoff")
    if cutoff < 0 or cutoff > RATIO_MAX:
        raise invalid(
            "score_cutoff has to be in the range of 0.0 - 100.0",
            field="score_cutoff",
            bound="0.0 to 100.0",
            value=value,
            reason="WRONG_TYPE",
        )
    return None if math.isnan(cutoff) else cutoff


def not_a_string(value: object, name: str) -> Error:
    """What default_process raises, naming the argument."""
    kind = type(value).__name__
    return invalid(
        f"{name} is a {kind}: sentence must be a String for default_process",
        field=name,
        bound="str or bytes",
        value=kind,
        reason="WRONG_TYPE",
    )
