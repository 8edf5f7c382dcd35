"""What operators ask of a server, measured: what watching it costs, how long a lookup takes beside
an hour's work, how soon given-up work is gone, what a second worker adds, what an overload leaves.

Each measurement is a function that prints what it found and returns bars. The server is a process
of its own; for an overload it has one core and its clients the other.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kernelserve as ks
import numpy as np
import pyarrow as pa
from harness import columns, work
from harness.pages import metric, page
from harness.rpc import METHODS, Raw
from harness.server import Server
from harness.waiting import PATIENCE_S
from kernelserve.bench.bar import Bar, print_bars, write_json
from kernelserve.bench.texts import make_up_words, misspelt
from kernelserve.v1 import string_distance_pb2, types_pb2

from bench.overload import overload
from bench.running import METRICS, running

TOKEN = "a-token-for-the-benchmark"

OBSERVED_CALLS_RATIO_MIN = 0.95
BUSY_P99_RATIO_MAX = 3.0
GONE_MS_MAX = 100.0
SCALING_RATIO_MIN = 0.95


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=Path("build/release"), help="build directory")
    parser.add_argument("--only", action="append", choices=list(MEASUREMENTS), help="not all")
    parser.add_argument("--rounds", type=int, default=7, help="of each (default: %(default)s)")
    parser.add_argument(
        "--overload_s", type=float, default=60.0, help="of overload (default: %(default)s)"
    )
    parser.add_argument("--json", metavar="FILE", help="figures as JSON; - is standard output")
    options = parser.parse_args()
    bars: list[Bar] = []
    for name in options.only or MEASUREMENTS:
        bars += MEASUREMENTS[name](options)
    print_bars(bars)
    write_json(options.json, {"bench": "operation", "rounds": options.rounds}, bars)


# ---- What watching costs ----


def watching(options: argparse.Namespace) -> list[Bar]:
    """Calls a second with metrics, tokens and a line in the log for each, to those without."""
    binary = options.build / "server/kernelserve-server"
    load = options.build / "tests/bench/unary_load"

    def calls_per_second(server: Server, token: str = "") -> float:
        command = [str(load), server.addresses[0], "30000", "16", *([token] if token else [])]
        told = subprocess.run(command, check=True, capture_output=True, text=True)
        seen: dict[str, float] = json.loads(told.stdout)
        return seen["calls"] / (seen["wall_ns"] * 1e-9)

    with tempfile.TemporaryDirectory() as directory:
        tokens = Path(directory) / "tokens"
        tokens.write_text(TOKEN)
        flags = [METRICS, "--log_requests=all", f"--tokens_file={tokens}"]
        with running(program=binary) as plain, running(*flags, program=binary) as watched:
            runs = {"not": (plain, ""), "not, with a token": (plain, TOKEN), "": (watched, TOKEN)}
            rates: dict[str, list[float]] = {name: [] for name in runs}
            for turn in range(options.rounds + 1):
                for name in list(runs)[:: -1 if turn % 2 else 1]:
                    rates[name].append(calls_per_second(*runs[name]))

    def ratio(name: str, other: str) -> float:
        return statistics.median(
            one / two for one, two in zip(rates[name][1:], rates[other][1:], strict=True)
        )

    for name, each in rates.items():
        print(f"calls a second, {name or 'watched'}: {statistics.median(each[1:]):,.0f}")
    way = ratio("not, with a token", "not")
    print(f"a token's way through gRPC, whoever checks it: {way:.2f}")
    print(f"watched, with the token's way: {ratio('', 'not'):.2f}")
    return [
        Bar(
            "calls a second with metrics, tokens and request log, to the same calls without",
            ratio("", "not, with a token"),
            OBSERVED_CALLS_RATIO_MIN,
            at_least=True,
        )
    ]


# ---- A lookup beside an hour's work ----


def long_cdist(count: int) -> string_distance_pb2.CdistRequest:
    """A matrix of so many texts, a tenth of a second a pair: hours for a thousand, and scores
    that are few enough to be read while they come."""
    texts = [f"{number:06}" + "ab" * 4000 + "ba" * number for number in range(count)]
    request = string_distance_pb2.CdistRequest()
    request.options.scorer.name = "levenshtein.distance"
    parameter = request.options.scorer.parameters.add(name="weights")
    parameter.column.CopyFrom(columns.numbers([1, 3, 2], types_pb2.DATA_TYPE_INT64))
    request.queries.CopyFrom(columns.texts(texts))
    request.column.CopyFrom(columns.texts(texts))
    return request


def beside_work(options: argparse.Namespace) -> list[Bar]:
    """The 99th percentile of a unary call while all workers are busy, to that when idle."""
    calls = 3_000

    def p99_us(raw: Raw) -> float:
        compare = raw.channel.unary_unary(
            METHODS["Compare"].path,
            request_serializer=None,
            response_deserializer=METHODS["Compare"].response.FromString,
        )
        request = work.compare(b"kitten", b"sitting").SerializeToString()
        taken = []
        for _ in range(calls):
            began = time.perf_counter()
            assert compare(request, timeout=PATIENCE_S).score.integer == 3
            taken.append(time.perf_counter() - began)
        return 1e6 * sorted(taken)[int(0.99 * (calls - 1))]

    binary = options.build / "server/kernelserve-server"
    ratios = []
    with running(METRICS, program=binary) as server:
        raw = Raw(server.channel())
        p99_us(raw)
        for _ in range(options.rounds):
            idle = p99_us(raw)
            with Job(server):
                busy = p99_us(raw)
            ratios.append(busy / idle)
            print(f"p99 of a unary call: idle {idle:.0f} us, beside an hour's matrix {busy:.0f} us")
    return [
        Bar(
            "p99 of a unary call beside an hour's Cdist, to that when idle",
            statistics.median(ratios),
            BUSY_P99_RATIO_MAX,
        )
    ]


class Job:
    """A Cdist of hours, or of more than there is time for, that runs in the block: a process
    of its own reads what comes."""

    def __init__(self, server: Server, timeout_s: float | None = None) -> None:
        self._server = server
        self._timeout_s = timeout_s

    def __enter__(self) -> Job:
        workers = metric(self._server, "kernelserve_workers")
        assert workers is not None
        count = 1000
        if self._timeout_s is not None:  # more than it can do till then; twice that it would refuse
            count = int((15 * workers * self._timeout_s) ** 0.5)
        command = [sys.executable, "-m", "bench.operation_client", self._server.address, str(count)]
        if self._timeout_s is not None:
            command.append(str(self._timeout_s))
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        until(lambda: metric(self._server, "kernelserve_workers_busy") == workers)
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
        until(lambda: is_idle(self._server))

    def cancel(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()

    def time_out(self) -> None:
        """Returns when its deadline has come: what it tells first is the call's begin."""
        assert self.process.stdout is not None
        assert self._timeout_s is not None
        end = float(self.process.stdout.readline()) + self._timeout_s
        threading.Event().wait(max(0.0, end - time.monotonic()))


def is_idle(server: Server) -> bool:
    """No worker computes, and calls hold no memory: what there is, is choices kept for others."""
    # By hand: to parse the page takes longer than what is waited for.
    figures = dict(line.split(" ")[:2] for line in page(server, "/metrics").splitlines())
    return (
        float(figures["kernelserve_workers_busy"]) == 0
        and figures["kernelserve_memory_reserved_bytes"] == figures["kernelserve_choices_bytes"]
    )


def until(happened: Callable[[], bool]) -> float:
    """Seconds until it has."""
    began = time.perf_counter()
    while not happened():
        assert time.perf_counter() - began < PATIENCE_S
    return time.perf_counter() - began


# ---- Work that is given up ----


def given_up(options: argparse.Namespace) -> list[Bar]:
    """How long workers and memory are still held after a client cancels, its deadline passes, or it
    is killed."""
    binary = options.build / "server/kernelserve-server"
    ways: dict[str, tuple[Callable[[Job], None], float | None]] = {
        "cancel": (Job.cancel, None),
        "the deadline": (Job.time_out, 3.0),
        "SIGKILL": (lambda job: job.process.kill(), None),
    }
    bars = []
    with running(METRICS, program=binary) as server:
        for way, (give_up, timeout_s) in ways.items():
            ms = []
            for _ in range(options.rounds):
                with Job(server, timeout_s) as job:
                    give_up(job)
                    ms.append(1e3 * until(lambda: is_idle(server)))
            print(f"idle again after {way}: {', '.join(f'{each:.0f}' for each in ms)} ms")
            bars.append(
                Bar(f"until idle after {way}", statistics.median(ms), GONE_MS_MAX, unit="ms")
            )
    return bars


# ---- Two cores ----


def scaling(options: argparse.Namespace) -> list[Bar]:
    """How much faster two workers are than one at the best matches of some words, to what a second
    thread adds to the bare kernel at the same."""
    binary = options.build / "server/kernelserve-server"
    random = np.random.default_rng(1)
    words = make_up_words(200_000)
    choices = pa.array(words)
    some = [misspelt(word, random) for word in random.choice(words, 4_000).tolist()]
    queries = pa.array(some)
    scorer, k = "jaro_winkler.similarity", 5

    def search(client: ks.Client) -> pa.Table:
        return client.top_k(queries, choices, k, scorer=scorer)

    with contextlib.ExitStack() as running_ones:
        directory = Path(running_ones.enter_context(tempfile.TemporaryDirectory()))
        files = [directory / "queries", directory / "choices"]
        for file, texts in zip(files, (some, words), strict=True):
            file.write_text("".join(f"{text}\n" for text in texts))

        def bare() -> dict[str, Any]:
            command = [options.build / "tests/bench/bare_top_k", scorer, str(k), *files]
            told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            seen: dict[str, Any] = json.loads(told.stdout)
            return seen

        def connect(workers: int) -> ks.Client:
            server = running_ones.enter_context(running(f"--workers={workers}", program=binary))
            return running_ones.enter_context(ks.connect(server.address))

        alone, both = connect(1), connect(2)
        # Results are equal, and choices kept by each server from here on.
        found = [search(client) for client in (alone, both)]
        assert found[0] == found[1]
        assert found[0].column("choice_index").to_pylist() == bare()["rows"]

        ours, kernels = [], []
        for _ in range(options.rounds):
            one, two = seconds(lambda: search(alone)), seconds(lambda: search(both))
            seen = bare()
            ours.append(one / two)
            kernels.append(seen["one_ns"] / seen["two_ns"])
    print(f"two workers: {statistics.median(ours):.2f} times one")
    print(f"two threads of the bare kernel: {statistics.median(kernels):.2f} times one")
    return [
        Bar(
            "speed-up of a TopK by a second worker, to the bare kernel's by a second thread",
            statistics.median(mine / bare for mine, bare in zip(ours, kernels, strict=True)),
            SCALING_RATIO_MIN,
            at_least=True,
        )
    ]


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


MEASUREMENTS: dict[str, Callable[[argparse.Namespace], list[Bar]]] = {
    "watching": watching,
    "beside_work": beside_work,
    "given_up": given_up,
    "scaling": scaling,
    "overload": overload,
}


if __name__ == "__main__":
    main()
