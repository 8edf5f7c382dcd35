"""Fibonacci numbers against Python's integers, by every way that leads to them."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from harness.columns import decode, numbers
from harness.rpc import Raw
from hypothesis import given
from hypothesis import strategies as st
from kernelserve.v1 import fibonacci_pb2, kernel_pb2, types_pb2

UINT64_MAX = 2**64 - 1


def fibonacci(n: int) -> int:
    """The definition."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


def fibonacci_modulo(n: int, modulus: int) -> int:
    """The n-th power of the matrix (1 1; 1 0), by repeated squaring of its first row."""
    power, square = (1, 0), (0, 1)  # as F(k+1) I + F(k) M, in the ring of such matrices
    while n:
        if n & 1:
            power = _multiply(power, square, modulus)
        square = _multiply(square, square, modulus)
        n >>= 1
    return power[1] % modulus


def _multiply(p: tuple[int, int], q: tuple[int, int], modulus: int) -> tuple[int, int]:
    # (a + bM)(c + dM) with M^2 = M + 1
    (a, b), (c, d) = p, q
    return (a * c + b * d) % modulus, (a * d + b * c + b * d) % modulus


def compute(raw: Raw, n: int, modulus: int | None = None) -> int:
    reply = raw.call("Compute", fibonacci_pb2.ComputeRequest(n=n, modulus=modulus))
    if reply.WhichOneof("value") == "small":
        return int(reply.small)
    assert reply.magnitude[-1] != 0
    assert len(reply.magnitude) > 8
    return int.from_bytes(reply.magnitude, "little")


def run(
    raw: Raw, ns: Sequence[int | None], modulus: int | None = None, binary: bool = False
) -> list[int | None]:
    request = kernel_pb2.RunRequest(kernel="fibonacci", columns=[numbers(ns)])
    if modulus is not None:
        # Beyond sint64, as the contract has it, for all.
        request.parameters.add(name="modulus", column=numbers([modulus]))
    if binary:
        request.result_type = types_pb2.DATA_TYPE_BINARY
    values = decode(raw.call("Run", request).result)
    if not binary:
        return values
    assert not any(v.endswith(b"\0") for v in values if v is not None)
    return [None if v is None else int.from_bytes(v, "little") for v in values]


def test_the_two_sources_here_agree() -> None:
    for n in (0, 1, 2, 3, 10, 93, 94, 1000):
        assert fibonacci_modulo(n, 10**9 + 7) == fibonacci(n) % (10**9 + 7)


@pytest.mark.parametrize("n", [*range(100), 186, 187, 1_000, 4_097, 65_536])
def test_one_number_is_exact(raw: Raw, n: int) -> None:
    assert compute(raw, n) == fibonacci(n)


def test_a_large_number_is_exact(raw: Raw) -> None:
    """F(5,000,000) has 434 KB: by its value modulo numbers that have nothing in common."""
    value = compute(raw, 5_000_000)
    for modulus in (2**64 - 59, 2**61 - 1, 10**18 + 9, 2**64):
        assert value % modulus == fibonacci_modulo(5_000_000, modulus)
    assert value.bit_length() == 3_471_209


moduli = st.one_of(
    st.integers(1, 20), st.integers(1, UINT64_MAX), st.integers(UINT64_MAX - 20, UINT64_MAX)
)
indices = st.one_of(
    st.integers(0, 200), st.integers(0, UINT64_MAX), st.integers(UINT64_MAX - 20, UINT64_MAX)
)


@given(n=indices, modulus=moduli)
def test_any_number_modulo_any_modulus(raw: Raw, n: int, modulus: int) -> None:
    assert compute(raw, n, modulus) == fibonacci_modulo(n, modulus)


@given(ns=st.lists(st.none() | indices, max_size=30), modulus=moduli)
def test_a_column_modulo_any_modulus(raw: Raw, ns: list[int | None], modulus: int) -> None:
    wanted = [None if n is None else fibonacci_modulo(n, modulus) for n in ns]
    assert run(raw, ns, modulus) == wanted
    assert run(raw, ns, modulus, binary=True) == wanted


@given(ns=st.lists(st.none() | st.integers(0, 93), max_size=300))
def test_a_column_of_small_numbers(raw: Raw, ns: list[int | None]) -> None:
    assert run(raw, ns) == [None if n is None else fibonacci(n) for n in ns]


@given(ns=st.lists(st.none() | st.integers(0, 2_000), max_size=30))
def test_a_column_of_numbers_of_any_size(raw: Raw, ns: list[int | None]) -> None:
    assert run(raw, ns, binary=True) == [None if n is None else fibonacci(n) for n in ns]


@pytest.mark.parametrize(
    "data_type",
    [
        types_pb2.DATA_TYPE_INT8,
        types_pb2.DATA_TYPE_INT16,
        types_pb2.DATA_TYPE_INT32,
        types_pb2.DATA_TYPE_INT64,
        types_pb2.DATA_TYPE_UINT8,
        types_pb2.DATA_TYPE_UINT16,
        types_pb2.DATA_TYPE_UINT32,
        types_pb2.DATA_TYPE_UINT64,
        types_pb2.DATA_TYPE_FLOAT32,
        types_pb2.DATA_TYPE_FLOAT64,
    ],
    ids=types_pb2.DataType.Name,
)
def test_any_numeric_type_that_holds_the_index(
    raw: Raw, data_type: types_pb2.DataType.ValueType
) -> None:
    request = kernel_pb2.RunRequest(
        kernel="fibonacci", columns=[numbers([0, 90, None, 42], data_type)]
    )
    assert decode(raw.call("Run", request).result) == [0, fibonacci(90), None, 267914296]


def test_an_index_may_be_a_dictionary_s(raw: Raw) -> None:
    column = numbers([1, 0, 1, None], types_pb2.DATA_TYPE_INT8)
    column.dictionary.CopyFrom(numbers([10, 42]))
    request = kernel_pb2.RunRequest(kernel="fibonacci", columns=[column])
    assert decode(raw.call("Run", request).result) == [267914296, 55, 267914296, None]


def stream(
    raw: Raw, first: int, count: int, modulus: int | None = None
) -> tuple[list[int], list[types_pb2.DataType.ValueType]]:
    """The terms, and the type of each message's column."""
    request = fibonacci_pb2.StreamTermsRequest(first=first, count=count, modulus=modulus)
    terms: list[int] = []
    types = []
    for message in raw.stream("StreamTerms", request):
        assert message.first == first + len(terms)
        types.append(message.terms.type)
        values = decode(message.terms)
        assert values, "a message without terms"
        if message.terms.type == types_pb2.DATA_TYPE_BINARY:
            values = [int.from_bytes(v, "little") for v in values]
        terms += values
    return terms, types


@pytest.mark.parametrize(
    ("first", "count"), [(0, 1), (0, 93), (0, 94), (0, 95), (93, 1), (90, 10), (94, 1), (5000, 3)]
)
def test_consecutive_terms(raw: Raw, first: int, count: int) -> None:
    terms, types = stream(raw, first, count)
    assert terms == [fibonacci(n) for n in range(first, first + count)]
    small = types_pb2.DATA_TYPE_UINT64
    assert types[0] == (small if first <= 93 else types_pb2.DATA_TYPE_BINARY)
    assert (types[-1] == small) == (first + count - 1 <= 93)


def test_no_terms_are_an_empty_stream(raw: Raw) -> None:
    assert stream(raw, 7, 0) == ([], [])


def test_many_consecutive_terms_span_messages_without_a_gap(raw: Raw) -> None:
    terms, types = stream(raw, 0, 10_000)
    assert len(types) > 3
    a, b = 0, 1
    for term in terms:
        assert term == a
        a, b = b, a + b
    assert len(terms) == 10_000


@given(first=indices, count=st.integers(1, 300), modulus=moduli)
def test_consecutive_terms_modulo(raw: Raw, first: int, count: int, modulus: int) -> None:
    count = min(count, 2**64 - first)
    terms, types = stream(raw, first, count, modulus)
    assert terms == [fibonacci_modulo(first + i, modulus) for i in range(count)]
    assert set(types) == {types_pb2.DATA_TYPE_UINT64}


def test_a_stream_is_taken_up_where_it_broke_off(raw: Raw) -> None:
    whole, _ = stream(raw, 0, 300_000, 10**9 + 7)
    request = fibonacci_pb2.StreamTermsRequest(first=0, count=300_000, modulus=10**9 + 7)
    call = raw.stream("StreamTerms", request)
    begun = decode(next(call).terms)
    call.cancel()
    assert len(begun) < 300_000
    rest, _ = stream(raw, len(begun), 300_000 - len(begun), 10**9 + 7)
    assert begun + rest == whole
    assert whole[-1] == fibonacci_modulo(299_999, 10**9 + 7)
