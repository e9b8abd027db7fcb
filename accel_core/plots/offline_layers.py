"""The layers of an application as a skyline: a row a size of output, a tower a layer, as high as it has channels."""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from accel_core.plots import theme

KINDS: Mapping[str, str] = {
    "conv": "convolution", "pointwise": "1 × 1 convolution", "depthwise": "depthwise", "dense": "fully connected",
    "other": "pool or scale",
}  # fmt: skip
"""Kinds of layers that a table tells apart, in words."""

FEWEST, MOST = 4, 4096
"""Channels of the lowest tower and of one that fills its row; a doubling in between counts the same everywhere."""

ROW_PX, MARGIN_PX = 38, 4
_FLOOR, _CEILING = 0.06, 0.94
"""Heights of these two, as shares of a row."""
_MIDDLE = 0.3
"""Where a row has its words: beside towers of usual height."""


def kinds_of(layers: pd.DataFrame) -> pd.Series:
    """Return the kind of each layer, a key of ``KINDS``, by what a model is told of it (`layer_towers`)."""
    is_alone = layers["per_channel"] == 1
    is_point = layers["taps"] == 1
    has_one_output = layers["rows"] * layers["columns"] == 1
    kinds = np.select(
        [is_alone & (layers["has_parameters"] == 0), is_alone, is_point & has_one_output, is_point],
        ["other", "depthwise", "dense", "pointwise"],
        "conv",
    )
    return pd.Series(kinds, index=layers.index)


def kind_colors(*, dark: bool = False) -> dict[str, str]:
    """Return the color of each kind."""
    palette = theme.CATEGORIES_DARK if dark else theme.CATEGORIES_LIGHT
    return dict(zip(KINDS, (palette[i] for i in (1, 0, 2, 3, 7)), strict=True))


def layer_towers(layers: pd.DataFrame, *, dark: bool = False) -> go.Figure:
    """Draw layers by size of output, largest first, and side by side in a row by kind and channels; without a legend.

    Args:
        layers: Different layers of an application, with ``rows``, ``columns``, ``channels_out``, ``depth``, ``taps``,
            ``filter_rows``, ``filter_columns``, ``per_channel``, ``has_parameters`` and ``count``, how often each
            occurs.
        dark: For a dark page.
    """
    towers = _towers(layers)
    figure = go.Figure(layout={"template": theme.template(dark)})
    for kind, color in kind_colors(dark=dark).items():
        own = towers[towers["kind"] == kind]
        figure.add_bar(
            x=own["x"], y=own["height"], base=own["ground"], width=0.84, name=KINDS[kind],
            marker={"color": color, "line": {"width": 0}}, customdata=own["words"],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    grounds = towers.drop_duplicates("ground")
    n, most = len(grounds), int(towers["x"].max()) + 1
    figure.update_xaxes(visible=False, range=[-0.7, max(most, 12)], fixedrange=True)
    figure.update_yaxes(
        tickvals=grounds["ground"] + _MIDDLE, ticktext=grounds["size"], range=[-0.04, n], fixedrange=True, ticks="",
        showline=False, showgrid=False, tickfont={"size": 11},
    )  # fmt: skip
    figure.update_layout(
        barmode="overlay", showlegend=False, height=ROW_PX * n + 2 * MARGIN_PX, modebar={"remove": ["toimage"]},
        margin={"l": 8, "r": 0, "t": MARGIN_PX, "b": MARGIN_PX}, hoverlabel={"align": "left"},
    )  # fmt: skip
    return figure


def _towers(layers: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each layer, equal ones repeated, with its place and height."""
    kinds = pd.Categorical(kinds_of(layers), list(KINDS), ordered=True)
    table = layers.assign(kind=kinds, words=[_words(row) for row in layers.to_dict("records")])
    table = table.sort_values(["rows", "columns", "kind", "channels_out"], ascending=[False, False, True, True])
    table = table.loc[table.index.repeat(table["count"].astype(int))].reset_index(drop=True)
    size = table["rows"].astype(int).astype(str) + " × " + table["columns"].astype(int).astype(str)
    place = pd.factorize(size)[0]
    share = (np.log(table["channels_out"] / FEWEST) / np.log(MOST / FEWEST)).clip(0.0, 1.0)
    return table.assign(
        size=size,
        x=table.groupby(place).cumcount(),
        ground=place.max() - place,
        height=_FLOOR + (_CEILING - _FLOOR) * share,
    )


def _words(row: Mapping[Hashable, float]) -> str:
    """Return what a tower says; its row tells the size of its output."""
    number = {name: f"{int(value):,}" for name, value in row.items()}
    depth = "" if row["per_channel"] else f"{number['depth']} to "
    lines = [
        f"filter {number['filter_rows']} × {number['filter_columns']}",
        f"{depth}{number['channels_out']} channels",
    ]
    return "<br>".join([*lines, f"{number['count']} times"] if row["count"] > 1 else lines)
