"""The region of interest, the two-stage scheme and composed metrics."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from accel_core.errors import InvalidInputError, NotFittedError
from accel_core.surrogates import SURROGATES
from accel_core.surrogates.composed import Composed, Derivation
from accel_core.surrogates.roi import RoiClassifier, confusion, in_roi

from .made_up import TARGETS, results


def system_metrics(table: pd.DataFrame) -> pd.DataFrame:
    runtime = table["cycles"] / table["f_effective_hz"]
    return table.assign(runtime_s=runtime, energy_j=table["power_w"] * runtime)


EQUATIONS = Derivation(("f_effective_hz", "power_w"), system_metrics)


def split(seed: int, n: int = 24) -> tuple[pd.DataFrame, pd.DataFrame]:
    data = results(n, 8, seed=seed)
    return data.drop(columns=TARGETS), data[TARGETS]


def test_the_roi_includes_its_ends():
    found = in_roi(np.full(5, 100.0), [69.9, 70.0, 100.0, 130.0, 130.1], 0.3)
    assert found.tolist() == [False, True, True, True, False]


@pytest.mark.parametrize("tolerance", [0.0, 1.0, -0.1])
def test_impossible_tolerances_are_refused(tolerance: float):
    with pytest.raises(InvalidInputError, match=r"ROI tolerance is .*; allowed: above 0 and below 1"):
        in_roi([1.0], [1.0], tolerance)


def test_confusion_counts():
    found = confusion([True, True, False, False, False], [True, False, True, False, False])
    assert found.to_dict() == {
        "true_inside": 1, "false_inside": 1, "false_outside": 1, "true_outside": 2, "accuracy": 0.6,
    }  # fmt: skip


def test_a_one_sided_table_gives_one_probability():
    X, _ = split(1, 4)
    found = RoiClassifier().fit(X, np.ones(len(X), dtype=bool)).probability(X)
    # (32 + 1) / (32 + 2)
    np.testing.assert_allclose(found, 33 / 34)


def test_composed_runtime_and_energy_obey_their_definitions():
    X, y = split(1)
    model = Composed(SURROGATES["gp"](budget_s=0.1), EQUATIONS).fit(X, y)
    found = model.predict(X)
    np.testing.assert_allclose(found.mean["runtime_s"], X["cycles"] / found.mean["f_effective_hz"])
    np.testing.assert_allclose(found.mean["energy_j"], found.mean["power_w"] * found.mean["runtime_s"])
    relative = found.std / found.mean
    np.testing.assert_allclose(
        relative["energy_j"], np.hypot(relative["power_w"], relative["f_effective_hz"]), rtol=1e-5
    )
    np.testing.assert_allclose(relative["runtime_s"], relative["f_effective_hz"], rtol=1e-5)
    pd.testing.assert_frame_equal(model.predict_mean(X), found.mean)
    assert model.surrogate.settings_.keys() == {"f_effective_hz", "power_w", "chip_area_mm2"}


def test_what_others_follow_from_may_be_learned_without_being_predicted():
    X, y = split(1, 6)
    shown = ["f_effective_hz", "energy_j"]
    model = Composed(SURROGATES["gp"](budget_s=0.1), EQUATIONS, shown).fit(X, y)
    found = model.predict(X)
    assert list(found.mean) == list(found.std) == list(found.scores) == list(model.predict_mean(X)) == shown


def test_without_equations_every_target_is_learned():
    X, y = split(1, 6)
    model = Composed(SURROGATES["gp"](budget_s=0.1)).fit(X, y)
    assert list(model.surrogate.settings_) == TARGETS


def test_energy_without_power_is_refused():
    X, y = split(1, 6)
    with pytest.raises(InvalidInputError, match="y lacks column 'power_w', which energy_j follows from"):
        Composed(SURROGATES["gp"](), EQUATIONS).fit(X, y[["f_effective_hz", "energy_j"]])


def test_unfitted_stages_say_so():
    X, _ = split(1, 2)
    with pytest.raises(NotFittedError, match="surrogate 'gp' has not been fitted"):
        Composed(SURROGATES["gp"]()).predict(X)
    with pytest.raises(NotFittedError, match="the ROI classifier has not been fitted"):
        RoiClassifier().probability(X)
