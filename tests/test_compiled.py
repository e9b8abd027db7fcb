"""Compiled kernels are kept for the next start, but never run after any of their sources changed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from accel_core.process import Limits, run

INIT = Path(__file__).parents[1] / "accel_core" / "__init__.py"
KERNEL = "from numba import njit\n\n\n@njit(cache=True)\ndef inner(x):\n    return x + {more}\n"
CALLER = (
    KERNEL.replace("inner", "outer")
    .replace("x + {more}", "inner(x)")
    .replace("njit\n", "njit\nfrom accel_core.inner import inner\n", 1)
)


def answer_of(folder: Path) -> str:
    command = [sys.executable, "-c", "from accel_core.outer import outer; print(outer(1))"]
    return run(command, "answer", Limits(120), cwd=folder, env={"PYTHONPATH": str(folder)}).output.strip()


def test_a_change_in_a_function_that_another_file_calls_is_compiled_anew(tmp_path: Path) -> None:
    package = tmp_path / "accel_core"
    package.mkdir()
    shutil.copy(INIT, package / "__init__.py")
    (package / "outer.py").write_text(CALLER, encoding="utf-8")
    (package / "inner.py").write_text(KERNEL.format(more=1), encoding="utf-8")
    assert answer_of(tmp_path) == "2"
    assert list(package.rglob("*.nbc")), "nothing was kept"
    (package / "inner.py").write_text(KERNEL.format(more=10), encoding="utf-8")
    assert answer_of(tmp_path) == "11"


def test_a_change_of_a_constant_from_another_file_is_compiled_anew(tmp_path: Path) -> None:
    package = tmp_path / "accel_core"
    package.mkdir()
    shutil.copy(INIT, package / "__init__.py")
    kernel = KERNEL.replace("inner", "outer").replace("{more}", "MORE")
    (package / "outer.py").write_text("from accel_core.constants import MORE\n" + kernel, encoding="utf-8")
    for more in (1, 10):
        (package / "constants.py").write_text(f"MORE = {more}\n", encoding="utf-8")
        assert answer_of(tmp_path) == str(1 + more)


def test_only_the_newest_kernels_are_kept(tmp_path: Path) -> None:
    package = tmp_path / "accel_core"
    package.mkdir()
    shutil.copy(INIT, package / "__init__.py")
    (package / "outer.py").write_text(KERNEL.replace("inner", "outer").format(more=1), encoding="utf-8")
    for age in range(1, 6):
        folder = package / "__pycache__" / f"numba-{age}"
        (folder / "outer").mkdir(parents=True)
        os.utime(folder, (1e9 - age, 1e9 - age))
    assert answer_of(tmp_path) == "2"
    left = {path.name for path in (package / "__pycache__").glob("numba-*")}
    assert {"numba-1", "numba-2"} < left
    assert len(left) == 3
