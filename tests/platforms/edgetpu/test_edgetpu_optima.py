"""The optima that ship: that they are what the model says, that nothing beats them, and that they can be looked up."""

import json
from functools import cache

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError
from accel_core.pareto import is_nondominated
from accel_core.paths import data_path
from accel_core.platforms.edgetpu.applications import applications
from accel_core.platforms.edgetpu.architecture import FEASIBLE, Floats
from accel_core.platforms.edgetpu.area import area_mm2
from accel_core.platforms.edgetpu.latency import Outcome
from accel_core.platforms.edgetpu.metrics import designs_of, indices_of, latency_s
from accel_core.platforms.edgetpu.optima import LIMITS_MM2, optimum, true_front
from accel_core.platforms.edgetpu.released import random_indices
from accel_core.platforms.edgetpu.simulate import simulate
from scripts import enumerate_edgetpu

NAMES = [*applications(), *enumerate_edgetpu.SETS]
N_RANDOM = 200_000

every_name = pytest.mark.parametrize("name", NAMES)


def summary_of(name: str) -> dict:
    return json.loads((data_path() / "optima" / f"{name}.json").read_text(encoding="utf-8"))


@cache
def random_outcome(part: str) -> Outcome:
    return simulate(random_indices(N_RANDOM, seed=41), applications()[part].layers)


def runtimes(outcomes: list[Outcome]) -> Floats:
    """Mean runtime of 1000 inferences, NaN where one is infeasible."""
    return 1000 * np.mean([latency_s(outcome) for outcome in outcomes], axis=0)


@every_name
def test_the_front_is_sorted_nondominated_and_what_the_model_says(name: str) -> None:
    front = true_front(name.split("+"))
    points = front[["runtime_s", "chip_area_mm2"]].to_numpy()
    assert len(points) > 10
    assert (np.diff(points, axis=0) * [-1, 1] > 0).all()
    assert is_nondominated(points, ("min", "min")).all()
    some = front.iloc[:: max(1, len(front) // 50)]
    outcomes = [simulate(indices_of(some), applications()[part].layers) for part in name.split("+")]
    assert all((outcome.memory == FEASIBLE).all() for outcome in outcomes)
    np.testing.assert_allclose(runtimes(outcomes), some["runtime_s"], rtol=1e-12)
    np.testing.assert_array_equal(area_mm2(some), some["chip_area_mm2"])


@every_name
def test_the_optima_are_the_models_and_keep_their_limits(name: str) -> None:
    optima = summary_of(name)["optima"]
    assert tuple(entry["limit_mm2"] for entry in optima) == LIMITS_MM2 == enumerate_edgetpu.LIMITS_MM2
    for entry in optima:
        found = optimum(name.split("+"), entry["limit_mm2"])
        assert found.chip_area_mm2 == entry["chip_area_mm2"] <= entry["limit_mm2"]
        assert (found.runtime_s, found.design) == (entry["runtime_s"], entry["design"])
        indices = indices_of(pd.DataFrame([found.design]))
        (runtime,) = runtimes([simulate(indices, applications()[part].layers) for part in name.split("+")])
        assert runtime == pytest.approx(found.runtime_s, rel=1e-12)


@every_name
def test_no_random_design_beats_the_front(name: str) -> None:
    """At its own area, so under every limit."""
    front = true_front(name.split("+"))
    runtime = runtimes([random_outcome(part) for part in name.split("+")])
    ok = np.isfinite(runtime)
    area = area_mm2(designs_of(random_indices(N_RANDOM, seed=41)[ok]))
    place = np.searchsorted(front["chip_area_mm2"], area, side="right") - 1
    assert ok.sum() > 1000
    assert (place >= 0).all()
    assert (runtime[ok] >= front["runtime_s"].to_numpy()[place] * (1 - 1e-12)).all()


@every_name
def test_all_designs_were_counted_on_this_model(name: str) -> None:
    summary = summary_of(name)
    assert summary["model"] == enumerate_edgetpu.digest(), "enumerate again: constants or applications changed"
    assert summary["designs"] == summary["feasible"] + sum(summary["too_small"].values()) == 452_760_000
    share = np.isfinite(runtimes([random_outcome(part) for part in name.split("+")])).mean()
    # Four standard deviations of a share of 200,000.
    assert summary["feasible"] / summary["designs"] == pytest.approx(share, abs=4 * 0.5 / N_RANDOM**0.5)


def test_a_lookup_takes_any_limit_and_order_and_says_what_is_wrong() -> None:
    front = true_front(["m4", "mobilenet_edgetpu"])
    pd.testing.assert_frame_equal(front, true_front(["mobilenet_edgetpu", "m4"]))
    between = (front["chip_area_mm2"].iloc[3] + front["chip_area_mm2"].iloc[4]) / 2
    assert optimum(["m4", "mobilenet_edgetpu"], between).runtime_s == front["runtime_s"].iloc[3]
    with pytest.raises(InvalidInputError, match=r"area limit is 1 mm2; a design that runs takes \d+\.\d+ or more"):
        optimum(["m4"], 1.0)
    with pytest.raises(InvalidInputError, match=r"'m7' is unknown; allowed: mobilenet_edgetpu, "):
        true_front(["m7"])
    with pytest.raises(InvalidInputError, match=r"m6\+unet is not known; python scripts/enumerate_edgetpu.py m6\+unet"):
        true_front(["unet", "m6"])


def test_a_caller_cannot_change_what_others_look_up() -> None:
    front = true_front(["m6"])
    front["runtime_s"] = 0.0
    assert optimum(["m6"], 27.0).runtime_s > 0.1
