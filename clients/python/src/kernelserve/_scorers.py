"""Scorers: a dotted name of the catalog, a Scorer with parameters, or RapidFuzz's own function."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from numbers import Real
from typing import TYPE_CHECKING, Any, TypeAlias

from ._exceptions import Error, invalid, quote
from .v1 import string_distance_pb2 as sd
from .v1 import types_pb2 as types

if TYPE_CHECKING:
    from collections.abc import Callable

ParameterValue: TypeAlias = "bool | int | float | str | Sequence[int] | Sequence[float]"
ScorerLike: TypeAlias = "str | Scorer | Callable[..., Any]"
ProcessorLike: TypeAlias = "str | Callable[..., Any]"

DEFAULT_SCORER = "levenshtein.distance"
DEFAULT_ALIGNER = "fuzz.partial_ratio"
DEFAULT_PROCESS = "default_process"
_DEFAULT_PROCESS_MODULES = (
    "kernelserve.rapidfuzz.utils",
    "rapidfuzz.utils_cpp",
    "rapidfuzz.utils_cpp_sse2",
    "rapidfuzz.utils_cpp_avx2",
)


class Scorer:
    """A metric in one of its forms, with parameters that are not to have their defaults.

        ks.Scorer("levenshtein.distance", weights=(1, 1, 2))
        ks.Scorer("fuzz.WRatio", processor="default_process")

    `kernels()` lists the names (those with `scorer` set) and what parameters each takes. Immutable
    and hashable by value. Names and parameters are checked by the server.

    `processor` is what the server does to texts before it compares them: "default_process", or
    RapidFuzz's function of that name, or its twin in kernelserve.rapidfuzz.utils. Any other has to
    be called on the texts first.
    """

    __slots__ = ("_name", "_parameters", "_processor")

    def __init__(
        self, name: str, /, *, processor: ProcessorLike | None = None, **parameters: ParameterValue
    ) -> None:
        self._name = name
        self._processor = _processor_name(processor)
        self._parameters = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in ((k, _of_python(v)) for k, v in parameters.items())
        }

    @property
    def name(self) -> str:
        return self._name

    @property
    def processor(self) -> str | None:
        """The name of what is done to texts before they are compared."""
        return self._processor

    @property
    def parameters(self) -> Mapping[str, ParameterValue]:
        return dict(self._parameters)

    def __repr__(self) -> str:
        told = {} if self._processor is None else {"processor": self._processor}
        named = "".join(f", {key}={value!r}" for key, value in (told | self._parameters).items())
        return f"Scorer({self._name!r}{named})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Scorer):
            return NotImplemented
        return (self._name, self._processor, self._parameters) == (
            other._name,
            other._processor,
            other._parameters,
        )

    def __hash__(self) -> int:
        return hash((self._name, self._processor, tuple(sorted(self._parameters.items()))))

    def __reduce__(self) -> tuple[Any, ...]:
        return _unpickle_scorer, (self._name, self._parameters, self._processor)


def _unpickle_scorer(
    name: str, parameters: dict[str, ParameterValue], processor: str | None
) -> Scorer:
    return Scorer(name, processor=processor, **parameters)


def is_default_process(processor: object) -> bool:
    """Whether a function is RapidFuzz's default_process or our own, which the server has.

    RapidFuzz's in pure Python is another: it keeps underscores. Whoever has one has imported it.
    """
    return any(
        module in sys.modules and processor is getattr(sys.modules[module], DEFAULT_PROCESS, None)
        for module in _DEFAULT_PROCESS_MODULES
    )


def _processor_name(processor: ProcessorLike | None) -> str | None:
    if processor is None or is_default_process(processor):
        return None if processor is None else DEFAULT_PROCESS
    if processor == DEFAULT_PROCESS:
        return DEFAULT_PROCESS
    named = getattr(processor, "__qualname__", None) or quote(processor)
    raise invalid(
        f"processor is {named}: a scorer takes {DEFAULT_PROCESS!r} or that function of RapidFuzz; "
        f"any other has to be called on the texts first",
        field="scorer.processor",
        bound=repr(DEFAULT_PROCESS),
        value=named,
        reason="WRONG_TYPE",
    )


def scorer_message(
    scorer: ScorerLike, score_cutoff: float | None, score_hint: float | None = None
) -> sd.Scorer:
    """The wire's Scorer. A cutoff's range is the server's to check, its being a number ours."""
    scorer = as_scorer(scorer)
    message = sd.Scorer(name=wire_text(scorer.name, "scorer.name"))
    if scorer.processor is not None:
        message.preprocessing = sd.PREPROCESSING_DEFAULT_PROCESS
    for name, value in scorer.parameters.items():
        message.parameters.append(parameter(name, value, f"scorer.{name}"))
    if score_cutoff is not None:
        message.score_cutoff = real(score_cutoff, "score_cutoff")
    if score_hint is not None:
        message.score_hint = real(score_hint, "score_hint")
    return message


def as_scorer(scorer: ScorerLike) -> Scorer:
    """Any of the three ways to name a scorer, as a Scorer."""
    if isinstance(scorer, Scorer):
        return scorer
    if isinstance(scorer, str):
        return Scorer(scorer)
    name = rapidfuzz_name(scorer)
    if name is None:
        raise _not_a_scorer(scorer)
    return Scorer(name)


def higher_is_better(scorer: ScorerLike) -> bool:
    """Whether a greater score is a better one: of all but distances, which the catalog names so."""
    return not str(as_scorer(scorer).name).endswith("distance")


# RapidFuzz's modules and functions, and the catalog's names for them.
RAPIDFUZZ_METRICS = {
    "Levenshtein": "levenshtein",
    "DamerauLevenshtein": "damerau_levenshtein",
    "OSA": "osa",
    "Indel": "indel",
    "LCSseq": "lcs_seq",
    "Hamming": "hamming",
    "Jaro": "jaro",
    "JaroWinkler": "jaro_winkler",
    "Prefix": "prefix",
    "Postfix": "postfix",
}
FORMS = ("distance", "similarity", "normalized_distance", "normalized_similarity")
RAPIDFUZZ_RATIOS = (
    "ratio",
    "partial_ratio",
    "token_sort_ratio",
    "token_set_ratio",
    "token_ratio",
    "partial_token_sort_ratio",
    "partial_token_set_ratio",
    "partial_token_ratio",
    "WRatio",
    "QRatio",
)


def rapidfuzz_name(function: object) -> str | None:
    """The catalog's name of a function of RapidFuzz or of kernelserve.rapidfuzz.

    Whoever has one has imported it.
    """
    for package in ("rapidfuzz", "kernelserve.rapidfuzz"):
        distance = sys.modules.get(f"{package}.distance")
        for metric, name in RAPIDFUZZ_METRICS.items():
            module = getattr(distance, metric, None)
            for form in FORMS:
                if module is not None and getattr(module, form, None) is function:
                    return f"{name}.{form}"
        fuzz = sys.modules.get(f"{package}.fuzz")
        for name in RAPIDFUZZ_RATIOS:
            if fuzz is not None and getattr(fuzz, name, None) is function:
                return f"fuzz.{name}"
    return None


def _not_a_scorer(scorer: object) -> Error:
    named = getattr(scorer, "__qualname__", None) or type(scorer).__name__
    return invalid(
        f"{named} is no scorer: a scorer is a dotted name such as {DEFAULT_SCORER!r}, a ks.Scorer, "
        f"or a function of rapidfuzz.distance or rapidfuzz.fuzz",
        field="scorer",
        bound="str, ks.Scorer or a function of rapidfuzz",
        value=named,
        reason="WRONG_TYPE",
    )


def parameter(name: str, value: object, field: str) -> types.Parameter:
    """The wire's Parameter for a Python value."""
    value = _of_python(value)
    wire_text(name, field)
    if isinstance(value, bool):
        return types.Parameter(name=name, boolean=value)
    if isinstance(value, int):
        if -(1 << 63) <= value < 1 << 63:
            return types.Parameter(name=name, integer=value)
        return types.Parameter(name=name, column=_numbers([value], field))
    if isinstance(value, float):
        return types.Parameter(name=name, real=value)
    if isinstance(value, str):
        return types.Parameter(name=name, text=wire_text(value, field))
    if isinstance(value, (list, tuple)):
        return types.Parameter(name=name, column=_numbers(value, field))
    raise invalid(
        f"{field} is a {type(value).__name__}: a parameter is a number, a bool, a str "
        f"or a sequence of numbers",
        field=field,
        bound="number, bool, str or sequence of numbers",
        value=type(value).__name__,
        reason="WRONG_TYPE",
    )


def _of_python(value: Any) -> Any:
    """What numpy has, as Python's."""
    return value.tolist() if hasattr(value, "tolist") else value


def wire_text(value: object, field: str) -> str:
    """A name, or a parameter that is text, as proto can carry it."""
    if not isinstance(value, str):
        raise invalid(
            f"{field} is {quote(value)}, a {type(value).__name__}: it should be a str",
            field=field,
            bound="a str",
            value=value,
            reason="WRONG_TYPE",
        )
    try:
        value.encode()
    except UnicodeEncodeError:
        raise invalid(
            f"{field} is {quote(value)}, whose lone surrogates have no UTF-8",
            field=field,
            bound="text that UTF-8 has",
            value=value,
            reason="INVALID_UTF8",
        ) from None
    return value


def _numbers(values: Sequence[Any], field: str) -> types.Column:
    from ._lists import pieces_of_list
    from ._symbols import SymbolTable

    (piece,) = pieces_of_list(values, field, SymbolTable())
    return types.Column.FromString(piece.encode(0, piece.length).join())


def real(value: object, field: str) -> float:
    """A number of any library as a float."""
    if isinstance(value, Real) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise invalid(
                f"{field} is {quote(value)}, which no 64-bit float is",
                field=f"scorer.{field}",
                bound="a number that a 64-bit float holds",
                value=value,
                reason="OUT_OF_RANGE",
            ) from None
    raise invalid(
        f"{field} is a {type(value).__name__}, not a number",
        field=f"scorer.{field}",
        bound="a number",
        value=type(value).__name__,
        reason="WRONG_TYPE",
    )
