"""A mapped, flat netlist: made from Yosys' JSON, cleaned for other tools, written as Verilog."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from accel_core.errors import ToolFailedError
from accel_core.physical.black_boxes import buses, connections, signals
from accel_core.physical.liberty import Cell
from accel_core.physical.technology import Helper, Technology

NOTHING: Mapping[str, str] = {}


@dataclass(frozen=True)
class Port:
    """A top-level port.

    Attributes:
        name: As in the RTL.
        is_input: Its direction.
        bits: Index of each bit's name (``a[3]``), least significant first; empty brackets for a scalar.
        nets: The net of each bit, likewise.
    """

    name: str
    is_input: bool
    bits: tuple[str, ...]
    nets: tuple[int, ...]


class Instance(NamedTuple):
    """A placed cell; a tuple, because a design has hundreds of thousands.

    Attributes:
        name: Of the instance.
        cell: Of the library.
        pins: Net of every connected pin.
        module: RTL module that it comes from, or "".
        alias: Register that it holds, or path of the memory that it is, or "".
        tied: Pins on the supply (``1``) or on ground (``0``), in kits without tie cells.
    """

    name: str
    cell: str
    pins: dict[str, int]
    module: str
    alias: str
    tied: Mapping[str, str] = NOTHING


@dataclass(frozen=True)
class Netlist:
    """A flat netlist where every port bit has a net of its own.

    Attributes:
        top: Module name.
        clock: Name of the clock port.
        ports: In the RTL's order.
        nets: Name of each net; a port bit's net is called like the bit.
        instances: In a fixed order.
        constants: Nets that nothing drives but a constant, and its value; those that the flow maps have none.
    """

    top: str
    clock: str
    ports: tuple[Port, ...]
    nets: tuple[str, ...]
    instances: tuple[Instance, ...]
    constants: tuple[tuple[int, int], ...] = ()

    def to_plain(self) -> dict[str, Any]:
        """Nested plain values, for JSON."""
        return {
            "top": self.top,
            "clock": self.clock,
            "ports": [[port.name, port.is_input, port.bits, port.nets] for port in self.ports],
            "nets": self.nets,
            "instances": [list(cell) for cell in self.instances],
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Netlist:
        """The inverse of ``to_plain``."""
        ports = tuple(Port(name, bool(way), tuple(bits), tuple(nets)) for name, way, bits, nets in plain["ports"])
        instances = tuple(map(Instance._make, plain["instances"]))
        return cls(plain["top"], plain["clock"], ports, tuple(plain["nets"]), instances)

    def to_verilog(self) -> str:
        """Structural Verilog: plain names only, no assignments, constants only where a kit has no tie cells."""
        lines = [f"module {self.top} ({', '.join(port.name for port in self.ports)});"]
        taken: set[int] = set()
        for port in self.ports:
            size = f"[{len(port.bits) - 1}:0] " if port.bits[0].endswith("]") else ""
            lines.append(f"  {'input' if port.is_input else 'output'} {size}{port.name};")
            taken.update(port.nets)
        lines += [f"  wire {name};" for net, name in enumerate(self.nets) if net not in taken]
        nets = self.nets
        for cell in self.instances:
            pins = connections({pin: nets[net] for pin, net in cell.pins.items()}, cell.tied)
            lines.append(f"  {cell.cell} {cell.name} ({', '.join(pins)});")
        return "\n".join([*lines, "endmodule", ""])


def netlist_from_yosys(
    design: Mapping[str, Any], top: str, clock: str, verilog: str, technology: Technology
) -> Netlist:
    """Turn the JSON that Yosys wrote for a flat, mapped design into a clean netlist.

    Raises:
        ToolFailedError: If a cell is not in the library, such as a latch or an unmapped flip-flop.
    """
    return Cleaner(design["modules"][top], verilog, technology).netlist(top, clock)


class Cleaner:
    """Makes the netlist of one Yosys module; nets are numbered by first use."""

    def __init__(self, module: Mapping[str, Any], verilog: str, technology: Technology) -> None:
        self.module = module
        self.technology = technology
        self.cells = technology.library.cells
        self.ties: Mapping[str, Helper | None] = {"0": technology.tie_low, "1": technology.tie_high}
        self.untied = {constant for constant, helper in self.ties.items() if helper is None}
        self.spans = module_spans(verilog)
        self.numbers: dict[Any, int] = {}
        self.names: list[str] = []
        self.instances: list[Instance] = []
        self.aliases = _aliases(module)

    def netlist(self, top: str, clock: str) -> Netlist:
        """Of the whole module.

        Raises:
            ToolFailedError: If it cannot be one.
        """
        if self.module["ports"].get(clock, {}).get("direction") != "input":
            raise ToolFailedError("synthesis", f"module {top} has no input port '{clock}' for the clock")
        if len(bits := self.module["ports"][clock]["bits"]) != 1:
            raise ToolFailedError("synthesis", f"port {clock} of module {top} has {len(bits)} bits; allowed: one clock")
        inputs = self._input_ports()
        outputs, buffers = self._output_ports()
        self._cells()
        for source, net in buffers:
            helper = self.technology.buffer
            pins, tied = self._connected({helper.input: source})
            self._add(helper.cell, {**pins, helper.output: net}, "", "", tied)
        self._ties()
        order = {name: index for index, name in enumerate(self.module["ports"])}
        ports = sorted([*inputs, *outputs], key=lambda port: order[port.name])
        return Netlist(top, clock, tuple(ports), tuple(self.names), tuple(self.instances))

    def _connected(self, bits: Mapping[str, Any]) -> tuple[dict[str, int], Mapping[str, str]]:
        """Nets of pins, and the values of those that have no net because the kit has no tie cell for them."""
        numbers, pins = self.numbers, {}
        tied: dict[str, str] = {}
        for pin, bit in bits.items():
            net = numbers.get(bit)
            if net is None:
                value = "0" if bit in ("x", "z") else bit
                if value in self.untied:
                    tied[pin] = value
                    continue
                net = self._net(value)
            pins[pin] = net
        return pins, tied or NOTHING

    def _net(self, bit: Any, name: str = "") -> int:
        if bit not in self.numbers:
            self.numbers[bit] = len(self.names)
            self.names.append(name or f"n{len(self.names)}")
        return self.numbers[bit]

    def _input_ports(self) -> list[Port]:
        ports = []
        for name, port in self.module["ports"].items():
            if port["direction"] == "input":
                bits = _bit_names(name, port["bits"])
                nets = tuple(self._net(bit, label) for bit, label in zip(port["bits"], bits, strict=True))
                ports.append(Port(name, True, bits, nets))
            elif port["direction"] != "output":
                raise ToolFailedError("synthesis", f"port {name} is {port['direction']}; allowed: input, output")
        return ports

    def _output_ports(self) -> tuple[list[Port], list[tuple[Any, int]]]:
        """Output ports, and (source bit, net) of each bit that must be buffered off a net that has a name already."""
        ports, buffers = [], []
        for name, port in self.module["ports"].items():
            if port["direction"] != "output":
                continue
            bits = _bit_names(name, port["bits"])
            nets = []
            for bit, label in zip(port["bits"], bits, strict=True):
                if bit in self.numbers or isinstance(bit, str):
                    nets.append(len(self.names))
                    self.names.append(label)
                    buffers.append((bit, nets[-1]))
                else:
                    nets.append(self._net(bit, label))
            ports.append(Port(name, False, bits, tuple(nets)))
        return ports, buffers

    def _cells(self) -> None:
        for kind, bits, module, alias in self.mapped():
            pins, tied = self._connected(bits)
            self._add(kind, pins, module, alias, tied)

    def mapped(self) -> Iterator[tuple[str, dict[str, Any], str, str]]:
        """Library cell, bits of its pins but unused outputs, RTL module and register of every cell."""
        used = self._used_bits()
        for path, entry in self.module["cells"].items():
            kind = entry["type"].lstrip("\\")
            if kind not in self.cells:
                raise ToolFailedError("synthesis", f"cell {kind} could not be mapped to the library")
            library = self.cells[kind]
            if library.is_macro:
                yield kind, _macro_bits(path, entry, library), self._origin(entry["attributes"].get("src", "")), path
                continue
            if library.is_latch:
                raise ToolFailedError("synthesis", f"the RTL infers a latch ({kind}); allowed: flip-flops")
            bits, alias = {}, ""
            for pin, (bit,) in sorted(entry["connections"].items()):
                if library.pins[pin].direction == "output":
                    if bit not in used:
                        continue
                    alias = alias or (self.aliases.get(bit, "") if library.is_flop else "")
                bits[pin] = bit
            source = self._origin(entry["attributes"].get("src", "")) if library.is_flop else ""
            yield kind, bits, source, alias

    def _origin(self, src: str) -> str:
        return module_of(src, self.spans)

    def _used_bits(self) -> set[Any]:
        used = {bit for port in self.module["ports"].values() for bit in port["bits"]}
        for entry in self.module["cells"].values():
            library = self.cells.get(entry["type"].lstrip("\\"))
            for pin, bits in entry["connections"].items():
                if library is not None and _is_input(library, pin):
                    used.update(bits)
        return used

    def _ties(self) -> None:
        for constant, helper in self.ties.items():
            if constant in self.numbers and helper is not None:
                self._add(helper.cell, {helper.output: self.numbers[constant]}, "", "", {})

    def _add(self, cell: str, pins: dict[str, int], module: str, alias: str, tied: Mapping[str, str]) -> None:
        self.instances.append(Instance(f"u{len(self.instances)}", cell, pins, module, alias, tied))


def _is_input(library: Cell, pin: str) -> bool:
    """Whether a pin, or all bits of a bus, are inputs."""
    if pin not in library.pins:
        pin = buses(library.pins)[pin][0]
    return library.pins[pin].direction == "input"


def _macro_bits(path: str, entry: Mapping[str, Any], library: Cell) -> dict[str, Any]:
    """Bits of all pins of a memory or another block, because a bus cannot be connected in part.

    Raises:
        ToolFailedError: If an input is not connected.
    """
    bits: dict[str, Any] = {}
    for bus, names in buses(signals(library)).items():
        connected = entry["connections"].get(bus, [])
        if len(connected) != len(names):
            if library.pins[names[0]].direction == "input":
                raise ToolFailedError("synthesis", f"pin {bus} of {path} is not connected; allowed: all inputs are")
            connected = [(path, name) for name in names]
        # Yosys lists the right bit first.
        bits |= dict(zip(names, reversed(connected), strict=True))
    return bits


def _bit_names(name: str, bits: Sequence[Any]) -> tuple[str, ...]:
    if len(bits) == 1:
        return (name,)
    return tuple(f"{name}[{index}]" for index in range(len(bits)))


def module_spans(verilog: str) -> list[tuple[int, str]]:
    """First line and name of every module, in the order of the text."""
    spans = []
    for match in re.finditer(r"^\s*module\s+(\w+)", verilog, re.MULTILINE):
        spans.append((verilog.count("\n", 0, match.start(1)) + 1, match[1]))
    return spans


def module_of(src: str, spans: Sequence[tuple[int, str]]) -> str:
    """The RTL module that holds a Yosys ``src`` attribute such as ``design.v:12.3-14.6``."""
    match = re.search(r":(\d+)", src)
    if match is None:
        return ""
    line = int(match[1])
    return next((name for start, name in reversed(spans) if start <= line), "")


def _aliases(module: Mapping[str, Any]) -> dict[Any, str]:
    """A readable RTL name for each bit: the deepest public one, because that is nearest its register."""
    best: dict[Any, tuple[int, str]] = {}
    for name, net in module["netnames"].items():
        if net["hide_name"]:
            continue
        depth = -name.count(".")
        wide = len(net["bits"]) > 1
        for index, bit in enumerate(net["bits"]):
            label = (depth, f"{name}[{index}]" if wide else name)
            if bit not in best or label < best[bit]:
                best[bit] = label
    return {bit: label for bit, (_, label) in best.items()}
