"""Functions of kernelserve.rapidfuzz beside those of rapidfuzz, and what is the same about them."""

from __future__ import annotations

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
    """Equal, and of one type; normalised scores to the last bit but for the order of a division."""
    assert type(mine) is type(their)
    return bool(mine == (pytest.approx(their, abs=1e-12) if isinstance(their, float) else their))


def refused(kind: type[Exception], function: Any, *arguments: Any, **options: Any) -> Any:
    """The error, of this kind, that a call raises."""
    with pytest.raises(kind) as caught:
        function(*arguments, **options)
    return caught.value
