"""Outlines of memories as LEF, in the layers of NanGate45."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.physical.memories.compiler import Memory
from accel_core.physical.memories.ports import bits_of, pins_of

# Published memories have their pins on the left edge, on metal3, two tracks apart at least.
_PIN_LAYER, _PIN_UM, _TRACK_UM = "metal3", 0.07, 0.14
_COVERED = ("metal1", "metal2", "metal3", "metal4")
# Supplies run across the memory; assumed: one of each, a twentieth of its width.
_SUPPLY_LAYER, _SUPPLY_SHARE = "metal4", 0.05


def to_lef(memories: Sequence[Memory]) -> str:
    """Blocks with their signal pins on the left edge, on both edges where one is too short, metal1 to metal4 taken."""
    lines = ["VERSION 5.7 ;", 'BUSBITCHARS "[]" ;', 'DIVIDERCHAR "/" ;', ""]
    for memory in memories:
        lines += _macro(memory)
    return "\n".join([*lines, "END LIBRARY", ""])


def pin_places(memory: Memory) -> dict[str, tuple[float, float]]:
    """Lower left corner of each signal pin's square in um, on tracks."""
    names = [(bit, pin.is_input) for pin in pins_of(memory.size) for bit in bits_of(pin)[::-1]]
    tracks = int(memory.height_um / _TRACK_UM) - 2
    edges = (0.0, memory.width_um - _PIN_UM)
    sides = edges if len(names) > tracks else edges[:1]
    places = {}
    for side, edge in enumerate(sides):
        mine = names[side :: len(sides)]
        step = max(1, tracks // len(mine))
        for index, (name, _) in enumerate(mine):
            places[name] = (round(edge, 4), round((index * step + 1) * _TRACK_UM, 4))
    return places


def _macro(memory: Memory) -> list[str]:
    width, height = memory.width_um, memory.height_um
    lines = [
        f"MACRO {memory.name}",
        "  CLASS BLOCK ;",
        f"  FOREIGN {memory.name} 0 0 ;",
        "  ORIGIN 0 0 ;",
        f"  SIZE {width:g} BY {height:g} ;",
        "  SYMMETRY X Y R90 ;",
    ]
    places = pin_places(memory)
    for pin in pins_of(memory.size):
        for bit in bits_of(pin)[::-1]:
            x, y = places[bit]
            box = (x, y, x + _PIN_UM, y + _PIN_UM)
            use = "CLOCK" if pin.name == "clk" else "SIGNAL"
            lines += _pin(bit, "INPUT" if pin.is_input else "OUTPUT", use, _PIN_LAYER, box)
    for index, (name, use) in enumerate((("VSS", "GROUND"), ("VDD", "POWER"))):
        left = width * (0.35 + 0.25 * index)
        lines += _pin(name, "INOUT", use, _SUPPLY_LAYER, (left, 0.0, left + _SUPPLY_SHARE * width, height))
    lines.append("  OBS")
    lines += [f"    LAYER {layer} ;\n      RECT 0 0 {width:g} {height:g} ;" for layer in _COVERED]
    return [*lines, "  END", f"END {memory.name}", ""]


def _pin(name: str, direction: str, use: str, layer: str, box: tuple[float, ...]) -> list[str]:
    edges = " ".join(f"{round(edge, 4):g}" for edge in box)
    return [
        f"  PIN {name}",
        f"    DIRECTION {direction} ;",
        f"    USE {use} ;",
        "    PORT",
        f"      LAYER {layer} ;",
        f"      RECT {edges} ;",
        "    END",
        f"  END {name}",
    ]
