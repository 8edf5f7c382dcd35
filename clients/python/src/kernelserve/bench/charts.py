"""A run as pictures. Needs matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import LogLocator, NullFormatter

from .report import duration, quantile, significant
from .rounds import median

_INK, _MUTED, _GRID = "#1f2328", "#656d76", "#e4e7eb"
_MET, _MISSED = "#1f6feb", "#d1242f"
_OURS = ["#0b3d91", "#1f6feb", "#7cb0f7"]
_PEERS = ["#bc4c00", "#8250df", "#1a7f37", "#6e7781", "#bf3989"]
_STAGES = {
    "build": "#0b3d91",
    "socket": "#c9d1d9",
    "decode": "#a475f9",
    "queue": "#f0b72f",
    "compute": "#1a7f37",
    "encode": "#8250df",
    "reply": "#1f6feb",
}


def draw(document: Mapping[str, Any], directory: Path) -> dict[str, Path]:
    """Writes a PNG for each chart that the document has figures for, and gives their paths."""
    makers: dict[str, tuple[Callable[[Mapping[str, Any]], Figure], bool]] = {
        "speedup": (_speedup, any(_rivals(work) for work in document["works"])),
        "throughput": (_throughput, "throughput" in document),
        "latency": (_latency, "latency" in document),
        "stages": (_stages, "stages" in document),
    }
    directory.mkdir(parents=True, exist_ok=True)
    out = {}
    style: Any = {"font.family": "sans-serif", "font.size": 10, "text.color": _INK}
    with mpl.rc_context(style):
        for name, (make, wanted) in makers.items():
            if wanted:
                out[name] = directory / f"{name}.png"
                make(document).savefig(out[name])
    return out


def _figure(
    document: Mapping[str, Any],
    title: str,
    about: str,
    *,
    height: float,
    left: float,
    width: float = 10,
) -> tuple[Figure, Axes]:
    """Axes below a title and a line or two about it, above one about the machine."""
    figure = Figure(figsize=(width, height), dpi=130)
    figure.subplots_adjust(left=left, right=0.96, top=1 - 0.95 / height, bottom=0.95 / height)
    axes = figure.subplots()
    machine = document["machine"]
    figure.text(0.02, 1 - 0.32 / height, title, size=14, weight="bold")
    figure.text(0.02, 1 - 0.45 / height, about, color=_MUTED, va="top", linespacing=1.4)
    figure.text(
        0.02,
        0.14 / height,
        f"kernelserve {document['version']}, {machine['cores']} cores, {machine['processor']}, "
        f"load {machine['load']:.1f} at the start",
        color=_MUTED,
        size=8,
    )
    axes.tick_params(colors=_MUTED)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["bottom", "left"]].set_color(_MUTED)
    axes.set_axisbelow(True)
    return figure, axes


def _label(axes: Axes, x: str, y: str = "") -> None:
    axes.set_xlabel(x, color=_MUTED)
    axes.set_ylabel(y, color=_MUTED)


# --- How many times as fast ------------------------------------------------------------------


def _rivals(work: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The fastest setting of each peer, as a ratio to ours: the one that is held to it, or else our
    fastest.
    """
    best: dict[str, float] = {}
    for c in work["contenders"]:
        if c["kind"] == "peer":
            peer = c["name"].partition(",")[0].rpartition(" ")[0]
            best[peer] = min(best.get(peer, float("inf")), median(c["ns"]))
    return [(peer, ns / _ours(work, peer)) for peer, ns in best.items()]


def _ours(work: Mapping[str, Any], peer: str) -> float:
    ours = [c for c in work["contenders"] if c["kind"] == "ours"]
    told = [b["name"] for b in work["bars"] if b["at_least"] and peer in b["name"]]
    held = [c for c in ours if any(n.endswith(c["name"].partition(",")[2]) for n in told)]
    return min(median(c["ns"]) for c in held or ours)


def _bound(work: Mapping[str, Any], peer: str) -> float | None:
    """How many times as fast as a peer the fastest way has to be."""
    bounds = [b["bound"] for b in work["bars"] if b["at_least"] and peer in b["name"]]
    return max(bounds, default=None)


def _speedup(document: Mapping[str, Any]) -> Figure:
    rows = [
        (work, peer, ratio)
        for work in document["works"]
        if work["unit"] != "call"  # those are small on purpose
        for peer, ratio in _rivals(work)
    ]
    bounds = [_bound(work, peer) for work, peer, _ in rows]
    figure, axes = _figure(
        document,
        "How many times as fast as libraries in the process",
        f"Time of each library's fastest setting to kernelserve's, median of {document['rounds']} "
        "rounds. Results are equal.\n"
        "Black: the bar that was set. Red: it is missed; or, where there is none, slower.",
        height=2.1 + 0.27 * len(rows),
        left=0.47,
        width=12,
    )
    for at, ((_, _, ratio), bound) in enumerate(zip(rows, bounds, strict=True)):
        missed = ratio < (bound or 1)
        axes.barh(at, ratio - 1, left=1, height=0.62, color=_MISSED if missed else _MET)
        if bound:
            axes.plot([bound] * 2, [at - 0.42, at + 0.42], color=_INK, linewidth=1.8)
        axes.annotate(
            f"{significant(ratio)}x",
            (max(ratio, bound or 1), at),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
        )
    titles = [
        peer if at and rows[at - 1][0] is work else f"{work['title']}   {peer}"
        for at, (work, peer, _) in enumerate(rows)
    ]
    axes.set_yticks(range(len(rows)), titles, color=_INK, size=9)
    axes.set_ylim(len(rows) - 0.4, -0.6)
    axes.set_xscale("log")
    ratios = [ratio for _, _, ratio in rows]
    farthest = max(*ratios, *(bound or 1 for bound in bounds), 1)
    axes.set_xlim(min(0.8, *ratios) / 1.2, 3 * farthest)
    axes.axvline(1, color=_MUTED, linewidth=0.8)
    axes.xaxis.set_major_formatter("{x:g}x")
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=_GRID)
    _label(axes, "times as fast (logarithmic, more is better)")
    return figure


# --- Throughput ------------------------------------------------------------------------------


def _throughput(document: Mapping[str, Any]) -> Figure:
    found = document["throughput"]
    sizes = found["batch_sizes"]
    figure, axes = _figure(
        document,
        "Throughput by the size of a batch",
        "Levenshtein distance of pairs of words; Python's objects in and out, median of "
        f"{document['rounds']} rounds.",
        height=6,
        left=0.09,
    )
    figure.subplots_adjust(right=0.7)
    ours, peers = iter(_OURS), iter(_PEERS)
    ends: list[tuple[float, str, str]] = []
    for name, rates in found["pairs_per_second"].items():
        own = name.startswith("kernelserve")
        color = next(ours if own else peers, _MUTED)
        style: Any = {"linewidth": 2.2, "marker": "o"} if own else {"linewidth": 1.3, "marker": "."}
        axes.plot(sizes, rates, color=color, **style)
        ends.append((rates[-1], name, color))
    axes.set_xscale("log")
    axes.set_yscale("log")
    _label_ends(axes, sizes[-1], ends)
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    figure.subplots_adjust(left=0.13)
    axes.grid(color=_GRID)
    _label(axes, "pairs in a batch (logarithmic)", "pairs a second (logarithmic, more is better)")
    return figure


def _label_ends(axes: Axes, x: float, ends: Sequence[tuple[float, str, str]]) -> None:
    """Names lines where they end, as far apart as text needs."""
    low, high = axes.get_ylim()
    gap = (high / low) ** 0.045
    placed: list[float] = []
    for y, _, _ in sorted(ends):
        placed.append(max(y, placed[-1] * gap) if placed else y)
    # Names that had to give way did so upwards: the middle of all is where it was.
    shift = (placed[-1] / max(y for y, _, _ in ends)) ** -0.5
    for (y, name, color), at in zip(sorted(ends), placed, strict=True):
        axes.annotate(
            name,
            (x, y),
            xytext=(1.04, at * shift),
            textcoords=axes.get_yaxis_transform(),
            va="center",
            color=color,
            size=9,
            arrowprops={"arrowstyle": "-", "color": color, "linewidth": 0.5, "relpos": (0, 0.5)},
        )


# --- Latency ---------------------------------------------------------------------------------


def _latency(document: Mapping[str, Any]) -> Figure:
    found = document["latency"]["seconds"]
    count = max(map(len, found.values()))
    figure, axes = _figure(
        document,
        "How long single calls take",
        f"{count:,} calls of each kind to the embedded server, one after the other. Dots: median "
        "and 99 %.",
        height=4.6,
        left=0.09,
    )
    for (name, seconds), color in zip(
        found.items(), [_OURS[1], _PEERS[2], _PEERS[0]], strict=False
    ):
        ordered = sorted(1e6 * s for s in seconds)
        shares = [100 * (i + 1) / len(ordered) for i in range(len(ordered))]
        axes.step(ordered, shares, where="post", color=color, linewidth=1.8, label=name)
        for q in (0.5, 0.99):
            x = quantile(ordered, q)
            axes.plot([x], [100 * q], "o", color=color)
            axes.annotate(
                duration(1e3 * x),
                (x, 100 * q),
                xytext=(6, -12),
                textcoords="offset points",
                color=color,
                size=9,
            )
    axes.set_xscale("log")
    axes.set_ylim(0, 103)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.yaxis.set_major_formatter("{x:.0f} %")
    axes.grid(color=_GRID)
    axes.legend(frameon=False, loc="lower right")
    _label(axes, "microseconds (logarithmic, less is better)", "calls that took no longer")
    return figure


# --- Where the time goes ---------------------------------------------------------------------


def _stages(document: Mapping[str, Any]) -> Figure:
    ways = document["stages"]["ns_per_pair"]
    figure, axes = _figure(
        document,
        "Where the time goes",
        "Levenshtein distance of pairs of words, in calls of the usual size, one after the other.",
        height=4.4,
        left=0.14,
    )
    figure.subplots_adjust(top=0.7)
    longest = max(sum(ns[stage] for stage in _STAGES) for ns in ways.values())
    for row, ns in enumerate(ways.values()):
        at = 0.0
        for stage, color in _STAGES.items():
            axes.barh(row, ns[stage], left=at, height=0.55, color=color)
            if ns[stage] > 0.03 * longest:
                dark = stage not in ("socket", "queue")
                axes.text(
                    at + ns[stage] / 2,
                    row,
                    significant(ns[stage]),
                    ha="center",
                    va="center",
                    size=9,
                    color="white" if dark else _INK,
                )
            at += ns[stage]
        axes.annotate(
            f"{significant(at)} ns",
            (at, row),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            weight="bold",
        )
        together = ns["together"]
        axes.plot([together] * 2, [row - 0.4, row + 0.4], color=_INK, linewidth=2.2)
    axes.set_yticks(range(len(ways)), list(ways), color=_INK)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.12 * max(longest, *(ns["together"] for ns in ways.values())))
    axes.tick_params(axis="y", length=0)
    axes.grid(axis="x", color=_GRID)
    names = {"build": "build the request", "reply": "read the reply"}
    handles: list[Patch | Line2D] = [
        Patch(color=c, label=names.get(s, s)) for s, c in _STAGES.items()
    ]
    handles.append(Line2D([], [], color=_INK, linewidth=2.2, label="the verb, calls overlapping"))
    figure.legend(
        handles=handles,
        ncols=8,
        frameon=False,
        loc="upper left",
        bbox_to_anchor=(0.01, 0.84),
        fontsize=8.5,
        columnspacing=1.1,
        handlelength=1.2,
    )
    _label(axes, "nanoseconds a pair (less is better)")
    return figure
