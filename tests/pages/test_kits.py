"""Process kits on the Runs page: what is shown of one, and a YAML that is taken or refused."""

import pytest
from streamlit.testing.v1 import AppTest

from accel_core.errors import InvalidInputError
from accel_core.paths import kits_path
from accel_core.physical import keep_kit, known_kits
from tests.physical.test_kit_check import whole_kit


def shown(app: AppTest) -> str:
    return " ".join(
        str(element.value) for kind in ("markdown", "warning", "error", "success") for element in app.get(kind)
    )


def test_a_kit_is_shown_and_another_is_added(empty_store, open_page, tmp_path):
    folder = whole_kit(tmp_path / "kit")
    app = open_page("pages/runs.py")
    assert "NanGate 45 nm Open Cell Library" in shown(app)
    assert list(known_kits(kits_path())) == ["nangate45"]
    app.text_area(key="kit-yaml").set_value("name: nangate45\n").run()
    app.button(key="kit-keep").click().run()
    assert "name is nangate45, which is a shipped technology; allowed: another" in shown(app)
    text = (folder / "tiny.yaml").read_text().replace("name: tiny", f"name: mine\nfolder: {folder}")
    app.text_area(key="kit-yaml").set_value(text).run()
    app.button(key="kit-keep").click().run()
    place = kits_path() / "mine.yaml"
    assert f"mine is kept; in the setting *Technology* write `{place}`" in shown(app)
    app.run()
    app.selectbox(key="kit-shown").set_value("mine").run()
    assert not app.exception
    assert "**mine**, unnamed corner, 1 V, rows of 2 µm" in shown(app)
    frame = app.table[0].value
    assert "NAND2 area (NAND)" in list(frame.index)


def test_what_cannot_be_loaded_is_not_kept(tmp_path):
    folder = tmp_path / "kits"
    for text, message in (
        ("title: nothing\n", "key 'name' is missing"),
        ("name: ../up\n", "key 'name' is missing"),
        ("name: mine\nliberty: none.lib\nlef: []\n", "none.lib does not exist"),
    ):
        with pytest.raises(InvalidInputError, match=message):
            keep_kit(text, folder, None)
    assert list(folder.glob("*.yaml")) == []
