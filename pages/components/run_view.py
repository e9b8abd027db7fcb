"""One campaign in full: counts, results as they arrive, the front they make, and what failed and why."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from accel_core.campaigns import Campaign, CampaignStatus, OptimizerPlan, RunFolder, SamplerPlan, tail
from accel_core.errors import InvalidInputError
from accel_core.metrics import get_metric
from accel_core.pareto import is_nondominated
from accel_core.platforms import Platform, get_platform
from accel_core.plots.results import tradeoff
from accel_core.plots.runs import arrivals, failure_groups, failures_by_stage
from pages.components.plain import code_span, plain
from pages.components.run_form import narrowed
from pages.components.session import asking, category, download, kinds, layout_picture, results, service
from pages.components.style import card, fidelity_badge, figure, is_dark, look_for, shown_table, status_badge

HEADLINES = ("f_effective_hz", "power_w", "chip_area_mm2", "runtime_s", "energy_j")
MAX_ROWS = 500
MAX_POINTS = 3000
TABS = ("Results", "Progress", "Failures", "Workers", "Definition")


def campaign_view(status: CampaignStatus) -> None:
    """Show one campaign."""
    folder = service().campaigns.folder(status.name)
    with card("run"):
        try:
            campaign = folder.campaign()
        except InvalidInputError as error:
            st.error(plain(error))
            return
        _head(campaign, status)
        platform = get_platform(campaign.platform)
        found = results(platform, campaign=campaign.name)
        _say_older(campaign, found)
        tabs = st.tabs(TABS, key="run-tab", on_change="rerun")
        views = (
            lambda: _results(platform, campaign, found),
            lambda: _progress(campaign, found),
            lambda: _failures(folder, found),
            lambda: _workers(folder),
            lambda: _definition(campaign, found),
        )
        for tab, view in zip(tabs, views, strict=True):
            if tab.open:
                with tab:
                    view()


def _head(campaign: Campaign, status: CampaignStatus) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(campaign.name, anchor=False, width="content")
        st.markdown(" ".join([fidelity_badge(campaign.fidelity), *_counts(status)]), width="content")
    words = [described(campaign), f"workload {campaign.workload}", f"seed {campaign.seed}"]
    st.caption(" · ".join([*words, *filter(None, [narrowed(campaign.restrictions, len(campaign.constraints))])]))
    if status.problem:
        st.error(plain(status.problem))
    for part in rejected(campaign.name).itertuples():
        st.warning(plain(f"Part {part.name} was set aside, its designs are evaluated again: {part.reason}"))


def _say_older(campaign: Campaign, found: pd.DataFrame) -> None:
    """Say that results are of an older version, and what follows from that."""
    made_by = sorted(set(found["model_version"])) if len(found) else []
    if made_by and campaign.model_version not in made_by:
        st.info(
            f"These results are of version {plain(', '.join(made_by))} of the model, which is now "
            f"{plain(campaign.model_version)}: they are kept, but no front or fit uses them. Launched under another "
            "name, the campaign evaluates its designs anew."
        )


def _counts(status: CampaignStatus) -> list[str]:
    counts = [(name, getattr(status, name)) for name in ("ok", "infeasible", "failed", "timeout")]
    words = [status_badge(name, count) for name, count in counts if count]
    if status.running:
        words.append(f":blue-badge[under way {status.running}]")
    if status.reused:
        words.append(f":gray-badge[stored before {status.reused:,}]")
    return words


def described(campaign: Campaign) -> str:
    """Return in words how a campaign chooses its designs."""
    choice = campaign.choice
    if isinstance(choice, SamplerPlan):
        if choice.architectures:
            return f"{choice.architectures:,} architectures × {choice.backends:,} backend points ({choice.name})"
        return f"{choice.designs:,} designs ({choice.name})"
    if isinstance(choice, OptimizerPlan):
        return f"search by {choice.name}, budget {choice.budget:,}"
    return f"{len(choice):,} chosen design{'s' if len(choice) != 1 else ''}"


def rejected(name: str) -> pd.DataFrame:
    """Return the parts of a campaign that were set aside."""
    store = service().store
    table = _rejected(str(store.path), store.revision)
    return table[table["campaign"] == name]


@st.cache_data(show_spinner=False, max_entries=4)
def _rejected(database: str, revision: int) -> pd.DataFrame:
    """Cache by the database's revision."""
    with asking() as store:
        return store.rejected()


def _results(platform: Platform, campaign: Campaign, found: pd.DataFrame) -> None:
    done = found[found["status"] == "ok"] if len(found) else found
    if done.empty:
        st.info("No result yet. The first ones show here as they arrive.")
        return
    picture_of = next(((name, png) for name in done["design_id"].iloc[:-6:-1] if (png := layout_picture(name))), None)
    if picture_of is None:
        _front(platform, campaign, done)
    else:
        left, right = st.columns([5, 3], gap="medium")
        with left:
            _front(platform, campaign, done)
        with right:
            st.caption(f"Newest layout: {code_span(picture_of[0])}")
            st.image(picture_of[1], width="stretch")
            look_for("cells of one module that stay together: short wires.")
    _table(platform, campaign, found)


def _front(platform: Platform, campaign: Campaign, done: pd.DataFrame) -> None:
    names = [name for name in platform.metrics if name in done and get_metric(name).better and done[name].notna().any()]
    if len(names) < 2:
        return
    wanted = [name for name in ("chip_area_mm2", "energy_j", "runtime_s", "utilization") if name in names]
    x, y = (*wanted, *(name for name in names if name not in wanted))[:2]
    columns = st.columns(2)
    x = columns[0].selectbox(
        "Horizontal", names, names.index(x), format_func=lambda name: f"{get_metric(name).title} →",
        key=f"run-x-{campaign.fidelity}", persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    y = columns[1].selectbox(
        "Vertical", names, names.index(y), format_func=lambda name: f"{get_metric(name).title} ↑",
        key=f"run-y-{campaign.fidelity}", persist_state="session", label_visibility="collapsed",
    )  # fmt: skip
    store = service().store
    shown = _drawn_front(str(store.path), store.revision, campaign.name, platform.name, x, y, is_dark())
    shown.update_layout(uirevision=f"{campaign.name} {x} {y}")
    figure(
        shown, key="run-front", height=310, look="the stepped front moving toward its better corner as results arrive."
    )


@st.cache_data(show_spinner=False, max_entries=8)
def _drawn_front(
    database: str, revision: int, name: str, platform_name: str, x: str, y: str, dark: bool
) -> go.Figure:  # fmt: skip
    """Draw the whole front and the newest of the other designs; cached by the database's revision."""
    platform = get_platform(platform_name)
    done = results(platform, campaign=name)
    done = done[(done["status"] == "ok") & np.isfinite(done[[x, y]]).all(axis=1)]
    if len(done) > MAX_POINTS:
        directions = [get_metric(metric).better or "min" for metric in (x, y)]
        keep = is_nondominated(done[[x, y]].to_numpy(dtype=np.float64), directions)
        keep[-MAX_POINTS:] = True
        done = done[keep]
    return tradeoff(done, x, y, by=category(platform), dark=dark, kinds=kinds(platform))


def _table(platform: Platform, campaign: Campaign, found: pd.DataFrame) -> None:
    """Show the newest results first: what came of a design, how long it took, and what varies."""
    newest = found.iloc[: -MAX_ROWS - 1 : -1]
    varying = [name for name in platform.space.names if name in found and found[name].nunique() > 1]
    known = {name for name in platform.metrics if name in found and found[name].notna().any()}
    measured = platform.preferred(HEADLINES, known, least=4)
    names = [*measured, "seconds", *(name for name in varying if name not in measured)]
    shown = shown_table(newest, ["status", *names, "design_id"]).rename(columns={"seconds": "took [s]"})
    numbers = {name: st.column_config.NumberColumn(format="%.4g") for name in shown.select_dtypes("float")}
    st.dataframe(shown, hide_index=True, height=260, column_config=numbers, key=f"run-table-{campaign.name}")
    first = f"The newest {MAX_ROWS:,} of {len(found):,} results" if len(found) > MAX_ROWS else "Newest first"
    st.caption(f"{plain(first)}. All of them: Definition, Save results.")


def _progress(campaign: Campaign, found: pd.DataFrame) -> None:
    with asking() as store:
        since = store.campaigns().set_index("name")["created_at"].get(campaign.name)
    fresh = found if since is None or found.empty else found[found["created_at"] >= since]
    if fresh.empty:
        st.info("Nothing was evaluated yet: every result so far was stored before." if len(found) else "No result yet.")
        return
    figure(arrivals(fresh, is_dark()), key="run-arrivals", height=300,
           look="a straight slope; a flat part is a pause, or designs that take long.")  # fmt: skip


def _failures(folder: RunFolder, found: pd.DataFrame) -> None:
    groups = failure_groups(found) if len(found) else pd.DataFrame()
    if groups.empty:
        st.success("Nothing failed.")
        return
    figure(failures_by_stage(groups, is_dark()), key="run-failures",
           look="the stage that stops most; infeasible designs cannot exist, failed ones ask for a look.")  # fmt: skip
    st.dataframe(groups.rename(columns={"example": "newest design"}), hide_index=True, key=f"run-groups-{folder.name}",
                 column_config={"reason": st.column_config.TextColumn(width="large")})  # fmt: skip
    troubled = found[found["status"] != "ok"].iloc[::-1].set_index("design_id")
    names = list(troubled.index[:MAX_ROWS])
    titles = {name: f"{name} ({troubled.loc[name, 'stage'] or 'unknown stage'})" for name in names}
    chosen = st.selectbox("Log of design", names, key=f"run-log-{folder.name}", format_func=titles.__getitem__)
    st.caption(plain(troubled.loc[chosen, "reason"]) or "No reason was noted.")
    text = flow_log(folder, chosen)
    st.code(text or "No log of this design is kept here; it was evaluated elsewhere, or without tools.",
            language=None, height=240 if text else "content")  # fmt: skip


def flow_log(folder: RunFolder, design_id: str) -> str:
    """Return the end of a design's flow log: of this run, else of another run that evaluated it."""
    if not re.fullmatch(r"[0-9a-f]+", design_id):
        return ""
    found = sorted(folder.path.parent.glob(f"*/artifacts/{design_id}/flow.log"))
    own = folder.artifacts / design_id / "flow.log"
    return next((text for path in (own, *found) if (text := tail(path, 60))), "")


def _workers(folder: RunFolder) -> None:
    rows = [
        {
            "process": who,
            "state": str(status.get("state", "")),
            "finished": int(status.get("n_done", 0)),
            "works on": " ".join(map(str, status.get("design_ids", []))),
            "since [s]": float(status.get("seconds", 0.0)),
        }
        for who, status in folder.statuses().items()
    ]
    if rows:
        numbers = {"since [s]": st.column_config.NumberColumn(format="%.1f")}
        st.dataframe(pd.DataFrame(rows), hide_index=True, column_config=numbers, key=f"run-workers-{folder.name}")
    else:
        st.info("No process works on it now.")
    text = service().campaigns.log_tail(folder.name)
    st.code(text or "The processes wrote nothing, as is right when all goes well.", language=None)


def _definition(campaign: Campaign, found: pd.DataFrame) -> None:
    definition = campaign.to_yaml()
    st.code(definition, language="yaml")
    st.download_button("Save YAML", definition, f"{campaign.name}.yaml", "application/yaml", on_click="ignore",
                       width="stretch", key=f"run-save-{campaign.name}")  # fmt: skip
    if len(found):
        st.caption(f"Save results: {len(found):,} rows, stored units.")
        download(found, campaign.name, f"run-export-{campaign.name}")
