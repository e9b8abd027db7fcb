from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from accel_core import evaluators
from accel_core.evaluators import resolve_settings, settings_id
from accel_core.platforms import get_platform
from accel_core.store import ResultStore
from tests.pages.conftest import ROOT

AXILINE = get_platform("axiline")


def labels(app) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_an_empty_store_says_what_to_do(empty_store, open_page) -> None:
    app = open_page("pages/start.py")
    assert app.title[0].value == "AccelScope"
    assert "No placed results of Axiline" in app.info[0].value
    assert not app.metric


def test_a_card_leads_to_every_page(empty_store, open_page) -> None:
    links = open_page("pages/start.py").get("page_link")
    pages = [f"{path.stem}" for path in (ROOT / "pages").glob("*.py") if path.stem != "start"]
    assert sorted(link.proto.page for link in links) == sorted(pages)


def test_results_are_summed_up_at_once(small_store, open_page) -> None:
    app = open_page("pages/start.py")
    shown = labels(app)
    assert shown["Designs placed"] == "48"
    assert shown["Infeasible or failed"] == "0"
    best = small_store.store.find()["f_effective_hz"].max() / 1e6
    assert shown["Best effective clock"].endswith("MHz")
    assert float(shown["Best effective clock"].removesuffix(" MHz")) == pytest.approx(best, rel=1e-3)
    assert len(app.get("plotly_chart")) == 2


def test_failures_are_counted_and_not_drawn_as_results(partly_failed_store, open_page) -> None:
    shown = labels(open_page("pages/start.py"))
    assert (shown["Designs placed"], shown["Infeasible or failed"]) == ("36", "12")


def test_without_the_flow_one_line_says_why(small_store, open_page, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluators, "placed_available", lambda *_: "coloquinte has no wheel for this system")
    app = open_page("pages/start.py")
    assert [warning.value for warning in app.warning] == [
        "Fidelity placed is off: coloquinte has no wheel for this system. Fidelity analytical runs."
    ]


def test_a_new_servers_first_deep_link_keeps_what_it_asks_for(empty_store) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.query_params["platform"] = "Eyeriss"
    app.switch_page("pages/pareto.py").run()
    assert not app.exception
    assert app.title[0].value == "Pareto"
    assert app.sidebar.selectbox(key="platform").value == "eyeriss"
    assert app.query_params == {"platform": "Eyeriss"}


def test_a_database_in_use_is_one_sentence_and_no_page(empty_store, tmp_path: Path, open_page) -> None:
    with ResultStore(empty_store.database):
        app = open_page("pages/start.py")
        assert "in use by" in app.error[0].value
        assert not app.metric


def test_results_under_other_settings_do_not_mix_and_can_be_chosen(small_store, open_page) -> None:
    usual = small_store_results(small_store)
    busy = usual.head(5).assign(
        settings=usual["settings"].str.replace('"activity": 0.1', '"activity": 0.3'),
        settings_id=settings_id(AXILINE, "placed", resolve_settings(AXILINE, "placed", {"activity": 0.3})),
    )
    small_store.add(busy)
    app = open_page("pages/start.py")
    assert labels(app)["Designs placed"] == "48"
    choice = next(box for box in app.sidebar.selectbox if box.label == "Settings of placed results")
    assert choice.options == ["activity 0.1, technology nangate45", "activity 0.3, technology nangate45"]
    choice.select_index(1).run()
    assert labels(app)["Designs placed"] == "5"
    app.switch_page("pages/pareto.py").run()
    assert not app.exception


def small_store_results(home):
    with ResultStore(home.database) as store:
        return store.find()
