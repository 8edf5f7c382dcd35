"""The server's CPU for a unary call, beside that of a gRPC server which does nothing.

Both answer the same calls of the same C++ client over a unix socket, in turn: what differs is what
kernelserve-server does for a call beyond what gRPC does. CPU is the whole process's, user and
system. A unix socket, since it is the cheapest way there: whatever is on top shows most.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from kernelserve.bench.bar import Bar, print_bars, write_json
from kernelserve.bench.server_process import start_server

RATIO_MAX = 1.1

# Long enough that a pair of runs shows a per cent, short enough that both meet the same machine.
_CALLS = 30_000
_OUTSTANDING = 16
_PATIENCE_S = 120


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build/release"), help="build directory")
    parser.add_argument("--pairs", type=int, default=10, help="of runs (default: %(default)s)")
    parser.add_argument("--calls", type=int, default=_CALLS, help="in a run (default: %(default)s)")
    parser.add_argument(
        "--outstanding", type=int, default=_OUTSTANDING, help="calls at once (default: %(default)s)"
    )
    parser.add_argument("--json", metavar="FILE", help="figures as JSON; - is standard output")
    options = parser.parse_args()
    load = [str(options.build / "tests/bench/unary_load")]

    def run(server: _Process) -> dict[str, float]:
        """One run: the server's CPU a call, and what the client saw."""
        before = server.cpu_s()
        command = [*load, server.address, str(options.calls), str(options.outstanding)]
        told = subprocess.run(
            command, check=True, capture_output=True, text=True, timeout=_PATIENCE_S
        )
        cpu_us = 1e6 * (server.cpu_s() - before) / options.calls
        seen: dict[str, Any] = json.loads(told.stdout)
        return {"cpu_us": cpu_us, "p50_us": seen["p50_ns"] / 1e3, "p99_us": seen["p99_ns"] / 1e3}

    with (
        _ours(options.build / "server/kernelserve-server") as ours,
        _bare(options.build / "tests/bench/bare_server") as bare,
    ):
        for server in (bare, ours):  # connections, caches, and memory that comes with first use
            run(server)
        pairs: list[dict[str, dict[str, float]]] = []
        for turn in range(options.pairs):
            order = [("bare", bare), ("ours", ours)]
            pairs.append({name: run(server) for name, server in order[:: -1 if turn % 2 else 1]})

    ratios = [pair["ours"]["cpu_us"] / pair["bare"]["cpu_us"] for pair in pairs]
    bars = [
        Bar(
            "server CPU of a unary call to that of a bare gRPC server",
            statistics.median(ratios),
            RATIO_MAX,
        )
    ]
    if options.json != "-":
        print(
            f"unary fibonacci, {options.pairs} interleaved pairs of runs of {options.calls:,} "
            f"calls, {options.outstanding} at once"
        )
        for name in ("bare", "ours"):
            cpu, p50, p99 = (
                statistics.median(pair[name][key] for pair in pairs)
                for key in ("cpu_us", "p50_us", "p99_us")
            )
            print(f"  {name:5} {cpu:6.2f} us of CPU a call, p50 {p50:.0f} us, p99 {p99:.0f} us")
        print(f"  ratios of the pairs: {min(ratios):.3f} to {max(ratios):.3f}")
        print_bars(bars)
    figures = {
        "bench": "unary_cpu",
        "calls": options.calls,
        "outstanding": options.outstanding,
        "pairs": pairs,
    }
    write_json(options.json, figures, bars)


class _Process:
    """A server process under load."""

    def __init__(self, address: str, pid: int) -> None:
        self.address = address
        # /proc/PID/stat counts the same in hundredths of a second; this clock in nanoseconds.
        clock = ctypes.c_int()
        error = ctypes.CDLL(None).clock_getcpuclockid(pid, ctypes.byref(clock))
        if error:
            raise OSError(error, "clock_getcpuclockid")
        self._clock = clock.value

    def cpu_s(self) -> float:
        """Processor time that all its threads have used, in user and system mode."""
        return time.clock_gettime(self._clock)


@contextmanager
def _ours(binary: Path) -> Iterator[_Process]:
    with start_server(str(binary)) as server:
        yield _Process(server.address, server.pid)


@contextmanager
def _bare(binary: Path) -> Iterator[_Process]:
    with tempfile.TemporaryDirectory(prefix="ks") as directory:
        address = f"unix:{directory}/s"
        process = subprocess.Popen([binary, address], stdout=subprocess.PIPE)
        assert process.stdout is not None
        try:
            assert process.stdout.readline() == b"ready\n"
            yield _Process(address, process.pid)
        finally:
            process.terminate()
            process.wait()
            process.stdout.close()


if __name__ == "__main__":
    main()
