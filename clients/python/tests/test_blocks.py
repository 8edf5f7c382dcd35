"""Pairs that agree on their keys, a part at a time."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kernelserve as ks
from kernelserve._blocks import Blocks
from kernelserve._connection import Connection


@given(
    st.lists(st.integers(-1, 3), max_size=15),
    st.lists(st.integers(-1, 3), max_size=15),
    st.integers(1, 9),
)
def test_parts_are_bounded_and_have_every_pair_in_order(
    left: list[int], right: list[int], pairs_max: int
) -> None:
    blocks = Blocks.of(np.array(left, np.int64), np.array(right, np.int64))
    parts = list(blocks.parts(pairs_max))
    assert all(0 < len(a) == len(b) <= pairs_max for a, b in parts)
    pairs = [pair for a, b in parts for pair in zip(a.tolist(), b.tolist(), strict=True)]
    assert pairs == [
        (i, j) for i, j in product(range(len(left)), range(len(right))) if left[i] == right[j] >= 0
    ]
    assert len(pairs) == blocks.pairs


def test_many_small_blocks_are_few_calls(
    client: ks.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []
    run = Connection.run

    def counted(self: Connection, *arguments: Any) -> Any:
        calls.append(arguments)
        return run(self, *arguments)

    # Of the class: what is put back into an object stays there.
    monkeypatch.setattr(Connection, "run", counted)
    frame = pl.DataFrame({"t": [f"{i % 7}" for i in range(3000)], "key": np.arange(3000) // 3})
    assert client.join(frame, frame, on="t", by="key").height == 9000
    assert len(calls) == 1
