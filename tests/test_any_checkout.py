"""A checkout whose path has blanks, brackets, quotes, `$` and other letters: every command that touches files works."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from accel_core.tables import read_table

ROOT = Path(__file__).parents[1]
CAMPAIGN = """
name: odd
platform: axiline
fidelity: placed
set: {benchmark: svm, features: 5..6}
sampler: {name: sobol, designs: 1}
workers: 1
"""


@pytest.fixture(scope="module", params=["My Thesis [v2]", 'it\'s "$HOME" é'])
def checkout(request, tmp_path_factory):
    place = tmp_path_factory.mktemp("odd") / request.param / "accel scope"
    for name in ("accel_core", "data"):
        left_out = shutil.ignore_patterns("__pycache__", "*.duckdb*", "runs")
        shutil.copytree(ROOT / name, place / name, ignore=left_out)
    for name in ("Makefile", "requirements.txt", "requirements-dev.txt", "constraints.txt"):
        shutil.copy(ROOT / name, place)
    (place / "tmp [x]").mkdir()
    return place


def run(checkout: Path, *words: str) -> str:
    left_out = {"ACCEL_DB", "ACCEL_RUNS", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS"}  # the last of `make test`
    env = {name: value for name, value in os.environ.items() if name not in left_out}
    env["TMPDIR"] = str(checkout / "tmp [x]")
    done = subprocess.run(words, cwd=checkout, env=env, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_commands_work_in_any_checkout(checkout):
    def accel(*words: str) -> str:
        return run(checkout, sys.executable, "-m", "accel_core", *words)

    accel("sample", "axiline", "-n", "1", "--set", "benchmark=svm", "--set", "features=5..6", "--out", "my [1].csv")
    told = accel(
        "evaluate", "axiline", "--designs", "my [1].csv", "--fidelity", "placed", "--out", "r [1].parquet",
        "--artifacts", "built [*] $x",
    )  # fmt: skip
    assert "1 ok" in told
    [built] = (checkout / "built [*] $x").iterdir()
    assert {"check.tcl", "cells.lib", "report.json"} <= {path.name for path in built.iterdir()}
    assert "1 new results" in accel("import", "r [1].parquet")
    (checkout / "camp [1].yaml").write_text(CAMPAIGN)
    assert "odd finished: 1 of 1 designs; 1 ok" in accel("campaign", "camp [1].yaml")
    accel("export", "--fidelity", "placed", "--campaign", "odd", "--out", "out [1].csv.gz")
    assert read_table(checkout / "out [1].csv.gz")["status"].tolist() == ["ok"]
    assert not list((checkout / "tmp [x]").iterdir())


@pytest.mark.parametrize("target", ["app", "test", "check", "report"])
def test_targets_of_make_name_no_absolute_path(checkout, target):
    told = run(checkout, "make", "-n", target)
    assert ".venv/bin/python" in told
    assert str(checkout) not in told
