"""Hypothesis strategies for parameters and spaces, and small spaces with known answers."""

from hypothesis import strategies as st

from accel_core.space import DesignSpace, Parameter

TINY_YAML = """
name: tiny
parameters:
  - {name: rows, kind: ordinal, values: [4, 8, 16], meaning: PE rows}
  - {name: cols, kind: integer, low: 1, high: 42}
  - {name: f_target_hz, kind: real, low: 2.0e8, high: 1.5e9, unit: Hz, scale: log}
  - {name: dataflow, kind: categorical, values: [ws, os]}
constraints:
  - {name: total PEs, expression: "rows * cols == 168"}
"""

TEXTS = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"], exclude_characters=","), min_size=1, max_size=8
)
LINES = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), max_size=12)
NAMES = st.sampled_from(["rows", "cols", "size", "f_hz", "flow", "Bits", "x1", "y", "on", "e5", "NULL"])


@st.composite
def parameters(draw, name="x", finite=False):
    """Return any valid parameter."""
    kind = draw(st.sampled_from(["integer", "ordinal", "categorical"] + ["real"] * (not finite)))
    scale = draw(st.sampled_from(["linear", "log"]))
    words = {
        "unit": draw(st.sampled_from(["", "Hz", "mm²"])),
        "meaning": draw(LINES),
        "group": draw(st.sampled_from(["architecture", "backend"])),
        "assumed": draw(st.booleans()),
    }
    if kind == "integer":
        low = draw(st.integers(1 if scale == "log" else -1000, 1000))
        return Parameter(name, kind, low=low, high=low + draw(st.integers(0, 300)), scale=scale, **words)
    if kind == "real":
        low = draw(st.floats(1e-12 if scale == "log" else -1e6, 1e9))
        return Parameter(
            name, kind, low=low, high=low + draw(st.floats(1, 1e9)) * max(1, abs(low)), scale=scale, **words
        )
    numbers = st.one_of(st.integers(-1000, 1000), st.floats(-1e9, 1e9))
    entries = TEXTS if kind == "categorical" else draw(st.sampled_from([TEXTS, numbers]))
    values = tuple(draw(st.lists(entries, min_size=1, max_size=6, unique=True)))
    return Parameter(name, kind, values=values, default=draw(st.sampled_from((None, *values))), **words)


@st.composite
def spaces(draw, finite=False, max_parameters=4):
    """Return any valid space without constraints."""
    names = draw(st.lists(NAMES, min_size=1, max_size=max_parameters, unique=True))
    return DesignSpace(draw(TEXTS), tuple(draw(parameters(name, finite)) for name in names))


def axiline_like() -> DesignSpace:
    """Return a space of the shape of Axiline's: four architecture and two backend parameters."""
    return DesignSpace(
        "axiline-like",
        (
            Parameter("benchmark", "categorical", values=("linear", "logistic", "svm", "recommender")),
            Parameter("features", "integer", low=5, high=60),
            Parameter("cycles", "integer", low=1, high=25),
            Parameter("input_bits", "ordinal", values=(4, 8)),
            Parameter("f_target_hz", "real", low=2e8, high=1.5e9, unit="Hz", scale="log", group="backend"),
            Parameter("utilization_target", "real", low=0.4, high=0.9, group="backend"),
        ),
    )
