"""What charts need beside the table: throughput by batch size, latencies, where the time goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from .. import _verbs as verbs
from .._client import Client
from .._limits import limits_of
from .._rows import ColumnVerb
from . import ours, pair_peers
from .contender import Contender
from .one_core import TIMING_ASKED, timing_of
from .rounds import alternate, median, seconds_of
from .setting import SHARED, SOCKET, TCP, Setting

_SCORER = "levenshtein.distance"
# A run is at least so many pairs, of however many batches: short runs are told by the clock's luck.
_PAIRS_A_RUN = 20_000
_LARGEST_BATCH = 1_000_000


def ways(setting: Setting) -> list[tuple[str, Client]]:
    return [(SHARED, setting.shared), (SOCKET, setting.socket), (TCP, setting.tcp)]


# --- Throughput ------------------------------------------------------------------------------


def throughput(setting: Setting) -> dict[str, Any]:
    """Pairs a second by the size of a batch, of each contender the median of the rounds."""
    sizes = [10**n for n in range(7) if 10**n <= min(len(setting.pairs), _LARGEST_BATCH)]
    series: dict[str, list[float]] = {}
    for size in sizes:
        pairs = setting.pairs.first(size)
        contenders = [
            *(ours.pairwise(client, way, pairs, _SCORER) for way, client in ways(setting)),
            *pair_peers.pairwise(pairs, _SCORER),
        ]
        batches = max(1, min(setting.sizes.batches_max, _PAIRS_A_RUN // size))
        runs = {c.name: _repeated(c, batches) for c in contenders}
        seconds = alternate(runs, setting.sizes.rounds)
        for name, values in seconds.items():
            series.setdefault(name, []).append(size * batches / median(values))
    # A setting that is for ASCII only may fit small batches and not the large ones.
    whole = {name: rates for name, rates in series.items() if len(rates) == len(sizes)}
    return {"batch_sizes": sizes, "pairs_per_second": whole}


def _repeated(contender: Contender, times: int) -> Callable[[], None]:
    def run() -> None:
        for _ in range(times):
            contender.run()

    return run


# --- Latency ---------------------------------------------------------------------------------


def latency(setting: Setting) -> dict[str, Any]:
    """Seconds of single calls, one after the other, through the embedded server's unix socket."""
    client, few = setting.shared, setting.pairs.first(setting.sizes.small_pairs)
    left, right = few.left_arrow, few.right_arrow
    none = left[:0]
    calls: dict[str, Callable[[], object]] = {
        "compare, one pair": lambda: client.compare("kitten", "sitting"),
        "pairwise, no pairs": lambda: client.pairwise(none, none),
        f"pairwise, {len(few):,} pairs": lambda: client.pairwise(left, right),
    }
    return {"seconds": {name: _each(call, setting.sizes.calls) for name, call in calls.items()}}


def _each(call: Callable[[], object], count: int) -> list[float]:
    """The seconds of each of so many calls, after a few that are not counted."""
    for _ in range(max(1, count // 20)):
        call()
    out = []
    for _ in range(count):
        began = time.perf_counter()
        call()
        out.append(round(time.perf_counter() - began, 7))
    return out


# --- Where the time goes ---------------------------------------------------------------------

# In the order in which they happen; "together" is the verb as it is, its calls overlapping.
STAGES = ("build", "socket", "decode", "queue", "compute", "encode", "reply")


def stages(setting: Setting) -> dict[str, Any]:
    """Nanoseconds a pair of each stage: of calls of the usual size, one after the other.

    What the server does is told by its timing trailer, of which compute is processor time; what it
    does not account for, between sending a request and having its reply, is the socket's, and
    gRPC's at both ends.
    """
    pairs, rounds = setting.pairs, setting.sizes.rounds
    out: dict[str, dict[str, float]] = {}
    for way, client in ways(setting):
        together = ours.pairwise(client, way, pairs, _SCORER).run
        found, whole = [], []
        for _ in range(rounds):  # in turn, so that a slow minute hits both
            found.append(_stages_once(client, pairs.left_arrow, pairs.right_arrow))
            whole.append(seconds_of(together))
        out[way] = {
            stage: 1e9 * median([one[stage] for one in found]) / len(pairs) for stage in STAGES
        }
        out[way]["together"] = 1e9 * median(whole) / len(pairs)
    return {"ns_per_pair": out}


def _stages_once(client: Client, left: object, right: object) -> dict[str, float]:
    """Seconds of each stage, summed over the calls of one verb."""
    seconds = dict.fromkeys(STAGES, 0.0)
    lanes = client._connection._here()
    limits = limits_of(client.server_info())
    began = time.perf_counter()
    verb = verbs.pairwise(left, right, _SCORER, None, None, "fail")
    assert isinstance(verb, ColumnVerb)
    jobs = verb.plan(limits)
    method: Any = lanes.main.method(verb.method)
    for rows in jobs:
        with lanes.regions.borrow(verb.nbytes(*rows)) as region:
            request = verb.request(rows, region)
            sent = time.perf_counter()
            reply, call = method.with_call(request, metadata=(TIMING_ASKED,))
            arrived = time.perf_counter()
            verb.accept(rows, reply, region)
        told = timing_of(call)
        server = {
            "decode": told.decode_ns / 1e9,
            "queue": told.queue_ns / 1e9,
            "compute": (told.prepare_ns + told.run_cpu_ns / _at_once(client, told.tasks)) / 1e9,
            "encode": told.encode_ns / 1e9,
        }
        for stage, passed in server.items():
            seconds[stage] += passed
        seconds["build"] += sent - began
        seconds["socket"] += max(0.0, arrived - sent - sum(server.values()))
        began = time.perf_counter()
        seconds["reply"] += began - arrived
    verb.finish()
    seconds["reply"] += time.perf_counter() - began
    return seconds


def _at_once(client: Client, tasks: int) -> int:
    """How many workers a call of so many tasks has at most."""
    return max(1, min(tasks, client.server_info().workers))
