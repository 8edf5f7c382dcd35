"""A race of kernels as a bar chart."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from .kernel_report import Section

_MET, _MISSED, _INK, _MUTED = "#1f6feb", "#d1242f", "#1f2328", "#656d76"
_COLUMNS = 3
_RATIO_MIN, _RATIO_MAX = 0.2, 200


def draw_chart(sections: Sequence[Section], path: Path) -> None:
    """Writes a PNG: for each section the ratios of its scorers, and how far they had to get."""
    rows = math.ceil(len(sections) / _COLUMNS)
    with mpl.rc_context({"font.family": "sans-serif", "font.size": 8, "text.color": _INK}):
        figure = Figure(figsize=(5 * _COLUMNS, 2.4 * rows), dpi=150, layout="constrained")
        grid = figure.subplots(rows, _COLUMNS, squeeze=False).flat
        for axes, section in zip(grid, sections, strict=False):
            bars = section.bars
            axes.barh(
                range(len(bars)),
                [bar.ratio for bar in bars],
                color=[_MET if bar.met else _MISSED for bar in bars],
            )
            for row, bar in enumerate(bars):
                axes.plot([bar.bound] * 2, [row - 0.45, row + 0.45], color=_INK, linewidth=1.5)
                axes.annotate(
                    f"{bar.ratio:.1f}",
                    (max(bar.ratio, bar.bound), row),
                    xytext=(3, 0),
                    textcoords="offset points",
                    va="center",
                )
            axes.set_yticks(range(len(bars)), [bar.name.split(": ")[1] for bar in bars])
            axes.invert_yaxis()
            first, second = section.contenders
            axes.set_title(section.name, loc="left", weight="bold")
            axes.set_xlabel(f"{second} to {first}", color=_MUTED)
            # As many times slower is as far to the left of 1 as so many times faster to its right.
            axes.set_xscale("log")
            axes.set_xlim(_RATIO_MIN, _RATIO_MAX)
            axes.xaxis.set_major_formatter("{x:g}")
            axes.axvline(1, color=_MUTED, linewidth=0.5)
            axes.tick_params(colors=_MUTED)
            axes.spines[["top", "right"]].set_visible(False)
        for axes in list(grid):  # what is left over
            axes.set_axis_off()
        figure.suptitle(
            "The time of a pair as a ratio: the other's to ours. Black: the bar. Red: missed."
        )
        figure.savefig(path)
