"""What a model is told of layers on EdgeTPU-class designs, beside what the simulator does with them."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest

from accel_core.offline.layered import ratios_of
from accel_core.offline.loads import dealt_out
from accel_core.platforms.edgetpu.applications import applications, arrays_of
from accel_core.platforms.edgetpu.architecture import FEASIBLE, MEMORIES, PARAMETERS, constants, model, sizes, values
from accel_core.platforms.edgetpu.mapping import Spread, spread_layers
from accel_core.platforms.edgetpu.metrics import designs_of, latency_s
from accel_core.platforms.edgetpu.rooflines import COUNT, layers_of, rooflines
from accel_core.platforms.edgetpu.simulate import simulate
from accel_core.platforms.edgetpu.tiling import tile_layers
from accel_core.rooflines import Rooflines

SOME = ("mobilenet_v2", "unet", "t_rnn_enc")


def designs(n, seed=0):
    rng = np.random.default_rng(seed)
    return np.stack([rng.integers(0, len(column), n) for column in values()], axis=1).astype(np.uint8)


def one_by_one(name):
    """The table of every layer of an application in its order, also of equal ones."""
    application = applications()[name]
    return pd.concat([layers_of(replace(application, rows=(row,))) for row in application.rows], ignore_index=True)


def tiled(name, indices):
    """What the simulator makes of each layer on each design's array."""
    layers = arrays_of(applications()[name].rows)
    arrays = designs_of(indices)[list(PARAMETERS[:4])].to_numpy(np.int64)
    return tile_layers(layers, arrays, spread_layers(layers, arrays), sizes(), model())


def loads_of(name, indices):
    """Every ratio as a plain number, of shape (designs, layers)."""
    layers = one_by_one(name)
    table = jnp.asarray(np.broadcast_to(layers[list(rooflines().fields)], (len(indices), *layers.iloc[:, :-1].shape)))
    counts = jnp.zeros(table.shape[:2])
    found = ratios_of(rooflines(), PARAMETERS, jnp.asarray(designs_of(indices).to_numpy(float)), table, counts)
    return {ratio: np.exp(np.asarray(numbers, dtype=float)) for ratio, numbers in found.items()}


@pytest.mark.parametrize("name", applications())
def test_layers_are_all_there(name):
    application = applications()[name]
    layers = layers_of(application)
    assert layers[COUNT].sum() == len(application.rows)
    assert not layers.drop(columns=COUNT).duplicated().any()
    assert (layers["parameters"] * layers[COUNT]).sum() == application.layers.weight_bytes.sum()


@pytest.mark.parametrize("name", applications())
def test_work_is_dealt_out_as_the_compiler_does(name):
    arrays = designs_of(designs(300))[list(PARAMETERS[:4])]
    true = spread_layers(arrays_of(applications()[name].rows), arrays.to_numpy(np.int64))._asdict()
    layers = one_by_one(name)
    design = {parameter: jnp.asarray(arrays[parameter].to_numpy(float))[:, None] for parameter in arrays}
    layer = {field: jnp.asarray(layers[field].to_numpy())[None] for field in rooflines().fields}
    found = dealt_out(rooflines().dealing, design, layer)
    same = {"groups": "groups", "pixels": "core_pixels", "rows": "pe_rows", "columns": "pe_columns",
            "channels": "pe_channels", "core_channels": "core_channels", "row_channels": "row_channels"}  # fmt: skip
    assert set(same) == set(Spread._fields) - {"readers"}
    for theirs, ours in same.items():
        assert np.array_equal(true[theirs], np.asarray(found[ours])), theirs


@pytest.mark.parametrize("name", SOME)
def test_lanes_and_buses_take_what_the_simulator_says(name):
    indices = designs(200)
    tiling = tiled(name, indices)
    found = loads_of(name, indices)
    assert np.allclose(found["multiplies"], tiling.compute, rtol=1e-5)
    assert np.allclose(found["bus"] / model().bus_bytes, tiling.bus, rtol=1e-5, atol=1)
    assert np.allclose(found["groups"], tiling.groups, rtol=1e-5)
    core = designs_of(indices)["core_memory_b"].to_numpy(float)
    assert np.allclose(found["network_kept"][:, 0] * core, tiling.total, rtol=1e-4)


@pytest.mark.parametrize("name", SOME)
def test_nothing_runs_faster_than_the_rooflines_that_always_hold(name):
    indices = designs(400)
    outcome = simulate(indices, applications()[name].layers)
    is_ok = outcome.memory == FEASIBLE
    assert is_ok.sum() > 20
    true = latency_s(outcome)[is_ok] * constants()["inferences"]
    found = loads_of(name, indices[is_ok])
    lines = [line.unit_s * found[line.ratio] for line in rooflines().times if not line.spill]
    issues = sum(line.unit_s * found[line.ratio] for line in rooflines().issues)
    least = (np.max(lines, axis=0) + issues).sum(axis=1)
    assert np.all(least <= true * (1 + 1e-5))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("memory", "most"),
    [("core_memory_b", 1), ("pe_memory_b", 2), ("activation_memory_b", 32), ("parameter_memory_b", 512)],
)
def test_the_simulator_runs_what_fits_with_room_to_spare_and_nothing_that_is_far_from_fitting(memory, most):
    """The largest factor of any byte that a memory holds is known from data/edgetpu.yaml, the smallest is 1."""
    indices = designs(3000)
    (hold,) = (hold for hold in rooflines().holds if hold.memory == memory)
    number = MEMORIES.index(memory.removesuffix("_b"))
    fails_near = runs_near = 0
    for name in ("m4", "unet", "t_rnn_enc"):
        outcome, found = simulate(indices, applications()[name].layers), loads_of(name, indices)
        asked = np.min([sum(found[part] for part in parts) for parts in hold.either], axis=0).max(axis=1)
        fails, runs = outcome.memory == number, outcome.memory == FEASIBLE
        assert not np.any(fails & (most * asked < 1 - 1e-5))
        assert not np.any(runs & (asked > 1 + 1e-5))
        fails_near, runs_near = fails_near + np.sum(fails & (asked <= 1)), runs_near + np.sum(runs)
    assert runs_near > 100
    # PE memories are large: few designs fail by them, and in core memories every byte counts once.
    assert fails_near > 50 or memory in ("pe_memory_b", "core_memory_b")


@pytest.mark.parametrize("name", SOME)
def test_programs_have_a_bundle_for_every_group_at_least(name):
    indices = designs(400)
    outcome, found = simulate(indices, applications()[name].layers), loads_of(name, indices)
    least = model().bundle_bytes * found["groups"].sum(axis=1) + model().header_bytes * found["groups"].shape[1]
    has_program = outcome.program_bytes > 0
    assert has_program.any()
    assert np.all(least[has_program] <= outcome.program_bytes[has_program] * (1 + 1e-5))


@pytest.mark.parametrize("name", SOME)
def test_activations_go_through_dram_where_they_do_not_fit_the_pes(name):
    indices = designs(200)
    tiling = tiled(name, indices)
    rows = np.arange(len(indices))
    written = tiling.outputs[rows, indices[:, PARAMETERS.index("pe_memory_b")]]
    kept = loads_of(name, indices)["activations_kept"]
    inner = slice(0, -1)  # What the last layer writes always leaves the chip.
    assert np.array_equal(written[:, inner] > 0, kept[:, inner] > 1 + 1e-6)


def test_they_go_to_json_and_back():
    assert Rooflines.from_mapping(rooflines().to_mapping()) == rooflines()
