"""The ways to have texts compared, so that one suite holds for all of them.

Each engine computes the same scores: the kernel by itself, in a process that has no server; the
server, one pair a call; the server, a batch in whatever encoding; and the Python client.
"""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal, Protocol

import kernelserve as ks
from harness.columns import ENCODINGS, Value, decode, encode_text, numbers, texts
from harness.rpc import Raw
from harness.waiting import PATIENCE_S
from kernelserve.v1 import string_distance_pb2, types_pb2

Score = int | float | None

_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Scorer:
    """A scorer with everything that changes its results."""

    name: str
    score_cutoff: float | None = None
    score_hint: float | None = None
    weights: tuple[int, int, int] | None = None
    prefix_weight: float | None = None
    integers: Mapping[str, int] = field(default_factory=dict)  # other parameters by name
    processor: Literal["default_process"] | None = None

    def message(self) -> string_distance_pb2.Scorer:
        scorer = string_distance_pb2.Scorer(
            name=self.name, score_cutoff=self.score_cutoff, score_hint=self.score_hint
        )
        if self.processor is not None:
            scorer.preprocessing = string_distance_pb2.PREPROCESSING_DEFAULT_PROCESS
        if self.weights is not None:
            column = numbers(self.weights, types_pb2.DATA_TYPE_INT64)
            scorer.parameters.add(name="weights", column=column)
        if self.prefix_weight is not None:
            scorer.parameters.add(name="prefix_weight", real=self.prefix_weight)
        for name, value in self.integers.items():
            scorer.parameters.add(name=name, integer=value)
        return scorer

    def parameters(self) -> dict[str, Any]:
        named = {"weights": self.weights, "prefix_weight": self.prefix_weight, **self.integers}
        return {name: value for name, value in named.items() if value is not None}


class Engine(Protocol):
    def scores(
        self, scorer: Scorer, left: Sequence[Value], right: Sequence[Value]
    ) -> list[Score]: ...


class DirectKernel:
    """tests/conformance/direct_kernel.cc: the catalog's kernel, bound anew for each row."""

    def __init__(self) -> None:
        program = _direct_kernel()
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def scores(self, scorer: Scorer, left: Sequence[Value], right: Sequence[Value]) -> list[Score]:
        request = string_distance_pb2.PairwiseRequest(
            scorer=scorer.message(), left=texts(left), right=texts(right)
        ).SerializeToString()
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(struct.pack("<I", len(request)) + request)
        self.process.stdin.flush()
        (size,) = struct.unpack("<I", self.process.stdout.read(4))
        answer = self.process.stdout.read(size)
        return _scores(string_distance_pb2.PairwiseResponse.FromString(answer))

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        assert self.process.wait() == 0  # a sanitizer's finding would say otherwise


def _direct_kernel() -> Path:
    if named := os.environ.get("KERNELSERVE_DIRECT_KERNEL"):
        return Path(named)
    for preset in ("asan", "dev", "release"):
        program = _ROOT / "build" / preset / "tests" / "direct_kernel"
        if program.exists():
            return program
    raise FileNotFoundError(
        "direct_kernel is not built: cmake --preset asan && "
        "cmake --build build/asan --target direct_kernel"
    )


class OneByOne:
    """StringDistanceService.Compare for each row, where both sides have a value."""

    def __init__(self, raw: Raw) -> None:
        self.raw = raw

    def scores(self, scorer: Scorer, left: Sequence[Value], right: Sequence[Value]) -> list[Score]:
        return [self._score(scorer, a, b) for a, b in zip(left, right, strict=True)]

    def _score(self, scorer: Scorer, left: Value, right: Value) -> Score:
        if left is None or right is None:
            return None
        request = string_distance_pb2.CompareRequest(scorer=scorer.message())
        request.left.utf8 = encode_text(left)
        request.right.utf8 = encode_text(right)
        score = self.raw.call("Compare", request).score
        found: int | float = getattr(score, score.WhichOneof("value"))
        return found


class Batch:
    """StringDistanceService.Pairwise, each side in the encoding that `random` picks."""

    def __init__(self, raw: Raw, random: Random) -> None:
        self.raw = raw
        self.random = random

    def scores(self, scorer: Scorer, left: Sequence[Value], right: Sequence[Value]) -> list[Score]:
        request = string_distance_pb2.PairwiseRequest(
            scorer=scorer.message(),
            left=encoded(left, self.random, of_characters=scorer.processor is not None),
            right=encoded(right, self.random, of_characters=scorer.processor is not None),
        )
        # Where both sides repeat, one row is what there is.
        found = _scores(self.raw.call("Pairwise", request))
        return found * len(left) if request.left.repeat and request.right.repeat else found


class PythonClient:
    """ks.Client.pairwise over lists."""

    def __init__(self, address: str) -> None:
        self.client = ks.connect(address, timeout=PATIENCE_S)

    def scores(self, scorer: Scorer, left: Sequence[Value], right: Sequence[Value]) -> list[Score]:
        found: list[Score] = self.client.pairwise(
            list(left),
            list(right),
            scorer=ks.Scorer(scorer.name, processor=scorer.processor, **scorer.parameters()),
            score_cutoff=scorer.score_cutoff,
        )
        return found

    def close(self) -> None:
        self.client.close()


def encoded(
    values: Sequence[Value], random: Random, *, of_characters: bool = False
) -> types_pb2.Column:
    """`values` in one of the encodings that can hold them; not as symbols if `of_characters`."""
    possible = [c for encode in ENCODINGS.values() if (c := encode(values, random)) is not None]
    if of_characters:
        symbols = types_pb2.DATA_TYPE_SYMBOLS
        possible = [c for c in possible if symbols not in (c.type, c.dictionary.type)]
    return random.choice(possible)


def _scores(response: string_distance_pb2.PairwiseResponse) -> list[Score]:
    assert not response.HasField("row_errors")
    return decode(response.scores)
