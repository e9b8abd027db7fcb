"""The mesh of processing elements, to scale, with the loops that a mapping unrolls over it."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from accel_core.platforms.eyeriss.mapping import LoopNest
from accel_core.plots import theme
from accel_core.plots.eyeriss_lanes import Side, sides

USED = {"light": ("#0072B2", "#3D94C9"), "dark": ("#4DA9F0", "#2C7FBF")}
IDLE = {"light": "#DDE1E8", "dark": "#333B49"}
BAND = {"light": ("#C9CEF4", "#E6E8FA"), "dark": ("#4A4689", "#312F57")}

LYING = 1.4
"""A mesh with more rows a column than this is drawn lying, so that its lanes do not become too small to see."""
LABELS_ALONG = 24
"""So many labels fit along the longer side of the mesh; runs too short for theirs go without."""


def mesh(nest: LoopNest, mesh_x: int, mesh_y: int, *, dark: bool = False) -> go.Figure:
    """Draw one square a lane: used ones colored by the runs of their innermost loops, idle ones gray.

    Bands along the sides show how far each unrolled loop reaches, outermost loop outside. A mesh much taller than wide
    is drawn lying, rows from left to right; the titles of the sides say so.

    Args:
        nest: The mapping; it must fit the mesh.
        mesh_x: Columns.
        mesh_y: Rows.
        dark: For a dark page.
    """
    columns, rows = sides(nest, mesh_x, mesh_y)
    is_lying = mesh_y > LYING * mesh_x
    across, down = (rows, columns) if is_lying else (columns, rows)
    figure = go.Figure(layout={"template": theme.template(dark)})
    mode = theme.mode(dark)
    used, hover = _lanes(across, down)
    gap = 0 if max(mesh_x, mesh_y) > 90 else 1 if max(mesh_x, mesh_y) > 30 else 2
    figure.add_heatmap(
        z=used,
        zmin=0,
        zmax=2,
        colorscale=[[0, IDLE[mode]], [0.33, IDLE[mode]], [0.33, USED[mode][0]], [0.67, USED[mode][0]],
                    [0.67, USED[mode][1]], [1, USED[mode][1]]],
        showscale=False,
        xgap=gap,
        ygap=gap,
        text=hover,
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip
    thick = max(across.size, down.size) * 0.045 + 0.25
    for place, side in (("across", across), ("down", down)):
        _add_bands(figure, side, place == "across", thick, max(across.size, down.size), BAND[mode])
    span = thick * 1.15
    low_x, low_y = -0.5 - span * (len(down.loops) + 0.3), -0.5 - span * (len(across.loops) + 0.3)
    high_x, high_y = across.size - 0.5 + 2 * thick * bool(across.loops), down.size - 0.5 + 1.4 * thick
    figure.update_xaxes(visible=False, range=[low_x, high_x], constrain="domain")
    figure.update_yaxes(visible=False, range=[high_y, low_y], scaleanchor="x", constrain="domain")
    figure.update_layout(margin={"l": 4, "r": 4, "t": 26, "b": 4}, showlegend=False)
    note = " (drawn lying)" if is_lying else ""
    figure.add_annotation(
        text=f"→ {_title(across)}&nbsp;&nbsp; ↓ {_title(down)}{note}",
        x=0, y=1, xref="paper", yref="paper", xanchor="left", yanchor="bottom", showarrow=False, yshift=4,
    )  # fmt: skip
    return figure


def _title(side: Side) -> str:
    axis = "X" if side.level == "columns" else "Y"
    return f"{side.size} {side.level.removesuffix('s') if side.size == 1 else side.level} ({axis})"


def _lanes(across: Side, down: Side) -> tuple[np.ndarray[tuple[int, ...], np.dtype[np.int64]], list[list[str]]]:
    """Return 0 for idle lanes, 1 and 2 in turns for the runs of used ones, and what to say of each."""
    shade = np.zeros((down.size, across.size), dtype=np.int64)
    hover: list[list[str]] = []
    for y in range(down.size):
        line = []
        for x in range(across.size):
            if x < across.used and y < down.used:
                shade[y, x] = 1 + (across.block(x) + down.block(y)) % 2
            line.append(_lane_words(across, x, down, y))
        hover.append(line)
    return shade, hover


def _lane_words(across: Side, x: int, down: Side, y: int) -> str:
    (column, i), (row, j) = sorted([(across, x), (down, y)], key=lambda pair: pair[0].level)
    place = f"column {i}, row {j}"
    if i < column.used and j < row.used:
        return f"<b>{column.indices_text(i)} | {row.indices_text(j)}</b><br>{place}"
    why = [f"{side.level} are used up to {side.used - 1}" for side, at in ((column, i), (row, j)) if at >= side.used]
    return f"<b>idle</b>: {' and '.join(why)}<br>{place}"


def _add_bands(
    figure: go.Figure, side: Side, is_across: bool, thick: float, longest: int, colors: tuple[str, str]
) -> None:
    run = side.used
    for depth, loop in enumerate(side.loops):
        run //= loop.factor
        outer = len(side.loops) - depth
        near, far = -0.5 - 1.15 * thick * outer, -0.5 - 1.15 * thick * outer + thick
        for index in range(side.used // run):
            ends = (index * run - 0.5, (index + 1) * run - 0.5)
            x, y = (ends, (near, far)) if is_across else ((near, far), ends)
            figure.add_shape(type="rect", x0=x[0], x1=x[1], y0=y[0], y1=y[1], line={"width": 0},
                             fillcolor=colors[index % 2], layer="below")  # fmt: skip
            if run * LABELS_ALONG >= longest:
                figure.add_annotation(
                    text=f"{loop.dimension.lower()}{index % loop.factor}", x=sum(x) / 2, y=sum(y) / 2,
                    showarrow=False, font={"size": 10},
                )  # fmt: skip
        at = side.used - 0.5 + 0.2
        figure.add_annotation(
            text=f"<b>{loop.dimension}{loop.factor}</b>", showarrow=False, font={"size": 12},
            x=at if is_across else (near + far) / 2, y=(near + far) / 2 if is_across else at,
            xanchor="left" if is_across else "center", yanchor="middle" if is_across else "top",
        )  # fmt: skip
