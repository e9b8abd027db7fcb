from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InfeasibleError, InvalidDesignError, InvalidInputError, ToolTimeoutError
from accel_core.evaluators import IDENTITY, PROVENANCE, evaluate, placed, resolve_settings, settings_id
from accel_core.paths import data_path
from accel_core.platforms import PLATFORMS, get_platform
from accel_core.space import design_ids, sample
from accel_core.tables import read_table
from accel_core.workloads import Layer, Workload

AXILINE = get_platform("axiline")


@pytest.fixture
def designs() -> pd.DataFrame:
    return sample(AXILINE.space, 4, "lhs", seed=5).designs


def report(power_w: float) -> dict[str, object]:
    metrics = {"f_effective_hz": 5e8, "power_w": power_w, "power_leakage_w": 0.1 * power_w, "chip_area_mm2": 0.01}
    return {**metrics, "tool_versions": {"placer": "1"}}


def test_a_result_table_has_the_documented_columns_in_their_order(designs: pd.DataFrame) -> None:
    results = evaluate("axiline", designs, "analytical")
    names = list(results.columns)
    n_fixed = 1 + len(AXILINE.space.names) + len(IDENTITY)
    assert names[:n_fixed] == ["design_id", *AXILINE.space.names, *IDENTITY]
    assert names[-len(PROVENANCE) :] == list(PROVENANCE)
    assert {"cycles", "runtime_s", "utilization"} <= set(names[n_fixed : -len(PROVENANCE)])
    assert results["design_id"].tolist() == design_ids(designs, AXILINE.space.names).tolist()


def test_trouble_with_one_design_becomes_its_row_and_spares_the_others(
    designs: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    answers = iter(
        [
            report(0.002),
            InfeasibleError("floorplan", "cells fill 104 % of the core"),
            ToolTimeoutError("placement", "600 s are over"),
            report(0.004),
        ]
    )

    def implement(*_: object) -> dict[str, object]:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(placed, "implement_in_process", implement)
    seen: list[tuple[int, int]] = []
    results = evaluate(
        "axiline",
        designs,
        "placed",
        artifacts=tmp_path,
        jobs=1,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert results["status"].tolist() == ["ok", "infeasible", "timeout", "ok"]
    assert results["stage"].tolist() == ["", "floorplan", "placement", ""]
    assert results["reason"][1] == "cells fill 104 % of the core"
    done = results.loc[[0, 3]]
    np.testing.assert_allclose(done["power_runtime_j"], done["power_w"] * done["runtime_s"])
    np.testing.assert_allclose(done["energy_j"], done["power_effective_w"] * done["runtime_s"])
    assert results.loc[[1, 2], ["power_w", "runtime_s", "energy_j"]].isna().all(axis=None)
    assert json.loads(results["tool_versions"][0]) == {"placer": "1"}


def test_a_design_that_stands_twice_is_implemented_once(
    designs: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folders: list[Path] = []

    def implement(_rtl: object, _technology: object, _flow: object, artifacts: Path, *_: object) -> dict[str, object]:
        folders.append(artifacts)
        return report(float(len(folders)))

    monkeypatch.setattr(placed, "implement_in_process", implement)
    doubled = designs.iloc[[0, 1, 0, 2, 0]].reset_index(drop=True)
    results = evaluate("axiline", doubled, "placed", artifacts=tmp_path, jobs=1)
    assert len(folders) == len(set(folders)) == 3
    assert results["power_w"].tolist() == [1.0, 2.0, 1.0, 3.0, 1.0]
    assert results["design_id"].tolist() == design_ids(doubled, AXILINE.space.names).tolist()


def test_an_infeasible_design_says_which_tools_found_that_out(
    designs: pd.DataFrame, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def implement(_rtl: object, _technology: object, _flow: object, artifacts: Path, *_: object) -> dict[str, object]:
        artifacts.mkdir(parents=True)
        (artifacts / "report.json").write_text('{"tool_versions": {"placer": "2"}}')
        raise InfeasibleError("placement", "no legal placement")

    monkeypatch.setattr(placed, "implement_in_process", implement)
    results = evaluate("axiline", designs, "placed", artifacts=tmp_path)
    assert set(results["tool_versions"]) == {'{"placer": "2"}'}


def test_a_programming_error_stays_loud(designs: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    def implement(*_: object) -> dict[str, object]:
        raise KeyError("bug")

    monkeypatch.setattr(placed, "implement_in_process", implement)
    with pytest.raises(KeyError, match="bug"):
        evaluate("axiline", designs, "placed", jobs=1)


def test_settings_that_change_a_result_change_its_key_and_limits_do_not() -> None:
    default = settings_id(AXILINE, "placed", resolve_settings(AXILINE, "placed", None))
    assert settings_id(AXILINE, "placed", resolve_settings(AXILINE, "placed", {"activity": 0.2})) != default
    assert settings_id(AXILINE, "placed", resolve_settings(AXILINE, "placed", {"time_limit_s": 5})) == default


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activity": 3}, "setting activity is 3; allowed: 0 to 2"),
        ({"activity": "much"}, "setting activity is 'much'; it must be a number"),
        ({"activity": float("nan")}, "setting activity is nan; allowed: 0 to 2"),
        ({"speed": 1}, "setting 'speed' is unknown for fidelity placed; allowed: technology, activity"),
    ],
)
def test_a_wrong_setting_is_named(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidInputError, match=message):
        resolve_settings(AXILINE, "placed", settings)


def test_a_wrong_name_or_design_is_named(designs: pd.DataFrame) -> None:
    with pytest.raises(InvalidInputError, match="platform 'axiline' has no fidelity 'routed'; allowed: placed"):
        evaluate("axiline", designs, "routed")
    with pytest.raises(InvalidInputError, match="platform 'axiline' has no workload 'lunch'; allowed: train-500k"):
        evaluate("axiline", designs, "analytical", workload="lunch")
    with pytest.raises(InvalidDesignError, match="row 3: features is 999"):
        evaluate("axiline", designs.assign(features=[*designs["features"][:2], 999, 30]), "analytical")


def test_a_workload_of_another_kind_is_refused(designs: pd.DataFrame) -> None:
    mine = Workload("mine", "Mine", "a file", layers=(Layer("conv1", 3, 64, 56, 56, 3, 3),))
    with pytest.raises(InvalidInputError, match="workload 'mine': axiline runs training vectors, not layers"):
        evaluate("axiline", designs, "analytical", workload=mine)


def test_results_are_keyed_by_what_a_technology_file_says(tmp_path: Path) -> None:
    platform, path = get_platform("axiline"), tmp_path / "own.yaml"
    text = (data_path() / "technologies" / "nangate45.yaml").read_text()
    keys = []
    for extra in ("", "\n# another word\n"):
        path.write_text(text + extra)
        keys.append(settings_id(platform, "placed", resolve_settings(platform, "placed", {"technology": str(path)})))
    assert keys[0] != keys[1]


def test_a_simulated_activity_is_another_result_and_needs_a_testbench(
    designs: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    platform = get_platform("axiline")
    keys = {
        settings_id(platform, "placed", resolve_settings(platform, "placed", given))
        for given in ({}, {"activity_source": "simulated"}, {"conditions": "independent"})
    }
    assert len(keys) == 3
    assert platform.implement is not None
    without = replace(platform, implement=replace(platform.implement, testbench=None))
    monkeypatch.setitem(PLATFORMS, "axiline", without)
    with pytest.raises(InvalidInputError, match="platform 'axiline' has no testbench; allowed: global"):
        evaluate("axiline", designs, "placed", settings={"activity_source": "simulated"})


def test_an_unknown_technology_is_refused_before_any_design_is_tried(designs: pd.DataFrame) -> None:
    with pytest.raises(InvalidInputError, match=r"moon7.*no such file; allowed: .*nangate45"):
        evaluate("axiline", designs, "placed", settings={"technology": "moon7"})


def test_without_the_flow_placed_says_why_in_one_line(designs: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(placed, "placed_available", lambda *_: "coloquinte has no wheel for this system")
    with pytest.raises(InvalidInputError, match="placed is not available here: coloquinte has no wheel"):
        evaluate("axiline", designs, "placed")


def test_results_that_ship_are_found_under_the_keys_of_today() -> None:
    shipped = read_table(data_path() / "results" / "axiline.parquet")
    for text, key in shipped[["settings", "settings_id"]].drop_duplicates().itertuples(index=False):
        assert settings_id(AXILINE, "placed", resolve_settings(AXILINE, "placed", json.loads(text))) == key
