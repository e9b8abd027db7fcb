"""Thousands of somebody's results become a platform with a front, a fitted model and an error table in a few clicks."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from accel_core.platforms import find_own
from tests.boom import METRICS, boom_table

pytestmark = pytest.mark.slow


def test_the_boom_cores_are_added_learned_and_compared(
    empty_store, open_page, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = boom_table(tmp_path)
    monkeypatch.setenv("ACCEL_PLATFORMS", str(tmp_path / "platforms"))
    started = time.monotonic()
    app = open_page("pages/add_accelerator.py", timeout_s=240)
    content = table.to_csv(index=False).encode()
    app.file_uploader(key="add-upload").set_value(("boom.csv", content, "text/csv")).run()
    shown = {entry.label: entry.value for entry in app.metric}
    assert shown["Designs"] == shown["Ok"] == f"{len(table):,}"
    assert "- name: ipc\n  column: IPC\n  better: max" in app.code[0].value
    assert f"column: {METRICS[-1]}" not in app.code[0].value
    app.button(key="add-do").click().run()
    assert app.sidebar.selectbox(key="platform").value == "boom"

    app.switch_page("pages/pareto.py").run()
    assert not app.exception
    assert app.session_state["pareto-x"] == "chip_area_mm2"
    assert app.session_state["pareto-y"] == "ipc"

    app.switch_page("pages/surrogates.py").run()
    app.button_group(key="models-names").set_value(["gbdt"]).run()
    app.button(key="models-fit").click().run()
    assert not app.exception
    assert not app.error
    assert {"Ipc", "Power", "Chip area"} <= {entry.label for entry in app.metric}
    print(f"{time.monotonic() - started:.0f} s")
    monkeypatch.setenv("ACCEL_PLATFORMS", str(tmp_path / "nothing"))
    find_own()
