"""Where one inference of one design spends its time: layer by layer, in lanes, on buses, at DRAM, in instructions."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from accel_core.platforms.edgetpu.applications import Application
from accel_core.platforms.edgetpu.architecture import FEASIBLE, PARAMETERS, constants, model, sizes
from accel_core.platforms.edgetpu.latency import Outcome
from accel_core.platforms.edgetpu.mapping import spread_layers
from accel_core.platforms.edgetpu.metrics import explain, indices_of
from accel_core.platforms.edgetpu.simulate import simulate
from accel_core.platforms.edgetpu.tiling import tile_layers
from accel_core.platforms.logged import LIMITS, Breakdown


def breakdown(design: Mapping[str, float], application: Application) -> Breakdown:
    """Return where the time of one design goes; the same equations as ``latency.py``, layer by layer.

    Raises:
        InvalidInputError: If a value is not one of the parameter's.
    """
    table = pd.DataFrame([{name: int(design[name]) for name in PARAMETERS}])
    indices = indices_of(table)
    outcome = simulate(indices, application.layers)
    if outcome.memory[0] != FEASIBLE:
        reason = str(explain(outcome, application.rows, table)[1][0])
        return Breakdown(pd.DataFrame(columns=_COLUMNS), float("nan"), float("nan"), float("nan"), reason)
    layers = _layers(table, indices[0], application, outcome)
    clock = constants()["clock_hz"]
    peak = float(table[["pes_x", "pes_y", "cores", "lanes"]].prod(axis=1).iloc[0]) * constants()["multipliers"]
    utilization = application.macs / (float(outcome.cycles[0]) * peak)
    return Breakdown(layers, model().start_cycles / clock, float(outcome.resident[0]), utilization)


_COLUMNS = ("layer", "kind", "compute_s", "bus_s", "dram_s", "fixed_s", "total_s", "bound")


def _layers(table: pd.DataFrame, chosen: np.ndarray, application: Application, outcome: Outcome) -> pd.DataFrame:
    layers, known = application.layers, model()
    array = table[list(PARAMETERS[:4])].to_numpy(dtype=np.int64)
    tiling = tile_layers(layers, array, spread_layers(layers, array), sizes(), known)
    pe, activation, parameter, dram = (int(chosen[PARAMETERS.index(name)]) for name in _SIZED)
    streamed = 1.0 - float(outcome.resident[0])
    parts = np.maximum(np.ceil(streamed / max(tiling.working[0], 1.0) * tiling.core_bytes[0]), 1.0)
    stream = np.ceil(streamed * layers.weight_bytes)
    tiles, inputs = tiling.tiles[0, pe], tiling.inputs[0, pe]
    moved = np.minimum(stream * tiles + inputs, stream + inputs * parts) + tiling.outputs[0, pe]
    cycles = {
        "compute": tiling.compute[0] + tiling.fill[0] * tiling.blocks[0, activation] * tiling.slices[0, parameter],
        "bus": tiling.bus[0],
        "dram": np.ceil(moved * sizes().dram_cycles[dram]),
    }
    bundles = np.maximum(tiling.groups[0], parts) * tiles
    fixed = known.layer_cycles + bundles * known.bundle_cycles
    together = np.stack([cycles[name] for name in LIMITS])
    clock = constants()["clock_hz"]
    return pd.DataFrame(
        {
            "layer": [row.name for row in application.rows],
            "kind": [row.kind for row in application.rows],
            **{f"{name}_s": cycles[name] / clock for name in LIMITS},
            "fixed_s": fixed / clock,
            "total_s": (together.max(axis=0) + fixed) / clock,
            "bound": np.array(LIMITS)[together.argmax(axis=0)],
        }
    )


_SIZED = ("pe_memory_b", "activation_memory_b", "parameter_memory_b", "dram_gbps")
