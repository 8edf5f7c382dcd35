"""Kernels as Polars expressions: RapidFuzz's scores, wherever and however a query has them."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import polars as pl
import pytest
from kernelserve._kernel_methods import RESULT_TYPES, SCORERS, KernelMethods
from polars.testing import assert_frame_equal, assert_series_equal
from rapidfuzz.distance import JaroWinkler, Levenshtein

import kernelserve as ks
import kernelserve.polars as ksp
from frozen_process import frozen
from kernelserve.bench.server_process import ServerProcess

LEFT = ["kitten", "flaw", None, "", "Müller-Lüdenscheidt", "日本語"] * 50
RIGHT = ["sitting", "lawn", "x", None, "Mueller-Luedenscheid", "日本"] * 50


def levenshtein(left: str | None, right: str | None) -> int | None:
    return None if left is None or right is None else Levenshtein.distance(left, right)


FRAME = pl.DataFrame(
    {"left": LEFT, "right": RIGHT, "group": [i % 7 for i in range(len(LEFT))]},
    schema={"left": pl.String, "right": pl.String, "group": pl.Int64},
)
EXPECTED = pl.Series("left", list(map(levenshtein, LEFT, RIGHT)), pl.Int32)
DISTANCE = ksp.expressions("left").levenshtein_distance("right")


@pytest.fixture(autouse=True)
def _server(client: ks.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The module's client is that of the run."""
    monkeypatch.setattr("kernelserve._polars_expressions.default_client", lambda: client)


@pytest.fixture
def connected(server: ServerProcess) -> Iterator[ks.Client]:
    """A client of a server that a test may do anything to."""
    with ks.connect(server.address) as made:
        yield made


def test_there_is_a_method_for_every_kernel_and_its_type_is_the_catalogs(
    client: ks.Client,
) -> None:
    names = {1: "bool", 4: "int32", 9: "uint64", 11: "float64", 12: "utf8"}
    catalog = {kernel.name: names[kernel.result] for kernel in client.kernels()}
    assert catalog == RESULT_TYPES
    assert {kernel.name for kernel in client.kernels() if kernel.scorer} == SCORERS
    for kernel in client.kernels():
        method = getattr(KernelMethods, kernel.name.replace(".", "_"))
        assert method.__doc__.split()[0] == kernel.doc.split()[0]


@pytest.mark.parametrize("kernel", sorted(RESULT_TYPES))
def test_every_kernel_gives_what_the_client_gives(client: ks.Client, kernel: str) -> None:
    frame = pl.DataFrame({"a": ["smith", "jones", None], "b": ["smythe", "bones", "x"]})
    arguments = ["a", "b"] if kernel in SCORERS else ["a"]
    if kernel == "fibonacci":
        frame = pl.DataFrame({"a": [10, 90, None]})
    expected = client.run(kernel, *(frame[name] for name in arguments))
    method = getattr(ksp.expressions("a"), kernel.replace(".", "_"))
    query = frame.lazy().select(method(*arguments[1:]))
    assert query.collect_schema()["a"] == expected.dtype
    assert_series_equal(query.collect()["a"], expected)


ENGINES: dict[str, Callable[[pl.DataFrame, pl.Expr], pl.DataFrame]] = {
    "eager": lambda frame, expr: frame.select(expr),
    "lazy": lambda frame, expr: frame.lazy().select(expr).collect(engine="in-memory"),
    "streaming": lambda frame, expr: frame.lazy().select(expr).collect(engine="streaming"),
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(
    "form",
    {
        "whole": FRAME,
        "sliced": FRAME[37:201],
        "chunked": pl.concat([FRAME[:100], FRAME[100:101], FRAME[101:]], rechunk=False),
        "empty": FRAME[:0],
        "one row": FRAME[1:2],
        "all null": FRAME.with_columns(left=pl.lit(None, pl.String)),
        "of no type": FRAME.with_columns(left=pl.lit(None)),
        "categorical": FRAME.with_columns(pl.col("left", "right").cast(pl.Categorical)),
        "enum": FRAME.with_columns(
            pl.col("left").cast(pl.Enum(FRAME["left"].unique().drop_nulls()))
        ),
        "long": FRAME.with_columns(pl.col("left", "right").repeat_by(9).list.join(" ")),
        "shuffled": FRAME.sample(fraction=1, shuffle=True, seed=1),
    }.items(),
    ids=lambda form: form[0],
)
def test_distances_are_rapidfuzzs(engine: str, form: tuple[str, pl.DataFrame]) -> None:
    frame = form[1]
    plain = frame.cast({"left": pl.String, "right": pl.String})
    expected = list(map(levenshtein, plain["left"], plain["right"]))
    found = ENGINES[engine](frame, DISTANCE)
    assert_frame_equal(found, pl.DataFrame({"left": pl.Series(expected, dtype=pl.Int32)}))


@pytest.mark.parametrize("engine", ENGINES)
def test_literals_are_paired_with_every_row(engine: str) -> None:
    found = ENGINES[engine](
        FRAME,
        pl.struct(
            right=ksp.expressions("left").levenshtein_distance(pl.lit("kit")),
            left=ksp.expressions(pl.lit("kit")).levenshtein_distance("right"),
            both=ksp.expressions(pl.lit("kit")).levenshtein_distance(pl.lit("kitten")),
            null=ksp.expressions("left").levenshtein_distance(pl.lit(None)),
        ).struct.unnest(),
    )
    assert found["right"].to_list() == [levenshtein(text, "kit") for text in LEFT]
    assert found["left"].to_list() == [levenshtein("kit", text) for text in RIGHT]
    assert found["both"].to_list() == [3] * len(LEFT)
    assert found["null"].to_list() == [None] * len(LEFT)


def test_in_groups_and_over_them() -> None:
    expected = FRAME.with_columns(d=EXPECTED)
    assert_frame_equal(
        FRAME.group_by("group", maintain_order=True).agg(d=DISTANCE, most=DISTANCE.max()),
        expected.group_by("group", maintain_order=True).agg("d", most=pl.col("d").max()),
    )
    assert_frame_equal(
        FRAME.select(DISTANCE.sum().over("group")),
        expected.select(left=pl.col("d").sum().over("group")),
    )
    firsts = pl.col("right").drop_nulls().first().over("group")
    pairs = FRAME.select("left", right=firsts)
    assert FRAME.select(ksp.expressions("left").levenshtein_distance(firsts))["left"].to_list() == [
        levenshtein(left, right) for left, right in pairs.iter_rows()
    ]


def test_in_a_filter_a_sort_and_a_chain() -> None:
    query = FRAME.lazy().filter(DISTANCE > 2).sort(DISTANCE, maintain_order=True)
    whole = FRAME.with_columns(d=EXPECTED).filter(pl.col("d") > 2).sort("d", maintain_order=True)
    assert_frame_equal(query.collect(), whole.drop("d"))
    same = ksp.expressions(ksp.expressions("left").soundex()).levenshtein_distance(
        ksp.expressions("right").soundex()
    )
    names = pl.DataFrame({"left": ["Robert", "Smith"], "right": ["Rupert", "Jones"]})
    assert names.select(same)["left"].to_list() == [0, Levenshtein.distance("S530", "J520")]


def test_parameters_cutoffs_processors_and_scorers_of_any_kind() -> None:
    frame = pl.DataFrame({"a": ["MARTHA!", "kitten"], "b": ["marhta", "sitting"]})
    a = ksp.expressions("a")
    found = frame.select(
        weights=a.levenshtein_distance("b", weights=(1, 1, 2)),
        cut=a.levenshtein_distance("b", score_cutoff=2),
        processed=a.jaro_winkler_similarity("b", processor="default_process", prefix_weight=0.2),
        scorer=a.pairwise("b", scorer=ks.Scorer("levenshtein.distance", weights=(1, 1, 2))),
        function=a.pairwise("b", scorer=JaroWinkler.similarity),
        run=a.run("levenshtein.distance", "b", parameters={"weights": (1, 1, 2)}),
        wide=a.run("levenshtein.distance", "b", return_dtype="int64"),
    )
    pairs = list(frame.iter_rows())
    weighted = [Levenshtein.distance(a, b, weights=(1, 1, 2)) for a, b in pairs]
    assert found["weights"].to_list() == weighted
    assert found["scorer"].to_list() == weighted
    assert found["run"].to_list() == weighted
    assert found["cut"].to_list() == [3, 3]
    assert found["processed"][0] == JaroWinkler.similarity("martha", "marhta", prefix_weight=0.2)
    assert found["function"].to_list() == [JaroWinkler.similarity(a, b) for a, b in pairs]
    assert found["wide"].dtype == pl.Int64


def test_a_series_is_another_side() -> None:
    other = FRAME["right"].alias("other")
    found = FRAME.select(ksp.expressions("left").levenshtein_distance(other))
    assert found["left"].to_list() == EXPECTED.to_list()


def test_a_plan_is_built_without_a_server_and_travels() -> None:
    """There is no binary to start, and nothing is asked for one."""
    program = """
import sys
import polars as pl
import kernelserve.polars
query = pl.LazyFrame({"a": ["x"]}).select(pl.col("a").ks.levenshtein_distance(pl.lit("y")))
assert query.collect_schema() == {"a": pl.Int32}
query.explain()
sys.stdout.buffer.write(query.serialize())
"""
    environment = os.environ | {
        "KERNELSERVE_SERVER_BINARY": "/nowhere",
        "KERNELSERVE_ADDRESS": "",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, check=True
    )
    plan = pl.LazyFrame.deserialize(io.BytesIO(done.stdout))
    assert plan.collect()["a"].to_list() == [1]


@pytest.mark.parametrize("engine", ENGINES)
def test_errors_come_through_with_class_code_and_request_id(engine: str) -> None:
    frame = FRAME.with_columns(number=pl.lit(1))
    with pytest.raises(ks.WrongTypeError) as caught:
        ENGINES[engine](frame, ksp.expressions("number").levenshtein_distance("left"))
    assert (caught.value.field, caught.value.value) == ("left", "int32")
    assert caught.value.code == "INVALID_ARGUMENT"
    assert caught.value.request_id
    with pytest.raises(ks.OutOfRangeError, match="at least 0") as negative:
        ENGINES[engine](
            frame, ksp.expressions("left").levenshtein_distance("right", score_cutoff=-1)
        )
    assert negative.value.field == "scorer.score_cutoff"
    with pytest.raises(ks.ResultOverflowError) as overflow:
        ENGINES[engine](pl.DataFrame({"n": [10, 94]}), ksp.expressions("n").fibonacci())
    assert overflow.value.value == "94"
    with pytest.raises(pl.exceptions.ColumnNotFoundError, match="nobody"):
        ENGINES[engine](frame, ksp.expressions("left").levenshtein_distance("nobody"))


def test_rows_that_fail_are_null_where_asked_for() -> None:
    frame = pl.DataFrame({"a": ["Smith", "3"]})
    expr = ksp.expressions("a").match_rating_codex(row_errors="null")
    with pytest.warns(ks.RowErrorWarning, match="1 rows failed"):
        assert frame.select(expr)["a"].to_list() == ["SMTH", None]


def test_names_and_operands_that_make_no_sense_are_told_while_the_plan_is_built() -> None:
    with pytest.raises(ks.UnknownNameError, match=r'did you mean "levenshtein.distance"'):
        ksp.expressions("a").pairwise("b", scorer="levenstein.distance")
    with pytest.raises(ks.UnknownNameError, match="nothing") as unknown:
        ksp.expressions("a").run("nothing")
    assert unknown.value.field == "kernel"
    with pytest.raises(ks.WrongTypeError) as operand:
        ksp.expressions("a").levenshtein_distance(7)  # type: ignore[arg-type]
    assert operand.value.field == "other"
    with pytest.raises(ks.WrongTypeError) as dtype:
        ksp.expressions("a").run("fibonacci", return_dtype="decimal")
    assert dtype.value.field == "return_dtype"


@pytest.mark.parametrize("engine", ENGINES)
def test_a_series_of_another_height_is_an_error(engine: str) -> None:
    expr = ksp.expressions("left").levenshtein_distance(pl.Series(["a", "b", "c"]))
    with pytest.raises((ks.LengthMismatchError, pl.exceptions.ShapeError)) as caught:
        ENGINES[engine](FRAME, expr)
    assert "300" in str(caught.value) or "length" in str(caught.value)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_server_that_does_not_answer_ends_the_query_by_its_deadline(
    engine: str, connected: ks.Client, server: ServerProcess
) -> None:
    connected.compare("a", "b")
    expr = ksp.expressions("left").levenshtein_distance("right", client=connected, timeout=0.2)
    with frozen(server.pid), pytest.raises(ks.DeadlineError):
        ENGINES[engine](FRAME, expr)


def test_a_call_without_a_timeout_of_its_own_has_one_inside_of_a_query(
    monkeypatch: pytest.MonkeyPatch, client: ks.Client
) -> None:
    seen: list[Any] = []

    class Watched:
        _timeout = None

        def pairwise(self, left: Any, right: Any, *, timeout: Any, **options: Any) -> Any:
            seen.append(timeout)
            return client.pairwise(left, right, timeout=timeout, **options)

    monkeypatch.setattr("kernelserve._polars_expressions.default_client", Watched)
    FRAME.select(DISTANCE)
    assert seen == [300.0]


def test_a_server_that_goes_away_in_the_middle_of_a_query_is_a_typed_error(
    connected: ks.Client, server: ServerProcess
) -> None:
    def kill(column: pl.Series) -> pl.Series:
        os.kill(server.pid, signal.SIGKILL)
        return column

    query = (
        FRAME.lazy()
        .with_columns(d=ksp.expressions("left").levenshtein_distance("right", client=connected))
        .with_columns(pl.col("left").map_batches(kill, return_dtype=pl.String))
        .with_columns(s=ksp.expressions("left").soundex(client=connected))
    )
    with pytest.raises(ks.ConnectError):
        query.collect()


def test_ctrl_c_ends_a_query_whose_server_hangs(
    connected: ks.Client, server: ServerProcess
) -> None:
    program = f"""
import os, signal, threading
import polars as pl
import kernelserve as ks, kernelserve.polars as ksp

client = ks.connect({server.address!r})
client.compare("a", "b")
os.kill({server.pid}, signal.SIGSTOP)
frame = pl.DataFrame({{"a": ["x"]}})
def tell(column):
    print("waits", flush=True)
    return column
told = pl.col("a").map_batches(tell, return_dtype=pl.String)
expr = ksp.expressions(told).levenshtein_distance(pl.lit("y"), client=client)
try:
    frame.select(expr)
except KeyboardInterrupt:
    print("interrupted", [t.name for t in threading.enumerate()], flush=True)
"""
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "waits\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "interrupted ['MainThread']\n"
        assert process.wait(timeout=30) == 0
    finally:
        os.kill(server.pid, signal.SIGCONT)
        process.kill()
        process.wait()
