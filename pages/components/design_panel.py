"""One design: its parameters, metrics and layout, how it is known, and a button that implements it for real."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from accel_core.campaigns import Campaign
from accel_core.errors import AccelError
from accel_core.evaluators import unavailable
from accel_core.metrics import get_metric
from accel_core.paths import ROOT, runs_path
from accel_core.platforms import Platform
from accel_core.space import Parameter
from pages.components.plain import code_span, plain
from pages.components.platform_words import words_of
from pages.components.predictions import Predicted
from pages.components.session import congestion_picture, layout_picture, service
from pages.components.style import fidelity_badge, percent, quantity, status_badge
from pages.components.workload_choice import own_network

MAIN_METRICS = ("f_effective_hz", "power_w", "chip_area_mm2", "runtime_s", "energy_j", "utilization")
LEVEL = 0.9
_ASKED = "pareto-asked"

_CSS = """
<style>
.accel-facts { display: grid; grid-template-columns: 1fr auto; gap: 1px 10px; font-size: 0.84rem; line-height: 1.5; }
.accel-facts .wide { grid-column: 1 / -1; }
.accel-facts span { color: light-dark(#5b6472, #9aa4b2); }
.accel-facts b { font-weight: 550; text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.accel-facts i { font-style: normal; font-weight: 400; color: light-dark(#5b6472, #9aa4b2); font-size: 0.78rem; }
</style>
"""


def show_design(design: pd.Series, platform: Platform, results: pd.DataFrame, predicted: Predicted | None) -> None:
    """Show everything known of one row of the points; `results` are all stored rows, failures included."""
    design_id = str(design["design_id"])
    is_best = design["fidelity"] == platform.reference
    is_placed = is_best and platform.implement is not None
    name = f"{fidelity_badge(str(design['fidelity']))} `{design_id[:8]}`"
    if is_best or not platform.evaluable:
        st.markdown(name)
    else:
        head, action = st.columns([1.1, 1], vertical_alignment="center")
        head.markdown(name)
        offer_run(action, design, platform, results)
    picture = layout_picture(design_id) if is_placed else None
    left, right = st.columns([1.5, 1], gap="small") if picture else (st.container(), None)
    with left:
        facts([(_title(entry), spelled(entry, design[entry.name]), "") for entry in platform.space.parameters])
    if right is not None and picture is not None:
        right.image(picture, width="stretch")
        right.html('<div class="accel-look">Placed cells by module</div>')
        if crowded := congestion_picture(design_id):
            right.image(crowded, width="stretch")
            right.html('<div class="accel-look">Where wires crowd: the share of tracks that they use</div>')
    half = half_widths(design, platform, predicted)
    main = main_metrics(platform, design)
    facts(metric_facts(design, main, half))
    if half:
        st.html(f'<div class="accel-look">± holds {100 * LEVEL:.0f} % of such predictions.</div>')
    with st.expander("All metrics" + (", critical path, modules" if is_placed else "")):
        facts(metric_facts(design, [name for name in platform.metrics if name not in main], half))
        if is_placed:
            show_report(design_id)


def main_metrics(platform: Platform, design: pd.Series) -> list[str]:
    """Return the metrics that are shown first."""
    known = [name for name in platform.metrics if name in design and pd.notna(design[name])]
    return platform.preferred(MAIN_METRICS, known, least=6)


def metric_facts(design: pd.Series, names: Sequence[str], half: Mapping[str, float]) -> list[tuple[str, str, str]]:
    """Return name, value and, in small, its uncertainty or what was predicted before the design was placed."""
    asked: Mapping[str, float] = st.session_state.get(_ASKED, {}).get(design["design_id"], {})
    rows = []
    for name in names:
        value = design.get(name)
        if value is None or not math.isfinite(float(value)):
            continue
        note = ""
        if name in half:
            note = f"± {100 * half[name] / abs(value):.2g} %"
        elif design["fidelity"] != "predicted" and asked.get(name):
            note = f"{percent(float(value) / asked[name] - 1)} vs predicted"
        rows.append((get_metric(name).title, quantity(name, float(value)), note))
    return rows


def half_widths(design: pd.Series, platform: Platform, predicted: Predicted | None) -> dict[str, float]:
    """Return for each learned metric the half width of its 90 % interval; nothing for a measured design."""
    if design["fidelity"] != "predicted" or predicted is None:
        return {}
    row = predicted.table[predicted.table["design_id"] == design["design_id"]]
    if row.empty:
        return {}
    found = predicted.learned.uncertainty(row[list(platform.space.names)], LEVEL).iloc[0]
    return {str(name): float(value) for name, value in found.items()}


def facts(rows: Sequence[tuple[str, str, str]]) -> None:
    """Show (name, value, small note) in lines of even height."""
    cells = "".join(
        f"<span>{html.escape(name)}</span><b>{html.escape(value)} <i>{html.escape(note)}</i></b>"
        for name, value, note in rows
    )
    st.html(f'{_CSS}<div class="accel-facts">{cells}</div>')


def spelled(parameter: Parameter, value: Any) -> str:
    """Return a parameter's value with its unit; clocks in MHz, shares rounded."""
    if isinstance(value, str):
        return value
    if parameter.unit == "Hz":
        return f"{float(value) * 1e-6:,.1f} MHz"
    shown = f"{float(value):.4g}" if parameter.kind == "real" else f"{value}"
    return f"{shown} {parameter.unit}".rstrip()


def offer_run(place: DeltaGenerator, design: pd.Series, platform: Platform, results: pd.DataFrame) -> None:
    """Offer to implement a design, or say how far that is; `place` is for what is short."""
    design_id = str(design["design_id"])
    name = campaign_name(design_id)
    best = platform.reference
    tried = results[(results["design_id"] == design_id) & (results["fidelity"] == best)]
    if len(tried):
        last = tried.iloc[-1]
        st.markdown(f"{status_badge(str(last['status']))} at {plain(last['stage'])}: {plain(last['reason'])}")
    elif (runs_path() / name / "campaign.yaml").exists():
        place.markdown(f"{status_badge(service().campaigns.status(name).state)} {words_of(platform).done}; see Runs")
    else:
        missing = unavailable(platform, best)
        steps = "Synthesizes, places, times and powers" if best == "placed" else "Evaluates"
        place.button(
            f"Run it {words_of(platform).done}", type="primary", key=f"run-{design_id}", width="stretch",
            disabled=missing is not None, on_click=run_for_real, args=(design, platform),
            help=missing or f"{steps} this design on this machine; it then joins the front.",
        )  # fmt: skip
    if problem := st.session_state.pop("run-problem", None):
        st.error(plain(problem))


def run_for_real(design: pd.Series, platform: Platform) -> None:
    """Launch a campaign of this one design, and remember what was predicted of it."""
    row = {entry.name: _plain(design[entry.name]) for entry in platform.space.parameters}
    design_id = str(design["design_id"])
    try:
        service().campaigns.launch(
            Campaign(
                campaign_name(design_id),
                platform.name,
                (row,),
                workload=str(design["workload"]),
                network=own_network(str(design["workload"])),
            )
        )
    except AccelError as error:
        st.session_state["run-problem"] = str(error)
        return
    asked = st.session_state.setdefault(_ASKED, {})
    asked[design_id] = {name: float(design[name]) for name in main_metrics(platform, design)}


def campaign_name(design_id: str) -> str:
    """Return the name of the campaign that implements one design."""
    return f"pick-{design_id}"


def artifacts_of(design_id: str) -> Path | None:
    """Return the folder of what the tools wrote for a design, if it was implemented on this machine."""
    return next(iter(sorted(runs_path().glob(f"*/artifacts/{design_id}"))), None)


def show_report(design_id: str) -> None:
    """Show critical path, share of the modules and the folder, if the design was implemented here."""
    folder = artifacts_of(design_id)
    report = _read(folder / "report.json") if folder is not None else {}
    if folder is None or not report:
        st.caption("Shipped result: its tools' files are not on this machine.")
        return
    path = report.get("timing", {}).get("critical_path", {})
    if path:
        steps = path["steps"]
        ends = f"<b>{html.escape(path['start'])}</b> to <b>{html.escape(path['end'])}</b>"
        modules = html.escape(", ".join(_in_order(steps)))
        st.html(
            f'<div class="accel-look"><b>Critical path</b>, {steps[-1]["arrival_s"] * 1e12:,.0f} ps over {len(steps)} '
            f"pins: {ends}, through {modules}</div>"
        )
    _show_modules(report.get("modules", []))
    st.caption(f"Files: {code_span(folder.relative_to(ROOT) if folder.is_relative_to(ROOT) else folder)}")


def _show_modules(modules: Sequence[Mapping[str, Any]]) -> None:
    area = sum(entry["cell_area_mm2"] for entry in modules) or 1.0
    power = sum(entry["power_w"] for entry in modules) or 1.0
    table = pd.DataFrame(
        {
            "Module": [entry["module"] for entry in modules],
            "Area": [100 * entry["cell_area_mm2"] / area for entry in modules],
            "Power": [100 * entry["power_w"] / power for entry in modules],
        }
    )
    share = st.column_config.ProgressColumn(format="%.0f %%", min_value=0, max_value=100)
    st.dataframe(table, hide_index=True, column_config={"Area": share, "Power": share})


def _in_order(steps: Sequence[Mapping[str, Any]]) -> list[str]:
    return list(dict.fromkeys(str(step["module"]) for step in steps if step["cell"] != "port"))


def _title(parameter: Parameter) -> str:
    return parameter.name.removesuffix("_hz").replace("_", " ").replace("f target", "target clock").capitalize()


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python number that YAML can write."""
    return value.item() if hasattr(value, "item") else value


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
