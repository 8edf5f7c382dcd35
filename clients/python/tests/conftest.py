"""What the tests of the Python client share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

import kernelserve as ks
from cli_outcome import CommandLine
from kernelserve._embedded import find_binary
from kernelserve.bench.server_process import ServerProcess, start_server
from shared_regions import show_memory_to_anyone

# Servers of the tests read this process's memory, which some systems leave to its parents.
show_memory_to_anyone()

# The same examples on each run; no limit of time for one, on machines that do other things too.
settings.register_profile("kernelserve", deadline=None, derandomize=True, max_examples=30)
settings.load_profile("kernelserve")


@pytest.fixture(scope="session")
def client() -> Iterator[ks.Client]:
    """A client of an embedded server, which is the server of the whole run."""
    with ks.connect(timeout=60) as made:
        yield made


@pytest.fixture
def server() -> Iterator[ServerProcess]:
    """A server of this test alone, on a unix socket."""
    with start_server(find_binary()) as process:
        yield process


@pytest.fixture
def cli(
    client: ks.Client,
    capfdbinary: pytest.CaptureFixture[bytes],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> CommandLine:
    """Commands go to the server of the whole run and work in a directory of their own."""
    client.server_info()  # starts it
    monkeypatch.setenv("KERNELSERVE_ADDRESS", client.address)
    monkeypatch.chdir(tmp_path)
    return CommandLine(capfdbinary, monkeypatch)
