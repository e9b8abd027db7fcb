"""One look for every figure: colors that stay apart for the color-blind, symbols by fidelity, a Plotly template.

The hues follow Okabe and Ito, "Color Universal Design" (2008), lightened for dark pages.  How a number is known is
told by the symbol as well as by the color: measured designs are filled, predicted ones are hollow.
"""

from __future__ import annotations

import html
from dataclasses import dataclass
from functools import cache

import plotly.graph_objects as go

from accel_core.errors import InvalidInputError

CATEGORIES_LIGHT = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#B8860B", "#56B4E9", "#5B4BDB", "#6B7280")
CATEGORIES_DARK = ("#4DA9F0", "#FF8A3D", "#2FC79B", "#E69BC3", "#E8B93B", "#9CCDF0", "#9C93FF", "#A3ABB8")

FRONT = {"light": "#D55E00", "dark": "#FF8A3D"}
BOUND = {"light": "#5B4BDB", "dark": "#9C93FF"}
KEPT = {"light": "#7DB3DC", "dark": "#3F7FB0"}
ROI = {"light": "rgba(0, 158, 115, 0.10)", "dark": "rgba(47, 199, 155, 0.14)"}
STATUS_COLORS = {
    "ok": {"light": "#009E73", "dark": "#2FC79B"},
    "infeasible": {"light": "#B8860B", "dark": "#E8B93B"},
    "failed": {"light": "#C2410C", "dark": "#FF8A3D"},
    "timeout": {"light": "#CC79A7", "dark": "#E69BC3"},
}


@dataclass(frozen=True)
class FidelityStyle:
    """How designs of one fidelity look.

    Attributes:
        name: The fidelity as stored.
        title: Word on a legend.
        shape: circle, square, pentagon, triangle or diamond.
        is_hollow: Outline only; reserved for numbers that no tool measured.
        light: Color on a light page.
        dark: Color on a dark page.
    """

    name: str
    title: str
    shape: str
    is_hollow: bool
    light: str
    dark: str

    @property
    def plotly_symbol(self) -> str:
        """The marker symbol of this style in Plotly's words."""
        symbol = "triangle-up" if self.shape == "triangle" else self.shape
        return f"{symbol}-open" if self.is_hollow else symbol

    def color(self, dark: bool) -> str:
        """Return the color for a dark or a light page."""
        return self.dark if dark else self.light


# In painting order: what is known best comes last and so lies on top.
FIDELITY_STYLES: dict[str, FidelityStyle] = {
    style.name: style
    for style in (
        FidelityStyle("predicted", "predicted", "diamond", True, "#4FA3DB", "#8DBBDD"),
        FidelityStyle("analytical", "analytical", "triangle", False, "#CC79A7", "#E69BC3"),
        FidelityStyle("simulated", "simulated", "pentagon", False, "#009E73", "#2FC79B"),
        FidelityStyle("placed", "placed", "circle", False, "#0B62A8", "#4DA9F0"),
        FidelityStyle("measured", "measured", "square", False, "#332288", "#A79BFF"),
    )
}


def fidelity_style(fidelity: str) -> FidelityStyle:
    """Return the style of a fidelity.

    Raises:
        InvalidInputError: If no fidelity has that name.
    """
    if fidelity not in FIDELITY_STYLES:
        raise InvalidInputError(f"fidelity '{fidelity}' is unknown; allowed: {', '.join(FIDELITY_STYLES)}")
    return FIDELITY_STYLES[fidelity]


def mode(dark: bool) -> str:
    """Return the key of the palettes above."""
    return "dark" if dark else "light"


@cache
def template(dark: bool) -> go.layout.Template:
    """Return the Plotly template: no frame, thin axes, horizontal legend, transparent paper."""
    text = "#E6E9EF" if dark else "#1F2937"
    muted = "#9AA4B2" if dark else "#5B6472"
    grid = "rgba(230, 233, 239, 0.09)" if dark else "rgba(31, 41, 55, 0.07)"
    line = "rgba(230, 233, 239, 0.30)" if dark else "rgba(31, 41, 55, 0.28)"
    axis = {
        "gridcolor": grid,
        "zeroline": False,
        "showline": True,
        "linecolor": line,
        "ticks": "outside",
        "ticklen": 4,
        "tickcolor": line,
        "tickfont": {"color": muted, "size": 12},
        "title": {"font": {"color": text, "size": 13}, "standoff": 10},
        "automargin": True,
    }
    categories = CATEGORIES_DARK if dark else CATEGORIES_LIGHT
    return go.layout.Template(
        layout={
            "font": {"family": FONT, "color": text, "size": 13},
            "paper_bgcolor": "rgba(0,0,0,0)",
            "plot_bgcolor": "rgba(0,0,0,0)",
            "colorway": list(categories),
            "xaxis": axis,
            "yaxis": axis,
            "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0, "title": {"text": ""}},
            "margin": {"l": 56, "r": 16, "t": 28, "b": 48},
            "hoverlabel": {"font": {"family": FONT, "size": 12}},
            "hovermode": "closest",
            "modebar": {
                "bgcolor": "rgba(26, 31, 41, 0.85)" if dark else "rgba(255, 255, 255, 0.85)",
                "color": muted,
                "activecolor": text,
            },
            "title": {"font": {"size": 15}, "x": 0, "xanchor": "left"},
            "colorscale": {"sequential": "Cividis", "diverging": "RdBu"},
        }
    )


# Local faces only: a page asks nothing of the network.
FONT = '"Source Sans", "Source Sans 3", system-ui, "Segoe UI", "Helvetica Neue", Arial, sans-serif'


def as_text(text: object) -> str:
    """Return a text of others as Plotly shows it unchanged: it would take tags in it for bold letters or links."""
    return html.escape(str(text), quote=False)
