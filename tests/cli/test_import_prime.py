"""``import --prime``: a released log becomes a table, from the command line."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from accel_core.cli import main
from tests.records.prime_files import GOOD, write


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write(tmp_path / "u-net" / "part-0.tfrecord", [GOOD, {**GOOD, "runtime": 100.5}, {**GOOD, "infeasible": 1}])


def test_the_folder_names_the_application_and_what_is_missing_is_said(
    log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "unet.parquet"

    assert main(["import", "--prime", str(log), str(log), "--out", str(out)]) == 0

    said = capsys.readouterr()
    assert said.out == (
        f"unet to {out}: 2 infeasible, 4 feasible designs; runtime 100.50 / 205.38 / 310.25 ms (min/mean/max)\n"
    )
    assert said.err == (
        "note: the whole released log has 449,578 infeasible, 51,128 feasible designs;"
        " runtime 610.96 / 3681.75 / 124987.51 ms (min/mean/max)\n"
    )
    assert set(pd.read_parquet(out)["application"]) == {"unet"}


def test_a_given_application_goes_before_the_folders_name(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "m4.parquet"

    assert main(["import", "--prime", str(log), "--application", "m4", "--out", str(out)]) == 0

    assert set(pd.read_parquet(out)["application"]) == {"m4"}


def test_wrong_input_is_one_line_and_exit_code_2(log: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other, out = write(tmp_path / "m4" / "part-0.tfrecord", [GOOD]), str(tmp_path / "out.parquet")
    csv = tmp_path / "x.csv"
    csv.write_text("param_1,param_2\n1,2\n")
    unnamed = write(tmp_path / "x" / "part-0.tfrecord", [{**GOOD, "param_1": 3.0}])
    cases = [
        (["--prime", str(log)], "--prime needs --out F.parquet"),
        (["--prime", str(log), str(other), "--out", out], "--application is missing, and the folders' names"),
        (["--prime", str(unnamed), "--out", out], "--application is missing"),
        (["--prime", str(csv), "--out", out], f"{csv}, record 1: the checksum of its length is wrong; allowed: intact"),
        (["--prime", str(csv.parent / "none"), "--out", out], "none: cannot be read: No such file"),
        (["--prime", str(log), "--application", "m7", "--out", out], "application 'm7' is unknown; allowed: "),
        (["--prime", str(unnamed), "--application", "m4", "--out", out], "part-0.tfrecord, record 1: param_1 (pes_x)"),
        (["results.csv", "--out", out], "--application and --out belong to --prime"),
    ]
    for words, message in cases:
        assert main(["import", *words]) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("error: ")
        assert message in line
    assert not Path(out).exists()


@pytest.mark.parametrize("words", [[], ["results.csv", "--prime", "a.tfrecord"]])
def test_one_thing_is_imported_at_a_time(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["import", *words])
    assert len(capsys.readouterr().err.splitlines()) == 1
