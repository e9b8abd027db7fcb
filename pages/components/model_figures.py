"""Figures and pictures of the Surrogates page beyond those of `accel_core.plots.surrogates`."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from accel_core.metrics import get_metric
from accel_core.plots.surrogates import ERROR_TITLES
from accel_core.plots.theme import BOUND, CATEGORIES_DARK, CATEGORIES_LIGHT, mode, template
from accel_core.surrogates.roi import confusion
from accel_core.surrogates.splits import UNSEEN_ARCHITECTURE, UNSEEN_BACKEND

GOALS = {UNSEEN_BACKEND: 7.0, UNSEEN_ARCHITECTURE: 10.0}
"""Largest acceptable muAPE in percent, for each way to hold out designs."""

_ROWS, _COLUMNS = 6, 10
_HELD_ROWS, _HELD_COLUMNS = (1, 4), (2, 6)
_LEARNED = "background:light-dark(#7DB3DC,#3F7FB0)"
_ASKED = "background:light-dark(#fdeee2,#3a2a1d);box-shadow:inset 0 0 0 1.5px light-dark(#D55E00,#FF8A3D)"


def held_out_picture(split: str) -> str:
    """Return a small picture (HTML) of what a model learns from and what it is asked: a row is an architecture.

    Colors follow the page's scheme by CSS, so that the same text serves light and dark pages.
    """
    cells = []
    for row in range(_ROWS):
        for column in range(_COLUMNS):
            is_asked = row in _HELD_ROWS if split == UNSEEN_ARCHITECTURE else column in _HELD_COLUMNS
            cells.append(_square(is_asked))
    muted = "color:light-dark(#5b6472,#9aa4b2);font-size:0.8rem"
    grid = f"display:grid;grid-template-columns:repeat({_COLUMNS},14px);gap:4px"
    legend = "display:flex;gap:6px;align-items:center;margin-right:14px"
    return (
        f'<div style="{muted};line-height:1.3">'
        f'<div style="margin-bottom:5px">each row an architecture, each column a backend point</div>'
        f'<div style="{grid}">{"".join(cells)}</div>'
        f'<div style="display:flex;margin-top:9px"><span style="{legend}">{_square(False)} learned from</span>'
        f'<span style="{legend}">{_square(True)} asked</span></div></div>'
    )


def _square(is_asked: bool) -> str:
    return f'<i style="width:14px;height:14px;border-radius:3px;{_ASKED if is_asked else _LEARNED}"></i>'


def error_bars(errors: pd.DataFrame, column: str, *, goal: float | None = None, dark: bool = False) -> go.Figure:
    """Show one error figure by metric with a bar a model, and the goal as a dashed line.

    Args:
        errors: Columns ``model metric`` and the error column in percent, of one way to hold out designs.
        column: One of ``ERROR_TITLES``.
        goal: Largest acceptable error in percent, or None.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": template(dark), "barmode": "group", "bargap": 0.3})
    for model in dict.fromkeys(errors["model"]):
        rows = errors[errors["model"] == model]
        figure.add_bar(
            x=[get_metric(name).title for name in rows["metric"]],
            y=rows[column],
            name=model,
            hovertemplate="%{x}: %{y:.2f} %<extra>" + model + "</extra>",
        )
    figure.update_yaxes(title=ERROR_TITLES[column].split(":")[0].removesuffix(" [%]") + " [%]", rangemode="tozero")
    if goal is not None:
        add_goal(figure, goal, dark)
    return figure


def add_goal(figure: go.Figure, goal: float, dark: bool) -> None:
    """Draw a goal as a dashed line with its value."""
    color = BOUND[mode(dark)]
    figure.add_hline(
        y=goal,
        line={"dash": "dash", "width": 1.5, "color": color},
        annotation={"text": f"goal: at most {goal:g} %", "font": {"color": color, "size": 12}},
        annotation_position="top right",
    )


def log_curve(figure: go.Figure, goal: float | None, dark: bool) -> None:
    """Make errors of a learning curve logarithmic, because they fall by decades, and draw the goal into it."""
    sizes = [size for trace in figure.data for size in trace.x]
    figure.update_yaxes(type="log", rangemode="normal", tickvals=[0.2, 0.5, 1, 2, 5, 10, 20, 50, 100])
    if goal is not None:
        figure.add_scatter(
            x=[min(sizes), max(sizes)],
            y=[goal, goal],
            mode="lines",
            name=f"goal: at most {goal:g} %",
            line={"dash": "dash", "width": 1.5, "color": BOUND[mode(dark)]},
            hoverinfo="skip",
        )


def color_in_order(figure: go.Figure, dark: bool) -> None:
    """Give curves of models the colors that models have elsewhere; dotted reference lines keep theirs."""
    curves = [trace for trace in figure.data if trace.line.dash is None]
    for trace, color in zip(curves, CATEGORIES_DARK if dark else CATEGORIES_LIGHT, strict=False):
        trace.line.color = trace.marker.color = color


def add_error_bars(figure: go.Figure, color: str) -> None:
    """Add to a parity plot one predicted standard deviation up and down, which its points carry for hovering."""
    for trace in figure.data:
        if trace.mode == "markers" and trace.customdata is not None:
            spread = np.asarray(trace.customdata)[:, 1].astype(np.float64)
            trace.error_y = {"type": "data", "array": spread, "thickness": 1, "width": 0, "color": color}


def confusion_matrix(roi: pd.DataFrame, dark: bool = False) -> go.Figure:
    """Show how many designs were said to be in the region of interest, and how many really are.

    Args:
        roi: Columns ``predicted`` and ``actual`` (bool), of one way to hold out designs.
        dark: For a dark page.
    """
    found = confusion(roi["predicted"], roi["actual"])
    counts = np.array(
        [[found["true_inside"], found["false_outside"]], [found["false_inside"], found["true_outside"]]], dtype=int
    )
    right = np.eye(2)
    share = counts / max(1, counts.sum())
    sides = ["in the ROI", "outside"]
    low, good, bad = ("#1a1f29", "#1F6F58", "#8A4B1E") if dark else ("#ffffff", "#8FD3BC", "#F2B183")
    figure = go.Figure(layout={"template": template(dark)})
    figure.add_heatmap(
        z=np.where(right == 1, share, -share),
        x=sides,
        y=sides,
        zmin=-1,
        zmax=1,
        colorscale=[[0, bad], [0.5, low], [1, good]],
        showscale=False,
        xgap=4,
        ygap=4,
        text=[[f"{counts[i, j]:,}<br>{100 * share[i, j]:.0f} %" for j in range(2)] for i in range(2)],
        texttemplate="%{text}",
        textfont={"size": 16},
        hovertemplate="really %{y}, said to be %{x}: %{text}<extra></extra>",
    )
    figure.update_xaxes(title="Said to be", side="bottom", showline=False, ticks="")
    figure.update_yaxes(title="Really", autorange="reversed", showline=False, ticks="")
    return figure


def probability_histogram(roi: pd.DataFrame, dark: bool = False) -> go.Figure:
    """Show the predicted probability of the region of interest, for designs that really are in it and others."""
    colors = CATEGORIES_DARK if dark else CATEGORIES_LIGHT
    figure = go.Figure(layout={"template": template(dark), "barmode": "overlay", "bargap": 0.08})
    inside = roi["actual"].to_numpy(dtype=bool)
    for chosen, name, color in ((inside, "really in the ROI", colors[0]), (~inside, "really outside", colors[1])):
        figure.add_histogram(
            x=100 * roi["probability"].to_numpy()[chosen],
            name=name,
            xbins={"start": 0, "end": 100.001, "size": 5},
            marker={"color": color},
            opacity=0.65,
            hovertemplate="%{x} %: %{y} designs<extra>" + name + "</extra>",
        )
    figure.update_xaxes(title="Predicted probability of the ROI [%]", range=[0, 100])
    figure.update_yaxes(title="Held-out designs")
    return figure
