"""The worked example of CONTRIBUTING.md, "Adding a kernel", works as it stands.

Its code is extracted into a copy of the checkout, built, and called from Python.
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from harness.server import Server

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

# A fenced block whose info string names a file: ```cpp kernels/x.h
BLOCK = re.compile(r"^```(cpp|diff) (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

# The same configuration as the unit tests', so that everything but the example comes from ccache.
PRESET = "asan"


def blocks(language: str) -> dict[str, str]:
    return {path: text for kind, path, text in BLOCK.findall(GUIDE) if kind == language}


def apply(diff: str, text: str) -> str:
    """Applies hunks, separated by lines of "...", each of which has a place of its own."""
    for hunk in re.split(r"^\.\.\.\n", diff, flags=re.MULTILINE):
        lines = hunk.splitlines(keepends=True)
        before = "".join(line[1:] for line in lines if line.startswith(" "))
        assert text.count(before) == 1, f"CONTRIBUTING.md shows lines that are not there:\n{before}"
        text = text.replace(before, "".join(line[1:] for line in lines))
    return text


def copy_checkout(to: Path) -> None:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        source, target = ROOT / name, to / name
        if source.is_file():  # deleted files are listed until that is committed
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
            target.chmod(source.stat().st_mode)


def test_the_example_is_three_new_files_and_two_added_lines() -> None:
    assert sorted(blocks("cpp")) == [
        "kernels/collatz_steps.cc",
        "kernels/collatz_steps.h",
        "kernels/collatz_steps_test.cc",
    ]
    assert not any((ROOT / path).exists() for path in blocks("cpp"))
    ((path, diff),) = blocks("diff").items()
    assert path == "kernels/catalog.cc"
    marks = [line[:1] for line in diff.splitlines()]
    assert marks.count("+") == 2
    assert "-" not in marks


def test_a_diff_that_no_longer_fits_is_an_error() -> None:
    assert apply(" a\n+b\n...\n+d\n e\n", "a\nc\ne\n") == "a\nb\nc\nd\ne\n"
    with pytest.raises(AssertionError, match="not there"):
        apply(" a\n+b\n", "c\n")


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with the example in it, built."""
    checkout = tmp_path_factory.mktemp("checkout")
    copy_checkout(checkout)
    for path, text in blocks("cpp").items():
        (checkout / path).write_text(text, encoding="utf-8")
    for path, diff in blocks("diff").items():
        (checkout / path).write_text(apply(diff, (ROOT / path).read_text(encoding="utf-8")))
    for installed in (".deps", ".venv"):  # what ./dev setup has put there
        if (ROOT / installed).exists():
            (checkout / installed).symlink_to(ROOT / installed)
    configure = ["cmake", "--preset", PRESET]
    # Nicer than servers are, which other tests wait for.
    build = [*("nice", "-n", "19"), *("cmake", "--build", f"build/{PRESET}")]
    build += ["--target", "kernels_test", "kernelserve-server"]
    for command in (configure, build):
        done = subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    return checkout / "build" / PRESET


@pytest.mark.slow
@pytest.mark.xdist_group("compiles")
def test_its_unit_tests_pass(example: Path) -> None:
    command = [str(example / "kernels/kernels_test"), "--gtest_filter=CollatzStepsTest.*"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "[  PASSED  ] 3 tests." in done.stdout


@pytest.mark.slow
@pytest.mark.xdist_group("compiles")
def test_python_calls_it(example: Path) -> None:
    # In a process of its own, whose server is the one just built: an embedded one would be shared
    # with this process, which may have one already.
    call, shown = re.findall(r"^>>> (.+collatz_steps.+)\n(.+)$", GUIDE, re.MULTILINE)[0]
    script = f"""if True:
        import kernelserve as ks
        print({call})
        print({{k.name: k.doc for k in ks.kernels()}}["collatz_steps"])
        try:
            ks.run("collatz_steps", [5, 0])
        except ks.Error as error:
            print(error)
    """
    server = Server(program=example / "server/kernelserve-server")
    try:
        environment = {**os.environ, "KERNELSERVE_ADDRESS": server.address}
        command = [sys.executable, "-c", script]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    finally:
        server.stop()
        server.remove()
    assert done.returncode == 0, done.stderr
    result, doc, error = done.stdout.splitlines()
    assert ast.literal_eval(result) == ast.literal_eval(shown) == [0, 1, 7, 111, None]
    assert doc == "Collatz steps from n to 1."
    assert "n is 0, expected at least 1" in error
