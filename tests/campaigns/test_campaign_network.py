"""Campaigns on a network of one's own: read once from its file, and independent of it from then on."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from accel_core.campaigns import Campaign
from accel_core.campaigns.planning import prepare, submit
from accel_core.campaigns.worker import evaluate_designs
from accel_core.errors import InvalidInputError
from accel_core.evaluators import evaluate
from accel_core.store import ResultStore
from tests.workloads.onnx_models import mobilenet_v2, save

TABLE = "name,C,M,P,Q,R,S,stride\nconv,3,8,9,9,3,3,1\nfc,8,10,1,1,1,1,1\n"
DEFINITION = (
    "name: mine\nplatform: eyeriss\nfidelity: analytical\nsampler: {designs: 2}\nset: {mesh_x: 14, mesh_y: 12}\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "net.csv").write_text(TABLE)
    (tmp_path / "mine.yaml").write_text(DEFINITION + "layers: net.csv\n")
    return tmp_path / "mine.yaml"


def test_a_campaign_holds_the_network_that_its_file_names(file: Path) -> None:
    campaign = Campaign.from_yaml(file)
    (file.parent / "net.csv").unlink()

    again = Campaign.from_yaml(campaign.to_yaml())

    assert re.fullmatch(r"net@[0-9a-f]{8}", campaign.workload)
    assert again.network is not None
    assert again.network.layers[0].macs == 8 * 3 * 81 * 9
    assert again.workload == campaign.workload
    assert again.network.operators == campaign.network.operators  # type: ignore[union-attr]


def test_a_run_goes_on_without_the_file_and_is_taken_for_the_same(file: Path, tmp_path: Path) -> None:
    folder = submit(Campaign.from_yaml(file), tmp_path / "runs")
    with ResultStore(tmp_path / "results.duckdb") as store:
        prepare(folder, store)
        assert submit(Campaign.from_yaml(file), tmp_path / "runs").path == folder.path
        (tmp_path / "net.csv").write_text(TABLE.replace(",8,", ",16,"))
        with pytest.raises(InvalidInputError, match=r"campaign 'mine' exists with another definition"):
            submit(Campaign.from_yaml(file), tmp_path / "runs")
        (tmp_path / "net.csv").unlink()
        campaign = folder.campaign()
        stored = store.workload(campaign.workload)
        assert stored is not None
        assert stored.operators == campaign.runs.operators  # type: ignore[union-attr]
        assert store.campaigns()["workload"].tolist() == [campaign.workload]


def test_workers_evaluate_the_network_and_its_results_are_exported_and_imported(file: Path, tmp_path: Path) -> None:
    campaign = Campaign.from_yaml(file)
    designs = campaign.space.defaults()
    results = evaluate_designs(campaign, designs, tmp_path)

    expected = evaluate("eyeriss", designs, "analytical", workload=campaign.network)
    assert results["workload"].tolist() == [campaign.workload]
    assert results["macs"].tolist() == [8 * 3 * 81 * 9 + 80] == expected["macs"].tolist()
    with ResultStore(tmp_path / "a.duckdb") as store:
        assert store.add(results) == 1
        assert store.export(tmp_path / "out.csv") == 1
    with ResultStore(tmp_path / "b.duckdb") as store:
        assert store.import_table(tmp_path / "out.csv").n_new == 1
        assert store.import_table(tmp_path / "out.csv").n_new == 0
        found = store.find(workload=campaign.workload)
    pd.testing.assert_series_equal(found["energy_j"], results["energy_j"])


def test_sizes_that_a_model_leaves_free_are_given_beside_it(tmp_path: Path) -> None:
    save(mobilenet_v2("batch"), tmp_path / "net.onnx")
    (tmp_path / "c.yaml").write_text(DEFINITION + "layers: net.onnx\nsizes: {batch: 3}\n")

    campaign = Campaign.from_yaml(tmp_path / "c.yaml")

    assert campaign.network is not None
    assert campaign.network.macs == 3 * 300_774_272
    assert Campaign.from_yaml(campaign.to_yaml()).network.operators == campaign.network.operators  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("layers: none.csv\n", r"mine.yaml: .*none.csv: cannot be read: No such file"),
        ("layers: net.csv\nworkload: vgg16\n", r"workload is 'vgg16' beside a network of one's own; leave it out"),
        ("sizes: {batch: 3}\n", r"sizes is given without layers"),
        ("layers: net.csv\nsizes: {batch: three}\n", r"sizes.batch is 'three'; it must be a whole number"),
        ("layers: net.csv\nnetwork: {name: a, content: b}\n", r"b is not readable|a is not readable"),
        ("network: {name: net@00000000, content: '{}'}\n", r"net@00000000 has no list of operators"),
        ("network: {content: '{}'}\n", r"network: name is missing"),
    ],
)  # fmt: skip
def test_wrong_networks_get_one_sentence(more: str, message: str, file: Path) -> None:
    file.write_text(DEFINITION + more)

    with pytest.raises(InvalidInputError, match=message):
        Campaign.from_yaml(file)


def test_a_text_may_not_name_a_file() -> None:
    with pytest.raises(InvalidInputError, match=r"layers is '/etc/passwd', a file, which is read for the command line"):
        Campaign.from_yaml(DEFINITION + "layers: /etc/passwd\n")


def test_a_platform_that_runs_vectors_refuses_a_network(file: Path) -> None:
    file.write_text("name: a\nplatform: axiline\nsampler: {designs: 2}\nlayers: net.csv\n")

    with pytest.raises(InvalidInputError, match=r"axiline runs training vectors, not layers"):
        Campaign.from_yaml(file)
