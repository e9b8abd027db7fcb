"""Bits and areas against Accelergy's reference, and by their growth."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.platforms.eyeriss import EYERISS
from accel_core.platforms.eyeriss.area import BITS, area_mm2, bits, onchip_bits
from accel_core.platforms.eyeriss.component_model import register_file_um2

SOURCE = EYERISS.space.defaults().iloc[0].to_dict()
# Timeloop/Accelergy exercises, eyeriss_like, reference ART, in um2.
REFERENCE_ART = {"ifmap": 747.64758, "weights": 11632.88556, "psum": 989.01878}
REFERENCE_GLB, REFERENCE_MAC = 217363.36892, 191.82


def test_bits_are_totals_over_all_pes() -> None:
    table = bits(pd.DataFrame([SOURCE, {**SOURCE, "mesh_x": 1, "mesh_y": 2, "psum_width": 128}], index=[5, 6]))

    assert list(table.columns) == list(BITS)
    assert table.index.tolist() == [5, 6]
    assert table.loc[5].tolist() == [16384 * 64, 168 * 192, 168 * 3072, 168 * 256]
    assert table.loc[6].tolist() == [16384 * 64, 2 * 192, 2 * 3072, 2 * 2048]


def test_onchip_bits_add_up() -> None:
    assert onchip_bits(pd.DataFrame([SOURCE])).tolist() == [1048576 + 168 * (192 + 3072 + 256)]


@pytest.mark.parametrize("level", ["ifmap", "weights", "psum"])
def test_scratchpads_have_the_reference_area(level) -> None:
    area = register_file_um2(SOURCE[f"{level}_depth"], SOURCE[f"{level}_width"])
    assert round(float(area), 5) == REFERENCE_ART[level]


def test_the_reference_design_has_the_reference_area() -> None:
    expected = REFERENCE_GLB + 168 * (sum(REFERENCE_ART.values()) + REFERENCE_MAC)
    assert area_mm2(pd.DataFrame([SOURCE])).tolist() == [pytest.approx(expected * 1e-6)]


def test_half_the_global_buffer_takes_half_its_area() -> None:
    whole, half = area_mm2(pd.DataFrame([SOURCE, {**SOURCE, "glb_depth": 8192}]))
    assert whole - half == pytest.approx(REFERENCE_GLB * 1e-6 / 2)


@given(st.fixed_dictionaries({name: st.integers(1, 500) for name in SOURCE}), st.sampled_from(sorted(SOURCE)))
def test_more_of_anything_takes_more_bits_and_more_area(design, more) -> None:
    table = pd.DataFrame([design, {**design, more: design[more] + 1}])

    (small_bits, large_bits), (small, large) = onchip_bits(table), area_mm2(table)

    assert small_bits < large_bits
    assert 0 < small < large
