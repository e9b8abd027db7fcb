"""The page Eyeriss: one design and its mapping, the live search, the comparison, and what a wrong input says."""

from __future__ import annotations

import io
import os
import zipfile

import pandas as pd
import pytest
import streamlit as st

from pages.components import eyeriss_exact
from pages.components.eyeriss_designs import BASELINE, OPTIMUM, Setup, prepare
from pages.components.eyeriss_exact import exact_front, share_beaten
from pages.components.eyeriss_lesson import sentence
from pages.components.eyeriss_search_view import RUN
from pages.components.eyeriss_shares import nearest, reference_mm2, resources
from pages.components.eyeriss_timeloop import zipped
from pages.components.eyeriss_view import OWN_MAPPING, TRIANGLE, mappings_of
from pages.components.triangle import take_dropped
from tests.platforms.eyeriss.timeloop_outputs import REFERENCE as TIMELOOP_ROWS
from tests.platforms.eyeriss.timeloop_outputs import install_fake, script_of

PAGE = "pages/eyeriss.py"
REFERENCE = "L6[WIO] Q4 M2 P112 - L5[IO] Q28 P2 - L4[] M4X Q2X - L3[] M4Y S3Y - L2[I] - L1[W] R3 C3 - L0[O] M2"
FIXED = {"eyeriss-energy": "fixed"}


def labels(app) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def areas(design) -> list[float]:
    return list(resources(pd.DataFrame([design]))[0])


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """Compiles the mappers if that was not done yet: longer than a page may take."""
    prepare()


@pytest.fixture
def page(empty_store, open_page):
    return open_page(PAGE, **FIXED)


def test_the_first_sight_is_the_baseline_under_the_exact_mapper(page) -> None:
    shown = labels(page)
    assert (shown["Cycles"], shown["Utilization"]) == ("516,096", "100.00 %")
    assert 300 < float(shown["Energy [µJ]"]) <= 375.1
    assert len(page.get("plotly_chart")) == 4
    assert len(page.get("bidi_component")) == 1
    assert any("57.14 % to 100 % utilization" in html.proto.body for html in page.get("html"))
    assert page.code[0].value.startswith("L6[WIO]")


def test_the_random_mapper_is_worse_and_the_optimum_needs_602112_cycles(page) -> None:
    exact = float(labels(page)["EDP [µJ·ms]"])
    page.session_state["eyeriss-mapper"] = "random"
    page.run()
    assert float(labels(page)["EDP [µJ·ms]"].replace(",", "")) > exact
    page.session_state["eyeriss-mapper"] = "exact"
    page.session_state["eyeriss-shown"] = "Source's optimum"
    page.run()
    assert labels(page)["Cycles"] == "602,112"
    assert any("42 rows cannot be filled" in html.proto.body for html in page.get("html"))


def test_a_mapping_of_ones_own_is_evaluated_and_a_wrong_one_is_one_sentence(page) -> None:
    page.text_area(key=OWN_MAPPING).set_value(REFERENCE).run()
    shown = labels(page)
    assert (shown["Cycles"], shown["Utilization"], shown["Energy [µJ]"]) == ("903,168", "57.14 %", "390.0")
    assert page.code[0].value == REFERENCE
    page.text_area(key=OWN_MAPPING).set_value(REFERENCE.replace("P112", "P100")).run()
    assert not page.exception
    assert "factors of P multiply to 200" in page.error[0].value
    # Once on the page, once in the open box that may lie over it.
    assert [error.value for error in page.error] == [page.error[0].value] * 2
    page.text_area(key=OWN_MAPPING).set_value("Q4 M2").run()
    assert "1 levels with '-'" in page.error[0].value
    page.text_area(key=OWN_MAPPING).set_value(REFERENCE.replace("M4X Q2X", "M4X Q4X")).run()
    assert "Q" in page.error[0].value


OWN_TABLE = """
title: Twice the reference's DRAM
levels:
  dram: {read_pj: 1024, write_pj: 1024}
  glb: {read_pj: 18.183829, write_pj: 14.137929, leak_pj_per_cycle: 0.005652}
  ifmap: {read_pj: 0.202442, write_pj: 0.176713, leak_pj_per_cycle: 0.000101}
  weights: {read_pj: 1.976602, write_pj: 1.881657, leak_pj_per_cycle: 0.001592}
  psum: {read_pj: 0.2513, write_pj: 0.2191, leak_pj_per_cycle: 0.000134}
  mac: {compute_pj: 0.207692}
"""


def test_an_energy_table_of_ones_own_is_used_and_a_wrong_one_is_one_sentence(page) -> None:
    page.text_area(key=OWN_MAPPING).set_value(REFERENCE).run()
    upload = page.file_uploader(key="eyeriss-energy-file")
    upload.set_value(("mine.yaml", OWN_TABLE.encode(), "application/yaml")).run()
    # 390.00 uJ of which 226.10 are DRAM's, now twice as much.
    assert float(labels(page)["Energy [µJ]"]) == pytest.approx(390.0 + 226.1, abs=0.11)
    lacking = "".join(line for line in OWN_TABLE.splitlines(keepends=True) if "psum" not in line)
    page.file_uploader(key="eyeriss-energy-file").set_value(("lacking.yaml", lacking.encode(), "text/yaml")).run()
    assert not page.exception
    assert page.error[0].value.startswith("lacking.yaml")
    assert "psum" in page.error[0].value
    assert labels(page)["Energy [µJ]"] == "390.0"


def test_a_mapping_that_does_not_fit_names_the_level(page) -> None:
    page.session_state["eyeriss-shown"] = "Source's optimum"
    page.text_area(key=OWN_MAPPING).set_value(REFERENCE).run()
    assert "columns" in page.warning[0].value
    assert not page.metric


def test_a_size_edited_makes_the_design_ones_own(page) -> None:
    page.selectbox(key="eyeriss-size-glb_depth").set_value(512).run()
    assert not page.exception
    assert page.session_state["eyeriss-shown"] == "Yours"
    assert labels(page)["On-chip bits"] == "624 k"
    assert not page.warning


def test_a_design_beyond_the_total_is_said_to_be(page) -> None:
    page.toggle(key="eyeriss-keep-pes").set_value(True).run()
    page.selectbox(key="eyeriss-size-mesh_x").set_value(28).run()
    assert [text.value for text in page.warning] == [
        "It takes 4.77 of 2.51 mm²; drag the point to a design under the total.",
        "It has 336 PEs, not 168; drag the point to one that has.",
    ]


def test_networks_show_one_layer_at_a_time(page) -> None:
    page.selectbox(key="eyeriss-workload").set_value("alexnet").run()
    assert not page.exception
    choice = page.selectbox(key="eyeriss-layer-alexnet")
    assert len(choice.options) > 3
    first = page.code[0].value
    choice.select_index(1).run()
    assert page.code[0].value != first


def search(page, generations):
    page.session_state["eyeriss-view"] = "Search"
    page.run()
    page.number_input(key="eyeriss-generations").set_value(generations)
    page.button(key="eyeriss-start").click().run()
    assert not page.exception
    return page.session_state[RUN]


def test_a_search_that_is_over_hands_over_its_best_and_starts_again_with_the_next_seed(page) -> None:
    run = search(page, 3)
    while not run.is_over:
        page.run()
    assert not run.problem
    assert len(run.results) == 8 + 7 + 7
    assert (run.results["mesh_x"] * run.results["mesh_y"] == 168).all()
    best = run.results.iloc[run.best]
    assert best["loss"] == run.results["loss"].min()
    assert labels(page)["Cycles"] == f"{best['cycles']:,.0f}"
    page.button(key="eyeriss-again").click().run()
    assert page.session_state[RUN].asked.seed == page.number_input(key="eyeriss-ga-seed").value == 1
    page.session_state[RUN] = run
    page.button(key="eyeriss-take").click().run()
    assert page.session_state["eyeriss-shown"] == "Yours"
    assert labels(page)["Cycles"] == f"{best['cycles']:,.0f}"


def test_a_paused_search_stands_still_until_it_goes_on(page) -> None:
    run = search(page, 5000)
    page.button(key="eyeriss-pause").click().run()
    at_pause = run.generation
    page.run()
    assert 0 < at_pause == run.generation
    page.button(key="eyeriss-go-on").click().run()
    assert run.generation > at_pause
    page.button(key="eyeriss-pause").click().run()


def test_a_loss_without_weights_is_one_sentence(page) -> None:
    page.session_state["eyeriss-view"] = "Search"
    page.run()
    for slider in page.slider:
        slider.set_value(0.0)
    page.button(key="eyeriss-start").click().run()
    assert page.error[0].value == "every weight of the loss is 0; raise at least one"
    assert page.selectbox(key="eyeriss-preset").value == "Own weights"


def test_the_tables_mark_what_is_published_and_what_is_computed(page) -> None:
    page.session_state["eyeriss-view"] = "Compare"
    page.run()
    assert not page.exception
    results, parameters = (table.value for table in page.table)
    assert results["Baseline · published"].to_list() == ["903,168", "57.14", "188.48", "720.99", "651.0"]
    assert results.loc["Cycles", "Baseline · exact mapper"] == "516,096"
    assert results.loc["Cycles", "Source's optimum · exact mapper"] == "602,112"
    assert parameters.loc["Mesh"].to_list() == ["14 × 12", "4 × 42"]
    assert parameters.loc["On-chip bits"].to_list() == ["1,639,936", "1,014,784"]


def test_where_timeloop_is_installed_its_own_results_stand_beside(
    page, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    install_fake(tmp_path / "bin", script_of(TIMELOOP_ROWS[0]))
    page.session_state["eyeriss-view"] = "Compare"
    page.run()
    assert "Baseline · Timeloop" not in page.table[0].value
    page.button(key="eyeriss-simulate").click().run()
    assert not page.exception
    assert page.table[0].value["Baseline · Timeloop"].to_list() == ["903,168", "57.14", "188.44", "390.00", "352.2"]


def test_without_timeloop_one_line_says_so_and_its_files_can_be_had(page) -> None:
    files = zipfile.ZipFile(io.BytesIO(zipped(tuple(BASELINE.items()), "vgg16/conv1_1", "fixed", "edp")))
    architecture = next(name for name in files.namelist() if name.endswith("arch.yaml"))
    assert "16384" in files.read(architecture).decode()
    page.session_state["eyeriss-view"] = "Compare"
    page.run()
    assert any("timeloop-mapper is not on PATH" in caption.value for caption in page.caption)


def test_shares_that_are_had_lead_back_to_the_same_design() -> None:
    for design in (BASELINE, OPTIMUM):
        assert nearest(areas(design), sum(areas(design)) * 1.000001, design) == design


@pytest.mark.parametrize("shares", [(0.2, 0.7, 0.1), (0.01, 0.2, 0.79), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)])
def test_the_nearest_design_keeps_the_total_and_follows_the_shares(shares) -> None:
    found = nearest(shares, 2.0, BASELINE)
    assert sum(areas(found)) <= 2.0
    moved = [area / sum(areas(found)) for area in areas(found)]
    largest = max(range(3), key=lambda i: shares[i] / reference_mm2()[i])
    assert moved[largest] >= areas(BASELINE)[largest] / sum(areas(BASELINE))
    kept = nearest(shares, 2.0, BASELINE, pes=168)
    assert kept["mesh_x"] * kept["mesh_y"] == 168


def test_no_design_is_nearest_where_none_is_small_enough() -> None:
    assert nearest((1, 1, 1), 1e-4, BASELINE) is None


def test_keeping_the_number_of_pes_goes_to_the_nearest_design_that_has_it(page) -> None:
    page.selectbox(key="eyeriss-size-mesh_x").set_value(28).run()
    page.toggle(key="eyeriss-keep-pes").set_value(True).run()
    assert not page.exception
    assert not page.warning
    own = page.session_state["eyeriss-own"]
    assert own["mesh_x"] * own["mesh_y"] == 168
    before = dict(own)
    page.toggle(key="eyeriss-keep-pes").set_value(False).run()
    page.toggle(key="eyeriss-keep-pes").set_value(True).run()
    assert page.session_state["eyeriss-own"] == before


def test_a_point_let_go_in_the_triangle_is_mapped_at_once(page) -> None:
    page.session_state[TRIANGLE] = {"drop": {"shares": [0.02, 0.5, 0.48], "at": 5}}
    page.run()
    assert not page.exception
    assert page.session_state["eyeriss-shown"] == "Yours"
    assert labels(page)["On-chip bits"] != "1,640 k"
    moved = labels(page)
    page.run()
    assert labels(page) == moved
    page.session_state["eyeriss-total"], page.session_state["eyeriss-keep-pes"] = 0.05, True
    page.session_state[TRIANGLE] = {"drop": {"shares": [0.02, 0.5, 0.48], "at": 6}}
    page.run()
    assert page.warning[0].value == "No design is as small as 0.05 mm²; raise the total area."
    assert labels(page) == moved


@pytest.mark.parametrize("sent", [{}, [1, 2], [0, 0, 0], [-1, 1, 1], "x"])
def test_what_no_triangle_sends_is_ignored(monkeypatch: pytest.MonkeyPatch, sent) -> None:
    monkeypatch.setattr("pages.components.triangle.st.session_state", {"t": {"drop": {"shares": sent, "at": 5}}})
    assert take_dropped("t") is None


def test_shares_let_go_count_once_and_add_up_to_1(monkeypatch: pytest.MonkeyPatch) -> None:
    state = {"t": {"drop": {"shares": [1, 2, 1], "at": 7}}}
    monkeypatch.setattr("pages.components.triangle.st.session_state", state)
    assert take_dropped("t") == (0.25, 0.5, 0.25)
    assert take_dropped("t") is None


def test_the_exact_front_is_that_of_the_budget_and_only_of_what_was_enumerated(
    tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    st.cache_data.clear()
    monkeypatch.setattr(eyeriss_exact, "data_path", lambda: tmp_path)
    folder = tmp_path / eyeriss_exact.FOLDER
    folder.mkdir(parents=True)
    # In cycles and energy c is beaten by b, but it has fewer bits than both.
    designs = {"cycles": [5e5, 6e5, 7e5], "energy_j": [3e-4, 2e-4, 2.5e-4], "onchip_bits": [9e5, 8e5, 3e5]}
    pd.DataFrame(designs, index=list("abc")).to_parquet(folder / "optimum_fixed.parquet")
    pd.DataFrame({"share": [0.0, 0.5, 1.0], "edp_js": [1e-7, 2e-7, 9e-7]}).to_parquet(folder / "edp_fixed.parquet")
    setup = Setup("vgg16/conv1_1", "fixed")
    assert list(exact_front(setup, 168, 0)["cycles"]) == [5e5, 6e5]
    assert list(exact_front(setup, 168, 850_000)["cycles"]) == [6e5]
    assert list(exact_front(setup, 168, 400_000)["cycles"]) == [7e5]
    assert exact_front(setup, 168, 1) is None
    assert exact_front(setup, 64, 0) is None
    assert exact_front(Setup("vgg16/conv1_2", "fixed"), 168, 0) is None
    assert exact_front(Setup("vgg16/conv1_1", "scaled"), 168, 0) is None
    assert share_beaten(setup, 2e-7) == pytest.approx(0.5)
    assert share_beaten(setup, 1e-6) == 0.0
    st.cache_data.clear()


def test_the_lesson_is_one_sentence_for_every_outcome() -> None:
    ways = {"published": (0.5714, 1.0), "random": (0.6, 1.0), "exact": (1.0, 1.0)}
    assert sentence(ways) == (
        "By mapping alone the same 14 × 12 hardware goes from 57.14 % to 100 % utilization; the source's new hardware "
        "reached 85.71 %."
    )
    assert sentence({"random": (0.5, 1.0), "exact": (0.75, 1.0)}).endswith("from 50 % to 75 % utilization.")
    assert "finds what" in sentence({"random": (0.75, 1.0), "exact": (0.75, 1.0)})
    assert sentence({}) == "The baseline has no mapping on this layer."


def test_mappings_of_networks_are_told_apart() -> None:
    class Network:
        layers = (type("L", (), {"name": "only"}),)

    assert mappings_of("a: Q4 - P2; b: M2 - C3", Network) == {"a": "Q4 - P2", "b": "M2 - C3"}
    assert mappings_of("Q4 - P2", Network) == {"only": "Q4 - P2"}


def test_the_platform_chosen_on_other_pages_is_kept(empty_store, open_page) -> None:
    app = open_page("pages/design_space.py")
    app.sidebar.selectbox(key="platform").set_value("eyeriss").run()
    app.switch_page(PAGE).run()
    app.switch_page("pages/design_space.py").run()
    assert app.sidebar.selectbox(key="platform").value == "eyeriss"
