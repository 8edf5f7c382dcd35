"""Runs the table into one JSON document: all results are checked equal before anything is timed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._version import __version__
from . import memory, peers, probes
from .bar import Bar, machine
from .contender import Contender, check_equal
from .rounds import alternate, median
from .setting import Setting
from .works import WORKS, Medians, NotMeasuredError, Work, other_works

JOIN_BYTES_MAX = 1 << 30
STREAM_BYTES_MAX = 512 << 20
# Of what a process had a tenth of the way: allocators keep some pages that they need not.
STREAM_GROWTH_MAX = 1.1

Tell = Callable[[str], None]


def run(setting: Setting, only: Sequence[str], tell: Tell) -> dict[str, Any]:
    """Everything, or only works and probes of these names. `tell` is told what it is about to do.

    Raises UnequalResultsError where contenders differ.
    """
    with_probes = {
        "memory": _memory,
        "throughput": probes.throughput,
        "latency": probes.latency,
        "stages": probes.stages,
    }
    document: dict[str, Any] = {
        "bench": "kernelserve",
        "version": __version__,
        "machine": machine(),
        "peers": peers.versions(),
        "missing": peers.missing(),
        "rounds": setting.sizes.rounds,
        "judged": setting.sizes.judged,
        "works": [],
    }
    for work in [*WORKS, *other_works(setting)]:
        if not only or work.name.partition(":")[0] in only:
            tell(work.title)
            document["works"].append(run_work(work, setting))
    for name, probe in with_probes.items():
        if not only or name in only:
            tell(name)
            document[name] = probe(setting)
    return document


def names() -> list[str]:
    """What `only` may have."""
    return [*(work.name for work in WORKS), "memory", "throughput", "latency", "stages"]


def run_work(work: Work, setting: Setting) -> dict[str, Any]:
    contenders = work.contenders(setting)
    check_equal(contenders)
    if work.check is not None:
        work.check(setting)
    seconds = alternate(
        {c.name: c.run for c in contenders},
        setting.sizes.rounds,
        {c.name: c.seconds for c in contenders if c.seconds is not None},
    )
    bars, unmeasured = _judge(work, contenders, seconds)
    return {
        "name": work.name,
        "title": work.title,
        "unit": work.unit,
        "texts": work.texts(setting),
        "contenders": [
            {
                "name": c.name,
                "kind": c.kind,
                "units": c.units,
                "ns": [1e9 * s / c.units for s in seconds[c.name]],
            }
            for c in contenders
        ],
        "bars": [bar.figures() for bar in bars],
        "unmeasured": unmeasured,
    }


def _judge(
    work: Work, contenders: Sequence[Contender], seconds: dict[str, list[float]]
) -> tuple[list[Bar], list[str]]:
    """The bars, and a line for each that a missing peer leaves unmeasured."""
    medians = Medians(
        {c.name: median(seconds[c.name]) / c.units for c in contenders},
        {c.name: c.units for c in contenders},
    )
    bars, unmeasured = [], []
    for rule in work.bars:
        try:
            bars.append(rule.judge(medians))
        except NotMeasuredError as missing:
            unmeasured.append(f"{rule.name}: there is no {missing}")
    return bars, unmeasured


def _memory(setting: Setting) -> dict[str, Any]:
    """Of the join, and of pairs in batches."""
    rows = setting.sizes.stream_pairs
    join = memory.measure("join", setting.searches.joined, len(setting.searches.joined))
    stream = memory.measure("stream", setting.words.words, rows)
    bars = []
    for name, told, bound in (("join", join, JOIN_BYTES_MAX), ("stream", stream, STREAM_BYTES_MAX)):
        for who, peak in told["peak_bytes"].items():
            mib = float(1 << 20)
            bars.append(Bar(f"{who} at its peak, {name}", peak / mib, bound / mib, unit="MiB"))
    for who, looks in stream["bytes_on_the_way"].items():
        growth = looks[-1] / looks[0]
        bars.append(
            Bar(f"times what the {who} had a tenth of the way, stream", growth, STREAM_GROWTH_MAX)
        )
    return {"join": join, "stream": stream, "bars": [bar.figures() for bar in bars]}
