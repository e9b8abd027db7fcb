"""A fake ``timeloop-mapper`` on PATH: what it finds, and every way in which it can fail."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from accel_core.errors import EvaluationError, InfeasibleError, ToolFailedError, ToolTimeoutError
from accel_core.platforms.eyeriss.mapping import parse_mapping
from accel_core.platforms.eyeriss.timeloop.files import INPUT, timeloop_files
from accel_core.platforms.eyeriss.timeloop.run import LayerResult, simulate_layers, timeloop_missing
from accel_core.workloads import Layer
from tests.platforms.eyeriss.timeloop_outputs import LAYERS, NO_MAPPING, REFERENCE, install_fake, script_of

ROW = REFERENCE[0]
LAYER = LAYERS[ROW["layer"]]
SETTINGS = {"energy_table": "fixed", "objective": "edp", "victory": 100, "time_limit_s": 60.0, "memory_limit_gb": 4.0}


@pytest.fixture
def fake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts a ``timeloop-mapper`` of this shell script before everything else on PATH."""
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return lambda script: install_fake(tmp_path / "bin", script)


def simulate(folder: Path, *layers: Layer, **settings: Any) -> tuple[list[LayerResult], dict[str, str]]:
    return simulate_layers(ROW, layers or (LAYER,), SETTINGS | settings, folder)


def is_gone(stat: Path) -> bool:
    """Wait a little until a process has ended; one that nobody has waited for yet has, too."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        try:
            if stat.read_text().rpartition(")")[2].split()[0] == "Z":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.02)
    return False


def test_a_mapping_and_its_numbers_come_back(tmp_path: Path, fake: Any) -> None:
    fake(script_of(ROW))
    (found,), versions = simulate(tmp_path / "run")
    assert found.mapping == parse_mapping(ROW["compact_map"])
    assert found.numbers["cycles"] == ROW["cycles"]
    assert found.numbers["energy_j"] == pytest.approx(ROW["energy_uJ"] * 1e-6, abs=5e-9)
    assert versions == {"timeloop-mapper": str(tmp_path / "bin" / "timeloop-mapper")}


def test_a_version_that_the_program_tells_is_kept(tmp_path: Path, fake: Any) -> None:
    fake(script_of(ROW, output="banner\nTimeloop version 4.0.1\n"))
    assert simulate(tmp_path / "run")[1] == {"timeloop-mapper": "4.0.1"}


def test_the_program_gets_the_exported_file_and_its_folder_keeps_everything(tmp_path: Path, fake: Any) -> None:
    fake(f'test -f "$1" || exit 9; cp "$1" seen\n{script_of(ROW)}')
    simulate(tmp_path / "run", objective="delay", victory=7)
    (folder,) = (tmp_path / "run").iterdir()
    assert folder.name == "01_vgg16_conv1_1"
    expected = timeloop_files(ROW, LAYER, "fixed", "delay", 7)
    assert {name: (folder / name).read_text() for name in expected} == expected
    assert (folder / "seen").read_text() == expected[INPUT]
    assert (folder / "timeloop-mapper.log").read_text() == "Timeloop\n"


def test_layers_of_one_shape_are_simulated_once(tmp_path: Path, fake: Any) -> None:
    fake(f"echo run >> {tmp_path / 'runs'}\n{script_of(ROW)}")
    sizes = (LAYER.C, LAYER.M, LAYER.P, LAYER.Q, LAYER.R, LAYER.S)
    again, often = Layer("again", *sizes), Layer("often", *sizes, repeat=5)
    found, _ = simulate(tmp_path / "run", LAYER, again, often)
    assert (tmp_path / "runs").read_text() == "run\n"
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize(
    ("script", "error", "message"),
    [
        (f"echo '{NO_MAPPING}'", InfeasibleError, "vgg16_conv1_1: timeloop-mapper found no mapping"),
        ("echo 'ERROR: no target' >&2; exit 1", ToolFailedError, "ended with exit code 1: ERROR: no target"),
        ("echo Aborted; kill -ABRT $$", ToolFailedError, "was ended by signal 6: Aborted"),
        ("exit 2", ToolFailedError, "ended with exit code 2: no output"),
        ("true", ToolFailedError, "timeloop-mapper.stats.txt: timeloop-mapper did not write it"),
        ("echo junk > timeloop-mapper.stats.txt", ToolFailedError, "timeloop-mapper.stats.txt: no level 'DRAM'"),
        ("echo terminate: std::bad_alloc; exit 134", ToolFailedError, "needs more memory than the limit of 4 GB"),
        (f"{script_of(ROW)}\nrm timeloop-mapper.map.txt", ToolFailedError, "mapper.map.txt: .* did not write it"),
        (f"{script_of(ROW)}\necho junk > timeloop-mapper.map.txt", ToolFailedError, "'junk' is no line of a loop nest"),
        (script_of(REFERENCE[2]), ToolFailedError, "computes; layer 'vgg16_conv1_1' has 86704128"),
    ],
)  # fmt: skip
def test_every_failure_is_told_apart(
    tmp_path: Path, fake: Any, script: str, error: type[EvaluationError], message: str
) -> None:
    fake(script)
    with pytest.raises(error, match=message) as caught:
        simulate(tmp_path / "run")
    assert caught.value.stage == "timeloop"


def test_what_an_earlier_run_left_is_not_read_again(tmp_path: Path, fake: Any) -> None:
    fake(script_of(ROW))
    simulate(tmp_path / "run")
    fake("true")
    with pytest.raises(ToolFailedError, match="did not write it"):
        simulate(tmp_path / "run")


def test_a_hanging_program_is_ended_with_all_its_children(tmp_path: Path, fake: Any) -> None:
    fake(f"sleep 60 & echo $$ $! > {tmp_path / 'pids'}; wait")
    started = time.monotonic()
    with pytest.raises(ToolTimeoutError, match="timeloop: vgg16_conv1_1: not finished when 3 s were over"):
        simulate(tmp_path / "run", time_limit_s=3.0)
    assert time.monotonic() - started < 20
    for pid in (tmp_path / "pids").read_text().split():
        assert is_gone(Path(f"/proc/{pid}/stat"))


def test_the_limit_of_time_is_on_all_layers_together(tmp_path: Path, fake: Any) -> None:
    fake(f"test -f ../began && sleep 60; touch ../began\n{script_of(ROW)}")
    larger = Layer("larger", LAYER.C, 2 * LAYER.M, LAYER.P, LAYER.Q, LAYER.R, LAYER.S)
    with pytest.raises(ToolTimeoutError, match="larger: not finished when 3 s were over"):
        simulate(tmp_path / "run", LAYER, larger, time_limit_s=3.0)


def test_without_the_program_one_line_says_so(monkeypatch: pytest.MonkeyPatch, fake: Any, tmp_path: Path) -> None:
    fake("true")
    assert timeloop_missing() is None
    monkeypatch.setenv("PATH", str(tmp_path))
    assert (timeloop_missing() or "").startswith("the program timeloop-mapper is not on PATH")
