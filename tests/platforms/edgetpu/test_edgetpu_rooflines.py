"""What a model is told of layers on EdgeTPU-class designs."""

import numpy as np
import pytest

from accel_core.platforms.edgetpu.applications import applications
from accel_core.platforms.edgetpu.architecture import FEASIBLE, PARAMETERS, constants, values
from accel_core.platforms.edgetpu.breakdown import breakdown
from accel_core.platforms.edgetpu.metrics import latency_s
from accel_core.platforms.edgetpu.rooflines import COUNT, layers_of, rooflines
from accel_core.platforms.edgetpu.simulate import simulate
from accel_core.rooflines import Rooflines


def ratio(name, layers, design):
    """The ratio of each layer on one design, as a plain number."""
    entry = rooflines().ratios[rooflines().number_of(name)]
    there = np.prod([float(design[parameter]) for parameter in entry.over])
    asked = np.prod([float(design[parameter]) for parameter in entry.times])
    return np.exp(layers[entry.demand].to_numpy()) * asked / there


@pytest.mark.parametrize("name", applications())
def test_layers_are_all_there(name):
    application = applications()[name]
    layers = layers_of(application)
    assert layers[COUNT].sum() == len(application.rows)
    assert not layers.drop(columns=COUNT).duplicated().any()
    bytes_of_all = (np.exp(layers["parameters"]) - 1) * layers[COUNT]
    assert bytes_of_all.sum() == pytest.approx(application.layers.weight_bytes.sum(), rel=1e-6)


def designs(n, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(0, len(column), n) for column in values()], axis=1).astype(np.uint8)


@pytest.mark.parametrize("name", ["mobilenet_v2", "unet", "t_rnn_enc"])
def test_nothing_runs_faster_than_the_rooflines_that_always_hold(name):
    application = applications()[name]
    picks, layers = designs(400), layers_of(application)
    outcome = simulate(picks, application.layers)
    is_ok = np.flatnonzero(outcome.memory == FEASIBLE)
    assert len(is_ok) > 20
    true = latency_s(outcome) * constants()["inferences"]
    for row in is_ok:
        design = {p: column[pick] for p, column, pick in zip(PARAMETERS, values(), picks[row], strict=True)}
        for roofline in rooflines().times:
            if not roofline.spill:
                least = (roofline.unit_s * ratio(roofline.ratio, layers, design) * layers[COUNT]).sum()
                assert least <= true[row] * (1 + 1e-6), (roofline, design)


def test_what_does_not_fit_takes_as_long_as_its_bytes():
    design = {"pes_x": 1, "pes_y": 8, "cores": 16, "lanes": 32, "pe_memory_b": 262144, "core_memory_b": 262144,
              "activation_memory_b": 8192, "instruction_memory_b": 65536, "parameter_memory_b": 16384,
              "dram_gbps": 30}  # fmt: skip
    application = applications()["unet"]
    found = breakdown(design, application).layers
    spilled = next(time for time in rooflines().times if time.ratio == "activation_traffic")
    layers = layers_of(application)
    least = spilled.unit_s * ratio("activation_traffic", layers, design) / constants()["inferences"]
    is_spilled = ratio("activations_kept", layers, design) > 2
    assert is_spilled.any()
    assert found["dram_s"].max() >= least[is_spilled].max() * 0.99


def test_they_go_to_json_and_back():
    assert Rooflines.from_mapping(rooflines().to_mapping()) == rooflines()
