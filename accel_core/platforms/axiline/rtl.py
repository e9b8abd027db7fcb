"""Axiline's RTL: fixed Verilog modules from ``verilog/``, and the few that depend on numbers written here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from accel_core.platforms.axiline.architecture import INTEGER_BITS, SIGMOID_INDEX_BITS, Architecture
from accel_core.platforms.axiline.fixed_point import sigmoid_table
from accel_core.rtl import Rtl

_FOLDER = Path(__file__).parent / "verilog"

_TITLES = {
    "linear": "linear regression",
    "logistic": "logistic regression",
    "svm": "support vector machine",
    "recommender": "recommender (matrix factorization)",
}
_LABEL_MEANINGS = {
    "linear": "target value, internal format",
    "logistic": "class 1 or 0",
    "svm": "1: class +1, 0: class -1",
    "recommender": "{rated, rating in the internal format}",
}


def rtl_of(design: Mapping[str, Any]) -> Rtl:
    """Write the Verilog of one design; equal architectures give equal text."""
    return Rtl(verilog=verilog_of(Architecture.of(design)), top="axiline")


def verilog_of(architecture: Architecture) -> str:
    """Write the top module and all that it instantiates."""
    modules = [
        _header(architecture),
        _fill(_read("axiline"), _values(architecture)),
        _read("control"),
        _read("delay_line"),
        _read("inner_product"),
        adder_tree(architecture.lanes),
        _fill(_read(f"stage_{architecture.benchmark}"), {"TABLE_BITS": architecture.sigmoid_bits}),
    ]
    if architecture.benchmark == "logistic":
        modules.append(sigmoid_rom(architecture.sigmoid_bits))
    if architecture.benchmark != "svm":
        modules.append(_read("scale_error"))
    modules += [_read("sgd"), _read("round_saturate")]
    return "\n".join(modules)


def adder_tree(lanes: int) -> str:
    """Write a balanced tree that adds the products of ``lanes`` lanes."""
    terms = [f"product_{lane}" for lane in range(lanes)]
    lines = [
        f"    wire signed [PRODUCT_BITS-1:0] {term} = products[{lane}*PRODUCT_BITS +: PRODUCT_BITS];"
        for lane, term in enumerate(terms)
    ]
    level = 0
    while len(terms) > 1:
        level += 1
        pairs = list(zip(terms[::2], terms[1::2], strict=False))
        rest = terms[2 * len(pairs) :]
        terms = [f"level_{level}_{index}" for index in range(len(pairs))]
        lines += [
            f"    wire signed [PRODUCT_BITS+{level}-1:0] {term} = {left} + {right};"
            for term, (left, right) in zip(terms, pairs, strict=True)
        ]
        terms += rest
    body = "\n".join(lines)
    return f"""\
// Sum of {_count(lanes, "product")}, as a balanced tree of {_count(level, "level")}.
module adder_tree #(
    parameter PRODUCT_BITS = 24,
    parameter SUM_BITS = 27
) (
    input  wire        [{lanes}*PRODUCT_BITS-1:0] products,
    output wire signed [SUM_BITS-1:0] sum
);

{body}
    assign sum = {terms[0]};

endmodule
"""


def sigmoid_rom(bits: int) -> str:
    """Write the positive half of the sigmoid as a table with ``bits`` fraction bits."""
    entries = "\n".join(
        f"            {SIGMOID_INDEX_BITS}'d{index}: above_half = {bits}'d{value};"
        for index, value in enumerate(sigmoid_table(bits)[:-1])
    )
    return f"""\
// sigmoid((index + 1/2) / {1 << (SIGMOID_INDEX_BITS - INTEGER_BITS + 1)}) - 1/2, with {bits} fraction bits.
module sigmoid_table (
    input  wire [{SIGMOID_INDEX_BITS - 1}:0] index,
    output reg  [{bits - 1}:0] above_half
);

    always @* begin
        case (index)
{entries}
            default: above_half = {bits}'d{sigmoid_table(bits)[-1]};
        endcase
    end

endmodule
"""


def _header(architecture: Architecture) -> str:
    a = architecture
    return f"""\
// Axiline: {_TITLES[a.benchmark]}, inference and training by stochastic gradient descent.
//
//   features {a.features:<6} cycles {a.cycles:<6} lanes {a.lanes:<6} units {a.units}
//   features are Q1.{a.input_fraction}; weights, predictions, errors and the learning rate are Q4.{a.internal_fraction}
//
// A vector enters in {_count(a.cycles, "chunk")} of {a.lanes}, zeros behind its last feature. Then
//   inner product    {_count(a.cycles, "cycle"):<9}  sum += features . weights, at the head of the ring
//   benchmark stage  1 cycle    prediction, error, step = learning rate * error
//   SGD              {_count(a.cycles, "cycle"):<9}  weight -= step * feature, at the tail, which feeds the head
// The next vector may enter {a.slots} cycles after this one: it meets each weight in the cycle after its update.
// V vectors take {a.latency} + {a.slots} * (V - 1) cycles.
"""


def _values(architecture: Architecture) -> dict[str, object]:
    return {
        "PARAMETERS": _parameters(architecture),
        "PHASE_BITS": (architecture.slots - 1).bit_length(),
        "BENCHMARK": architecture.benchmark,
    }


def _parameters(architecture: Architecture) -> str:
    a = architecture
    rows = [
        ("LANES", a.lanes, "features a cycle"),
        ("CYCLES", a.cycles, "chunks of a vector, one a cycle"),
        ("UNITS", a.units, "models that share the features"),
        ("INPUT_BITS", a.input_bits, f"features: Q1.{a.input_fraction}"),
        ("INTERNAL_BITS", a.internal_bits, f"weights, errors, learning rate: Q4.{a.internal_fraction}"),
        ("LABEL_BITS", a.label_bits, _LABEL_MEANINGS[a.benchmark]),
        ("SUM_BITS", a.sum_bits, "the inner product before rounding"),
    ]
    commas = [","] * (len(rows) - 1) + [""]
    return "\n".join(
        f"    {f'parameter {name} = {value}{comma}':<32}// {meaning}"
        for (name, value, meaning), comma in zip(rows, commas, strict=True)
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _read(module: str) -> str:
    return (_FOLDER / f"{module}.v").read_text(encoding="ascii")


def _fill(template: str, values: Mapping[str, object]) -> str:
    for name, value in values.items():
        template = template.replace(f"@{name}@", str(value))
    return template
