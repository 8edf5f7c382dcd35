"""default_process is RapidFuzz's for every code point, whatever this Python's Unicode is."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rapidfuzz.utils as theirs
from hypothesis import given
from hypothesis import strategies as st

from kernelserve.rapidfuzz import utils as ours
from kernelserve.rapidfuzz.utils import default_process


def test_every_code_point() -> None:
    for code_point in range(sys.maxunicode + 1):
        # Between letters, where spaces stay, and by itself.
        character = chr(code_point)
        text = f"a{character}a"
        assert default_process(text) == theirs.default_process(text), hex(code_point)
        assert default_process(character) == theirs.default_process(character), hex(code_point)


@given(st.text(st.characters(exclude_categories=())) | st.text("aΣς İ_\xa0-\u200b"))
def test_texts(text: str) -> None:
    assert default_process(text) == theirs.default_process(text)
    assert default_process(sentence=text) == theirs.default_process(text)


@given(st.binary())
def test_bytes_are_latin_1(text: bytes) -> None:
    processed: Any = default_process(text)
    assert processed == theirs.default_process(text)
    assert type(processed) is str


def test_what_is_no_text() -> None:
    wrong: Any
    for wrong in (None, float("nan"), pd.NA, 5, ["A"], bytearray(b"A"), np.array(["A"])):
        for process in (default_process, theirs.default_process):
            with pytest.raises(TypeError, match="sentence must be a String"):
                process(wrong)


def test_the_memory_for_characters_is_bounded() -> None:
    ours.default_process("".join(map(chr, range(1 << 16))))
    assert len(ours._CHARACTERS) <= ours._CHARACTERS_MAX
