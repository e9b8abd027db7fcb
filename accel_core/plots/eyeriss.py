"""Figures of an Eyeriss-like design: energy by level, reuse by tensor, and areas of the buffers to scale."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from accel_core.metrics import to_display
from accel_core.plots import theme

LEVELS: Mapping[str, str] = {
    "dram": "DRAM",
    "glb": "Global buffer",
    "weights": "Weights spads",
    "psum": "Psum spads",
    "ifmap": "Ifmap spads",
    "mac": "MACs",
}
"""Where energy goes, from far to near, with its words on a legend ("spad": scratchpad)."""

_ACCESSES: Mapping[tuple[str, str], str] = {
    ("dram", "w"): "dram_w", ("dram", "i"): "dram_i", ("dram", "o"): "dram_o", ("glb", "i"): "glb_i",
    ("glb", "o"): "glb_o", ("weights", "w"): "weights_w", ("ifmap", "i"): "ifmap_i", ("psum", "o"): "psum_o",
}  # fmt: skip
TENSORS: Mapping[str, str] = {"w": "Weights", "i": "Inputs", "o": "Outputs"}


def level_color(level: str, dark: bool) -> str:
    """Return the color that a level has in every figure."""
    colors = theme.CATEGORIES_DARK if dark else theme.CATEGORIES_LIGHT
    return colors[list(LEVELS).index(level)]


def energy_bars(designs: Mapping[str, Mapping[str, float]], *, dark: bool = False) -> go.Figure:
    """Stack the energy of each design by level, DRAM first.

    Args:
        designs: By name, metrics ``energy_{level}_j`` of each of ``LEVELS`` in J.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": theme.template(dark)})
    names = list(designs)
    totals = [sum(designs[name][f"energy_{level}_j"] for level in LEVELS) for name in names]
    for level, title in LEVELS.items():
        energies = [float(to_display("energy_j", designs[name][f"energy_{level}_j"])) for name in names]
        shares = [100 * designs[name][f"energy_{level}_j"] / total for name, total in zip(names, totals, strict=True)]
        figure.add_bar(
            x=energies, y=names, orientation="h", name=title, marker={"color": level_color(level, dark)},
            customdata=shares, hovertemplate=f"{title}: %{{x:.4g}} µJ (%{{customdata:.1f}} %)<extra>%{{y}}</extra>",
        )  # fmt: skip
    for name, total in zip(names, totals, strict=True):
        shown = float(to_display("energy_j", total))
        figure.add_annotation(x=shown, y=name, text=f"{shown:,.0f}" if shown >= 100 else f"{shown:.3g}",
                              showarrow=False, xanchor="left", xshift=4)  # fmt: skip
    figure.update_layout(barmode="stack", bargap=0.35, showlegend=False, margin={"t": 8, "b": 40})
    figure.update_xaxes(title="Energy [µJ]", range=[0, 1.3 * float(to_display("energy_j", max(totals)))])
    figure.update_yaxes(title="", autorange="reversed", type="category")
    return figure


def reuse_bars(result: Mapping[str, float], *, dark: bool = False) -> go.Figure:
    """Show on a logarithmic axis how often each tensor is accessed at each level, against the multiply-accumulates.

    Below each tensor stands how many multiply-accumulates there are for one access of DRAM.

    Args:
        result: Metrics ``macs`` and ``accesses_{level}_{tensor}_{reads,writes}`` of one design, in words; what has no
            column, such as writes of weights to DRAM, does not happen.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": theme.template(dark)})
    for level in ("dram", "glb", "spad"):
        tensors, counts, hover, colors = [], [], [], []
        for tensor, title in TENSORS.items():
            name = level if level != "spad" else {"w": "weights", "i": "ifmap", "o": "psum"}[tensor]
            if (name, tensor) not in _ACCESSES:
                continue
            reads, writes = (
                result.get(f"accesses_{_ACCESSES[name, tensor]}_{way}", 0.0) for way in ("reads", "writes")
            )
            tensors.append(title)
            colors.append(level_color(name, dark))
            counts.append(reads + writes)
            hover.append(_reuse_words(LEVELS[name], reads, writes, result["macs"]))
        figure.add_bar(
            x=tensors, y=counts, name="Scratchpads" if level == "spad" else LEVELS[level], marker={"color": colors},
            customdata=hover, hovertemplate="%{customdata}<extra>%{x}</extra>",
        )  # fmt: skip
    figure.add_hline(y=result["macs"], line={"dash": "dot", "width": 1.5, "color": "#9AA4B2"})
    figure.update_layout(barmode="group", bargap=0.3, showlegend=False, margin={"t": 8, "b": 44})
    words = [f"{title}<br>{_dram_reuse(tensor, result)}" for tensor, title in TENSORS.items()]
    figure.update_xaxes(tickvals=list(TENSORS.values()), ticktext=words)
    top = math.log10(4 * result["macs"])
    figure.update_yaxes(title="Accesses [words]", type="log", dtick=2, exponentformat="power", range=[top - 7, top])
    return figure


def _dram_reuse(tensor: str, result: Mapping[str, float]) -> str:
    """Return how many multiply-accumulates there are for one access of DRAM, such as ``276×``."""
    count = sum(result.get(f"accesses_dram_{tensor}_{way}", 0.0) for way in ("reads", "writes"))
    return f"{result['macs'] / count:,.0f}×" if count else "–"


def _reuse_words(level: str, reads: float, writes: float, macs: float) -> str:
    total = reads + writes
    each = f"<br>1 access for {macs / total:,.1f} multiply-accumulates" if total else ""
    return f"{level}: {reads:,.0f} reads, {writes:,.0f} writes{each}"


@dataclass(frozen=True)
class Slab:
    """One level's part of a design's square.

    Attributes:
        level: One of ``LEVELS``.
        amount: Area or bits, of all instances together.
        words: What it consists of, for the hover, such as ``168 × 192 × 16 bits``.
    """

    level: str
    amount: float
    words: str


def squares(designs: Mapping[str, Sequence[Slab]], unit: str, *, dark: bool = False) -> go.Figure:
    """Draw each design as a square of slabs; all areas, across designs too, are to one scale.

    No legend: the page shows the colors of levels once for all its figures.

    Args:
        designs: Slabs by the design's name, from bottom to top.
        unit: What amounts are counted in, such as ``mm²``.
        dark: For a dark page.
    """
    figure = go.Figure(layout={"template": theme.template(dark)})
    totals = {name: sum(slab.amount for slab in slabs) for name, slabs in designs.items()}
    largest = math.sqrt(max(totals.values()))
    left = 0.0
    shown: set[str] = set()
    for name, slabs in designs.items():
        side = math.sqrt(totals[name])
        bottom = 0.0
        for slab in slabs:
            height = slab.amount / side
            _add_slab(figure, slab, (left, left + side, bottom, bottom + height), unit, dark,
                      is_first=slab.level not in shown)  # fmt: skip
            shown.add(slab.level)
            if height > 0.07 * largest:
                figure.add_annotation(x=left + side / 2, y=bottom + height / 2, showarrow=False,
                                      text=f"{100 * slab.amount / totals[name]:.0f} %",
                                      font={"size": 11, "color": "#FFFFFF" if not dark else "#12151C"})  # fmt: skip
            bottom += height
        text = f"<b>{name.replace(' ', '<br>')}</b><br>{totals[name]:,.3g} {unit}"
        figure.add_annotation(x=left + side / 2, y=0, yanchor="top", yshift=-4, showarrow=False, text=text)
        left += max(side, 0.55 * largest) + 0.14 * largest
    figure.update_xaxes(visible=False, range=[-0.04 * largest, left], constrain="domain")
    figure.update_yaxes(visible=False, range=[-0.4 * largest, 1.02 * largest], scaleanchor="x", constrain="domain")
    figure.update_layout(margin={"l": 4, "r": 4, "t": 8, "b": 4}, showlegend=False)
    return figure


def _add_slab(
    figure: go.Figure, slab: Slab, box: tuple[float, float, float, float], unit: str, dark: bool, *, is_first: bool
) -> None:
    x0, x1, y0, y1 = box
    figure.add_scatter(
        x=[x0, x1, x1, x0, x0], y=[y0, y0, y1, y1, y0], mode="lines", fill="toself", hoveron="fills",
        fillcolor=level_color(slab.level, dark), line={"width": 0.6, "color": "rgba(255,255,255,0.5)"},
        name=LEVELS[slab.level], legendgroup=slab.level, showlegend=is_first, hoverinfo="text",
        text=f"{LEVELS[slab.level]}: {slab.amount:,.4g} {unit}<br>{slab.words}",
    )  # fmt: skip
