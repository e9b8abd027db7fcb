"""A table of results as a platform: kinds, units, statuses and repeats are as it says, or the place is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.evaluators import measured_results
from accel_core.paths import data_path
from accel_core.platforms import PLATFORMS
from accel_core.platforms.base import Platform
from accel_core.platforms.from_files.platform_yaml import platform_of
from accel_core.platforms.from_files.units import split_unit, unit_scale
from accel_core.space.documents import load_document
from accel_core.store import ResultStore

METRICS = "metrics: [{name: cycles}, {name: power_w, column: Power, unit: mW}, {name: wear, better: min}]\n"
TABLE = "n,Clock,mode,cycles,Power,wear\n1,400,fast,10,5,1\n2,400,slow,20,6,2\n2,500.5,slow,,,\n"


def toy(folder: Path, table: str = TABLE, results: str = "", rest: str = METRICS) -> Platform:
    (folder / "r.csv").write_text(table)
    _, content = load_document(f"name: toy\nresults: {{table: r.csv{results}}}\n{rest}")
    return platform_of(content, folder, "x.yaml")


def test_kinds_units_and_rows_without_metrics(tmp_path: Path) -> None:
    platform = toy(tmp_path, results=", columns: {f_target_hz: {column: Clock, unit: MHz}}")
    assert platform.space.names == ("n", "f_target_hz", "mode")
    assert [entry.kind for entry in platform.space.parameters] == ["ordinal", "ordinal", "categorical"]
    assert platform.space.parameter("f_target_hz").values == (4e8, 5.005e8)
    assert platform.space.parameter("f_target_hz").unit == "Hz"
    found = measured_results(platform)
    assert found["power_w"].tolist()[:2] == [0.005, 0.006]
    assert found["status"].tolist() == ["ok", "ok", "infeasible"]
    assert found["reason"].tolist() == ["", "", "the table has no metrics of this design"]
    assert platform.evaluable == ()
    assert platform.reference == "measured"


@pytest.mark.parametrize(
    ("values", "kind", "limits"),
    [
        (range(100), "integer", (0, 99, "linear")),
        (np.geomspace(1, 1e4, 50), "real", (1.0, 1e4, "log")),
        (np.linspace(-1, 1, 50), "real", (-1.0, 1.0, "linear")),
        ([4, 8, 16], "ordinal", (4, 8, 16)),
        (["a", "b"], "categorical", ("a", "b")),
        ([True, False], "categorical", ("True", "False")),
    ],
)
def test_kinds_are_inferred(tmp_path: Path, values, kind: str, limits: tuple[object, ...]) -> None:
    rows = "".join(f"{value},{i}\n" for i, value in enumerate(values))
    entry = toy(tmp_path, "p,wear\n" + rows, rest="metrics: [{name: wear}]").space.parameter("p")
    assert entry.kind == kind
    assert (entry.values or (entry.low, entry.high, entry.scale)) == limits


LOG = "n,ok?,why,cycles,Power,wear,net,state\n" \
      "1,0,,10,5,1,a,OK\n2,1,too big,99,,,a,Infeasible\n3,0,,30,7,3,b,failed\n"  # fmt: skip


def test_a_log_with_infeasible_rows_and_workloads(tmp_path: Path) -> None:
    said = ", infeasible: 'ok?', reason: why, workload: net"
    platform = toy(tmp_path, LOG, said, "parameters: [n]\n" + METRICS)
    found = measured_results(platform)
    assert list(platform.workloads) == ["a", "b"]
    assert found["status"].tolist() == ["ok", "infeasible", "ok"]
    assert found["reason"].tolist() == ["", "too big", ""]
    assert found["cycles"].isna().tolist() == [False, True, False]  # a number of an infeasible row is none
    by_words = toy(tmp_path, LOG, ", status: state", "parameters: [n]\n" + METRICS)
    assert measured_results(by_words)["status"].tolist() == ["ok", "infeasible", "failed"]


REPEATED = "n,cycles,Power,wear\n1,10,4,1\n1,20,6,1\n1,10,4,1\n"


@pytest.mark.parametrize(("how", "cycles"), [("mean", 15.0), ("first", 10.0), ("last", 20.0)])
def test_repeats_are_settled_as_said(tmp_path: Path, how: str, cycles: float) -> None:
    platform = toy(tmp_path, REPEATED, f", repeats: {how}")
    assert measured_results(platform)["cycles"].tolist() == [cycles]


@pytest.mark.parametrize(
    ("table", "results", "rest", "message"),
    [
        (REPEATED, "", METRICS, "r.csv: the design with n 1, workload default has cycles 10.0 and 20.0; "
         "allowed: one result a design and workload, or repeats: mean, first, last"),
        (TABLE.replace("10,5,1", "ten,5,1"), "", METRICS,
         "r.csv, row 1, column 'cycles': 'ten'; allowed: a finite number, or empty"),
        (TABLE.replace("10,5,1", "inf,5,1"), "", METRICS,
         "r.csv, row 1, column 'cycles': inf; allowed: a finite number, or empty"),
        (TABLE.replace("\n2,400", "\n,400"), "", METRICS,
         "r.csv, row 2, column 'n': empty; allowed: a value of every design"),
        (TABLE, ", workload: net", METRICS,
         "r.csv: column 'net' is missing; found: n, Clock, mode, cycles, Power, wear"),
        (LOG.replace(",b,", ",,"), ", workload: net", "parameters: [n]\n" + METRICS,
         "r.csv, row 3, column 'net': empty; allowed: a workload of every row"),
        (LOG, ", infeasible: why", "parameters: [n]\n" + METRICS,
         "r.csv, row 2, column 'why': 'too big'; allowed: 1, 1.0, true, yes or 0, 0.0, false, no"),
        (LOG.replace("OK", "fine"), ", status: state", "parameters: [n]\n" + METRICS,
         "r.csv, row 1, column 'state': 'fine'; allowed: ok, infeasible, failed, timeout"),
        (TABLE, "", "", "r.csv: no column is a metric; allowed: one or more under metrics"),
        (TABLE, ", columns: [n]", METRICS, "x.yaml, results.columns is a list; allowed: a mapping"),
        (TABLE, ", repeats: best", METRICS, "x.yaml, results.repeats is 'best'; allowed: refuse, mean, first, last"),
        (TABLE, "", "metrics: [{name: power_w, column: Power, unit: mm}]",
         "x.yaml, metrics.0: unit 'mm' is not one of W; allowed: ['W', 'kW', 'MW', 'GW', 'TW', 'mW', 'uW', 'µW']"),
        (TABLE, "", "metrics: [{name: wear, title: '![x](http://example.com/x.png)'}]",
         "x.yaml, metrics.0.title is '![x](http://example.com/x.png)'; allowed: words without links or tags"),
        (TABLE, "", "metrics: [{name: power_w, column: Power, better: max}]",
         "x.yaml, metrics.0.better is max; power_w is better at min"),
        (TABLE, "", "metrics: [{name: cycles}, {name: cycles, column: Power}]",
         "x.yaml, metrics: 'cycles' stands twice; each may stand once"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_place(
    tmp_path: Path, table: str, results: str, rest: str, message: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        measured_results(toy(tmp_path, table, results, rest))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("given", "stored", "scale"),
    [("mW", "W", 1e-3), ("um2", "mm²", 1e-6), ("µm²", "mm²", 1e-6), ("um^2", "mm²", 1e-6), ("GHz", "Hz", 1e9),
     ("%", "", 0.01), ("us", "s", 1e-6), ("pJ", "J", 1e-12), ("GOPS", "op/s", 1e9)],
)  # fmt: skip
def test_units_are_converted(given: str, stored: str, scale: float) -> None:
    assert unit_scale(given, stored) == pytest.approx(scale, rel=1e-12)


def test_units_are_split() -> None:
    assert [split_unit(text) for text in ("MHz", "Hz", "KB", "ns", "m")] == [
        ("Hz", 1e6), ("Hz", 1.0), ("KB", 1.0), ("s", 1e-9), ("m", 1.0),
    ]  # fmt: skip


def test_a_changed_table_or_unit_puts_new_rows_in_the_place_of_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ResultStore(tmp_path / "x.duckdb") as store:

        def taken_in(platform: Platform) -> tuple[int, list[float]]:
            monkeypatch.setitem(PLATFORMS, platform.name, platform)
            n_new = store.take_in_measured(platform)
            return n_new, sorted(store.find(platform="toy", status="ok")["power_w"])

        first = [0.005, 0.006]
        assert taken_in(toy(tmp_path)) == (3, first)
        assert taken_in(toy(tmp_path)) == (0, first)
        changed = TABLE.replace("20,6,2", "20,7,2").replace("1,400,fast,10,5,1\n", "")
        assert taken_in(toy(tmp_path, changed)) == (2, [0.007])
        assert taken_in(toy(tmp_path, changed, rest=METRICS.replace("mW", "W"))) == (2, [7.0])
        assert taken_in(toy(tmp_path)) == (0, first)


def test_a_table_that_changed_since_its_platform_was_read_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ResultStore(tmp_path / "x.duckdb") as store:
        old = toy(tmp_path)
        monkeypatch.setitem(PLATFORMS, "toy", old)
        store.take_in_measured(old)
        new = toy(tmp_path, TABLE.replace("20,6,2", "20,7,2"))
        store.take_in_measured(old)  # a page that has not looked again yet
        monkeypatch.setitem(PLATFORMS, "toy", new)
        store.take_in_measured(new)
        assert sorted(store.find(platform="toy", status="ok")["power_w"]) == [0.005, 0.007]


def test_results_move_to_a_workload_of_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ResultStore(tmp_path / "x.duckdb") as store:
        for name in ("one", "two"):
            platform = toy(tmp_path, rest=f"workloads: [{name}]\n{METRICS}")
            monkeypatch.setitem(PLATFORMS, "toy", platform)
            store.take_in_measured(platform)
            assert set(store.find(platform="toy")["workload"]) == {name}


@pytest.mark.parametrize("table", ["../r.csv", "/tmp/r.csv", "in/../../r.csv"])
def test_a_table_lies_in_the_folder(tmp_path: Path, table: str) -> None:
    (tmp_path / "r.csv").write_text(TABLE)
    (tmp_path / "mine").mkdir()
    _, content = load_document(f"name: toy\nresults: {{table: {table}}}\n{METRICS}")
    with pytest.raises(InvalidInputError, match=r"x.yaml, results.table: '.*r.csv' lies outside .*; allowed: a file"):
        platform_of(content, tmp_path / "mine", "x.yaml")


def test_the_log_of_the_edge_tpu_is_a_table_like_any_other(tmp_path: Path) -> None:
    log = pd.read_parquet(data_path() / "logs" / "edgetpu.parquet").groupby("application", observed=True).head(200)
    log.to_parquet(tmp_path / "log.parquet")
    _, content = load_document(
        "name: toy\nresults: {table: log.parquet, workload: application, status: status}\n"
        "metrics: [{name: runtime_s}, {name: chip_area_mm2}]\n"
    )
    platform = platform_of(content, tmp_path)
    found = measured_results(platform)
    assert list(platform.workloads) == list(dict.fromkeys(log["application"].astype(str)))
    assert len(found) == len(log)
    assert found["status"].value_counts().to_dict() == log["status"].astype(str).value_counts().to_dict()
    ok = found[found["status"] == "ok"]
    assert np.isfinite(ok["runtime_s"]).all()
    assert found.loc[found["status"] == "infeasible", "runtime_s"].isna().all()


def test_a_parquet_file_will_do(tmp_path: Path) -> None:
    pd.DataFrame({"n": [1, 2], "wear": [1.0, 2.0]}).to_parquet(tmp_path / "r.parquet")
    _, content = load_document("name: toy\nresults: {table: r.parquet}\nmetrics: [{name: wear}]")
    assert len(measured_results(platform_of(content, tmp_path))) == 2
