"""What every platform promises, whatever it can do."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.evaluators import (
    IDENTITY,
    PROVENANCE,
    STATUSES,
    evaluate,
    measured_results,
    resolve_settings,
    settings_id,
    settings_of,
)
from accel_core.metrics import get_metric, is_metric
from accel_core.paths import data_path
from accel_core.platforms import PLATFORMS, Platform, get_platform
from accel_core.platforms.from_files.platform_yaml import load_platform
from accel_core.process import Limits, run
from accel_core.space import sample
from accel_core.workloads.operators import EXAMPLES

FROM_FILES = [load_platform(path) for path in sorted((data_path() / "examples").glob("*/platform.yaml"))]
ALL = {platform.name: platform for platform in (*PLATFORMS.values(), *FROM_FILES)}

pytestmark = pytest.mark.parametrize("platform", ALL.values(), ids=ALL.keys())


@pytest.fixture(autouse=True)
def known(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make an example known for as long as it is tested."""
    monkeypatch.setitem(PLATFORMS, platform.name, platform)


OUTCOME = ("status", "stage", "reason", "tool_versions")


FIDELITY = {"analytical": "analytical", "simulate": "simulated"}


def test_it_runs_every_operator_of_its_own_workloads(platform: Platform) -> None:
    if not platform.default_workload.layers:
        assert platform.runs is None
        return
    assert platform.runs is not None
    operators = [one for workload in platform.workloads.values() for one in workload.operators]
    assert {platform.runs(operator) for operator in operators} == {None}
    assert all(why is None or why for why in map(platform.runs, EXAMPLES)), "what is not run has a reason"


def some_designs(platform: Platform, n: int = 12) -> pd.DataFrame:
    return sample(platform.space, n, seed=11).designs


def needs(capability: Callable[..., object] | None) -> None:
    if capability is None:
        pytest.skip("the platform cannot do this")


def implemented(platform: Platform) -> pd.DataFrame:
    """Designs with what an implementation would have measured, for what combines it with a simulation."""
    designs = some_designs(platform)
    rng = np.random.default_rng(0)
    return designs.assign(
        f_effective_hz=rng.uniform(2e8, 9e8, len(designs)), cycle_energy_j=rng.uniform(1e-12, 1e-11, len(designs))
    )


def adder(platform: Platform, capability: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    """Return what adds metrics to designs, for the default workload and under the default settings."""
    if capability == "combine":
        return lambda designs: platform.combine.run(designs, platform.default_workload)
    part = getattr(platform, capability)
    settings = resolve_settings(platform, FIDELITY[capability], None)
    return lambda designs: part(designs, platform.default_workload, settings)


def test_it_is_found_by_its_name(platform: Platform) -> None:
    assert get_platform(platform.name) is platform
    with pytest.raises(InvalidInputError, match=rf"platform 'abacus' is unknown; allowed: .*{platform.name}"):
        get_platform("abacus")


def test_its_defaults_are_a_valid_design_and_every_parameter_says_what_it_is(platform: Platform) -> None:
    platform.space.check(platform.space.defaults())
    assert all(parameter.meaning for parameter in platform.space.parameters)


def test_its_words_are_there(platform: Platform) -> None:
    assert platform.title
    assert platform.summary.endswith(".")
    assert platform.reference in platform.fidelities
    assert set(platform.evaluable) == set(platform.fidelities) - {"measured"}


def test_its_own_metrics_are_shown_and_told_as_it_says(platform: Platform) -> None:
    assert {metric.name for metric in platform.own_metrics} <= set(platform.metrics)
    assert all(get_metric(metric.name) == metric for metric in platform.own_metrics)


def test_every_metric_is_known_and_named_once(platform: Platform) -> None:
    assert [name for name in platform.metrics if not is_metric(name)] == []
    assert len(set(platform.metrics)) == len(platform.metrics)


def test_workloads_are_called_by_their_names(platform: Platform) -> None:
    assert platform.workloads
    assert {name: workload.name for name, workload in platform.workloads.items()} == {n: n for n in platform.workloads}
    assert platform.default_workload is next(iter(platform.workloads.values()))
    assert all(workload.title and workload.source for workload in platform.workloads.values())


def test_rtl_is_the_same_every_time_and_blind_to_the_backend(platform: Platform) -> None:
    needs(platform.implement)
    backend = platform.space.subspace("backend").names
    for first, second in pairwise(some_designs(platform).to_dict("records")):
        again = {**first, **{name: second[name] for name in backend}}
        assert platform.implement.rtl(first) == platform.implement.rtl(again)


@pytest.mark.tools
def test_rtl_compiles_without_a_warning(platform: Platform, tmp_path: Path) -> None:
    needs(platform.implement)
    for design in some_designs(platform, 8).to_dict("records"):
        rtl = platform.implement.rtl(design)
        (tmp_path / "design.v").write_text(rtl.verilog, encoding="ascii")
        command = ["iverilog", "-g2005", "-Wall", "-s", rtl.top, "-t", "null", "design.v"]
        done = run(command, "compile", Limits(60), cwd=tmp_path)
        assert (done.exit_code, done.output) == (0, "")


@pytest.mark.tools
def test_testbench_works_on_the_rtl_and_ends(platform: Platform, tmp_path: Path) -> None:
    needs(platform.implement)
    needs(platform.implement.testbench)
    for design in some_designs(platform, 2).to_dict("records"):
        rtl, bench = platform.implement.rtl(design), platform.implement.testbench(design)
        watch = 'module watch; always @(posedge bench.working) $display("works"); endmodule\n'
        for name, text in {"design.v": rtl.verilog, "bench.v": bench.verilog, "watch.v": watch, **bench.files}.items():
            (tmp_path / name).write_text(text, encoding="ascii")
        tops = ("-s", "bench", "-s", "watch")
        command = ["iverilog", "-g2005", *tops, "-o", "bench", "design.v", "bench.v", "watch.v"]
        assert run(command, "compile", Limits(60), cwd=tmp_path).exit_code == 0
        done = run(["vvp", "-n", "bench"], "simulate", Limits(120), cwd=tmp_path)
        assert (done.exit_code, done.timed_out) == (0, False)
        assert "works" in done.output


@pytest.mark.parametrize("capability", ["combine", "simulate", "analytical"])
def test_metrics_of_a_table_are_those_of_its_rows(platform: Platform, capability: str) -> None:
    needs(getattr(platform, capability))
    add = adder(platform, capability)
    designs = implemented(platform).sample(frac=1, random_state=0)
    before = designs.copy()

    table = add(designs)
    rows = pd.concat([add(designs.iloc[[i]]) for i in range(len(designs))])

    pd.testing.assert_frame_equal(designs, before)
    pd.testing.assert_frame_equal(table, rows)
    added = [name for name in table if name not in (*designs, *platform.details, *OUTCOME)]
    assert added
    assert set(added) <= set(platform.metrics)
    done = table[table["status"] == "ok"] if "status" in table else table
    assert len(done)
    assert np.isfinite(done[added].to_numpy(dtype=np.float64)).all()


def test_a_design_that_cannot_be_says_where_and_why_and_has_no_numbers(platform: Platform) -> None:
    needs(platform.analytical)
    table = adder(platform, "analytical")(some_designs(platform, 40))
    if "status" not in table:
        pytest.skip("its equations hold for every design")
    impossible = table[table["status"] != "ok"]
    assert set(table["status"]) <= set(STATUSES)
    assert (impossible[["stage", "reason"]] != "").all(axis=None)
    assert impossible[[name for name in platform.metrics if name in ("cycles", "energy_j")]].isna().all(axis=None)


def test_results_carry_metrics_and_details_and_nothing_else(platform: Platform) -> None:
    needs(platform.analytical)
    results = evaluate(platform.name, some_designs(platform, 3), "analytical")
    free = set(results.columns) - {"design_id", *platform.space.names, *IDENTITY, *PROVENANCE}
    assert free <= {*platform.metrics, *platform.details}
    assert not [name for name in platform.details if is_metric(name)]
    assert all(isinstance(text, str) for name in platform.details if name in results for text in results[name])


def test_every_setting_says_what_it_is_and_its_default_is_allowed(platform: Platform) -> None:
    for fidelity in platform.fidelities:
        for name, setting in settings_of(platform, fidelity).items():
            assert setting.meaning.endswith("."), name
            assert name not in platform.space.names
            assert resolve_settings(platform, fidelity, {name: setting.default})[name] == setting.default
    assert set(platform.settings) <= set(platform.fidelities)


def test_a_setting_that_changes_a_result_changes_its_key(platform: Platform) -> None:
    for fidelity in platform.fidelities:
        usual = resolve_settings(platform, fidelity, None)
        for name, setting in settings_of(platform, fidelity).items():
            others = [word for word in setting.choices if word != setting.default]
            other = others[0] if others else "other" if isinstance(setting.default, str) else setting.low
            if other != setting.default:
                changed = settings_id(platform, fidelity, {**usual, name: other})
                assert (changed != settings_id(platform, fidelity, usual)) == setting.keyed, name


def test_the_space_under_the_default_settings_is_the_space(platform: Platform) -> None:
    assert platform.space_under({}) == platform.space
    assert (
        platform.space_under({name: entry.default for name, entry in platform.space_settings.items()}) == platform.space
    )
    for fidelity in platform.fidelities:
        assert platform.space_under(resolve_settings(platform, fidelity, None)) == platform.space


def test_features_keep_designs_and_add_finite_numbers(platform: Platform) -> None:
    needs(platform.features)
    designs = some_designs(platform)

    features = platform.features(designs)

    pd.testing.assert_frame_equal(features[designs.columns], designs)
    added = features.drop(columns=designs.columns)
    assert len(added.columns)
    assert np.isfinite(added.to_numpy(dtype=np.float64)).all()


def test_measured_results_are_valid_designs_each_once_with_known_workloads_and_metrics(platform: Platform) -> None:
    needs(platform.measured)
    results = measured_results(platform)
    platform.space.check(results)
    assert not results.duplicated(["design_id", "workload"]).any()
    assert set(results["workload"]) <= set(platform.workloads)
    assert set(results["status"]) <= set(STATUSES)
    assert set(results["fidelity"]) == {"measured"}
    free = set(results.columns) - {"design_id", *platform.space.names, *IDENTITY, *PROVENANCE}
    assert free <= {*platform.metrics, *platform.details}
    assert platform.measured.digest() == platform.measured.digest()


def test_nothing_that_is_only_measured_can_be_evaluated(platform: Platform) -> None:
    needs(platform.measured)
    with pytest.raises(InvalidInputError, match="has no fidelity 'measured'; allowed: "):
        evaluate(platform.name, platform.space.defaults(), "measured")


def test_an_empty_table_stays_empty(platform: Platform) -> None:
    none = implemented(platform).iloc[:0]
    for capability in ("combine", "simulate", "analytical"):
        if getattr(platform, capability) is not None:
            assert adder(platform, capability)(none).empty
    if platform.features is not None:
        assert platform.features(none).empty
