"""What every platform promises, whatever it can do."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.metrics import is_metric
from accel_core.platforms import PLATFORMS, Platform, get_platform
from accel_core.process import Limits, run
from accel_core.space import sample

pytestmark = pytest.mark.parametrize("platform", PLATFORMS.values(), ids=PLATFORMS.keys())


def some_designs(platform: Platform, n: int = 12) -> pd.DataFrame:
    return sample(platform.space, n, seed=11).designs


def needs(capability: Callable[..., object] | None) -> None:
    if capability is None:
        pytest.skip("the platform cannot do this")


def implemented(platform: Platform) -> pd.DataFrame:
    """Designs with what an implementation would have measured."""
    designs = some_designs(platform)
    rng = np.random.default_rng(0)
    return designs.assign(
        f_effective_hz=rng.uniform(2e8, 9e8, len(designs)), power_w=rng.uniform(1e-3, 1e-2, len(designs))
    )


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
    assert platform.fidelities


def test_every_metric_is_known_and_named_once(platform: Platform) -> None:
    assert [name for name in platform.metrics if not is_metric(name)] == []
    assert len(set(platform.metrics)) == len(platform.metrics)


def test_workloads_are_called_by_their_names(platform: Platform) -> None:
    assert platform.workloads
    assert {name: workload.name for name, workload in platform.workloads.items()} == {n: n for n in platform.workloads}
    assert platform.default_workload is next(iter(platform.workloads.values()))
    assert all(workload.title and workload.source for workload in platform.workloads.values())


def test_rtl_is_the_same_every_time_and_blind_to_the_backend(platform: Platform) -> None:
    needs(platform.rtl)
    backend = platform.space.subspace("backend").names
    for first, second in pairwise(some_designs(platform).to_dict("records")):
        again = {**first, **{name: second[name] for name in backend}}
        assert platform.rtl(first) == platform.rtl(again)


@pytest.mark.tools
def test_rtl_compiles_without_a_warning(platform: Platform, tmp_path: Path) -> None:
    needs(platform.rtl)
    for design in some_designs(platform, 8).to_dict("records"):
        rtl = platform.rtl(design)
        (tmp_path / "design.v").write_text(rtl.verilog, encoding="ascii")
        command = ["iverilog", "-g2005", "-Wall", "-s", rtl.top, "-t", "null", "design.v"]
        done = run(command, "compile", Limits(60), cwd=tmp_path)
        assert (done.exit_code, done.output) == (0, "")


@pytest.mark.parametrize("capability", ["system_metrics", "analytical"])
def test_metrics_of_a_table_are_those_of_its_rows(platform: Platform, capability: str) -> None:
    add = getattr(platform, capability)
    needs(add)
    designs = implemented(platform).sample(frac=1, random_state=0)
    before = designs.copy()

    table = add(designs, platform.default_workload)
    rows = pd.concat([add(designs.iloc[[i]], platform.default_workload) for i in range(len(designs))])

    pd.testing.assert_frame_equal(designs, before)
    pd.testing.assert_frame_equal(table, rows)
    added = [name for name in table if name not in designs]
    assert added
    assert set(added) <= set(platform.metrics)
    assert np.isfinite(table[added].to_numpy(dtype=np.float64)).all()


def test_features_keep_designs_and_add_finite_numbers(platform: Platform) -> None:
    needs(platform.features)
    designs = some_designs(platform)

    features = platform.features(designs)

    pd.testing.assert_frame_equal(features[designs.columns], designs)
    added = features.drop(columns=designs.columns)
    assert len(added.columns)
    assert np.isfinite(added.to_numpy(dtype=np.float64)).all()


def test_an_empty_table_stays_empty(platform: Platform) -> None:
    none = implemented(platform).iloc[:0]
    for add in (platform.system_metrics, platform.analytical):
        if add is not None:
            assert add(none, platform.default_workload).empty
    if platform.features is not None:
        assert platform.features(none).empty
