"""Start: what is there, what it shows at a glance, and the way through the journey."""

import streamlit as st

from accel_core.metrics import get_metric
from accel_core.plots.results import tradeoff
from pages.components.plain import plain
from pages.components.platform_words import words_of
from pages.components.session import category, comparable, current_platform, kinds, runnable
from pages.components.style import card, figure, is_dark, metric_row, page, quantity

STEPS = (
    ("pages/design_space.py", "Design space", "Choose what may vary and preview a sample."),
    ("pages/runs.py", "Runs", "Evaluate designs on this machine."),
    ("pages/surrogates.py", "Surrogates", "See how far a learned model can be trusted."),
    ("pages/pareto.py", "Pareto", "Drag constraints over the live front."),
    ("pages/optimize.py", "Optimize", "Search for better designs and verify the picks."),
    ("pages/eyeriss.py", "Eyeriss", "See what a mapping is worth under a resource budget."),
    ("pages/offline.py", "Offline", "Design from logged designs alone, nothing simulated."),
    ("pages/add_accelerator.py", "Add an accelerator", "Make a platform of your own table of results."),
)

HEADLINES = ("f_effective_hz", "energy_j", "chip_area_mm2")

TRADEOFFS = (
    (
        "chip_area_mm2",
        "energy_j",
        "Energy against chip area",
        "the knee of the orange front: left of it a little area costs much energy.",
    ),
    (
        "runtime_s",
        "power_w",
        "Power against runtime",
        "how steeply power rises where the last bit of speed is bought.",
    ),
    (
        "runtime_s",
        "energy_j",
        "Energy against runtime",
        "how much energy the fastest designs cost, and how little time the thriftiest lose.",
    ),
)

page(
    "AccelScope",
    "Explore machine-learning accelerators: choose what may vary, run it, learn from it, and drag constraints over a "
    "live Pareto front.",
)
platform = current_platform()
everything, _ = comparable(platform)
done = everything[everything["status"] == "ok"] if len(everything) else everything
best_known = platform.reference
measured = done[done["fidelity"] == best_known] if len(done) else done

runnable(platform)

rows = [column for _ in range(len(STEPS) // 4) for column in st.columns(4)]
for column, (target, title, text) in zip(rows, STEPS, strict=True):
    with column, card(f"step-{title}", height="stretch"):
        st.page_link(target, label=f"**{title}**")
        st.caption(text)

if measured.empty:
    st.info(
        f"No {best_known} results of {plain(platform.title)} yet. Begin with a design space, then launch a run."
        if platform.evaluable
        else f"No result of the table of {plain(platform.title)} is ok."
    )
    st.stop()

words = words_of(platform)
known_metrics = {name for name in platform.metrics if name in measured and measured[name].notna().any()}
headlines = []
for name in (name for name in platform.preferred(HEADLINES, known_metrics) if get_metric(name).better):
    metric = get_metric(name)
    best = measured[name].max() if metric.better == "max" else measured[name].min()
    headlines.append((f"Best {metric.title.lower()}", quantity(name, best), metric.meaning))
metric_row(
    [
        (f"Designs {words.evaluated}", f"{len(measured):,}", f"Evaluated {words.done}."),
        *headlines,
        ("Infeasible or failed", f"{len(everything) - len(done):,}", "Kept as data, with stage and reason."),
    ]
)
known = [entry for entry in TRADEOFFS if entry[0] in known_metrics and entry[1] in known_metrics]
if not known and len(pair := platform.preferred((), known_metrics)) == 2:
    across, up = (get_metric(name).title for name in pair)
    known = [(*pair, f"{up} against {across.lower()}", "the knee, where a little of one costs much of the other.")]
for column, (x, y, title, look) in zip(st.columns(2), known, strict=False):  # the first two there are
    with column, card(f"tradeoff-{x}"):
        st.subheader(title, anchor=False)
        shown = tradeoff(measured, x, y, by=category(platform), dark=is_dark(), kinds=kinds(platform))
        figure(shown, key=f"start-{x}-{y}", height=380, look=look)
