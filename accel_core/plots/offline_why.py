"""Figures that explain a design beside another: area by part, and time by layer in compute and in memory."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from accel_core.plots import theme
from accel_core.plots.offline import FEW_TOOLS, model_color

MOST_LAYERS = 10


def part_colors(words: Mapping[str, str], *, dark: bool = False) -> dict[str, str]:
    """Return the color of each part of an area, in the order of their words."""
    return dict(zip(words, theme.CATEGORIES_DARK if dark else theme.CATEGORIES_LIGHT, strict=True))


def area_bars(designs: Mapping[str, Mapping[str, float]], words: Mapping[str, str], *, dark: bool = False) -> go.Figure:
    """Draw the area of designs as bars of their parts, one below the other, without a legend.

    Args:
        designs: Area in mm2 by part, by the designs' words.
        words: Words of the parts; a legend has them with ``part_colors``.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": theme.template(dark)})
    for part, color in part_colors(words, dark=dark).items():
        figure.add_bar(
            y=list(designs), x=[areas[part] for areas in designs.values()], orientation="h", name=words[part],
            marker={"color": color}, hovertemplate="%{y}: %{x:.2f} mm²<extra>" + words[part] + "</extra>",
        )  # fmt: skip
    figure.update_xaxes(ticksuffix=" mm²", nticks=4, fixedrange=True)
    figure.update_yaxes(autorange="reversed", ticks="", fixedrange=True)
    figure.update_layout(
        barmode="stack",
        bargap=0.3,
        margin={"l": 8, "b": 24, "t": 2},
        showlegend=False,
        modebar={"remove": ["toimage"]},
    )
    return figure


def slowest(designs: Mapping[str, pd.DataFrame], most: int = MOST_LAYERS) -> list[int]:
    """Return the numbers of the layers that take most time in either design, in the network's order."""
    longest = np.max([rows["total_s"].to_numpy(dtype=np.float64) for rows in designs.values()], axis=0)
    return sorted(int(i) for i in np.argsort(-longest, kind="stable")[:most])


def layer_bars(designs: Mapping[str, pd.DataFrame], scale_ms: float, *, dark: bool = False) -> go.Figure:
    """Draw compute and memory time of the slowest layers, a panel a design, on one scale.

    Both go on at the same time, so the longer bar is what a layer waits for.

    Args:
        designs: Layers of each (``Breakdown.layers``), by words; the same layers in each.
        scale_ms: Milliseconds to show for a second of one inference.
        dark: For a dark page.
    """
    figure = make_subplots(rows=1, cols=len(designs), shared_yaxes=True, shared_xaxes="all",
                           subplot_titles=list(designs), horizontal_spacing=0.03)  # fmt: skip
    figure.update_layout(template=theme.template(dark), modebar=FEW_TOOLS)
    mode = theme.mode(dark)
    colors = {"compute": model_color("conservative", dark), "memory": theme.FRONT[mode]}
    chosen = slowest(designs)
    for column, rows in enumerate(designs.values(), start=1):
        shown = rows.iloc[chosen]
        times = {"compute": shown["compute_s"], "memory": shown[["bus_s", "dram_s"]].max(axis=1)}
        for name, values in times.items():
            figure.add_bar(
                y=shown["layer"], x=scale_ms * values, orientation="h", name=name, legendgroup=name,
                showlegend=column == 1, marker={"color": colors[name]}, row=1, col=column,
                hovertemplate="%{y}: %{x:.2f} ms<extra>" + name + "</extra>",
            )  # fmt: skip
        figure.update_xaxes(title="Time [ms]", row=1, col=column)
    longest = scale_ms * max(float(rows.iloc[chosen]["total_s"].max()) for rows in designs.values())
    figure.update_xaxes(range=[0, 1.03 * longest])
    figure.update_yaxes(autorange="reversed", ticks="", tickfont={"size": 11}, type="category")
    figure.update_annotations(font_size=12)
    figure.update_layout(bargap=0.25, bargroupgap=0.0, margin={"t": 56}, legend={"y": 1.12})
    return figure
