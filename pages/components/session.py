"""What all pages share: the one server of this process, the chosen platform and its results."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pandas as pd
import streamlit as st

from accel_core.campaigns import CampaignServer
from accel_core.errors import AccelError, StoreError
from accel_core.evaluators import NOTES, model_version, resolve_settings, settings_id, settings_of, unavailable
from accel_core.paths import data_path, database_path, runs_path
from accel_core.platforms import PLATFORMS, Platform, find_own
from accel_core.store import ResultStore
from accel_core.tables import to_csv
from pages.components.plain import plain

SHIPPED = "results"
MAX_READY_ROWS = 5_000
LAYOUTS = "axiline_layouts.parquet"


class Service:
    """The database and the campaigns' server; one per process, alive as long as the process is."""

    def __init__(self, database: Path, runs: Path) -> None:
        """Open both and take in the shipped results.

        Raises:
            StoreError: If another process has the database, or it cannot be used.
        """
        self.store = ResultStore(database)
        try:
            self.store.import_shipped(data_path() / SHIPPED)
            self.take_in_measured()
            self.campaigns = CampaignServer(self.store, runs).start()
        except BaseException:
            with suppress(AccelError):  # the error that is on its way up says more
                self.store.close()
            raise

    def take_in_measured(self) -> dict[str, str]:
        """Take in results that platforms bring along; return by file or platform what is wrong with them."""
        problems = {str(path): problem for path, problem in find_own().items()}
        for platform in list(PLATFORMS.values()):
            if platform.measured is not None:
                try:
                    self.store.take_in_measured(platform)
                except AccelError as error:
                    problems[platform.name] = str(error)
        return problems


@st.cache_resource(show_spinner="Opening the database …")
def _service(database: str, runs: str) -> Service:
    return Service(Path(database), Path(runs))


def service() -> Service:
    """Return this process's service; where it cannot start, the page says why in one sentence and ends."""
    try:
        return _service(str(database_path()), str(runs_path()))
    except AccelError as error:
        st.error(f"The dashboard cannot open its database. {plain(error)}")
        st.stop()


@contextmanager
def asking() -> Iterator[ResultStore]:
    """Give the database for a query; where it fails, the page says why in one sentence and ends."""
    try:
        yield service().store
    except StoreError as error:
        st.error(plain(error))
        st.stop()


def current_platform() -> Platform:
    """Return the platform that the person explores; the choice shows in the side bar once there are several."""
    names = list(PLATFORMS)
    if len(names) == 1:
        return PLATFORMS[names[0]]
    chosen = st.sidebar.selectbox(
        "Platform", names, format_func=lambda name: PLATFORMS[name].title, key="platform", bind="query-params"
    )
    return PLATFORMS[chosen]


def results(platform: Platform, fidelity: str | None = None, campaign: str | None = None) -> pd.DataFrame:
    """Return stored results, as fresh as the database."""
    store = service().store
    versions = tuple(model_version(platform, name) for name in platform.fidelities)
    return _results(str(store.path), store.revision, versions, platform.name, fidelity, campaign)


@st.cache_data(show_spinner=False, max_entries=16)
def _results(
    database: str,
    revision: int,
    versions: tuple[str, ...],
    platform: str,
    fidelity: str | None,
    campaign: str | None,
) -> pd.DataFrame:
    """Cache by the database's revision, so that a page which only redraws reads nothing.

    A campaign whose results an older version made shows them all the same.
    """
    with asking() as store:
        found = store.find(platform=platform, fidelity=fidelity, campaign=campaign)
        if campaign is None:
            return _once(found)
        return found if len(found) else store.find(platform=platform, fidelity=fidelity, campaign=campaign, older=True)


def _once(found: pd.DataFrame) -> pd.DataFrame:
    """Leave out what another seed gave alike, as wherever seeds play no part: it would weigh twice in a fit."""
    if not len(found) or found["seed"].nunique() < 2:
        return found
    outcome = [name for name in found if name not in ("seconds", "tool_versions", "seed", "created_at", *NOTES)]
    return found[~found.duplicated(outcome)].reset_index(drop=True)


def comparable(platform: Platform, fidelity: str | None = None) -> tuple[pd.DataFrame, int]:
    """Return stored results that may be compared, and a number that changes whenever they do.

    Numbers under other settings, such as another activity, do not belong on one front. Where a fidelity has results
    under several, the side bar asks which; the defaults come first.
    """
    found, revision = results(platform, fidelity), service().store.revision
    for name in sorted(set(found["fidelity"])) if len(found) else []:
        rows = found[found["fidelity"] == name]
        settings = dict(zip(rows["settings_id"], rows["settings"], strict=True))
        if len(settings) < 2:
            continue
        is_known = name in platform.fidelities
        usual = settings_id(platform, name, resolve_settings(platform, name, None)) if is_known else ""
        names = sorted(settings, key=lambda entry: (entry != usual, entry))
        chosen = st.sidebar.selectbox(
            f"Settings of {name} results",
            names,
            format_func=lambda entry, known=settings: _settings_words(platform, known[entry]),
            key=f"settings-{platform.name}-{name}",
            persist_state="session",
            help="Results under other settings are stored too, and left out of what you see here.",
        )
        found = found[(found["fidelity"] != name) | (found["settings_id"] == chosen)].reset_index(drop=True)
        revision = revision * len(names) + names.index(chosen) + 1_000_000
    return found, revision


def _settings_words(platform: Platform, text: str) -> str:
    """Return settings, as JSON, in words.

    Limits are left out, for they change no result, and so are empty ones and later ones at their default, as in keys.
    """
    known = {
        name: entry
        for fidelity in platform.fidelities
        for name, entry in settings_of(platform, fidelity).items()
        if entry.keyed
    }
    shown = {
        name: value
        for name, value in json.loads(text).items()
        if name in known and value != "" and not (known[name].later and value == known[name].default)
    }
    return ", ".join(f"{name} {value}" for name, value in shown.items()) or "none"


def category(platform: Platform) -> str | None:
    """Return the platform's first categorical parameter, which colors figures; None where it has none."""
    return next((entry.name for entry in platform.space.parameters if entry.kind == "categorical"), None)


def kinds(platform: Platform) -> tuple[object, ...]:
    """Return the values of the platform's first categorical parameter; none where it has none."""
    by = category(platform)
    return () if by is None else platform.space.parameter(by).values


def layout_picture(design_id: str) -> bytes | None:
    """Return the layout picture of a placed design as PNG: of your own runs, else the small one that ships."""
    return _own_picture(design_id, "layout.png") or _shipped_layouts().get(design_id)


def congestion_picture(design_id: str) -> bytes | None:
    """Return the picture of where wires crowd as PNG, of a design of your own runs that was routed."""
    return _own_picture(design_id, "congestion.png")


def _own_picture(design_id: str, name: str) -> bytes | None:
    for folder in sorted(runs_path().glob(f"*/artifacts/{design_id}")):
        if (folder / name).is_file():
            return (folder / name).read_bytes()
    return None


@st.cache_resource(show_spinner=False)
def _shipped_layouts() -> dict[str, bytes]:
    path = data_path() / SHIPPED / "layouts" / LAYOUTS
    if not path.is_file():
        return {}
    table = pd.read_parquet(path)
    return dict(zip(table["design_id"], table["png"], strict=True))


def runnable(platform: Platform) -> list[str]:
    """Return the fidelities that this machine can evaluate, and say in one line each what keeps it from the others.

    It is a warning where it is the fidelity to begin with; the other ones may well be nobody's wish.
    """
    if not platform.evaluable:
        st.info("Nothing can be run: these results were measured elsewhere. Models, fronts and searches work on them.")
        return []
    reasons = {name: unavailable(platform, name) for name in platform.evaluable}
    possible = [name for name, reason in reasons.items() if reason is None]
    for name, reason in reasons.items():
        if reason is None:
            continue
        if name == platform.reference:
            instead = f" Fidelity {possible[0]} runs." if possible else ""
            st.warning(f"Fidelity {name} is off: {plain(reason.rstrip('.'))}.{instead}")
        else:
            st.caption(f"Fidelity {name} is off: {plain(reason.rstrip('.'))}.")
    return possible


def download(table: pd.DataFrame, name: str, key: str) -> None:
    """Offer a table as CSV and as Parquet, side by side; the file of a long table is made when it is asked for.

    A click that falls into a rerun finds a file that is there already, but not one that is still to be made.
    """
    is_long = len(table) > MAX_READY_ROWS
    left, right = st.columns(2)
    left.download_button(
        "CSV",
        (lambda: to_csv(table)) if is_long else to_csv(table),
        f"{name}.csv",
        "text/csv",
        key=f"{key}-csv",
        width="stretch",
    )
    right.download_button(
        "Parquet",
        (lambda: _parquet(table)) if is_long else _parquet(table),
        f"{name}.parquet",
        "application/vnd.apache.parquet",
        key=f"{key}-parquet",
        width="stretch",
    )


def _parquet(table: pd.DataFrame) -> bytes:
    stream = io.BytesIO()
    table.to_parquet(stream, index=False)
    return stream.getvalue()
