"""Figures of a sample: every pair of parameters, and how evenly each parameter is covered."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from accel_core.plots import theme
from accel_core.space import DesignSpace, Parameter

TITLE_WIDTH = 11
"""Characters of a title's line; longer ones run into the neighbors of a small panel."""

TITLE_PX = 10
PANEL_PX = 68
"""Height that a panel needs for two lines of ticks and the longest word of a title."""

MANY = 7
"""With as many parameters or more, panels are so small that each word of a title has a line of its own."""


def scatter_matrix(designs: pd.DataFrame, space: DesignSpace, dark: bool = False) -> go.Figure:
    """Show every pair of the parameters that vary, colored by the first categorical one."""
    varying = [parameter for parameter in space.parameters if parameter.size != 1]
    numeric = [parameter for parameter in varying if parameter.is_numeric]
    by = next((parameter for parameter in varying if not parameter.is_numeric), None)
    groups = [("designs", designs)] if by is None else list(designs.groupby(by.name, sort=True))
    colors = theme.CATEGORIES_DARK if dark else theme.CATEGORIES_LIGHT
    width = 1 if len(numeric) >= MANY else TITLE_WIDTH
    figure = go.Figure()
    for index, (name, rows) in enumerate(groups):
        figure.add_splom(
            dimensions=[{"label": _title(entry, width), "values": _shown(entry, rows)} for entry in numeric],
            name=str(name),
            marker={"size": 4, "opacity": 0.75, "color": colors[index % len(colors)]},
            diagonal_visible=False,
            showupperhalf=False,
        )
    figure.update_layout(dragmode="select", showlegend=by is not None)
    fonts = {"tickfont": {"size": 10}, "title": {"font": {"size": TITLE_PX}}}
    # The figure itself knows no axis but the first of a matrix; the others get their looks by name.
    names = [f"{side}axis{number if number > 1 else ''}" for side in "xy" for number in range(1, len(numeric) + 1)]
    figure.update_layout(dict.fromkeys(names, fonts))
    return figure


def coverage(designs: pd.DataFrame, space: DesignSpace) -> pd.DataFrame:
    """Return, for each varying parameter, the share of its strata that hold a design.

    A parameter has as many strata as there are designs, at most as many as it has values, at most 32.

    Returns:
        Columns ``parameter``, ``strata``, ``hit`` (count), ``share`` (0 to 1).
    """
    rows = []
    for parameter in space.parameters:
        if parameter.size == 1:
            continue
        n_strata = min(len(designs), parameter.size or 32, 32)
        unit = np.asarray(parameter.to_unit(designs[parameter.name]), dtype=np.float64)
        hit = len(np.unique(np.minimum((unit * n_strata).astype(int), n_strata - 1)))
        rows.append({"parameter": parameter.name, "strata": n_strata, "hit": hit, "share": hit / n_strata})
    return pd.DataFrame(rows, columns=["parameter", "strata", "hit", "share"])


def coverage_bars(table: pd.DataFrame, dark: bool = False) -> go.Figure:
    """Show the table of ``coverage`` as bars from 0 to 100 %."""
    figure = go.Figure(
        go.Bar(
            x=100 * table["share"],
            y=table["parameter"],
            orientation="h",
            text=[f"{hit} of {strata}" for hit, strata in zip(table["hit"], table["strata"], strict=True)],
            textposition="auto",
            marker={"color": theme.KEPT[theme.mode(dark)]},
            hovertemplate="%{y}: %{text} strata hold a design<extra></extra>",
        )
    )
    figure.update_xaxes(title="Strata that hold a design [%]", range=[0, 100])
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(showlegend=False)
    return figure


def _title(parameter: Parameter, width: int) -> str:
    words = parameter.name.replace("_hz", " [MHz]").replace("_target", "").replace("_", " ")
    return "<br>".join(textwrap.wrap(words, width, break_long_words=False))


def _shown(parameter: Parameter, rows: pd.DataFrame) -> pd.Series:
    return rows[parameter.name] * 1e-6 if parameter.unit == "Hz" else rows[parameter.name]
