"""A damaged database and a full disk: one line and exit code 2 from every command that meets them."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pandas as pd
import pytest

from accel_core import tables
from accel_core.cli import main
from accel_core.platforms import get_platform


@pytest.fixture(autouse=True)
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "results.duckdb"
    monkeypatch.setenv("ACCEL_DB", str(path))
    monkeypatch.setenv("ACCEL_RUNS", str(tmp_path / "runs"))
    monkeypatch.chdir(tmp_path)
    return path


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(words) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    return line


def test_every_command_names_a_damaged_database(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    get_platform("axiline").space.defaults().to_csv("designs.csv", index=False)
    evaluated = ["evaluate", "axiline", "--designs", "designs.csv", "--fidelity", "analytical", "--out", "results.csv"]
    assert main(evaluated) == 0
    assert main(["import", "results.csv"]) == 0
    Path("first.yaml").write_text("name: first\nplatform: axiline\nfidelity: analytical\nsampler: {designs: 3}\n")
    content = database.read_bytes()
    database.write_bytes(content[:4096] + os.urandom(4096) + content[8192:])
    for words in (
        ["export", "--out", "all.csv"],
        ["import", "results.csv"],
        ["campaign", "first.yaml"],
        ["logs", "edgetpu", "--application", "m6", "-n", "50", "--store"],
    ):
        assert "results.duckdb is damaged (" in told(words, capsys)
    assert not Path("all.csv").exists()
    database.write_bytes(content)
    assert main(["export", "--out", "all.csv"]) == 0


def test_a_full_disk_is_named_by_every_command_that_writes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(pd.DataFrame, "to_csv", full)
    assert "x.csv: cannot be written: No space left on device" in told(["sample", "axiline", "--out", "x.csv"], capsys)
    monkeypatch.setattr(tables, "write_table", full)
    monkeypatch.setattr("accel_core.cli.sample.write_table", full)
    assert told(["sample", "axiline", "--out", "x.csv"], capsys) == "error: the disk is full; free some space"
