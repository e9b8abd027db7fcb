"""Mappings that Timeloop v4 evaluated: every count of ours equals its, every energy to the digits it printed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accel_core.platforms.eyeriss.cost import PRICES, evaluate_nest
from accel_core.platforms.eyeriss.counts import COUNTS, count, factors_of, layer_array
from accel_core.platforms.eyeriss.mapping import check_mapping, parse_mapping
from accel_core.workloads import Layer

# Made with Timeloop v4 and the eyeriss_like design of the Timeloop and Accelergy exercises, fixed energy table.
REFERENCE = pd.read_csv(Path(__file__).with_name("timeloop_v4_mappings.csv"))
LAYERS = {
    "vgg16_conv1_1": Layer("vgg16_conv1_1", 3, 64, 224, 224, 3, 3),
    "vgg16_conv3_2": Layer("vgg16_conv3_2", 256, 256, 56, 56, 3, 3),
    "alexnet_conv2": Layer("alexnet_conv2", 48, 256, 27, 27, 5, 5),
    "resnet18_s2": Layer("resnet18_s2", 64, 128, 28, 28, 3, 3, 2),
}
FIXED = np.array([[512, 512, 18.183829, 14.137929, 0.005652, 0.202442, 0.176713, 0.000101, 1.976602, 1.881657, 0.001592,
                   0.2513, 0.2191, 0.000134, 0.207692]])  # fmt: skip
COLUMN_OF = {
    "lanes": "lanes_used", "ifmap_fills": "ifmap_fills_pi", "ifmap_reads": "ifmap_reads_pi",
    "weights_fills": "weights_fills_pi", "psum_fills": "psum_fills_pi", "psum_reads": "psum_reads_pi",
    "glb_i_reads": "glb_I_reads", "glb_i_writes": "glb_I_writes", "glb_o_reads": "glb_O_reads",
    "glb_o_writes": "glb_O_writes", "dram_w_reads": "dram_W_reads", "dram_o_reads": "dram_O_reads",
    "dram_o_writes": "dram_O_writes",
}  # fmt: skip

each_mapping = pytest.mark.parametrize("row", REFERENCE.to_dict("records"), ids=lambda row: row["compact_map"])


@each_mapping
def test_every_count_is_timeloops(row: dict[str, object]) -> None:
    layer, nest = LAYERS[str(row["layer"])], parse_mapping(str(row["compact_map"]))
    check_mapping(nest, layer, row)
    counts = dict(zip(COUNTS, count(layer_array(layer), *factors_of(nest)).tolist(), strict=True))
    assert {name: counts[name] for name in COLUMN_OF} == {name: row[column] for name, column in COLUMN_OF.items()}
    assert counts["compute_cycles"] == row["weights_reads_pi"] == row["psum_updates_pi"]


@each_mapping
def test_cycles_and_energy_are_timeloops_to_the_printed_digits(row: dict[str, object]) -> None:
    layer, nest = LAYERS[str(row["layer"])], parse_mapping(str(row["compact_map"]))
    cost = evaluate_nest(nest, layer, pd.DataFrame([row]), FIXED).iloc[0]
    assert cost["status"] == "ok"
    assert cost["cycles"] == row["cycles"]
    assert round(cost["energy_j"] * 1e6, 2) == row["energy_uJ"]
    for level in PRICES[1:]:
        # Timeloop prints energy by level in fJ per multiply-accumulate with two decimals.
        printed = float(row[f"e_{level}_uJ"]) * 1e9 / layer.macs  # type: ignore[arg-type]
        assert cost[f"energy_{level}_j"] * 1e15 / layer.macs == pytest.approx(printed, abs=0.006)


@each_mapping
def test_a_mapping_reads_back_from_its_own_notation(row: dict[str, object]) -> None:
    nest = parse_mapping(str(row["compact_map"]))
    assert parse_mapping(str(nest)) == nest
    assert nest.lanes == row["lanes_used"]
