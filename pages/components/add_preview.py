"""What a table makes as a platform, before it is added: counts, a front, the YAML to keep, or what is wrong."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import streamlit as st

from accel_core.errors import AccelError, InvalidInputError
from accel_core.evaluators import measured_results
from accel_core.metrics import get_metric
from accel_core.platforms.base import Platform
from accel_core.platforms.from_files import own_folder
from accel_core.platforms.from_files.guessing import ColumnGuess, content_of
from accel_core.platforms.from_files.platform_yaml import FILE
from accel_core.plots.results import tradeoff
from accel_core.space.documents import dump_document
from pages.components.add_folder import PROBLEM, added
from pages.components.add_table import Uploaded
from pages.components.session import category, kinds, service
from pages.components.style import figure, is_dark, metric_row

REPEATS = {"refuse": "are refused", "mean": "become their mean", "first": "the first counts", "last": "the last counts"}


@dataclass(frozen=True, eq=False)
class Ready:
    """A platform that can be added: its YAML."""

    yaml: str


def show_preview(given: Uploaded, guesses: Sequence[ColumnGuess]) -> Ready | None:
    """Show what would be added; None where something is wrong, which is said."""
    repeats = "refuse"
    keys = [entry.column for entry in guesses if entry.role in ("parameter", "workload")]
    n_alike = int(given.table.duplicated(keys, keep=False).sum()) if keys else 0
    if n_alike:
        repeats = st.segmented_control(f"{n_alike:,} rows are of designs that stand there several times; they",
                                       list(REPEATS), default="mean", required=True,
                                       format_func=REPEATS.__getitem__, key="add-repeats")  # fmt: skip
    try:
        yaml = dump_document(content_of(given.name, given.title, guesses, given.file, repeats))
        platform, results = previewed(given.digest, yaml, given.file, given.content)
    except InvalidInputError as error:
        st.subheader("Not yet", anchor=False)
        st.text(f"⚠ {error}")
        return None
    st.subheader("What it becomes", anchor=False)
    done = results[results["status"] == "ok"]
    metric_row(
        [
            ("Designs", f"{results['design_id'].nunique():,}", "Different ones."),
            ("Ok", f"{len(done):,}", "Results with metrics."),
            ("Infeasible or failed", f"{len(results) - len(done):,}", "Kept as data."),
            ("Parameters", f"{len(platform.space.names)}", None),
            ("Workloads", f"{len(platform.workloads)}", None),
        ]
    )
    _scatter(platform, done)
    with st.expander(f"{FILE}, to keep"):
        st.code(yaml, language="yaml")
        st.download_button("Save YAML", yaml, FILE, "application/yaml", on_click="ignore", key="add-save")
    return Ready(yaml)


@st.cache_resource(show_spinner="Looking at every row …", max_entries=4)
def previewed(digest: str, yaml: str, file: str, _content: bytes) -> tuple[Platform, pd.DataFrame]:
    """Return the platform and its results, without adding it.

    Raises:
        InvalidInputError: If something is wrong, with its place.
    """
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / file).write_bytes(_content)
        (Path(folder) / FILE).write_text(yaml, encoding="utf-8")
        platform = own_folder.read_only_table(Path(folder))
        return platform, measured_results(platform)


def _scatter(platform: Platform, done: pd.DataFrame) -> None:
    known = [name for name in platform.metrics if name in done and done[name].notna().any()]
    if len(known) < 2 or done.empty:
        return
    usual = platform.preferred(("chip_area_mm2", "energy_j", "power_w", "runtime_s"), known)
    x, y = (
        column.selectbox(words, known, known.index(name), format_func=lambda entry: get_metric(entry).title,
                         key=f"add-{words}-{'-'.join(known)}")
        for column, words, name in zip(st.columns(2), ("Horizontal", "Vertical"), usual[:2], strict=True)
    )  # fmt: skip
    if x != y:
        shown = tradeoff(done, x, y, by=category(platform), dark=is_dark(), kinds=kinds(platform))
        figure(shown, key="add-scatter", height=330, look="whether the axes carry the right units and directions.")


def add_button(given: Uploaded, ready: Ready | None) -> None:
    """Offer to add the platform and switch to it."""
    st.button("Add it", type="primary", width="stretch", key="add-do", disabled=ready is None, on_click=add,
              args=(given, ready))  # fmt: skip
    st.caption("Adds a folder of your own; results are taken in, and the pages switch to it.")


def add(given: Uploaded, ready: Ready) -> None:
    """Write the folder, take the results in and make it the current platform, or say why not."""
    try:
        files = {FILE: ready.yaml.encode(), given.file: given.content}
        platform = own_folder.add(given.name, files)
        service().store.take_in_measured(platform)
    except AccelError as error:
        st.session_state[PROBLEM] = str(error)
        return
    added(platform.name)
