"""What is wrong with the arguments of a search of frames is told, and named."""

from __future__ import annotations

import os
import signal
import threading

import polars as pl
import pyarrow as pa
import pytest

import kernelserve as ks
from kernelserve import _frame_search
from kernelserve._frame_options import FrameArguments
from kernelserve.bench.server_process import ServerProcess

LEFT = pl.DataFrame(
    {"row": [0, 1], "name": ["smith", "jones"], "city": ["a", "b"], "zip": [1, 2]}
).with_columns(state=pl.col("city"))
RIGHT = LEFT

WRONG: dict[str, tuple[type[ks.Error], str, FrameArguments]] = {
    "an unknown column": (ks.UnknownNameError, "on", {"on": "nam"}),
    "one on the right": (ks.UnknownNameError, "right_on", {"left_on": "name", "right_on": "nam"}),
    "a key of one side": (ks.UnknownNameError, "by", {"on": "name", "by": "row"}),
    "a number to compare": (ks.WrongTypeError, "on", {"on": "zip"}),
    "keys of two kinds": (
        ks.WrongTypeError,
        "left_by",
        {"on": "name", "left_by": "zip", "right_by": "state"},
    ),
    "one side alone": (ks.InvalidArgumentError, "right_on", {"left_on": "name"}),
    "the same twice": (ks.InvalidArgumentError, "on", {"on": "name", "left_on": "name"}),
    "sides of unequal length": (
        ks.InvalidArgumentError,
        "right_by",
        {"on": "name", "left_by": ["zip", "state"], "right_by": "zip"},
    ),
    "names beside lists of names": (
        ks.InvalidArgumentError,
        "by",
        {"on": "name", "by": ["zip", ["state"]]},
    ),
    "alternatives of unequal length": (
        ks.InvalidArgumentError,
        "right_by",
        {"on": "name", "left_by": [["zip"]], "right_by": [["zip", "state"]]},
    ),
    "nothing to compare": (ks.InvalidArgumentError, "on", {"by": "zip"}),
    "another kind of join": (
        ks.InvalidArgumentError,
        "how",
        {"on": "name", "how": "outer"},  # type: ignore[typeddict-item]
    ),
    "too few weights": (ks.InvalidArgumentError, "weights", {"on": "name", "weights": [1, 2]}),
    "a weight of 0": (ks.OutOfRangeError, "weights", {"on": "name", "weights": [0]}),
}


@pytest.mark.parametrize("case", WRONG)
def test_arguments_that_cannot_work_are_named(client: ks.Client, case: str) -> None:
    error, field, arguments = WRONG[case]
    with pytest.raises(error) as caught:
        client.join(LEFT, RIGHT.drop("row"), score_cutoff=1, **arguments)
    assert caught.value.field == field


def test_other_mistakes_are_told(client: ks.Client) -> None:
    with pytest.raises(ks.InvalidArgumentError) as cutoff:
        client.join(LEFT, RIGHT, on="name")
    assert cutoff.value.field == "score_cutoff"
    with pytest.raises(ks.WrongTypeError) as column:
        client.join(["smith"], RIGHT, on="name", score_cutoff=1)
    assert column.value.field == "left"
    with pytest.raises(ks.WrongTypeError) as choices:
        client.top_k(LEFT, RIGHT["name"], on="name")
    assert choices.value.field == "choices"
    with pytest.raises(ks.WrongTypeError, match=r"kernelserve\.polars") as lazy:
        client.join(LEFT.lazy(), RIGHT, on="name", score_cutoff=1)
    assert lazy.value.field == "left"
    scorers = ["levenshtein.distance", "jaro.similarity"]
    with pytest.raises(ks.InvalidArgumentError) as mixed:
        client.join(LEFT, RIGHT, on=["name", "city"], scorer=scorers, score_cutoff=1)
    assert mixed.value.field == "scorer"
    with pytest.raises(ks.OutOfRangeError) as negative:
        client.join(LEFT, RIGHT, on="name", by="zip", score_cutoff=-1)
    assert negative.value.field == "scorer.score_cutoff"
    with pytest.raises(TypeError, match="unexpected keyword argument 'ons'"):
        client.join(LEFT, RIGHT, ons="name")  # type: ignore[call-arg]
    twice = pa.table([["a"], ["b"]], names=["t", "t"])
    with pytest.raises(ks.UnknownNameError, match="more than one column"):
        client.join(twice, on="t", score_cutoff=1)


def test_a_server_that_goes_away_between_two_parts_is_a_typed_error(
    server: ServerProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_frame_search, "_PAIRS_MAX", 1)

    def kill(done: int, total: int) -> None:
        os.kill(server.pid, signal.SIGKILL)

    with ks.connect(server.address, timeout=30) as client, pytest.raises(ks.ConnectError):
        client.join(LEFT, RIGHT, on="name", by="zip", progress=kill)


def test_a_search_of_many_parts_has_one_deadline(
    client: ks.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_frame_search, "_PAIRS_MAX", 1)
    passed = threading.Event()
    with pytest.raises(ks.DeadlineError):
        client.join(
            LEFT,
            RIGHT,
            on="name",
            by="zip",
            timeout=0.05,
            progress=lambda done, total: passed.wait(0.1),
        )


def test_an_exception_of_the_progress_ends_the_search(client: ks.Client) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        client.join(LEFT, RIGHT, on="name", by="zip", progress=interrupt)
    assert client.compare("a", "b") == 1
