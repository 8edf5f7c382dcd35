"""A batch is its rows, whatever its size, its encoding and the order of its bytes."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from harness.columns import ENCODINGS, Value, decode, literal
from harness.columns import texts as plain
from harness.rpc import Raw
from harness.wire import bytes_field, split
from hypothesis import given
from hypothesis import strategies as st
from kernelserve.v1 import kernel_pb2, string_distance_pb2, types_pb2

from conformance import texts
from conformance.engines import Batch, Scorer, encoded
from conformance.rapidfuzz_scores import expected

DISTANCE = Scorer("levenshtein.distance")

columns = st.lists(st.none() | texts.text(), max_size=20)


def pairwise(raw: Raw, left: types_pb2.Column, right: types_pb2.Column) -> list[int | None]:
    request = string_distance_pb2.PairwiseRequest(left=left, right=right)
    return decode(raw.call("Pairwise", request).scores)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(values=columns, seed=st.integers(0, 1 << 32))
def test_an_encoding_changes_no_score(
    raw: Raw, encoding: str, values: list[Value], seed: int
) -> None:
    random = Random(seed)
    if encoding == "repeat":
        values = values[:1] * len(values)
    if encoding == "null":
        values = [None] * len(values)
    if encoding.startswith("binary"):
        values = [v and "".join(chr(ord(c) % 256) for c in v) for v in values]
    column = ENCODINGS[encoding](values, random)
    if column is None:
        assert encoding == "repeat"
        assert values == []
        return
    others = values[1:] + values[:1]
    assert pairwise(raw, column, plain(others)) == expected(DISTANCE, values, others)
    assert pairwise(raw, plain(others), column) == expected(DISTANCE, others, values)


@pytest.mark.parametrize("form", ["distance", "normalized_similarity"])
@given(values=st.lists(st.none() | texts.text(), min_size=1, max_size=12), literal=texts.text())
def test_a_literal_stands_for_every_row(
    raw: Raw, form: str, values: list[Value], literal: str
) -> None:
    scorer = Scorer(f"levenshtein.{form}", weights=(1, 2, 2))
    engine = Batch(raw, Random(4))
    literals = [literal] * len(values)
    assert engine.scores(scorer, literals, values) == expected(scorer, literals, values)
    assert engine.scores(scorer, values, literals) == expected(scorer, values, literals)


@pytest.mark.parametrize("rows", [0, 1, 127, 128, 129, 4095, 4096, 4097, 30_000])
def test_a_batch_of_any_size_is_its_rows(raw: Raw, rows: int) -> None:
    random = Random(rows)
    some_left, some_right = texts.batch(500, random)
    picks = [random.randrange(500) for _ in range(rows)]
    left = [some_left[i] for i in picks]
    right = [some_right[i] for i in picks]
    known = expected(DISTANCE, some_left, some_right)
    found = Batch(raw, random).scores(DISTANCE, left, right)
    assert found == [known[i] for i in picks]


def test_slices_of_a_column_are_its_rows(raw: Raw) -> None:
    """One buffer serves all slices: offsets and bitmaps that begin anywhere in it."""
    left, right = texts.batch(40, Random(5))
    whole = plain(left)
    for begin in range(0, 40, 3):
        for end in (begin, begin + 1, 40):
            part = types_pb2.Column()
            part.CopyFrom(whole)
            part.length = end - begin
            part.offsets = whole.offsets[4 * begin :]
            part.validity = whole.validity[begin // 8 :]
            part.bit_offset = begin % 8
            assert pairwise(raw, part, plain(right[begin:end])) == expected(
                DISTANCE, left[begin:end], right[begin:end]
            )


def test_texts_of_different_kinds_compare_unit_by_unit(raw: Raw) -> None:
    values = ["", "abc", "déjà vu", "\xff" * 70]
    for one in ENCODINGS.values():
        for other in ENCODINGS.values():
            left, right = one(values, Random(6)), other(values, Random(7))
            if left is not None and right is not None:
                assert pairwise(raw, left, right) == [0, 0, 0, 0]


def test_symbols_beyond_unicode_are_units_like_any(raw: Raw) -> None:
    """What the client gives out for hashables that are no characters."""

    def symbols(*rows: Sequence[int]) -> types_pb2.Column:
        ends = [sum(map(len, rows[:i])) for i in range(len(rows) + 1)]
        return types_pb2.Column(
            type=types_pb2.DATA_TYPE_SYMBOLS,
            length=len(rows),
            offsets=b"".join(e.to_bytes(4, "little") for e in ends),
            values=b"".join(u.to_bytes(4, "little") for row in rows for u in row),
        )

    left = symbols([0x110000, 0x110001, 97], [0xFFFFFFFF] * 80, [])
    right = symbols([0x110000, 97], [0xFFFFFFFF] * 79 + [0xFFFFFFFE], [0x110005])
    assert pairwise(raw, left, right) == [1, 1, 1]
    assert pairwise(raw, left, plain(["a", "", "abc"])) == [2, 80, 3]


# ---- The bytes of the message ----


# Fields that no version of the contract has: a varint, eight bytes, bytes, a group, four bytes.
UNKNOWN = [
    b"\xa0\x06\x05",
    b"\xa1\x06" + b"x" * 8,
    b"\xa2\x06\x03abc",
    b"\xa3\x06\xa4\x06",
    b"\xa5\x06wxyz",
]


def test_fields_come_in_any_order(raw: Raw) -> None:
    left, right = texts.batch(30, Random(8))
    random = Random(9)
    for _ in range(60):
        sides = []
        for number, values in ((14, left), (15, right)):
            parts = split(encoded(values, random).SerializeToString())
            # View buffers are a list, whose order says which is which.
            lists = [p for p in parts if p[0] >> 3 == 15]
            scalars = [p for p in parts if p[0] >> 3 != 15] + random.sample(UNKNOWN, 2)
            random.shuffle(scalars)
            cut = random.randrange(len(scalars) + 1)
            # One field, or two that make one together, as protobuf has it.
            sides.append(bytes_field(number, b"".join(scalars[:cut] + lists + scalars[cut:])))
            if random.randrange(2):
                sides[-1:] = [
                    bytes_field(number, b"".join(scalars[:cut] + lists)),
                    bytes_field(number, b"".join(scalars[cut:])),
                ]
        rest = [string_distance_pb2.PairwiseRequest(scorer=DISTANCE.message()).SerializeToString()]
        first, *others = sides
        fields = [*rest, *random.sample(UNKNOWN, 2), *others]
        fields.insert(random.randrange(len(fields)), first)
        response = raw.call("Pairwise", b"".join(fields))
        assert decode(response.scores) == expected(DISTANCE, left, right)


def test_the_last_of_a_scalar_given_twice_counts(raw: Raw) -> None:
    wrong = types_pb2.Column(
        type=types_pb2.DATA_TYPE_INT8, length=99, values=b"wrong"
    ).SerializeToString()
    right = plain(["kitten", "flaw"]).SerializeToString()
    request = bytes_field(14, wrong + right) + bytes_field(
        15, literal("sitting").SerializeToString()
    )
    assert decode(raw.call("Pairwise", request).scores) == [3, 7]


def test_run_takes_its_columns_in_order(raw: Raw) -> None:
    """Run and Pairwise are one kernel: the same scores for the same columns."""
    request = kernel_pb2.RunRequest(kernel="levenshtein.distance")
    request.columns.extend([plain(["kitten", None]), literal("sitting")])
    assert decode(raw.call("Run", request).result) == [3, None]
