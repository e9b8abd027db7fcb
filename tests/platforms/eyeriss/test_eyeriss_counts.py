"""Access counts against a twin that walks the loops, against numbers worked by hand, and what must always hold."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.platforms.eyeriss.counts import COUNTS, count, factors_of, input_fills, layer_array
from accel_core.platforms.eyeriss.mapping import DIMENSIONS, LEVELS, MAY_HOLD, Loop, LoopNest, parse_mapping
from accel_core.workloads import Layer
from tests.platforms.eyeriss.counts_twin import Above, counted, fetches, total

PLACES = [(level, name) for level in LEVELS for name in MAY_HOLD[level]]
FACTORS = (1, 1, 1, 2, 3, 4)
orders = st.permutations(DIMENSIONS)


def nest_of(factors: list[int], at_dram: list[str], at_glb: list[str]) -> LoopNest:
    """Return a nest of one factor for each of ``PLACES``, with the loops at DRAM and global buffer in an order."""
    levels: dict[str, list[Loop]] = {level: [] for level in LEVELS}
    for (level, name), factor in zip(PLACES, factors, strict=True):
        if factor > 1:
            levels[level].append(Loop(name, factor))
    levels["dram"].sort(key=lambda loop: at_dram.index(loop.dimension))
    levels["glb"].sort(key=lambda loop: at_glb.index(loop.dimension))
    return LoopNest(*(tuple(levels[level]) for level in LEVELS))


def one_loop_an_axis(nest: LoopNest, names: tuple[str, ...], is_glb: list[bool]) -> LoopNest:
    """Return a nest with only one loop for each axis of the input outside the array, at DRAM or the global buffer."""
    loops = [Loop(name, max(nest.factor("dram", name), 2)) for name in names]
    at_glb = tuple(loop for loop, inside in zip(loops, is_glb, strict=True) if inside)
    return replace(nest, dram=tuple(loop for loop in loops if loop not in at_glb), glb=at_glb)


def loops_of(names: str, max_size: int) -> st.SearchStrategy[tuple[Loop, ...]]:
    """Return a few loops of different dimensions, in any order."""
    loops = st.builds(Loop, st.sampled_from(names), st.integers(2, 3))
    return st.lists(loops, max_size=max_size, unique_by=lambda loop: loop.dimension).map(tuple)


nests = st.builds(
    nest_of, st.lists(st.sampled_from(FACTORS), min_size=len(PLACES), max_size=len(PLACES)), orders, orders
)
lone_loops = st.builds(
    one_loop_an_axis,
    nests,
    st.sampled_from([order for axes in product("C", "M", "PR", "QS") for order in permutations(axes)]),
    st.lists(st.booleans(), min_size=4, max_size=4),
)
strides = st.integers(1, 3)
forwarding_nests = st.builds(
    lambda glb, dram, rows, taps, columns, tile: LoopNest(dram, glb, columns, (*rows, taps), (), tile),
    loops_of("QPMRS", max_size=4),
    loops_of("QPMRSC", max_size=3),
    loops_of("MC", max_size=2),
    st.builds(Loop, st.just("S"), st.integers(2, 4)),
    loops_of("M", max_size=1),
    loops_of("CR", max_size=1),
)
"""Filter columns side by side on the mesh, and a few loops above it."""


def layer_of(nest: LoopNest, stride: int = 1) -> Layer:
    return Layer("made", *(nest.extent(name) for name in DIMENSIONS), stride)


def counts_of(nest: LoopNest, stride: int = 1) -> dict[str, int]:
    layer = layer_of(nest, stride)
    return dict(zip(COUNTS, count(layer_array(layer), *factors_of(nest)).tolist(), strict=True))


def used_inputs(layer: Layer) -> int:
    """Words of the input that the layer uses at all; a stride wider than the filter leaves some out."""
    rows = {p * layer.stride + r for p in range(layer.P) for r in range(layer.R)}
    columns = {q * layer.stride + s for q in range(layer.Q) for s in range(layer.S)}
    return layer.C * len(rows) * len(columns)


@settings(max_examples=250, deadline=None)
@given(nests, strides)
def test_counts_are_those_of_a_walk_over_the_loops(nest: LoopNest, stride: int) -> None:
    assert counts_of(nest, stride) == counted(nest, layer_of(nest, stride))


@settings(max_examples=150, deadline=None)
@given(forwarding_nests, st.sampled_from([1, 1, 2]))
def test_inputs_that_neighbors_forward_are_those_of_a_walk_over_the_loops(nest: LoopNest, stride: int) -> None:
    assert counts_of(nest, stride) == counted(nest, layer_of(nest, stride))


def test_the_order_in_which_loops_of_the_mesh_are_written_changes_nothing() -> None:
    written, turned = (parse_mapping(f"- Q4 - M2X - {rows} - - R2 - M2") for rows in ("M2Y C2Y S3Y", "S3Y M2Y C2Y"))
    assert written == turned
    assert counts_of(turned) == counts_of(written)
    assert str(turned).split(" - ")[3] == "L3[] M2Y C2Y S3Y"


@settings(max_examples=100, deadline=None)
@given(lone_loops, strides)
def test_a_walk_over_every_iteration_counts_the_same_where_loops_do_not_share_an_axis(
    nest: LoopNest, stride: int
) -> None:
    assert counts_of(nest, stride) == counted(nest, layer_of(nest, stride), every=True)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("CPQRSM"), st.integers(1, 5), st.integers(1, 6)), max_size=7),
    st.tuples(*[st.integers(1, 5)] * 3),
    strides,
)
def test_a_tile_of_any_size_moved_in_any_steps_is_counted_like_a_walk(
    loops: list[tuple[str, int, int]], extent: tuple[int, int, int], stride: int
) -> None:
    axis = {"C": 0, "P": 1, "R": 1, "Q": 2, "S": 2, "M": -1}
    above = [Above(*loop) for loop in loops]
    inside_out = above[::-1]
    scale = [stride if loop.dimension in "PQ" else 1 for loop in inside_out]
    arrays = [
        np.array(values, np.int64)
        for values in (
            [loop.n for loop in inside_out],
            [axis[loop.dimension] for loop in inside_out],
            [by * loop.step if loop.dimension != "M" else 0 for by, loop in zip(scale, inside_out, strict=True)],
            extent,
        )
    ]
    tile = {"C": extent[0], "R": extent[1], "S": extent[2], "P": 1, "Q": 1, "M": 1}
    assert input_fills(*arrays)[0] == total(fetches("inputs", above, tile, stride))


@settings(max_examples=200, deadline=None)
@given(nests, strides)
def test_every_word_that_is_used_leaves_dram_and_enters_a_scratchpad(nest: LoopNest, stride: int) -> None:
    """Steps of outputs and taps that cancel cost nothing, but then the loops inside have brought those words before."""
    layer, counts = layer_of(nest, stride), counts_of(nest, stride)
    weights = layer.C * layer.M * layer.R * layer.S
    assert counts["dram_w_reads"] >= weights
    assert counts["dram_w_reads"] % weights == 0
    assert counts["dram_o_writes"] >= layer.outputs
    assert counts["dram_o_writes"] % layer.outputs == 0
    assert counts["glb_i_writes"] >= used_inputs(layer)
    assert counts["glb_i_reads"] >= used_inputs(layer)


@settings(max_examples=200, deadline=None)
@given(nests, strides)
def test_what_goes_down_comes_up_but_for_the_outputs(nest: LoopNest, stride: int) -> None:
    layer, counts = layer_of(nest, stride), counts_of(nest, stride)
    different = nest.extent("M", "columns", "rows") * nest.extent("Q", "columns")
    drains = counts["glb_o_writes"] - counts["dram_o_reads"]
    assert drains - counts["glb_o_reads"] == layer.outputs
    assert counts["dram_o_writes"] - counts["dram_o_reads"] == layer.outputs
    assert counts["glb_o_reads"] == counts["psum_fills"] * different
    assert drains >= counts["dram_o_writes"]
    assert counts["compute_cycles"] * counts["lanes"] == layer.macs
    assert counts["compute_cycles"] - counts["psum_reads"] == layer.outputs // different


@settings(max_examples=200, deadline=None)
@given(nests, strides)
def test_a_word_in_a_scratchpad_is_used_so_scratchpads_never_slow_down(nest: LoopNest, stride: int) -> None:
    counts = counts_of(nest, stride)
    for fills in ("ifmap_fills", "weights_fills", "psum_fills"):
        assert counts[fills] <= counts["compute_cycles"]


@pytest.mark.parametrize(
    ("mapping", "stride", "expected"),
    [
        # 4 output rows, 3 taps, all rows in the buffer: 4 + 3 - 1 = 6 rows at once; each scratchpad holds 3 rows, then
        # one new row for each of the other 3 outputs. 3 taps an output: the first is written, the others read it.
        ("- P4 - - - - R3 -", 1, {"glb_i_writes": 6, "ifmap_fills": 6, "compute_cycles": 12, "psum_reads": 8}),
        # The same at stride 2: 3 * 2 + 3 = 9 rows, and 2 new rows an output.
        ("- P4 - - - - R3 -", 2, {"glb_i_writes": 9, "ifmap_fills": 9}),
        # Taps outside the array, outputs innermost: tiles start at rows 0 1 2 3, 1 2 3 4, 2 3 4 5. The step of R moves
        # by 1 - 1 = 0 (all iterations of P but the first taken as one): 1 + 3 * 3 words. Each output comes 3 times.
        ("- R3 P4 - - - - -", 1, {"glb_i_writes": 6, "ifmap_fills": 10, "psum_fills": 8, "glb_o_writes": 12,
                                  "weights_fills": 3}),
        # At stride 2 that step moves by 1 - 2: it brings the whole tile, 1 + 3 * 3 + 2 = 12 words.
        ("- R3 P4 - - - - -", 2, {"glb_i_writes": 9, "ifmap_fills": 12}),
        # Filters outside rows: inputs come once a filter, 2 * 6; filters inside: the tile stays where it is.
        ("- M2 P4 - - - - R3 -", 1, {"ifmap_fills": 12, "weights_fills": 6, "psum_fills": 0}),
        ("- P4 M2 - - - - R3 -", 1, {"ifmap_fills": 6, "weights_fills": 24, "psum_fills": 0}),
        # Channels at DRAM outside filters spill partial sums: 3 times 2 * 4 outputs go, 2 times they come back.
        ("C3 M2 - P4 - - - - -", 1, {"dram_o_writes": 24, "dram_o_reads": 16, "dram_w_reads": 6, "glb_i_writes": 12,
                                     "glb_o_writes": 24 + 16}),
        # Inside filters they stay until they are done; the input's channels then come once a filter.
        ("M2 C3 - P4 - - - - -", 1, {"dram_o_writes": 8, "dram_o_reads": 0, "glb_i_writes": 24}),
        # Two columns of different outputs and two rows of different channels: one read of a weight serves both
        # columns, rows add up on their way to the buffer, and every column needs inputs of its own.
        ("- P4 - Q2X - C2Y - - -", 1, {"lanes": 4, "dram_w_reads": 2, "glb_i_reads": 16, "glb_o_writes": 8}),
        # Filters over the mesh share inputs.
        ("- P4 - M2X - M2Y - - -", 1, {"lanes": 4, "dram_w_reads": 4, "glb_i_reads": 4, "glb_o_writes": 16}),
        # Three filter columns in a column of the mesh, 4 outputs: first 3 words are read; then the first two elements
        # have what their neighbor had, 3 times 1 word is read and 3 * 2 passed on, 2 an element. 4 words enter each in
        # any case; 4 are used, and 2 read to pass them on.
        ("- Q4 - - S3Y - - -", 1, {"glb_i_reads": 3 + 3, "ifmap_fills": 4, "ifmap_reads": 4 + 2}),
        # A stride of 2 moves the tiles past their neighbors': 4 * 3 words are read.
        ("- Q4 - - S3Y - - -", 2, {"glb_i_reads": 12, "ifmap_fills": 4, "ifmap_reads": 4}),
        # Filters inside leave the tiles where they are, and what has just come then is nothing.
        ("- Q4 M2 - - S3Y - - -", 1, {"glb_i_reads": 12, "ifmap_fills": 4, "ifmap_reads": 8}),
        # Filters outside move them back: by one column at 2 outputs taken for all, so all but the first are passed on.
        ("- M2 Q4 - - S3Y - - -", 1, {"glb_i_reads": 3 + 7, "ifmap_fills": 8}),
        # With 2 columns of the mesh Timeloop sees the 3 * 2 words of one, and divides them by 6 elements: 1 each.
        ("- Q4 - M2X - S3Y - - -", 1, {"glb_i_reads": 6, "ifmap_fills": 4 - 2 + 1, "ifmap_reads": 4 + 1}),
        # With 4 columns, 2 * 1 words by 12 elements: 1 + 1/3 + 1/6 are written, cut off to 1, and 2 + 1/6 read.
        ("- Q2 - M4X - S3Y - - -", 1, {"glb_i_reads": 4, "ifmap_fills": 1, "ifmap_reads": 2}),
        # Filters in a column share each word, whether it comes from above or from a neighbor; 12 words for 6 elements.
        ("- Q4 - - M2Y S3Y - - -", 1, {"glb_i_reads": 6, "ifmap_fills": 4, "ifmap_reads": 4 + 2}),
        # Channels in a column do not: 2 * 6 words are read.
        ("- Q4 - - C2Y S3Y - - -", 1, {"glb_i_reads": 12, "ifmap_fills": 4, "ifmap_reads": 4 + 2}),
        # The step of taps outside goes back by one row and column: its row is that of the outputs inside, so it moves
        # by one column. 3 + 1 words for the first two outputs, 3 for the third, 1 for the fourth; the taps once 1.
        ("- R2 P2 Q2 - - S3Y - - -", 1, {"glb_i_reads": 3 + 1 + 3 + 1 + 1 + 1 + 3 + 1, "ifmap_fills": 8}),
    ],
)  # fmt: skip
def test_small_nests_count_as_by_hand(mapping: str, stride: int, expected: dict[str, int]) -> None:
    counts = counts_of(parse_mapping(mapping), stride)
    assert {name: counts[name] for name in expected} == expected


def test_the_order_at_dram_decides_what_comes_again() -> None:
    nest = "{} - Q3 C2 - Q2X - S3Y - - R3 - M2"
    filters_inside, filters_outside = (counts_of(parse_mapping(nest.format(order))) for order in ("P4 M2", "M2 P4"))
    # 6 outputs of 3 taps are 8 columns, in 2 channels and 3 rows 48 words; each of the other 3 outputs takes a new row.
    # Filters inside leave that tile where it is; filters outside bring all of it again.
    assert filters_inside["glb_i_writes"] == 48 + 3 * 16
    assert filters_outside["glb_i_writes"] == 2 * (48 + 3 * 16)
    # The channels at the global buffer move the weights in any case: all 72 come for each of 4 * 3 tiles of outputs.
    assert filters_inside["dram_w_reads"] == filters_outside["dram_w_reads"] == 4 * 3 * 72
    assert filters_inside["compute_cycles"] == filters_outside["compute_cycles"]
