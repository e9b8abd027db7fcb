from __future__ import annotations

from accel_core.platforms import get_platform
from accel_core.space import DesignSpace
from accel_core.space.difference import difference
from pages.components import space_choice

AXILINE = get_platform("axiline")


def slider(app, name: str):
    return next(entry for entry in app.slider if name in str(entry.key))


def test_it_opens_on_every_store(any_store, open_page) -> None:
    app = open_page("pages/design_space.py")
    assert app.title[0].value == "Design space"
    assert not app.error


def metric(app, label: str) -> str:
    return next(entry.value for entry in app.metric if entry.label == label)


def test_narrowing_a_range_changes_the_size_and_undo_brings_it_back(empty_store, open_page) -> None:
    app = open_page("pages/design_space.py")
    before = metric(app, "Architectures")
    slider(app, "-features-").set_value((5, 10)).run()
    narrowed = AXILINE.space.restrict({"features": "5..10"}).subspace("architecture").size
    assert metric(app, "Architectures") == f"{narrowed:,}" != before
    next(button for button in app.button if "Undo" in button.label).click().run()
    assert metric(app, "Architectures") == before
    assert slider(app, "-features-").value == (5, 60)


def test_a_clock_is_shown_in_megahertz_and_kept_in_hertz(empty_store, open_page) -> None:
    app = open_page("pages/design_space.py")
    slider(app, "-f_target_hz-").set_value((500.0, 600.0)).run()
    histories = app.session_state["space-choice"]
    assert histories["axiline"].choices[-1].restrictions == {"f_target_hz": "500000000.0..600000000.0"}


def test_a_constraint_joins_and_a_wrong_one_is_refused_in_one_sentence(empty_store, open_page) -> None:
    app = open_page("pages/design_space.py")
    size = metric(app, "Architectures")

    app.text_input("constraint-expression").input("cycles_per_vector * input_bits <= 48")
    next(button for button in app.button if button.label == "Add").click().run()
    assert metric(app, "Architectures") != size

    for text, words in (("__import__('os')", "allowed"), ("lunch <= 3", "lunch"), ("", "empty")):
        smaller = metric(app, "Architectures")
        app.text_input("constraint-expression").input(text)
        next(button for button in app.button if button.label == "Add").click().run()
        assert words in app.error[0].value
        assert metric(app, "Architectures") == smaller


def test_the_preview_follows_a_narrowed_category(empty_store, open_page) -> None:
    app = open_page("pages/design_space.py")
    pills = next(entry for entry in app.button_group if "-benchmark-" in str(entry.key))
    pills.set_value(["svm"]).run()
    assert not app.error
    assert metric(app, "Designs") == "96"


def test_choosing_no_value_keeps_the_old_ones(empty_store, open_page) -> None:
    app = open_page("pages/design_space.py")
    pills = next(entry for entry in app.button_group if "-benchmark-" in str(entry.key))
    pills.set_value([]).run()
    assert "benchmark: no value is chosen; allowed: linear" in app.error[0].value


def test_a_choice_survives_leaving_the_page(empty_store, open_page) -> None:
    app = open_page("pages/design_space.py")
    slider(app, "-features-").set_value((8, 16)).run()
    app.switch_page("pages/start.py").run()
    app.switch_page("pages/design_space.py").run()
    assert slider(app, "-features-").value == (8, 16)


def test_a_saved_space_loads_to_the_same_choice() -> None:
    choice = space_choice.SpaceChoice({"features": "8..16", "benchmark": "svm"})
    saved = choice.space(AXILINE).to_yaml()
    restrictions, constraints = difference(DesignSpace.from_yaml(saved), AXILINE.space)
    assert space_choice.SpaceChoice(restrictions, constraints).space(AXILINE) == choice.space(AXILINE)
