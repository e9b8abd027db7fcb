"""The skyline of an application's layers: what is told apart, a row a size of output, a tower a layer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from accel_core.plots.offline_layers import FEWEST, KINDS, MOST, kind_colors, kinds_of, layer_towers

NAMES = ("rows", "columns", "channels_out", "depth", "filter_rows", "filter_columns", "per_channel", "has_parameters",
         "count")  # fmt: skip


@pytest.fixture
def layers() -> pd.DataFrame:
    table = pd.DataFrame(
        [
            (7, 7, 64, 16, 1, 1, 0, 1, 2),
            (1, 1, 1024, 64, 1, 1, 0, 1, 1),
            (14, 14, 16, 3, 3, 3, 0, 1, 1),
            (7, 7, 16, 0, 5, 5, 1, 1, 3),
            (7, 7, 64, 0, 1, 1, 1, 0, 1),
        ],
        columns=list(NAMES),
    ).astype(float)
    return table.assign(taps=table["filter_rows"] * table["filter_columns"])


def test_kinds_are_told_by_the_numbers_of_a_layer(layers: pd.DataFrame) -> None:
    assert list(kinds_of(layers)) == ["pointwise", "dense", "conv", "depthwise", "other"]


@pytest.mark.parametrize("dark", [False, True])
def test_every_layer_is_a_tower_as_often_as_it_occurs_in_the_row_of_its_output(
    layers: pd.DataFrame, dark: bool
) -> None:
    figure = layer_towers(layers, dark=dark)
    towers = {entry.name: entry for entry in figure.data}
    assert {name: len(entry.x) for name, entry in towers.items()} == dict(
        zip(KINDS.values(), (1, 2, 3, 1, 1), strict=True)
    )
    assert [entry.marker.color for entry in figure.data] == list(kind_colors(dark=dark).values())
    rows = dict(zip(figure.layout.yaxis.ticktext, figure.layout.yaxis.tickvals, strict=True))
    assert {words: int(place) for words, place in rows.items()} == {"14 × 14": 2, "7 × 7": 1, "1 × 1": 0}
    places = [(float(ground), int(x)) for entry in figure.data for ground, x in zip(entry.base, entry.x, strict=True)]
    assert sorted(places) == [(0, 0), *((1, x) for x in range(6)), (2, 0)]
    assert set(towers["depthwise"].base) == {1}
    assert towers["depthwise"].customdata[0] == "filter 5 × 5<br>16 channels<br>3 times"
    assert towers["fully connected"].customdata[0] == "filter 1 × 1<br>64 to 1,024 channels"


def test_a_tower_grows_with_its_channels_and_stays_in_its_row(layers: pd.DataFrame) -> None:
    channels = np.array([1, FEWEST, 64, MOST, 4 * MOST], dtype=float)
    figure = layer_towers(layers.assign(channels_out=channels, rows=7.0, columns=7.0, per_channel=1.0, count=1.0,
                                        has_parameters=1.0))  # fmt: skip
    heights = next(entry.y for entry in figure.data if len(entry.y))
    assert list(heights) == sorted(heights)
    assert heights[0] == heights[1] > 0
    share = np.log(64 / FEWEST) / np.log(MOST / FEWEST)
    assert heights[2] == pytest.approx((1 - share) * heights[1] + share * heights[3])
    assert heights[3] == heights[4] < 1
