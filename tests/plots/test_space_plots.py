"""Figures of a sample."""

from __future__ import annotations

import pytest

from accel_core.platforms import PLATFORMS
from accel_core.plots.space import PANEL_PX, scatter_matrix
from accel_core.space import sample

EM = 0.55
"""Mean width of a letter, as a share of the font's size."""


@pytest.mark.parametrize("platform", PLATFORMS)
def test_a_title_is_no_longer_than_its_panel(platform: str) -> None:
    space = PLATFORMS[platform].space
    figure = scatter_matrix(sample(space, 8).designs, space)
    labels = [dimension.label for dimension in figure.data[0].dimensions]
    size = figure.layout.yaxis2.title.font.size
    longest = max(len(line) for label in labels for line in label.split("<br>"))
    assert EM * size * longest <= PANEL_PX
    assert figure.layout[f"xaxis{len(labels)}"].tickfont.size == figure.layout.xaxis.tickfont.size
