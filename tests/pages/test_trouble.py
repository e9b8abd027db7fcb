"""A database that is damaged or lacks a table: one sentence on every page, never a traceback."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from accel_core.errors import StoreError
from accel_core.store import ResultStore
from tests.pages.conftest import ROOT

STORELESS = ("design_space", "offline")  # they show no results
PAGES = sorted(f"pages/{path.name}" for path in (ROOT / "pages").glob("*.py") if path.stem not in STORELESS)

ASK_FOR_NO_RESULTS = ("pages/eyeriss.py", "pages/add_accelerator.py")


@pytest.mark.parametrize("page", PAGES)
def test_damage_found_at_opening_is_one_sentence(small_store, open_page, page) -> None:
    with small_store.database.open("r+b") as stream:
        stream.seek(4096)
        stream.write(bytes(4096))
    app = open_page(page)
    (error,) = [entry.value for entry in app.error]
    assert "accelscope.duckdb is damaged (" in error
    assert "rename it and put a copy in its place" in error
    assert not app.metric


@pytest.mark.parametrize("table", ["about", "results", "campaigns"])
def test_a_missing_table_is_one_sentence(small_store, open_page, table) -> None:
    with duckdb.connect(str(small_store.database)) as other:
        other.execute(f"drop table {table}")
    app = open_page("pages/start.py")
    (error,) = [entry.value for entry in app.error]
    assert "accelscope.duckdb is damaged (" in error
    assert f"'{table}'" in error


@pytest.mark.parametrize("page", [page for page in PAGES if page not in ASK_FOR_NO_RESULTS])
def test_damage_found_at_a_query_is_one_sentence(small_store, open_page, page, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: ResultStore, **_: object) -> None:
        raise StoreError(f"{self.path} is damaged (the block at byte 12,288 is not as it was written)")

    monkeypatch.setattr(ResultStore, "find", fail)
    app = open_page(page)  # fails on an exception
    told = [entry.value for entry in app.error]
    assert told
    assert all("is damaged (" in entry for entry in told)


def test_a_page_works_again_once_the_file_is_whole(small_store, open_page) -> None:
    content = Path(small_store.database).read_bytes()
    small_store.database.write_bytes(content[:4096] + bytes(4096) + content[8192:])
    app = open_page("pages/start.py")
    assert app.error
    small_store.database.write_bytes(content)
    app.run()
    assert not app.error
    assert app.metric
