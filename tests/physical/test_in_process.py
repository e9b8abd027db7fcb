"""The flow in a process of its own: tools that crash, hang, eat memory or find nothing, played by fake packages."""

import json
import os
import time
from pathlib import Path

import pytest

from accel_core.errors import InfeasibleError, InvalidInputError, ToolFailedError, ToolTimeoutError
from accel_core.physical import FlowSettings, implement, implement_in_process
from accel_core.physical.technology_files import TECHNOLOGIES
from accel_core.process import Limits
from accel_core.rtl import Rtl

RTL = Rtl(
    "module top (input clk, input [7:0] d, output reg [7:0] q); always @(posedge clk) q <= q ^ d; endmodule", "top"
)
SETTINGS = FlowSettings(1e9, 0.6)
UNSEEN = FlowSettings(1.234e9, 0.6)  # No cached netlist has this clock.


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Puts a package of this name and source before the installed one, for child processes."""

    def install(name: str, source: str) -> None:
        folder = tmp_path / "fakes"
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text(source if name == "coloquinte" else "")
        if name == "pyosys":
            (folder / name / "libyosys.py").write_text(source)
        monkeypatch.setenv("PYTHONPATH", str(folder))

    return install


def run(tmp_path, cache=None, limits=None, settings=SETTINGS, rtl=RTL):
    artifacts = tmp_path / "artifacts"
    return implement_in_process(rtl, "nangate45", settings, artifacts, cache, limits or Limits(60.0))


def report(tmp_path):
    return json.loads((tmp_path / "artifacts" / "report.json").read_text())


def test_same_numbers_as_in_this_process(tmp_path, cache, nangate):
    inside = implement(RTL, nangate, SETTINGS, tmp_path / "inside", cache)
    assert run(tmp_path, cache, Limits(60.0, int(2e9))) == inside
    assert not list((tmp_path / "artifacts").glob(".*"))
    assert "Global placement" in (tmp_path / "artifacts" / "flow.log").read_text()


@pytest.mark.parametrize("odd", ["a b", "My Thesis [v2]", 'it\'s "$HOME" `x`', "Süd;& é*?"])
def test_any_path_will_do(tmp_path, monkeypatch, nangate, odd):
    """The folders of tools, of the run, of the cache, and of the kit."""
    place = tmp_path / odd
    (place / "tmp").mkdir(parents=True)
    monkeypatch.setenv("TMPDIR", str(place / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    kit = place / "kit"
    kit.mkdir()
    text = (TECHNOLOGIES / "nangate45.yaml").read_text().replace("package: adks", "").replace("folder: ", "# ")
    (kit / "own.yaml").write_text(text)
    for file in (*nangate.liberties, *nangate.lefs):
        (kit / file.name).symlink_to(file)
    metrics = implement_in_process(RTL, kit / "own.yaml", UNSEEN, place / "built", place / "cache", Limits(120.0))
    assert metrics["flops"] == 8
    assert not list((place / "tmp").iterdir())


def test_infeasible_design_crosses_the_process(tmp_path, cache):
    with pytest.raises(InfeasibleError, match=r"floorplan: over-full"):
        run(tmp_path, cache, settings=FlowSettings(1e9, 1.3))
    assert report(tmp_path)["status"] == "infeasible"


def test_unlegalizable_placement_is_infeasible(tmp_path, cache, fake):
    # The real tool's message, from a placer that always gives up.
    fake(
        "coloquinte",
        "def __getattr__(name):\n    raise RuntimeError('Not all cells have been placed')\n",
    )
    with pytest.raises((InfeasibleError, ToolFailedError), match=r"placement: .*Not all cells have been placed"):
        run(tmp_path, cache)
    assert report(tmp_path)["stage"] == "placement"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import os\nclass Design: pass\ndef run_pass(*_): os.abort()\n", "Yosys ended with exit code -6"),
        (
            "import sys\nclass Design: pass\ndef run_pass(*_): print('ERROR: out of luck'); sys.exit(1)\n",
            "Yosys: ERROR: out of luck",
        ),
        ("class Design: pass\ndef run_pass(*_): pass\n", "Yosys ended with exit code 0: no output"),
    ],
)
def test_broken_synthesis_is_a_failure(tmp_path, cache, fake, source, message):
    fake("pyosys", source)
    with pytest.raises(ToolFailedError, match=f"synthesis: {message}"):
        run(tmp_path, cache, settings=UNSEEN)
    assert report(tmp_path)["status"] == "failed"
    assert report(tmp_path)["reason"].startswith(message)


def test_time_limit_kills_tools_and_their_children(tmp_path, cache, fake):
    pids = tmp_path / "pids"
    fake(
        "pyosys",
        "import os, subprocess, time\nclass Design: pass\ndef run_pass(*_):\n"
        "    abc = subprocess.Popen(['sleep', '300'])\n"
        f"    open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{abc.pid}}')\n"
        "    time.sleep(300)\n",
    )
    started = time.perf_counter()
    with pytest.raises(ToolTimeoutError, match=r"synthesis: not finished after 6 s"):
        run(tmp_path, cache, Limits(6.0), UNSEEN)
    assert time.perf_counter() - started < 30
    assert report(tmp_path)["status"] == "timeout"
    for pid in pids.read_text().split():
        assert _is_gone(int(pid))


def test_memory_limit_is_a_failure(tmp_path, cache, fake):
    fake("coloquinte", "blocks = [bytes(1 << 28) for _ in range(64)]\n")
    with pytest.raises(ToolFailedError, match=r"placement: needs more memory than the limit of 1.5 GB"):
        run(tmp_path, cache, Limits(60.0, int(1.5e9)))
    assert report(tmp_path)["stage"] == "placement"


def test_killed_process_is_a_failure(tmp_path, cache, fake):
    fake("coloquinte", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n")
    with pytest.raises(ToolFailedError, match=r"placement: the process was ended by signal 9"):
        run(tmp_path, cache)
    assert report(tmp_path)["status"] == "failed"


def test_unknown_technology_is_said_before_anything_runs(tmp_path):
    with pytest.raises((ToolFailedError, InvalidInputError), match=r"no such file; allowed: nangate45"):
        implement_in_process(RTL, "nangate90", SETTINGS, tmp_path / "artifacts", None, Limits(60.0))


def _is_gone(pid: int) -> bool:
    for _ in range(50):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or stat.read_text().rsplit(")", 1)[1].split()[0] == "Z":
            return True
        time.sleep(0.1)
    os.kill(pid, 9)
    return False
