"""``files``: a platform with a made-up simulator, and one without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from accel_core.cli import main
from accel_core.platforms import PLATFORMS, get_platform
from accel_core.platforms.base import Program, Settings
from accel_core.settings import Setting
from accel_core.space import design_ids, sample
from accel_core.workloads import Workload

AXILINE = get_platform("axiline")


def files(design: Mapping[str, Any], workload: Workload, settings: Settings) -> dict[str, str]:
    return {f"{workload.name}/input.yaml": f"{design['features']} {settings['effort']}"}


def never(*_: Any) -> Mapping[str, Any]:
    raise AssertionError("nothing runs")


@pytest.fixture
def simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gives Axiline a simulator that is not installed."""
    program = Program("Pretender", lambda: "not on PATH", never, files)
    extended = replace(AXILINE, program=program, settings={"simulated": {"effort": Setting(3, "Effort.", 1, 9)}})
    monkeypatch.setitem(PLATFORMS, "axiline", extended)  # type: ignore[arg-type]


@pytest.fixture
def designs(tmp_path: Path) -> Path:
    path = tmp_path / "designs.csv"
    sample(AXILINE.space, 2, "lhs", seed=5).designs.to_csv(path, index=False)
    return path


def test_each_design_has_a_folder_with_the_files(
    simulated: None, designs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["files", "axiline", "--designs", str(designs), "--out", str(out), "--set", "effort=5"]) == 0
    table = AXILINE.space.coerce(pd.read_csv(designs))
    for name, features in zip(design_ids(table, AXILINE.space.names), table["features"], strict=True):
        assert (out / name / AXILINE.default_workload.name / "input.yaml").read_text() == f"{features} 5"
    assert f"2 designs on {AXILINE.default_workload.name} as files of Pretender to {out}" in capsys.readouterr().out


def test_an_earlier_call_s_folders_go_unless_something_else_is_in_them(
    simulated: None, designs: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = ["files", "axiline", "--designs", str(designs), "--out", str(out)]
    assert main(command) == 0
    first, second = sorted(out.iterdir())
    (first / AXILINE.default_workload.name / "stats.txt").write_text("cycles: 1")
    (out / "notes").mkdir()
    sample(AXILINE.space, 2, "lhs", seed=6).designs.to_csv(designs, index=False)
    assert main([*command, "--workload", "one-vector"]) == 0
    assert first.is_dir()
    assert (out / "notes").is_dir()
    assert not second.exists()
    assert len(list(out.iterdir())) == 4


def test_what_has_no_files_is_one_line(
    designs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["files", "axiline", "--designs", str(designs), "--out", str(tmp_path / "out")]
    assert main(command) == 2
    assert "platform 'axiline' has no simulator to write files for; allowed:" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_is_named(
    simulated: None, designs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("")
    assert main(["files", "axiline", "--designs", str(designs), "--out", str(taken)]) == 2
    assert f"--out {taken}: cannot be written" in capsys.readouterr().err
    assert main(["files", "axiline", "--designs", str(designs), "--out", str(taken), "--set", "effort=x"]) == 2
    assert "setting effort is 'x'; it must be a number" in capsys.readouterr().err
