"""Networks of one's own in the database, and results that tell of them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from accel_core.errors import StoreError
from accel_core.store import ResultStore
from accel_core.workloads import Workload, own_workload, parse_network

TABLE = b"name,C,M,P,Q,R,S,stride\nconv,3,8,9,9,3,3,1\n"


@pytest.fixture
def network() -> Workload:
    return own_workload(parse_network(TABLE, "net.csv"), "net.csv")


def test_a_network_is_found_again_after_closing_and_its_layers_too(network: Workload, tmp_path: Path) -> None:
    with ResultStore(tmp_path / "r.duckdb") as store:
        store.save_workload(network)
        store.save_workload(network)
    with ResultStore(tmp_path / "r.duckdb") as store:
        found, layer = store.workload(network.name), store.workload(f"{network.name}/conv")
        assert store.workload_names() == [network.name]
        assert store.workload("other@00000000") is None
    assert found is not None
    assert layer is not None
    assert found.operators == network.operators
    assert layer.layers == network.layers
    assert layer.name == f"{network.name}/conv"


def test_another_network_under_the_same_name_is_refused(network: Workload, tmp_path: Path) -> None:
    other = parse_network(TABLE.replace(b",8,", b",16,"), "net.csv").operators
    with ResultStore(tmp_path / "r.duckdb") as store:
        store.save_workload(network)
        with pytest.raises(StoreError, match=r"workload 'net@.{8}' is another network there; give the file"):
            store.save_workload(Workload(network.name, "net", "", operators=other))


@pytest.mark.parametrize(
    ("workload", "is_taken"), [("net@1a2b3c4d", True), ("net@1a2b3c4d/conv", True), ("net", False), ("net@zz", False)]
)
def test_results_of_networks_that_nobody_knows_here_are_taken_by_their_name(
    workload: str, is_taken: bool, tmp_path: Path
) -> None:
    row = {"platform": "eyeriss", "workload": workload, "fidelity": "analytical", "mesh_x": 14, "mesh_y": 12,
           "glb_depth": 16384, "glb_width": 64, "ifmap_depth": 12, "ifmap_width": 16, "weights_depth": 192,
           "weights_width": 16, "psum_depth": 16, "psum_width": 16, "energy_j": 1e-3}  # fmt: skip
    pd.DataFrame([row]).to_csv(tmp_path / "r.csv", index=False)
    with ResultStore(tmp_path / "r.duckdb") as store:
        if is_taken:
            assert store.import_table(tmp_path / "r.csv").n_new == 1
            return
        with pytest.raises(StoreError, match=r"row 1, column 'workload': .* is wrong; allowed: vgg16"):
            store.import_table(tmp_path / "r.csv")


def test_a_platform_that_runs_vectors_has_no_networks(tmp_path: Path) -> None:
    pd.DataFrame([{"platform": "axiline", "workload": "net@1a2b3c4d"}]).to_csv(tmp_path / "r.csv", index=False)
    with ResultStore(tmp_path / "r.duckdb") as store, pytest.raises(StoreError, match=r"column|workload"):
        store.import_table(tmp_path / "r.csv")
