"""Options of the server that pages rely on."""

from streamlit import config


def test_no_garbage_collection_between_a_run_and_the_rerun_it_asks_for():
    """A page change clicked meanwhile would be lost."""
    assert config.get_option("runner.postScriptGC") is False
