"""What the tests ask of pytest-xdist, which pytest 9.2 made it forget without a word."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

GROUPED = """\
import os
import pathlib

import pytest

@pytest.mark.xdist_group("together")
@pytest.mark.parametrize("i", range(5))
def test(i):
    worker = os.environ["PYTEST_XDIST_WORKER"]
    pathlib.Path("{out}", f"{{pathlib.Path(__file__).stem}}-{{i}}").write_text(worker)
"""


def test_tests_of_one_group_run_in_one_worker(tmp_path: Path) -> None:
    out = tmp_path / "workers"
    out.mkdir()
    for name in ("test_a.py", "test_b.py"):
        (tmp_path / name).write_text(GROUPED.format(out=out), encoding="utf-8")
    command = [*(sys.executable, "-m", "pytest"), "--numprocesses=2", "--dist=loadgroup"]
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    workers = [path.read_text(encoding="utf-8") for path in out.iterdir()]
    assert len(workers) == 10
    assert len(set(workers)) == 1
