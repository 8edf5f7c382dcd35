"""A run as Markdown: what a terminal shows, and the page in docs/."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .rounds import median

_HEAD = """\
# Benchmarks

What offloading a batch gives beside the libraries that do the same in the process. Everybody begins
with texts in its own kind and ends with its own kind of result: kernelserve with pyarrow arrays, or
lists where it says so, RapidFuzz with lists of str and numpy, polars_ds with a data frame, DuckDB
with a table. All gave the same results before a clock ran. Times are medians of {rounds} rounds, in
which everybody runs in turn, each right after a run that is not timed; "least to most" is the range
of the rounds. The null kernel gets the same columns and returns zeros without a look at them: what
the boundary costs by itself.
"""
_MADE = (
    "Made by `kernelserve bench`, version {version}, on {cores} cores ({processor}), load "
    "{load:.1f} at the start, Linux {kernel}, Python {python}; {peers}."
)

_COLUMNS = 100

_CHARTS = {
    "speedup": "How many times as fast, work by work",
    "throughput": "Throughput by the size of a batch",
    "latency": "How long single calls take",
    "stages": "Where the time of a million pairs goes",
}


def markdown(document: Mapping[str, Any], charts: Mapping[str, str]) -> str:
    """The report of a run; `charts` has for a chart's name the path that the report links to."""
    parts = [_head(document), _bars(document)]
    parts += [f"![{_CHARTS[name]}]({charts[name]})\n" for name in _CHARTS if name in charts]
    parts += [_work(work) for work in document["works"]]
    sections = {
        "memory": _memory,
        "throughput": _throughput,
        "latency": _latency,
        "stages": _stages,
    }
    parts += [make(document[name]) for name, make in sections.items() if name in document]
    return "\n".join(parts)


def _head(document: Mapping[str, Any]) -> str:
    machine = document["machine"]
    peers = ", ".join(f"{name} {version}" for name, version in document["peers"].items())
    made = _MADE.format(
        version=document["version"],
        peers=peers or "no peer is installed",
        **{**machine, "processor": machine["processor"] or "of an unknown kind"},
    )
    if document["missing"]:
        made += f" Not installed, and so left out: {', '.join(document['missing'])}."
    return f"{_HEAD.format(rounds=document['rounds'])}\n{textwrap.fill(made, _COLUMNS)}\n"


# --- The bars --------------------------------------------------------------------------------


def all_bars(document: Mapping[str, Any]) -> list[tuple[str, Mapping[str, Any]]]:
    """Each bar with the title of what it is about."""
    found = [(work["title"], bar) for work in document["works"] for bar in work["bars"]]
    return found + [("Memory", bar) for bar in document.get("memory", {}).get("bars", [])]


def _number(bar: Mapping[str, Any], key: str) -> str:
    unit = f" {bar['unit']}" if bar["unit"] else ""
    return f"{significant(bar[key])}{unit}"


def _bars(document: Mapping[str, Any]) -> str:
    bars = all_bars(document)
    judged = document["judged"]
    rows, last = [], ""
    for title, bar in bars:
        bound = f"{bar['sense']} {_number(bar, 'bound')}"
        outcome = "not judged" if not judged else "met" if bar["met"] else "**MISSED**"
        rows.append(
            [title if title != last else "", bar["name"], _number(bar, "ratio"), bound, outcome]
        )
        last = title
    for work in document["works"]:
        rows += [[work["title"], line, "", "", "not measured"] for line in work["unmeasured"]]
    if not rows:
        return ""
    met = sum(bar["met"] for _, bar in bars)
    told = f"{met} of {len(bars)} are met." if judged else "So few texts say nothing about them."
    head = ["work", "figure", "measured", "bar", ""]
    return f"## The bars\n\n{told}\n\n{table(head, rows, right=(2,))}"


# --- The works -------------------------------------------------------------------------------


def _work(work: Mapping[str, Any]) -> str:
    contenders = work["contenders"]
    ours = [c for c in contenders if c["kind"] == "ours"]
    fastest = min(median(c["ns"]) for c in ours)
    rows = []
    for c in contenders:
        typical = median(c["ns"])
        ratio = f"{significant(typical / fastest)}x" if c["kind"] == "peer" else ""
        spread = f"{duration(min(c['ns']))} to {duration(max(c['ns']))}"
        rows.append([c["name"], duration(typical), spread, ratio])
    head = ["", f"a {work['unit']}", "least to most", "to our fastest"]
    made = table(head, rows, right=(1, 2, 3))
    return f"## {work['title']}\n\n{_sentence(work['texts'])}\n\n{made}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


# --- What is beside the table ----------------------------------------------------------------


def _memory(found: Mapping[str, Any]) -> str:
    titles = {"join": "the join of {:,} words", "stream": "{:,} pairs in batches"}
    rows = []
    for name, title in titles.items():
        told = found[name]
        for who, peak in told["peak_bytes"].items():
            looks = told["bytes_on_the_way"][who]
            rows.append(
                [
                    title.format(told["rows"]),
                    who,
                    mebibytes(peak),
                    mebibytes(looks[0]),
                    mebibytes(looks[-1]),
                ]
            )
    head = ["work", "process", "peak, MiB", "a tenth of the way", "at the end"]
    return (
        "## Memory\n\nResident memory of client and server, in processes that do nothing else.\n\n"
        + table(head, rows, right=(2, 3, 4))
    )


def _throughput(found: Mapping[str, Any]) -> str:
    sizes = found["batch_sizes"]
    rows = [
        [name, *(significant(rate / 1e6) for rate in rates)]
        for name, rates in found["pairs_per_second"].items()
    ]
    head = ["pairs in a batch", *(f"{size:,}" for size in sizes)]
    return (
        "## Throughput by batch size\n\nMillions of pairs a second, Levenshtein distance.\n\n"
        + table(head, rows, right=range(1, len(head)))
    )


def _latency(found: Mapping[str, Any]) -> str:
    rows = []
    for name, seconds in found["seconds"].items():
        ordered = sorted(seconds)
        rows.append([name, *(duration(1e9 * quantile(ordered, q)) for q in (0.5, 0.9, 0.99, 1))])
    head = ["call", "median", "90 %", "99 %", "longest"]
    return "## Latency\n\nOf single calls to the embedded server, one after the other.\n\n" + table(
        head, rows, right=(1, 2, 3, 4)
    )


def _stages(found: Mapping[str, Any]) -> str:
    ways = found["ns_per_pair"]
    stages = list(next(iter(ways.values())))
    rows = [[way, *(significant(ns[stage]) for stage in stages)] for way, ns in ways.items()]
    head = ["ns a pair", *stages]
    return (
        "## Where the time goes\n\nOf calls of the usual size, one after the other, by clocks in "
        "the client and the server's timing\ntrailer. Compute is processor time, over the workers; "
        "socket is what neither side accounts for:\ngRPC and the kernel. *Together* is the verb as "
        "it is, with a few calls under way at a time.\n\n"
        + table(head, rows, right=range(1, len(head)))
    )


# --- Numbers and tables ----------------------------------------------------------------------


def quantile(ordered: Sequence[float], q: float) -> float:
    """Of values in ascending order; the nearest one from above."""
    return ordered[min(len(ordered) - 1, int(q * len(ordered)))]


def significant(value: float) -> str:
    """Three digits that count, or all of those before the point."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def duration(ns: float) -> str:
    for unit, scale in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if ns >= scale:
            return f"{significant(ns / scale)} {unit}"
    return f"{significant(ns)} ns"


def mebibytes(count: int) -> str:
    return f"{count / (1 << 20):,.0f}"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Iterable[int] = ()) -> str:
    """A Markdown table whose columns also align as text; those in `right` to the right."""
    to_right = set(right)
    widths = [max(3, *(len(row[i]) for row in (head, *rows))) for i in range(len(head))]

    def line(cells: Sequence[str]) -> str:
        padded = [
            cell.rjust(width) if i in to_right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |\n"

    rule = ["-" * (w - 1) + (":" if i in to_right else "-") for i, w in enumerate(widths)]
    return line(head) + line(rule) + "".join(map(line, rows))
