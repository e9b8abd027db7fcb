"""Timeloop's outputs read: every count and energy in its column, and whatever is wrong named."""

from __future__ import annotations

from typing import Any

import pytest

from accel_core.platforms.eyeriss.cost import PRICES
from accel_core.platforms.eyeriss.mapping import LoopNest, parse_mapping
from accel_core.platforms.eyeriss.timeloop.outputs import UnreadableError, read_loops, read_statistics
from tests.platforms.eyeriss.timeloop_outputs import LAYERS, REFERENCE, loop_nest, statistics

each_mapping = pytest.mark.parametrize("row", REFERENCE, ids=lambda row: row["compact_map"])
ROW = REFERENCE[1]
LAYER = LAYERS[ROW["layer"]]


@each_mapping
def test_counts_and_energies_are_in_the_columns_of_the_model(row: dict[str, Any]) -> None:
    found = read_statistics(statistics(row, LAYERS[row["layer"]]), LAYERS[row["layer"]])
    lanes = row["lanes_used"]
    assert (found["cycles"], found["lanes"]) == (row["cycles"], lanes)
    for level in PRICES[1:]:
        assert found[f"energy_{level}_j"] == pytest.approx(row[f"e_{level}_uJ"] * 1e-6, rel=1e-12)
    assert found["energy_j"] == pytest.approx(sum(row[f"e_{level}_uJ"] for level in PRICES[1:]) * 1e-6)
    expected = {
        "dram_w_reads": row["dram_W_reads"], "dram_i_reads": row["dram_I_reads"], "dram_o_reads": row["dram_O_reads"],
        "dram_o_writes": row["dram_O_writes"], "glb_i_reads": row["glb_I_reads"], "glb_i_writes": row["glb_I_writes"],
        "glb_o_reads": row["glb_O_reads"], "glb_o_writes": row["glb_O_writes"],
        "ifmap_i_reads": lanes * row["ifmap_reads_pi"], "ifmap_i_writes": lanes * row["ifmap_fills_pi"],
        "weights_w_reads": lanes * row["weights_reads_pi"], "weights_w_writes": lanes * row["weights_fills_pi"],
        "psum_o_reads": lanes * row["psum_reads_pi"],
        "psum_o_writes": lanes * (row["psum_fills_pi"] + row["psum_updates_pi"]),
    }  # fmt: skip
    assert {name.removeprefix("accesses_"): words for name, words in found.items() if "accesses" in name} == expected


@each_mapping
def test_a_drawn_loop_nest_is_the_mapping(row: dict[str, Any]) -> None:
    nest = parse_mapping(row["compact_map"])
    assert read_loops(loop_nest(nest), LAYERS[row["layer"]]) == nest


def test_levels_that_are_left_out_or_empty_hold_no_loops() -> None:
    # As Timeloop draws levels without loops: one below the other, with a single rule.
    text = "DRAM [ Weights:864 (864) ] \n-----\n| for M in [0:64)\n\nshared_glb [ ] \nifmap_spad [ Inputs:3 (3) ] \n"
    text += "weights_spad [ Weights:24 (24) ] \n----\n|   for R in [0:3)\n|     for C in [0:3)\n\npsum_spad [ ] \n"
    text += "-----\n|       << Compute >>\n"
    layer = type(LAYER)("one", 3, 64, 1, 1, 3, 1)
    assert read_loops(text, layer) == LoopNest(dram=(("M", 64),), weights=(("R", 3), ("C", 3)))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("=== psum_spad ===\n\n", "=== psum ===\n\n", "no level 'psum_spad'"),
        ("Computes (total)        : 1", "Computes (total)        : 2", "2849688064 computes; layer .* has 1849688064"),
        ("Utilized instances      : 96", "Utilized instances      : many", "level mac: 'Utilized instances' is 'many'"),
        ("Utilized instances      : 96", "Utilized instances      : nan", "level mac: 'Utilized instances' is 'nan'"),
        ("Utilized instances      : 96", "Utilized instances      : 0", "cycles on 0 lanes"),
        ("\nCycles: 1", "\nCycles: 0", "cycles on 96 lanes; 1849688064 computes take more"),
        ("\nCycles: 1", "\nCycles: -1", "level summary: 'Cycles' is '-19267584', no amount"),
        (": 0.50 pJ", ": inf pJ", r"level (DRAM|psum_spad|.*): energy \(total\) is 'inf'"),
        ("Summary Stats", "Summary", "level summary has no 'Cycles'"),
        ("Scalar reads (per-instance) ", "Scalar writes ", "has no 'Scalar reads"),
        ("    Weights:\n", "    Biases:\n", "level (DRAM|weights_spad), Weights has no 'Energy"),
        ("Energy (total)                           : ", "Energy (total)                           : ?", "no amount"),
    ],
)
def test_statistics_that_cannot_be_trusted_are_refused(old: str, new: str, message: str) -> None:
    text = statistics(ROW, LAYER)
    assert old in text
    with pytest.raises(UnreadableError, match=message):
        read_statistics(text.replace(old, new), LAYER)


@pytest.mark.parametrize("text", ["", "\x00\xff", "=== mac ===", "Segmentation fault\n" * 100])
def test_garbage_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match="no level 'DRAM'"):
        read_statistics(text, LAYER)
    with pytest.raises(UnreadableError, match=r"no loops|no line of a loop nest"):
        read_loops(text, LAYER)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("shared_glb [", "cache [", "'cache' is no level of this architecture"),
        ("in [0:2)", "in [0:3)", "the factors of .* multiply to .*; layer 'vgg16_conv3_2' has"),
        ("for R in", "for K in", "'K3' at weights scratchpad"),
        ("| for", "| while", "is no line of a loop nest"),
    ],
)
def test_a_loop_nest_of_something_else_is_refused(old: str, new: str, message: str) -> None:
    text = loop_nest(parse_mapping(ROW["compact_map"]))
    assert old in text
    with pytest.raises(UnreadableError, match=message):
        read_loops(text.replace(old, new, 1), LAYER)
