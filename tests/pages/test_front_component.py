"""The Python side of the draggable front."""

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from accel_core.errors import InvalidInputError
from accel_core.objectives import Bound, Objective
from pages.components.front import FrontState, direction_of, front

SCRIPT = """
import pandas as pd, streamlit as st
from pages.components.front import front, set_front
points = pd.DataFrame({
    "design_id": ["a", "b", "c"], "fidelity": ["placed", "placed", "predicted"],
    "power_w": [0.01, 0.02, float("nan")], "runtime_s": [3e-3, 1e-3, 2e-3], "chip_area_mm2": [0.1, 0.2, 0.3],
})
if not st.session_state.get("away"):
    if st.session_state.pop("push", False):
        set_front("front", bounds={"power_w": (None, 0.005)}, selected="b")
    st.session_state.state = front(points, "runtime_s", "power_w", ["chip_area_mm2"], key="front",
                                   bounds={"chip_area_mm2": (None, 0.25), "power_w": (None, None)})
"""


def reported(bounds, revision=0, **more):
    return {"front": {"bounds": bounds, "selected": "a", "hidden_kinds": [], "revision": revision, **more}}


@pytest.fixture
def app():
    app = AppTest.from_string(SCRIPT, default_timeout=20).run()
    assert not app.exception
    return app


def test_starts_with_the_given_bounds_and_drops_empty_ones(app):
    assert len(app.get("bidi_component")) == 1
    assert app.session_state["state"] == FrontState({"chip_area_mm2": (None, 0.25)})


def test_a_report_from_the_browser_becomes_the_state(app):
    app.session_state["front"] = reported({"power_w": [None, 0.015]}, n_feasible=1, n_front=1)
    app.run()
    state = app.session_state["state"]
    assert state == FrontState({"power_w": (None, 0.015)}, "a", (), 1, 1)
    assert state.goals("runtime_s", "power_w") == [
        Objective("runtime_s", "min"),
        Objective("power_w", "min", upper=0.015),
    ]


def test_bounds_come_back_after_another_page(app):
    app.session_state["front"] = reported({"power_w": [None, 0.015]})
    app.run()
    app.session_state["away"] = True
    app.run()
    assert "front" not in app.session_state
    app.session_state["away"] = False
    app.run()
    assert app.session_state["state"].bounds == {"power_w": (None, 0.015)}
    assert app.session_state["state"].selected_id == "a"


def test_python_can_move_bounds_and_later_reports_win_again(app):
    app.session_state["front"] = reported({"power_w": [None, 0.015]})
    app.session_state["push"] = True
    app.run()
    assert app.session_state["state"] == FrontState({"power_w": (None, 0.005)}, "b")
    app.session_state["front"] = reported({"power_w": [None, 0.004]}, revision=1)
    app.run()
    assert app.session_state["state"].bounds == {"power_w": (None, 0.004)}


def test_goals_turn_hidden_limits_into_bounds():
    state = FrontState({"chip_area_mm2": (None, 0.2), "f_effective_hz": (5e8, None)})
    assert state.goals("f_effective_hz", "power_w") == [
        Objective("f_effective_hz", "max", lower=5e8),
        Objective("power_w", "min"),
        Bound("Chip area", "chip_area_mm2", upper=0.2),
    ]


def test_direction_is_the_metrics_own_unless_asked():
    assert direction_of("f_effective_hz") == "max"
    assert direction_of("f_target_hz") == "min"
    assert direction_of("f_target_hz", {"f_target_hz": "max"}) == "max"


@pytest.mark.parametrize(
    ("x", "hidden", "match"),
    [
        ("energy_j", (), "no column 'energy_j'; it has: design_id"),
        ("power_w", (), "both axes show 'power_w'"),
        ("runtime_s", ("cells",), "no column 'cells'"),
    ],
)
def test_wrong_axes_are_named(x, hidden, match):
    points = pd.DataFrame({"design_id": ["a"], "fidelity": ["placed"], "power_w": [1.0], "runtime_s": [np.nan]})
    with pytest.raises(InvalidInputError, match=match):
        front(points, x, "power_w", hidden, key="front")
