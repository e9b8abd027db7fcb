"""A program of somebody else is run within limits, and whatever it does becomes a row."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.evaluators import evaluate
from accel_core.platforms import PLATFORMS
from accel_core.platforms.from_files.platform_yaml import load_platform, platform_of
from accel_core.space.documents import load_document

YAML = """
name: toy
parameters: [{name: n, kind: integer, low: 1, high: 9}, {name: mode, kind: categorical, values: [fast, small one]}]
metrics: [{name: cycles}, {name: power_w, column: power, unit: mW}]
program: {command: ["{python}", "{folder}/model.py", "{n}", "{mode}", "{workload}", "{output}"], output: out.json}
"""
HEAD = "import json, os, sys, time\nn, mode, workload, output = sys.argv[1:]\n"
GOOD = "json.dump({'cycles': 100 * int(n), 'power': 5}, open(output, 'w'))\n"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Return a function that evaluates designs by a program of the given text."""

    def run(text: str, designs: pd.DataFrame | None = None, yaml: str = YAML, **settings: float) -> pd.DataFrame:
        (tmp_path / "model.py").write_text(HEAD + text)
        (tmp_path / "platform.yaml").write_text(yaml)
        platform = load_platform(tmp_path / "platform.yaml")
        monkeypatch.setitem(PLATFORMS, platform.name, platform)
        given = platform.space.defaults() if designs is None else designs
        return evaluate(platform.name, given, "simulated", settings=settings, artifacts=tmp_path / "kept", jobs=2)

    return run


def test_placeholders_units_log_and_version(toy, tmp_path: Path) -> None:
    designs = pd.DataFrame({"n": [2, 7], "mode": ["fast", "small one"]})
    found = toy("print('hello', mode, workload, os.getcwd())\n" + GOOD, designs)
    assert found["cycles"].tolist() == [200.0, 700.0]
    assert found["power_w"].tolist() == [0.005, 0.005]
    logs = [(tmp_path / "kept" / name / "program.log").read_text() for name in found["design_id"]]
    kept = [str(tmp_path / "kept" / name) for name in found["design_id"]]
    assert logs == [f"hello fast default {kept[0]}\n", f"hello small one default {kept[1]}\n"]
    again = toy("# another text\n" + GOOD, designs)
    assert again["tool_versions"].iloc[0] != found["tool_versions"].iloc[0]


@pytest.mark.parametrize(
    ("text", "status", "reason"),
    [
        ("json.dump({'status': 'infeasible', 'reason': 'too wide'}, open(output, 'w'))", "infeasible", "too wide"),
        ("json.dump({'status': 'timeout'}, open(output, 'w'))", "timeout", "model gives no reason"),
        ("open(output, 'w').write('{\"cycles\": 1' + 400 * '0' + '}')", "failed",
         f"out.json: cycles is 1{39 * '0'}; allowed: a finite number"),
        ("json.dump({'status': 'bad'}, open(output, 'w'))", "failed",
         "out.json: status is 'bad'; allowed: ok, infeasible, failed, timeout"),
        ("print('no license'); sys.exit(3)", "failed", "model ended with exit code 3: no license"),
        ("sys.exit(4)", "failed", "model ended with exit code 4: it printed nothing"),
        ("os.kill(os.getpid(), 9)", "failed", "model ended with exit code -9: it printed nothing"),
        ("pass", "failed", "out.json was not written"),
        ("open(output, 'w').write('{')", "failed",
         "out.json cannot be read: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
        ("open(output, 'w').write('[1]')", "failed",
         "out.json holds no object; allowed: one JSON object, or one CSV row"),
        ("open(output, 'w').write('[' * 200000)", "failed", None),
        ("open(output, 'w').write('{\"cycles\": NaN, \"power\": 1}')", "failed",
         "out.json: cycles is nan; allowed: a finite number"),
        ("open(output, 'w').write('{\"cycles\": 1e999, \"power\": 1}')", "failed",
         "out.json: cycles is inf; allowed: a finite number"),
        ("json.dump({'cycles': True, 'power': 1}, open(output, 'w'))", "failed",
         "out.json: cycles is True; allowed: a finite number"),
        ("json.dump({'cycles': 1}, open(output, 'w'))", "failed", "out.json: power is None; allowed: a finite number"),
        ("open(output, 'w').write(' ' * 1_000_001)", "failed", "out.json is larger than 1,000,000 bytes"),
        ("x = bytearray(10**9)", "failed", "model ended with exit code 1: MemoryError"),
    ],
)  # fmt: skip
def test_trouble_becomes_a_row(toy, text: str, status: str, reason: str | None) -> None:
    yaml = YAML.replace("output: out.json", "output: out.json, title: model")
    row = toy(text, yaml=yaml, memory_limit_gb=0.5).iloc[0]
    assert (row["status"], row["stage"]) == (status, "program")
    assert reason is None or row["reason"] == reason


def test_a_csv_of_one_row_will_do(toy) -> None:
    yaml = YAML.replace("out.json", "out.csv")
    assert toy("open(output, 'w').write('cycles, power\\n7, 8\\n')", yaml=yaml)["power_w"].tolist() == [0.008]
    assert toy("open(output, 'w').write('cycles,power\\n7,8\\n7,8\\n')", yaml=yaml)["status"].tolist() == ["failed"]


def test_what_takes_too_long_is_ended_with_its_children(toy, tmp_path: Path) -> None:
    text = f"""
import subprocess
child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])
open({str(tmp_path / "pid")!r}, 'w').write(str(child.pid))
time.sleep(60)
"""
    started = time.monotonic()
    row = toy(text, time_limit_s=4).iloc[0]
    assert (row["status"], row["reason"]) == (
        "timeout",
        "model.py took longer than 4 s".replace("model.py", "{python}"),
    )
    assert time.monotonic() - started < 30
    time.sleep(0.2)
    state = Path(f"/proc/{(tmp_path / 'pid').read_text()}/stat")
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_a_program_that_prints_without_end_fills_no_memory(toy, tmp_path: Path) -> None:
    row = toy("for _ in range(300):\n    os.write(1, b'x' * 99_999 + b'\\n')\n" + GOOD).iloc[0]
    assert row["status"] == "ok"
    size = os.stat(tmp_path / "kept" / row["design_id"] / "program.log").st_size
    assert 1_000_000 < size < 5_000_000


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"{n}"', '"{m}"',
         "x.yaml, program.command.2: {m} is unknown; allowed: n, mode, folder, python, workload, output"),
        ('"{n}"', '"{n!r}"', "x.yaml, program.command.2 is '{n!r}'; allowed: plain names in braces"),
        ('"{n}"', '"{n"', "x.yaml, program.command.2 is '{n': expected '}' before end of string; "
         "allowed: {name}, and {{ for a brace"),
        ('"{n}"', "7", "x.yaml, program.command.2 is 7; allowed: a text"),
        ("out.json", "../out.json",
         "x.yaml, program.output is '../out.json'; allowed: a file name ending in .json or .csv"),
        ("out.json", "out.txt", "x.yaml, program.output is 'out.txt'; allowed: a file name ending in .json or .csv"),
        ("name: mode", "name: output",
         "x.yaml, program: {output} stands for something else; give that parameter another name"),
        ("metrics: [{name: cycles}, {name: power_w, column: power, unit: mW}]", "",
         "x.yaml, program: it writes no metric; allowed: one or more under metrics"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(tmp_path: Path, old: str, new: str, message: str) -> None:
    _, content = load_document(YAML.replace(old, new))
    with pytest.raises(InvalidInputError) as caught:
        platform_of(content, tmp_path, "x.yaml")
    assert str(caught.value) == message


def test_a_program_that_is_not_installed_is_said_before_any_design(toy) -> None:
    with pytest.raises(InvalidInputError, match="not available here: the program 'no-such-program' is not installed"):
        toy("", yaml=YAML.replace('"{python}"', "no-such-program"))
