"""Fidelity ``simulated``: somebody else's program, played by a function that answers as a test wants."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from accel_core.errors import InfeasibleError, InvalidInputError, ToolFailedError, ToolTimeoutError, is_disk_full
from accel_core.evaluators import Request, resolve_settings, unavailable
from accel_core.evaluators.simulated import evaluate_simulated
from accel_core.platforms import Platform, get_platform
from accel_core.platforms.base import Program, Settings
from accel_core.space import design_ids, sample
from accel_core.workloads import Workload

AXILINE = get_platform("axiline")
Run = Callable[[Mapping[str, Any], Workload, Settings, Path], Mapping[str, Any]]


def platform(run: Run | None, missing: str | None = None) -> Platform:
    program = None if run is None else Program("Pretender", lambda: missing, run, no_files)
    return replace(AXILINE, simulate=None, program=program, details=("mapping",))


def request(on: Platform, **kwargs: Any) -> Request:
    settings = resolve_settings(replace(on, program=Program("", lambda: None, fine, no_files)), "simulated", None)
    return Request(on, on.default_workload, "simulated", settings, **kwargs)


def fine(design: Mapping[str, Any], workload: Workload, settings: Settings, folder: Path) -> dict[str, Any]:
    return {"cycles": design["features"] * 2.0, "mapping": "M4", "tool_versions": {"pretender": "3"}}


def no_files(*_: Any) -> dict[str, str]:
    return {}


@pytest.fixture
def designs() -> pd.DataFrame:
    return sample(AXILINE.space, 4, "lhs", seed=5).designs


def test_a_platform_with_a_simulator_has_the_fidelity(designs: pd.DataFrame) -> None:
    assert platform(fine).fidelities == ("placed", "analytical", "simulated")
    assert "simulated" not in platform(None).fidelities


def test_numbers_details_and_versions_are_in_the_result_table(designs: pd.DataFrame) -> None:
    seen: list[tuple[int, int]] = []
    results = evaluate_simulated(designs, request(platform(fine), progress=lambda *done: seen.append(done)))
    assert results["cycles"].tolist() == (designs["features"] * 2.0).tolist()
    assert set(results["status"]) == {"ok"}
    assert set(results["mapping"]) == {"M4"}
    assert json.loads(results["tool_versions"][0]) == {"pretender": "3"}
    assert (results["seconds"] >= 0).all()
    assert seen == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_trouble_with_one_design_becomes_its_row_and_spares_the_others(designs: pd.DataFrame) -> None:
    troubles = iter(
        [InfeasibleError("tool", "none fits"), None, ToolTimeoutError("tool", "over"), ToolFailedError("tool", "x")]
    )

    def run(*arguments: Any) -> Mapping[str, Any]:
        if trouble := next(troubles):
            raise trouble
        return fine(*arguments)

    results = evaluate_simulated(designs, request(platform(run)))
    assert results["status"].tolist() == ["infeasible", "ok", "timeout", "failed"]
    assert results["reason"].tolist() == ["none fits", "", "over", "x"]
    assert results["stage"].tolist() == ["tool", "", "tool", "tool"]
    assert results["cycles"].isna().tolist() == [True, False, True, True]


def test_a_tool_that_finds_no_room_fails_no_design(designs: pd.DataFrame, tmp_path: Path) -> None:
    def full(*_: Any) -> dict[str, Any]:
        raise ToolFailedError("simulation", "write error: No space left on device")

    with pytest.raises(OSError, match="No space left") as caught:
        evaluate_simulated(designs, request(platform(full), artifacts=tmp_path))
    assert is_disk_full(caught.value)


def test_each_design_has_a_folder_of_its_own_and_is_run_once(designs: pd.DataFrame, tmp_path: Path) -> None:
    folders: list[Path] = []

    def run(design: Any, workload: Any, settings: Any, folder: Path) -> Mapping[str, Any]:
        folders.append(folder)
        return fine(design, workload, settings, folder)

    doubled = designs.iloc[[0, 1, 0]].reset_index(drop=True)
    results = evaluate_simulated(doubled, request(platform(run), artifacts=tmp_path))
    names = design_ids(doubled, AXILINE.space.names).tolist()
    assert sorted(folders) == sorted({tmp_path / name for name in names})
    assert results["design_id"].tolist() == names


def test_a_wrong_setting_is_no_fault_of_the_designs(designs: pd.DataFrame) -> None:
    def run(*_: Any) -> Mapping[str, Any]:
        raise InvalidInputError("energy table 'cheap' is unknown")

    with pytest.raises(InvalidInputError, match="energy table 'cheap' is unknown"):
        evaluate_simulated(designs, request(platform(run)))


def test_without_the_program_one_line_says_why(designs: pd.DataFrame) -> None:
    absent = platform(fine, missing="pretender is not on PATH")
    assert unavailable(absent, "simulated") == "pretender is not on PATH"
    assert unavailable(absent, "analytical") is None
    with pytest.raises(InvalidInputError, match="fidelity simulated is not available here: pretender is not on PATH"):
        evaluate_simulated(designs, request(absent))
    with pytest.raises(InvalidInputError, match="platform 'axiline' has no simulator"):
        evaluate_simulated(designs, request(platform(None)))
