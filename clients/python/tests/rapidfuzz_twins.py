"""Functions of kernelserve.rapidfuzz beside those of rapidfuzz, and what is the same about them."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

import pytest
import rapidfuzz.distance as theirs
from hypothesis import strategies as st

import kernelserve.rapidfuzz.distance as ours
from kernelserve._scorers import FORMS, RAPIDFUZZ_METRICS

METRICS = list(RAPIDFUZZ_METRICS)
WITH_EDITS = [name for name in METRICS if hasattr(getattr(theirs, name), "editops")]
REAL = ["Jaro", "JaroWinkler"]
EDITS = ["editops", "opcodes"]
each_form = pytest.mark.parametrize("form", FORMS)
each_metric = pytest.mark.parametrize("metric", METRICS)

characters = st.sampled_from("abcé日\U0001f600\ud800 ")
texts = st.text(characters, max_size=20) | st.text("ab", max_size=80)
pairs = st.tuples(texts, texts) | texts.map(lambda t: (t, t[1:] + t[:1]))


def functions(metric: str, form: str) -> tuple[Any, Any]:
    """Ours and theirs."""
    return getattr(getattr(ours, metric), form), getattr(getattr(theirs, metric), form)


def agree(mine: Any, their: Any) -> bool:
    """Equal to the last bit, and of one type."""
    return type(mine) is type(their) and bool(mine == their)


def refused(kind: type[Exception], function: Any, *arguments: Any, **options: Any) -> Any:
    """The error, of this kind, that a call raises."""
    with pytest.raises(kind) as caught:
        function(*arguments, **options)
    return caught.value


def spelled(*sequences: Sequence[Hashable]) -> list[str]:
    """Sequences as str: a character as itself, and other elements that are equal as one character.

    Those come after all letters, in the order in which they are met.
    """
    numbers: dict[Hashable, int] = {}

    def character(element: Hashable) -> str:
        if isinstance(element, str) and len(element) == 1:
            return element
        return chr(0xE000 + numbers.setdefault(element, len(numbers)))

    return ["".join(map(character, sequence)) for sequence in sequences]
