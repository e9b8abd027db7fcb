"""A mapping drawn on its mesh: which lanes are lit, what they are called, and why others are idle."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.platforms.eyeriss.mapping import Loop, parse_mapping
from accel_core.plots.eyeriss_lanes import Side, fullest_unrolling, idle_reasons, throttle_words
from accel_core.plots.eyeriss_mesh import IDLE, mesh
from accel_core.workloads import Layer

CONV1_1 = Layer("conv1_1", C=3, M=64, P=224, Q=224, R=3, S=3)
BASELINE = parse_mapping("Q4 M2 P112 - Q28 P2 - M4X Q2X - M4Y S3Y - - R3 C3 - M2")
OPTIMUM = parse_mapping("P16 Q56 - P14 - Q4X - M4Y C3Y S3Y - - R3 - M16")
FULL = parse_mapping("Q16 P224 - - Q14X - M4Y S3Y - - R3 C3 - M16")


@pytest.mark.parametrize(
    ("nest", "columns", "rows", "lanes"), [(BASELINE, 14, 12, 96), (OPTIMUM, 4, 42, 144), (FULL, 14, 12, 168)]
)
def test_as_many_lanes_are_lit_as_work(nest, columns, rows, lanes) -> None:
    figure = mesh(nest, columns, rows)
    assert np.count_nonzero(figure.data[0].z) == lanes == nest.lanes
    assert np.size(figure.data[0].z) == columns * rows
    assert figure.layout.yaxis.scaleanchor == "x"


def test_a_lane_is_labeled_with_its_indices_and_an_idle_one_with_why() -> None:
    figure = mesh(BASELINE, 14, 12)
    labels = figure.data[0].text
    # Column 5 of M4 Q2 is m 2, q 1; row 7 of M4 S3 is m 2, s 1: the last loop tells neighbors apart.
    assert labels[7][5] == "<b>m 2, q 1 | m 2, s 1</b><br>column 5, row 7"
    assert labels[0][8] == "<b>idle</b>: columns are used up to 7<br>column 8, row 0"
    assert figure.data[0].z[0][8] == 0
    assert figure.data[0].colorscale[0][1] == IDLE["light"]


def test_a_tall_mesh_lies_down_and_says_so() -> None:
    figure = mesh(OPTIMUM, 4, 42)
    assert np.shape(figure.data[0].z) == (4, 42)
    # Row 17 of M4 C3 S3: 17 = (1 * 3 + 2) * 3 + 2.
    assert figure.data[0].text[3][17] == "<b>q 3 | m 1, c 2, s 2</b><br>column 3, row 17"
    assert "drawn lying" in figure.layout.annotations[-1].text


def test_every_loop_has_a_band_of_its_size() -> None:
    figure = mesh(BASELINE, 14, 12)
    names = [note.text for note in figure.layout.annotations]
    assert {"<b>M4</b>", "<b>Q2</b>", "<b>S3</b>"} <= set(names)
    # Columns: 4 of M4, 8 of Q2; rows: 4 of M4, 12 of S3.
    assert len(figure.layout.shapes) == 4 + 8 + 4 + 12


def test_idle_rows_are_blamed_on_the_layer_or_on_the_mapping() -> None:
    assert idle_reasons(OPTIMUM, CONV1_1, 4, 42) == [
        "42 rows cannot be filled from S, C, M of this layer: M4 × C3 × S3 = 36 is the most; 6 rows idle."
    ]
    assert idle_reasons(BASELINE, CONV1_1, 14, 12) == [
        "The mapping leaves 6 of 14 columns idle (M4 × Q2 = 8); Q14 would keep all busy."
    ]
    assert idle_reasons(FULL, CONV1_1, 14, 12) == []


@given(st.sampled_from("CMPQRS"), st.integers(1, 200), st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
def test_the_fullest_unrolling_is_the_largest_product_that_fits(name, size, c, m, s) -> None:
    layer = Layer("any", C=c, M=m, P=1, Q=1, R=1, S=s)
    loops = fullest_unrolling(layer, "rows", size)
    divisors = [[k for k in range(1, n + 1) if n % k == 0] for n in (s, c, m)]
    products = {a * b * d for a in divisors[0] for b in divisors[1] for d in divisors[2] if a * b * d <= size}
    assert int(np.prod([loop.factor for loop in loops])) == max(products)
    assert all(getattr(layer, loop.dimension) % loop.factor == 0 for loop in loops)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=3))
def test_indices_number_all_positions_once(factors) -> None:
    loops = tuple(Loop(name, factor) for name, factor in zip("SCM", factors, strict=False))
    side = Side("rows", 200, loops)
    indices = [side.indices(position) for position in range(side.used)]
    assert len(set(indices)) == side.used
    assert indices == sorted(indices)


def test_a_throttled_design_says_by_what_and_how_much() -> None:
    # Timeloop v4, vgg16/conv1_1 on 28 x 6: 168 lanes, 683,648 instead of 516,096 cycles.
    result = {"cycles": 683_648, "lanes": 168, "macs": 86_704_128, "accesses_glb_i_reads": 4_515_840,
              "accesses_glb_o_reads": 6_422_528, "accesses_glb_i_writes": 759_360,
              "accesses_glb_o_writes": 9_633_792}  # fmt: skip
    words = throttle_words(result)
    assert words == (
        "The global buffer throttles: 21.2 reads a cycle are wanted, 16 are possible; the lanes wait 25 % of the time."
    )
    assert throttle_words({**result, "cycles": 516_096}) == ""
