"""A server with flags of one's own, on a unix socket, for as long as a block lasts."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class ServerProcess:
    address: str
    pid: int


@contextmanager
def start_server(binary: str, *flags: str) -> Iterator[ServerProcess]:
    """Yields once it serves; raises RuntimeError where it does not start. It ends with this
    process, however that ends."""
    with tempfile.TemporaryDirectory(prefix="kernelserve-") as directory:
        ready, write_end = os.pipe()
        parent = os.pidfd_open(os.getpid())
        told = [f"--ready_fd={write_end}", f"--parent_pidfd={parent}"]
        listen = [f"--listen=unix:{directory}/s", *told]
        process = subprocess.Popen(
            [binary, *listen, "--lame_duck_ms=0", "--log_level=warning", *flags],
            pass_fds=[write_end, parent],
        )
        os.close(write_end)
        os.close(parent)
        try:
            with os.fdopen(ready) as lines:
                line = lines.readline()
            if not line:
                raise RuntimeError(f"{binary} did not start: it exited with {process.wait()}")
            yield ServerProcess(json.loads(line)["addresses"][0], process.pid)
        finally:
            process.terminate()
            process.wait()
