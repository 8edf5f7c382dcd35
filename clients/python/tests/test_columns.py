"""A column's bytes say what the column says, whatever holds it and however it is cut."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from arrow_columns import ENCODINGS, read, shuffled_views
from kernelserve._columns import Column
from kernelserve._inputs import column_from
from kernelserve._limits import SAFE_LIMITS, Limits
from kernelserve._ranges import cut
from kernelserve._symbols import SymbolTable
from kernelserve.v1 import types_pb2 as types

texts = st.text(max_size=40)
rows_of_text = st.lists(st.none() | texts, max_size=30)


def column(value: object) -> Column:
    return column_from(value, "left", SymbolTable())[0]


def messages(value: object, step: int = 10**9) -> list[types.Column]:
    """The column in messages of at most `step` rows, cut where its pieces end."""
    made = column(value)
    out = []
    for begin, end in pairwise(made.starts):
        for at in range(begin, max(end, begin + 1), step):
            message = made.encode(at, min(at + step, end)).join()
            out.append(types.Column.FromString(message))
    return out


def values_of(value: object, step: int = 10**9) -> list[Any]:
    return [v for message in messages(value, step) for v in read(message)]


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(rows=rows_of_text, step=st.integers(1, 9))
def test_text_in_every_encoding(encoding: str, rows: list[str | None], step: int) -> None:
    array = ENCODINGS[encoding](pa.array(rows, pa.string()))
    assert values_of(array, step) == rows
    assert values_of(array) == rows


@given(rows=rows_of_text, step=st.integers(1, 9))
def test_a_list_of_str(rows: list[str | None], step: int) -> None:
    assert values_of(rows, step) == rows
    assert values_of(tuple(rows)) == rows
    assert values_of(iter(rows)) == rows


@pytest.mark.parametrize(
    "late",
    ["é\0x", None, float("nan"), "\ud800", b"caf\xe9", ["a", "b"], np.str_("text")],
    ids=["zero", "none", "nan", "surrogate", "bytes", "sequence", "numpy"],
)
def test_pyarrow_makes_of_a_long_list_what_else_is_made(
    late: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever comes behind thousands of strings."""
    rows = [*["word", "", "ß"] * 2000, late]
    found = messages(rows)
    monkeypatch.setattr("kernelserve._lists._ARROW_ROWS_MIN", 10**9)
    assert messages(rows) == found


@given(st.lists(st.none() | st.binary(max_size=30), max_size=30), st.integers(1, 9))
def test_bytes(rows: list[bytes | None], step: int) -> None:
    assert values_of(rows, step) == rows
    array = pa.array(rows, pa.binary())
    assert values_of(array, step) == rows
    assert values_of(array.cast(pa.large_binary()), step) == rows
    assert values_of(array.cast(pa.binary_view()), step) == rows


surrogates = st.text(st.characters(min_codepoint=0xD7F0, max_codepoint=0xE010), max_size=8)


@given(st.lists(surrogates, min_size=1, max_size=8))
def test_lone_surrogates_take_three_bytes_each(rows: list[str]) -> None:
    (message,) = messages(rows)
    ends = np.frombuffer(message.offsets, np.int32)
    encoded = [bytes(message.values[a:b]) for a, b in pairwise(ends)]
    assert [text.decode("utf-8", "surrogatepass") for text in encoded] == rows
    assert message.type == types.DATA_TYPE_UTF8


def test_text_with_zeros_in_it() -> None:
    rows = ["", "\0", "a\0\0b", "é\0", None, "\0\0"]
    assert values_of(rows) == rows


numbers = {
    pa.int8(): st.integers(-(2**7), 2**7 - 1),
    pa.int16(): st.integers(-(2**15), 2**15 - 1),
    pa.int32(): st.integers(-(2**31), 2**31 - 1),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint8(): st.integers(0, 2**8 - 1),
    pa.uint16(): st.integers(0, 2**16 - 1),
    pa.uint32(): st.integers(0, 2**32 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float32(): st.floats(width=32, allow_nan=False),
    pa.float64(): st.floats(allow_nan=False),
    pa.bool_(): st.booleans(),
}


@pytest.mark.parametrize("kind", numbers, ids=str)
@given(data=st.data())
def test_numbers_of_every_type(kind: Any, data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.none() | numbers[kind], max_size=40))
    begin = data.draw(st.integers(0, len(rows)))
    step = data.draw(st.integers(1, 9))
    array = pa.array(rows, kind)
    assert values_of(array[begin:], step) == rows[begin:]
    if rows and None not in rows:
        as_numpy = np.array(rows, kind.to_pandas_dtype())
        assert values_of(as_numpy[begin:], step) == rows[begin:]
        assert values_of(as_numpy[::-1], step) == rows[::-1]
        assert {m.type for m in messages(as_numpy)} == {m.type for m in messages(array)}


def test_only_what_a_range_needs_is_sent() -> None:
    rows = [f"row {i:04} {'x' * 30}" for i in range(1000)]
    for array in (pa.array(rows), pa.array(rows).cast(pa.string_view())):
        whole = len(column(array).encode(0, 1000).join())
        part = len(column(array).encode(500, 510).join())
        assert part < whole / 90


def test_a_few_rows_all_over_a_view_buffer_are_gathered() -> None:
    everything = pa.array([f"{i:04}" + "x" * 96 for i in range(1000)]).cast(pa.string_view())
    _, views, data = everything.buffers()
    chosen = np.frombuffer(views, np.uint8).reshape(-1, 16)[::100].tobytes()
    array = pa.Array.from_buffers(pa.string_view(), 10, [None, pa.py_buffer(chosen), data])
    (message,) = messages(array)
    assert read(message) == array.to_pylist()
    assert len(message.SerializeToString()) < 10 * 120


def test_views_into_buffers_no_longer_than_they_go_as_they_are() -> None:
    """Also where they point nowhere: that is for the server to say."""
    views = np.array([[20, 0, 0, 5], [20, 0, 7, -2]], np.int32)
    buffers = [None, pa.py_buffer(views.tobytes()), pa.py_buffer(b"x" * 32)]
    (message,) = messages(pa.Array.from_buffers(pa.string_view(), 2, buffers))
    assert message.values == views.tobytes()
    assert list(message.view_buffers) == [b"x" * 32]


@pytest.mark.parametrize("parts", [[b"a" * 20, b"", b"b" * 30], [b"a" * 2000, b"c", b"b" * 30]])
def test_views_into_longer_buffers_or_empty_ones_are_gathered(parts: list[bytes]) -> None:
    views = [[20, 0x61616161, 0, 0], [2, 0x7978, 0, 0], [30, 0x62626262, 2, 0]]
    packed = pa.py_buffer(np.array(views, np.int32).tobytes())
    array = pa.Array.from_buffers(pa.string_view(), 3, [None, packed, *map(pa.py_buffer, parts)])
    (message,) = messages(array)
    assert message.type == types.DATA_TYPE_UTF8
    assert message.values == b"a" * 20 + b"xy" + b"b" * 30
    assert read(message) == array.to_pylist()


def test_what_goes_with_every_range_makes_more_of_them() -> None:
    array = pa.array([f"{i:015}" for i in range(300_000)]).cast(pa.string_view())
    made = column(array)
    limits = Limits(request_bytes_max=8 << 20, request_bytes_preferred=1 << 20, rows_max=1 << 24)
    sizes = [made.nbytes(*rows) for rows in cut(made.starts, made.nbytes, limits)]
    assert max(sizes) < 1.1 * (1 << 20)


WORDS = [f"word {i * i % 997:03}" + "é" * (i % 40) for i in range(20_000)]

VIEWS: dict[str, Callable[[], Any]] = {
    "long": lambda: pa.array([f"{word:>40}" for word in WORDS]),
    "some long": lambda: pa.array(WORDS),
    "in turns": lambda: pa.array(["ab", "y" * 1000] * 10_000),
    "shuffled": lambda: pa.array([f"{word:>60}" for word in WORDS]).cast(pa.string_view()),
    "nulls": lambda: pa.array([None if i % 3 else w for i, w in enumerate(WORDS)]),
}


@pytest.mark.parametrize("kind", VIEWS)
def test_how_long_views_are_is_known_about(kind: str) -> None:
    array = VIEWS[kind]().cast(pa.string_view())
    if kind == "shuffled":
        array = shuffled_views(array)
    for some in (array, array[: len(array) // 2], array[5000:15_000]):
        made = column(some)
        exact = len(made.encode(0, len(some)).join())
        assert 0.5 * exact < made.nbytes(0, len(some)) < 2 * exact


def test_a_few_rows_of_a_long_column_of_views_are_one_call() -> None:
    """Whatever else the buffers hold that they point into."""
    array = pa.array([f"{i:040}" for i in range(500_000)]).cast(pa.string_view())
    some = column(array[1000:2000])
    assert some.nbytes(0, 1000) < 1000 * 80
    assert cut(some.starts, some.nbytes, SAFE_LIMITS) == [(0, 1000)]


def test_what_lies_under_nulls_is_not_followed() -> None:
    views = np.array([[20, 0, 99, -5], [2, 0x6261, 0, 0]], np.int32)
    buffers = [pa.py_buffer(b"\x02"), pa.py_buffer(views.tobytes())]
    (message,) = messages(pa.Array.from_buffers(pa.string_view(), 2, buffers))
    assert list(message.view_buffers) == []
    assert message.validity == b"\x02"


def test_a_small_dictionary_goes_as_it_is_and_a_large_one_does_not() -> None:
    small = pa.array(["a", "bc", None] * 100).dictionary_encode()
    (message,) = messages(small)
    assert message.type == types.DATA_TYPE_INT32
    assert read(message.dictionary) == ["a", "bc"]
    large = pa.array([f"{i:0100}" for i in range(1000)]).dictionary_encode()
    (message,) = messages(large)
    assert not message.HasField("dictionary")
    assert read(message) == large.to_pylist()


def test_small_chunks_are_put_together() -> None:
    array = pa.chunked_array([[f"word {i}"] for i in range(500)])
    assert len(column(array).pieces) == 1
    assert values_of(array) == array.to_pylist()


@given(rows=rows_of_text, step=st.integers(1, 9))
def test_sizes_are_known_beforehand(rows: list[str | None], step: int) -> None:
    for array in (pa.array(rows, pa.string()), rows, pa.array(rows).cast(pa.string())):
        made = column(array)
        for begin in range(0, len(rows), step):
            end = min(begin + step, len(rows))
            # All but tags, lengths and a bitmap's last byte.
            assert 0 <= len(made.encode(begin, end).join()) - made.nbytes(begin, end) <= 24
