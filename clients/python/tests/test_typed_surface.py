"""A user's project that has the surfaces of other libraries passes mypy --strict."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
from __future__ import annotations

from typing import Any, assert_type

import duckdb
import pandas as pd
import polars as pl

import kernelserve.duckdb as ksd
import kernelserve.pandas
import kernelserve.polars as ksp
from kernelserve.polars import Expressions

assert_type(ksp.expressions("a").levenshtein_distance("b", weights=(1, 1, 2)), pl.Expr)
assert_type(ksp.expressions(pl.col("a")), Expressions)
assert_type(pl.col("a").ks, Expressions)
assert_type(pl.col("a").ks.jaro_winkler_similarity(pl.lit("x"), prefix_weight=0.2), pl.Expr)
assert_type(pl.Series(["a"]).ks.soundex(), pl.Series)
assert_type(pl.DataFrame().ks.join(on="a", by=["b"], score_cutoff=1), pl.DataFrame)
assert_type(pl.LazyFrame().ks.top_k(pl.DataFrame(), 3, left_on="a", right_on="b"), pl.LazyFrame)
series = pd.Series(["a"])
assert_type(series.ks.levenshtein_distance("b"), "pd.Series[Any]")
assert_type(pd.DataFrame().ks.join(on="a", by="b"), pd.DataFrame)
relation = duckdb.connect().table("pairs")
assert_type(ksd.pairwise(relation, "a", "b"), duckdb.DuckDBPyRelation)
"""

MISTAKES = {
    'pl.col("a").ks.levenshtein_distance("b", weight=1)': "call-arg",
    'pl.col("a").ks.levenstein_distance("b")': "attr-defined",
    'pl.col("a").ks.soundex(processor="default_process")': "call-arg",
    'pl.col("a").ks.jaro_similarity(7)': "arg-type",
    'pl.DataFrame().ks.join(on="a", how="outer")': "arg-type",
    'series.ks.levenstein_distance("b")': "attr-defined",
}


@pytest.mark.slow
def test_a_project_that_uses_it_is_typed_and_its_mistakes_are_found(tmp_path: Path) -> None:
    (tmp_path / "mypy.ini").write_text("[mypy]\nplugins = kernelserve.mypy_plugin\n")
    (tmp_path / "right.py").write_text(PROGRAM)
    (tmp_path / "wrong.py").write_text(
        PROGRAM + "\n".join(f"{text}  # {code}" for text, code in MISTAKES.items())
    )
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary"]
    environment = {"PATH": "", "HOME": str(tmp_path)}
    done = subprocess.run(
        [*command, "right.py", "wrong.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line for line in done.stdout.splitlines() if ": error:" in line]
    first = PROGRAM.count("\n") + 1
    assert [line.split(":")[:2] for line in found] == [
        ["wrong.py", str(first + number)] for number in range(len(MISTAKES))
    ], done.stdout + done.stderr
    for line, code in zip(found, MISTAKES.values(), strict=True):
        assert line.endswith(f"[{code}]")
