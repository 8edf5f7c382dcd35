"""Both wheels, as `./dev setup` builds them: what is in them, and that they install and run."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import kernelserve as ks
import pytest

from .elf import read

ROOT = Path(__file__).resolve().parents[2]
ANY_LINUX = ".".join(
    f"{tag}_{platform.machine()}" for tag in ("manylinux2014", "manylinux_2_17", "musllinux_1_1")
)
MIB = 1024 * 1024

# What a program that has just been installed is asked, and its answer.
HELLO = "import kernelserve as ks; print(ks.compare('kitten', 'sitting'))"


def wheel(name: str) -> Path:
    found = list((ROOT / "build/wheels").glob(f"{name}-*.whl"))
    assert len(found) == 1, f"one {name} in build/wheels, which ./dev setup fills: {found}"
    return found[0]


SERVER = wheel("kernelserve_server")
CLIENT = wheel("kernelserve")


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The binary alone, in a directory that has nothing else."""
    root = tmp_path_factory.mktemp("root")
    with zipfile.ZipFile(SERVER) as archive:
        (member,) = (m for m in archive.namelist() if m.endswith("/scripts/kernelserve-server"))
        (root / "kernelserve-server").write_bytes(archive.read(member))
    (root / "kernelserve-server").chmod(0o755)
    return root / "kernelserve-server"


def clean_environment() -> dict[str, str]:
    """This process's environment, as it is outside of any virtual environment."""
    dropped = ("KERNELSERVE_", "VIRTUAL_ENV", "PYTHONPATH", "UV_PROJECT")
    return {k: v for k, v in os.environ.items() if not k.startswith(dropped)}


def run(*command: str | Path, cwd: Path | None = None) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_the_client_is_pure_and_the_server_for_any_linux() -> None:
    assert CLIENT.name == f"kernelserve-{ks.__version__}-py3-none-any.whl"
    assert SERVER.name == f"kernelserve_server-{ks.__version__}-py3-none-{ANY_LINUX}.whl"


def test_both_wheels_carry_their_licence_and_their_types() -> None:
    for path, package in ((CLIENT, "kernelserve"), (SERVER, "kernelserve_server")):
        names = zipfile.ZipFile(path).namelist()
        assert f"{package}/py.typed" in names
        assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_client_carries_the_generated_stubs_and_nothing_of_the_build() -> None:
    names = zipfile.ZipFile(CLIENT).namelist()
    protos = [path.stem for path in (ROOT / "proto/kernelserve/v1").glob("*.proto")]
    for proto in protos:
        assert f"kernelserve/v1/{proto}_pb2.py" in names
        assert f"kernelserve/v1/{proto}_pb2.pyi" in names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"kernelserve"}


def test_the_binary_asks_for_no_library(program: Path) -> None:
    found = read(program)
    assert found.position_independent
    assert not found.interpreter
    assert found.libraries_needed == 0


def test_the_binary_is_stripped_to_a_size_that_travels(program: Path) -> None:
    assert 10 * MIB < program.stat().st_size < 18 * MIB


def test_an_elf_file_that_needs_libraries_is_told_apart() -> None:
    found = read(Path(sys.executable).resolve())
    assert found.interpreter
    assert found.libraries_needed > 0


@pytest.fixture
def in_empty_root(program: Path) -> Iterator[str]:
    """The address of a server whose file system holds its own binary and nothing else."""
    alone = () if os.geteuid() == 0 else ("unshare", "--user", "--map-root-user")
    command = [*alone, "chroot", str(program.parent), f"/{program.name}"]
    assert os.listdir(program.parent) == [program.name]
    read_end, write_end = os.pipe()
    process = subprocess.Popen(
        [*command, "--listen=127.0.0.1:0", f"--ready_fd={write_end}", "--lame_duck_ms=0"],
        pass_fds=[write_end],
        env=clean_environment(),
    )
    os.close(write_end)
    try:
        with open(read_end) as ready:
            (address,) = json.loads(ready.readline())["addresses"]
        probe = [*command, "--healthcheck", f"--healthcheck_address={address}"]
        assert subprocess.run(probe, env=clean_environment(), check=False).returncode == 0
        yield address
    finally:
        process.terminate()
        assert process.wait() == 0


def test_the_binary_serves_from_an_empty_root(in_empty_root: str) -> None:
    with ks.connect(in_empty_root) as client:
        assert client.compare("kitten", "sitting") == 3
        assert client.fibonacci(42) == 267914296


# uv, which `./dev setup` puts into .venv, has every package at hand; pip fetches them.
@pytest.mark.slow
def test_both_install_with_pip(tmp_path: Path) -> None:
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    python = tmp_path / "venv/bin/python"
    run(python, "-m", "pip", "install", "--quiet", f"{CLIENT}[cli]", SERVER)
    assert run(python, "-c", HELLO) == "3"
    assert run(tmp_path / "venv/bin/kernelserve-server", "--version")
    assert run(tmp_path / "venv/bin/kernelserve", "compare", "kitten", "sitting") == "3"


def test_the_binary_is_found_where_pip_put_it_by_target(tmp_path: Path) -> None:
    uv = ("uv", "pip", "install", "--quiet", "--no-deps", "--python", sys.executable)
    run(*uv, "--target", tmp_path, SERVER)
    found = run(
        sys.executable,
        "-I",
        "-c",
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "import kernelserve_server; print(kernelserve_server.binary_path())",
    )
    assert Path(found) == tmp_path / "bin/kernelserve-server"


def test_both_run_in_a_uv_project(tmp_path: Path) -> None:
    run("uv", "init", "--quiet", "--bare", "--python", sys.executable, cwd=tmp_path)
    run("uv", "add", "--quiet", f"{CLIENT}[cli]", SERVER, cwd=tmp_path)
    assert run("uv", "run", "--quiet", "python", "-c", HELLO, cwd=tmp_path) == "3"
    assert run("uv", "run", "--quiet", "kernelserve", "fibonacci", "9", cwd=tmp_path) == "34"
