"""An embedded server ends with the process that it is for, however that ends, and never sooner."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from harness.rpc import SERVING, Raw
from harness.server import binary, environment
from harness.waiting import PATIENCE_S, until
from kernelserve.v1 import fibonacci_pb2

# Starts a server that watches this process, from a thread that then ends, and waits to be told to
# end itself.
PARENT = """
import os, subprocess, sys, threading

pidfd = os.pidfd_open(os.getpid())
server = []

def start():
    server.append(subprocess.Popen(sys.argv[1:] + [f"--parent_pidfd={pidfd}"], pass_fds=[pidfd]))

thread = threading.Thread(target=start)
thread.start()
thread.join()
print(server[0].pid, flush=True)
if sys.stdin.read(1) == "e":
    os._exit(3)
raise SystemExit
"""


class Embedded:
    """A parent, its server, and a descriptor that tells when the server has ended."""

    def __init__(self, directory: Path) -> None:
        self.address = f"unix:{directory}/s"
        self.log = directory / "log"
        command = [sys.executable, "-c", PARENT, str(binary()), f"--listen={self.address}"]
        with self.log.open("wb") as log:
            self.parent = subprocess.Popen(
                [*command, "--lame_duck_ms=0"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env=environment(),
                start_new_session=True,
            )
        assert self.parent.stdout is not None
        self.pid = int(self.parent.stdout.readline())
        self._ended = os.pidfd_open(self.pid)

    def has_ended(self, within_s: float) -> bool:
        readable, _, _ = select.select([self._ended], [], [], within_s)
        return bool(readable)

    def close(self) -> None:
        self.parent.kill()
        self.parent.wait()
        if not self.has_ended(0):
            os.kill(self.pid, signal.SIGKILL)
        os.close(self._ended)


@pytest.fixture
def embedded() -> Iterator[Embedded]:
    # Short, as a socket's path has to be.
    with tempfile.TemporaryDirectory(prefix="ks") as directory:
        made = Embedded(Path(directory))
        yield made
        made.close()


def connected(embedded: Embedded) -> Raw:
    """Once it serves: gRPC would otherwise wait for its own pleasure to try again."""
    until(lambda: "serving" in embedded.log.read_text(), "the server serves")
    return Raw(grpc.insecure_channel(embedded.address))


def end(parent: subprocess.Popen[bytes], way: str) -> None:
    assert parent.stdin is not None
    if way == "SIGKILL":
        parent.kill()
    elif way == "SIGTERM":
        parent.terminate()
    else:
        parent.stdin.write(b"e" if way == "_exit" else b"x")
        parent.stdin.flush()
    parent.wait(PATIENCE_S)


@pytest.mark.parametrize("way", ["exit", "_exit", "SIGTERM", "SIGKILL"])
def test_it_ends_with_its_parent(embedded: Embedded, way: str) -> None:
    assert connected(embedded).health() == SERVING
    end(embedded.parent, way)
    assert embedded.has_ended(PATIENCE_S)
    assert "drained" in embedded.log.read_text()
    assert not Path(embedded.address.removeprefix("unix:")).exists()


def test_it_outlives_the_thread_that_started_it(embedded: Embedded) -> None:
    """By PR_SET_PDEATHSIG it would not: that thread was gone before this test knew the pid."""
    raw = connected(embedded)
    for _ in range(100):
        assert raw.health() == SERVING
    assert not embedded.has_ended(0)


def test_it_finishes_what_others_have_begun(embedded: Embedded) -> None:
    """As a child of the parent's, forked off it, may still wait for an answer."""
    raw = connected(embedded)
    request = fibonacci_pb2.StreamTermsRequest(first=0, count=3_000_000, modulus=2**63)
    stream, last = (raw.stream("StreamTerms", request) for _ in range(2))
    next(stream)
    next(last)  # keeps the connection open until all of the other has been read
    end(embedded.parent, "SIGKILL")
    end_of_stream = list(stream)[-1]
    assert end_of_stream.first + end_of_stream.terms.length == 3_000_000
    last.cancel()
    assert embedded.has_ended(PATIENCE_S)


def test_a_parent_that_is_gone_already(embedded: Embedded) -> None:
    """It ends before it has served, if need be."""
    end(embedded.parent, "SIGKILL")
    assert embedded.has_ended(PATIENCE_S)


def test_what_is_no_process_is_refused() -> None:
    read_end, write_end = os.pipe()
    try:
        done = subprocess.run(
            [binary(), "--listen=127.0.0.1:0", f"--parent_pidfd={read_end}"],
            pass_fds=[read_end],
            env=environment(),
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    finally:
        os.close(read_end)
        os.close(write_end)
    assert done.returncode == 1
    assert "--parent_pidfd" in done.stderr
    assert str(read_end) in done.stderr
