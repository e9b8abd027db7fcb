"""A network of one's own on the pages: uploaded once, chosen everywhere, and said what is left out of it."""

from __future__ import annotations

import re

import pytest

from accel_core.campaigns import Campaign
from accel_core.errors import InvalidInputError
from accel_core.platforms import get_platform
from pages.components.plain import plain
from pages.components.workload_choice import MAX_UPLOAD_BYTES, read_upload
from tests.workloads.onnx_models import mobilenet_v2

TABLE = (
    b"Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,\n"
    b"c1,11,11,3,3,3,8,1,\n"
)
EYERISS = {"platform": "eyeriss"}


def bring(app, key: str, name: str, content: bytes):
    return app.file_uploader(key=f"{key}-file").set_value((name, content, "application/octet-stream")).run()


def test_a_campaign_of_an_uploaded_network_holds_it(empty_store, open_page) -> None:
    app = bring(open_page("pages/runs.py", **EYERISS), "run-workload", "mine.csv", TABLE)

    assert not app.exception
    name = app.selectbox(key="run-workload").value
    assert re.fullmatch(r"mine@[0-9a-f]{8}", name)
    assert [text.value for text in app.text] == ["1 layers, 17,496 multiply-accumulates"]
    campaign = Campaign.from_yaml(app.code[0].value)
    assert campaign.workload == name
    assert campaign.network is not None
    assert campaign.network.macs == 9 * 9 * 9 * 3 * 8
    assert empty_store.services[-1].store.workload(name) is not None


def test_a_network_that_was_brought_is_offered_on_other_pages(empty_store, open_page) -> None:
    app = bring(open_page("pages/runs.py", **EYERISS), "run-workload", "mine.csv", TABLE)
    name = app.selectbox(key="run-workload").value

    other = open_page("pages/optimize.py", **EYERISS)

    assert name in other.selectbox(key="optimize-eyeriss-workload").options


def test_sizes_that_a_model_leaves_free_are_asked_for(empty_store, open_page) -> None:
    network = mobilenet_v2()
    network.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "height"
    app = bring(open_page("pages/runs.py", **EYERISS), "run-workload", "net.onnx", network.SerializeToString())

    assert "leaves the size height free" in app.error[0].value
    app.text_input(key="run-workload-sizes").set_value("height=224").run()

    assert not app.error
    assert app.text[0].value == "53 layers, 300,774,272 multiply-accumulates"
    assert app.text[1].value.startswith("without multiply-accumulates: Add 10, Clip 52")
    assert app.selectbox(key="run-workload").value.startswith("net@")


def test_a_file_that_is_no_network_is_one_sentence_and_changes_nothing(empty_store, open_page) -> None:
    app = bring(open_page("pages/runs.py", **EYERISS), "run-workload", "wrong.csv", b"a,![x](http\n1,2\n")

    assert not app.exception
    assert app.error[0].value.startswith(plain("wrong.csv, line 1: the columns are a, ![x](http; "))
    assert "@" not in app.selectbox(key="run-workload").value
    assert empty_store.services[-1].store.workload_names() == []


def test_platforms_that_run_no_operators_offer_no_uploader(empty_store, open_page) -> None:
    app = open_page("pages/runs.py", platform="axiline")

    with pytest.raises(KeyError):
        app.file_uploader(key="run-workload-file")


def test_uploads_are_bounded_and_sizes_are_pairs() -> None:
    platform = get_platform("eyeriss")
    with pytest.raises(InvalidInputError, match=r"big.csv: 50,000,001 bytes; at most 50,000,000 are allowed"):
        read_upload(platform, "big.csv", b" " * (MAX_UPLOAD_BYTES + 1), "")
    for text in ("height", "height=", "height=-1", "=3", "height=2.5"):
        with pytest.raises(InvalidInputError, match=r"write NAME=N, N an integer from 1"):
            read_upload(platform, "net.onnx", b"", text)


def test_eyeriss_shows_an_uploaded_network(empty_store, open_page) -> None:
    app = bring(open_page("pages/eyeriss.py", timeout_s=300), "eyeriss-workload", "mine.csv", TABLE)

    assert not app.exception
    assert app.selectbox(key="eyeriss-workload").value.startswith("mine@")
    assert app.metric
