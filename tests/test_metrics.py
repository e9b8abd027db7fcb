"""The one table of metrics and the one converter between stored and shown numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import InvalidInputError
from accel_core.metrics import METRICS, from_display, get_metric, is_metric, label, to_display

SUFFIXES = {"hz": "Hz", "s": "s", "w": "W", "mm2": "mm²", "m": "m", "j": "J", "js": "J·s", "flops": "op/s"}
PREFIXES = {"G": 1e-9, "M": 1e-6, "k": 1e-3, "m": 1e3, "µ": 1e6, "n": 1e9, "p": 1e12}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_names_end_in_their_unit(metric):
    suffix = metric.name.rpartition("_")[2]
    if suffix in SUFFIXES and metric.name != "flops":
        assert metric.unit == SUFFIXES[suffix]
    else:
        assert metric.unit == ""


@pytest.mark.parametrize("metric", [m for m in METRICS.values() if m.unit and "·" not in m.unit], ids=lambda m: m.name)
def test_display_scales_are_what_the_prefix_says(metric):
    if metric.display_unit == metric.unit:
        assert metric.display_scale == 1.0
    else:
        prefix = metric.display_unit.removesuffix(metric.unit)
        assert metric.display_scale == PREFIXES[prefix]


def test_energy_delay_product_is_shown_in_micro_joule_milli_seconds():
    assert to_display("edp_js", 2e-9).item() == pytest.approx(2.0)
    assert label("edp_js") == "Energy-delay product [µJ·ms]"


@pytest.mark.parametrize(
    "name", [*METRICS, "energy_dram_j", "accesses_spad_weights", "accesses_dram_w_reads", "bits_glb"]
)
def test_every_metric_tells_what_it_is(name):
    metric = get_metric(name)
    assert metric.name == name
    assert metric.title
    assert metric.meaning.endswith(".")
    assert metric.better in ("min", "max", None)
    assert is_metric(name)


@given(
    st.sampled_from([*METRICS, "energy_dram_j"]),
    st.lists(st.floats(-1e12, 1e12, allow_subnormal=False).filter(lambda x: x == 0 or abs(x) > 1e-200), max_size=5),
)
def test_shown_numbers_become_the_stored_ones_again(name, values):
    np.testing.assert_allclose(from_display(name, to_display(name, values)), values, rtol=1e-12)


def test_by_hand():
    assert to_display("power_w", [0.25]).tolist() == [250.0]
    assert from_display("f_target_hz", 800).item() == pytest.approx(8e8)
    assert label("power_w") == "Power [mW]"
    assert label("cells") == "Cells"
    assert get_metric("energy_dram_j").title == "Energy, DRAM"
    assert get_metric("energy_weights_j").title == "Energy, weights scratchpads"
    assert label("bits_glb") == "Bits, global buffer [kbit]"
    assert get_metric("accesses_glb_i_reads").title == "Accesses, global buffer, reads of inputs"
    assert get_metric("accesses_psum_o_writes").meaning == "Words accessed in psum scratchpads, writes of outputs."
    assert get_metric("accesses_global_buffer").title == "Accesses, global buffer"


@pytest.mark.parametrize("name", ["powr_w", "", "energy__", "energy_dram", "Energy_dram_j", "bits_", "bit_glb"])
def test_unknown_metrics_are_told(name):
    assert not is_metric(name)
    with pytest.raises(InvalidInputError, match=f"metric '{name}' is unknown; allowed: f_target_hz, "):
        get_metric(name)
