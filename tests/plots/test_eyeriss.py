"""Energy, reuse and areas of Eyeriss-like designs as drawn."""

import numpy as np
import pytest

from accel_core.plots.eyeriss import LEVELS, Slab, energy_bars, level_color, reuse_bars, squares

# Timeloop v4 on vgg16/conv1_1, 14 x 12, as in the platform's reference mappings: energies in J, accesses in words.
ENERGY = {"mac": 18.0076e-6, "ifmap": 11.3383e-6, "weights": 85.8406e-6, "psum": 38.3761e-6, "glb": 10.3421e-6,
          "dram": 226.0975e-6}  # fmt: skip
BASELINE = {f"energy_{level}_j": value for level, value in ENERGY.items()}
ACCESSES = {
    "macs": 86_704_128,
    "accesses_dram_w_reads": 6912,
    "accesses_dram_i_reads": 314_592,
    "accesses_dram_o_reads": 0,
    "accesses_dram_o_writes": 3_211_264,
    "accesses_glb_i_reads": 1_806_336,
    "accesses_glb_i_writes": 314_592,
    "accesses_glb_o_reads": 0,
    "accesses_glb_o_writes": 3_211_264,
    "accesses_ifmap_i_reads": 86_704_128,
    "accesses_ifmap_i_writes": 96 * 301_056,
    "accesses_weights_w_reads": 86_704_128,
    "accesses_weights_w_writes": 96 * 144,
    "accesses_psum_o_reads": 96 * 802_816,
    "accesses_psum_o_writes": 96 * 903_168,
}


def test_energy_is_stacked_in_microjoules_and_its_total_is_written() -> None:
    half = {name: value / 2 for name, value in BASELINE.items()}
    figure = energy_bars({"Baseline": BASELINE, "Half": half})
    assert [trace.name for trace in figure.data] == list(LEVELS.values())
    assert {trace.name: trace.x[0] for trace in figure.data}["DRAM"] == pytest.approx(226.0975)
    assert sum(trace.x[0] for trace in figure.data) == pytest.approx(390.0024)
    assert [note.text for note in figure.layout.annotations] == ["390", "195"]


def test_reuse_counts_reads_and_writes_of_each_tensor_at_each_level() -> None:
    figure = reuse_bars(ACCESSES)
    shown = [dict(zip(trace.x, trace.y, strict=True)) for trace in figure.data]
    assert shown[0] == {"Weights": 6912, "Inputs": 314_592, "Outputs": 3_211_264}
    assert shown[1] == {"Inputs": 1_806_336 + 314_592, "Outputs": 3_211_264}
    assert shown[2]["Weights"] == 86_704_128 + 96 * 144
    assert shown[2]["Outputs"] == 96 * (802_816 + 903_168)
    assert list(figure.layout.xaxis.ticktext) == ["Weights<br>12,544×", "Inputs<br>276×", "Outputs<br>27×"]


def test_a_tensor_that_never_leaves_has_no_reuse_number() -> None:
    figure = reuse_bars({**ACCESSES, "accesses_dram_w_reads": 0})
    assert figure.layout.xaxis.ticktext[0] == "Weights<br>–"


def area_of(trace) -> float:
    return (max(trace.x) - min(trace.x)) * (max(trace.y) - min(trace.y))


def test_areas_are_to_one_scale_within_and_across_designs() -> None:
    first = [Slab("glb", 0.2, "16384 × 64 bits"), Slab("weights", 1.0, "168 × 192 × 16 bits")]
    second = [Slab("glb", 0.05, "512 × 512 bits"), Slab("weights", 0.25, "")]
    figure = squares({"A": first, "B B": second}, "mm²")
    areas = np.array([area_of(trace) for trace in figure.data])
    assert areas == pytest.approx([0.2, 1.0, 0.05, 0.25])
    boxes = [trace.x for trace in figure.data]
    assert max(boxes[1]) < min(boxes[2]), "squares must not overlap"
    assert max(figure.data[1].x) - min(figure.data[1].x) == pytest.approx(max(figure.data[1].y))
    assert figure.data[1].fillcolor == level_color("weights", dark=False)
    assert "168 × 192 × 16 bits" in figure.data[1].text
    assert figure.layout.annotations[-1].text == "<b>B<br>B</b><br>0.3 mm²"
