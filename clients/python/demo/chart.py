"""The million pairs as a bar chart."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from .million_pairs import Results, versions

_OURS, _FLOOR, _PEER, _INK, _MUTED = "#1f6feb", "#a8c7fa", "#b8bec6", "#1f2328", "#656d76"


def draw_chart(results: Results, machine: str, path: Path) -> None:
    """Writes a PNG: nanoseconds a pair from 0, the boundary's part of ours told apart."""
    bars = sorted([results.ours, *results.peers], key=lambda r: r.ns)
    with mpl.rc_context({"font.family": "sans-serif", "font.size": 11, "text.color": _INK}):
        figure = Figure(figsize=(10, 4.3), dpi=150)
        figure.subplots_adjust(left=0.25, right=0.97, top=0.78, bottom=0.27)
        axes = figure.subplots()
        for row, r in enumerate(bars):
            ours = r is results.ours
            axes.barh(row, r.ns, height=0.62, color=_OURS if ours else _PEER)
            if ours:
                floor = min(results.floor.ns, r.ns)
                axes.barh(row, floor, height=0.62, color=_FLOOR)
            error = [[r.ns - r.ns_least], [r.ns_most - r.ns]]
            axes.errorbar(r.ns, row, xerr=error, color=_INK, capsize=3, linewidth=1)
            ratio = "" if ours else f"   ({r.ns / results.ours.ns:.1f}x ours)"
            axes.annotate(
                f"{r.ns:,.0f} ns{ratio}",
                (r.ns_most, row),
                xytext=(8, 0),
                textcoords="offset points",
                va="center",
                weight="bold" if ours else "normal",
            )
        axes.set_yticks(range(len(bars)), [r.contender.name for r in bars], color=_INK)
        axes.get_yticklabels()[bars.index(results.ours)].set_fontweight("bold")
        axes.invert_yaxis()
        axes.set_xlim(0, 1.4 * max(r.ns_most for r in bars))  # with room for the last label
        axes.xaxis.set_major_formatter("{x:,.0f}")
        axes.set_xlabel("nanoseconds a pair, less is better")
        axes.tick_params(axis="y", length=0)
        axes.tick_params(axis="x", colors=_MUTED)
        axes.xaxis.label.set_color(_MUTED)
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.spines["bottom"].set_color(_MUTED)
        figure.text(
            0.02,
            0.92,
            f"Levenshtein distance of {len(results.pairs):,} pairs of English words",
            size=15,
            weight="bold",
        )
        figure.text(
            0.02,
            0.84,
            f"Median of {results.ours.rounds} alternating rounds, with the least and the most. "
            f"{versions()}.",
            color=_MUTED,
            size=10,
        )
        figure.text(
            0.02,
            0.04,
            f"Light blue: what the boundary costs by itself (the null kernel: "
            f"{results.floor.ns:,.0f} ns).\n"
            f"Off this scale: a loop in Python, {results.python.ns:,.0f} ns a pair on "
            f"{results.python.contender.units:,} of them. {machine}.",
            color=_MUTED,
            size=10,
            linespacing=1.5,
        )
        figure.savefig(path)
