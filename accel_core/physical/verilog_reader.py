"""Structural Verilog of one mapped module: ports, wires, assignments of wires, instances with named connections."""

from __future__ import annotations

import re
from collections.abc import Mapping

from accel_core.errors import InvalidInputError
from accel_core.physical.liberty import Cell
from accel_core.physical.netlist import Instance, Netlist, Port

_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/|\(\*.*?\*\)|^\s*`[^\n]*", re.DOTALL | re.MULTILINE)
_NAME = r"(?:\\\S+(?=\s|$)|[A-Za-z_][\w$]*)"
_MODULE = re.compile(rf"module\s+({_NAME})\s*(?:\((?P<ports>.*)\))?", re.DOTALL)
_DECLARED = re.compile(r"(input|output|inout|wire|tri|supply0|supply1)\b\s*(?:wire\b\s*)?(?:signed\b\s*)?")
_RANGE = re.compile(r"\[\s*(\d+)\s*:\s*(\d+)\s*\]\s*")
_INSTANCE = re.compile(rf"({_NAME})\s+({_NAME})\s*\((.*)\)", re.DOTALL)
_PIN = re.compile(rf"\s*\.({_NAME})\s*\(([^()]*)\)\s*(?:,|$)")
_OPERAND = re.compile(rf"({_NAME})\s*(?:\[\s*(\d+)\s*(?::\s*(\d+)\s*)?\])?")
_CONSTANT = re.compile(r"(\d+)\s*'\s*([bhdBHD])\s*([0-9a-fA-FxzXZ_]+)")


def read_verilog(text: str, cells: Mapping[str, Cell], place: str = "netlist") -> Netlist:
    """Read a netlist whose instances are all cells of a library; its clock is not known yet.

    Args:
        text: Verilog.
        cells: The library's cells by name.
        place: What to call the text in errors.

    Raises:
        InvalidInputError: If something is not structural Verilog of one module, or a cell or a pin is unknown.
    """
    return _Reader(cells, place).netlist(_COMMENT.sub(" ", text))


class _Reader:
    """Collects nets by bit name; assigned nets are merged."""

    def __init__(self, cells: Mapping[str, Cell], place: str) -> None:
        self.cells = cells
        self.place = place
        self.ranges: dict[str, tuple[int, int]] = {}
        self.ways: dict[str, str] = {}
        self.order: list[str] = []
        self.aliases: dict[str, str] = {}
        self.numbers: dict[str, int] = {}
        self.names: list[str] = []

    def netlist(self, text: str) -> Netlist:
        body, _, rest = text.partition("endmodule")
        if "module" in re.findall(r"\bmodule\b", rest):
            raise self.error("has several modules; allowed: one, flat")
        statements = [statement.strip() for statement in body.split(";")]
        head = _MODULE.fullmatch(statements[0])
        if head is None:
            raise self.error(f"begins with '{statements[0][:40]}'; allowed: module NAME (PORTS);")
        self._header(head["ports"] or "")
        instances = []
        for statement in statements[1:]:
            if statement.startswith("assign") and not statement[6:7].isalnum():
                self._assign(statement[6:])
            elif declared := _DECLARED.match(statement):
                self._declare(declared[1], statement[declared.end() :])
            elif statement:
                instances.append(self._split(statement))
        ports = tuple(self._port(name) for name in self.order)
        cells = tuple(self._instance(*parts) for parts in instances)
        constants = tuple((net, int(name[-1])) for name, net in self.numbers.items() if name in ("1'b0", "1'b1"))
        return Netlist(_plain(head[1]), "", ports, tuple(self.names), cells, constants)

    def error(self, what: str) -> InvalidInputError:
        return InvalidInputError(f"{self.place}: {what}")

    def _header(self, ports: str) -> None:
        """Port names, or full declarations in the header."""
        way, size = "", ""
        for item in filter(None, (part.strip() for part in ports.split(","))):
            name = item
            if declared := _DECLARED.match(item):
                found = _RANGE.match(item, declared.end())
                way, size = declared[1], found[0] if found else ""
                name = item[declared.end() + len(size) :]
            if way:
                self._declare(way, size + name)
            self.order.append(_plain(name))

    def _declare(self, way: str, text: str) -> None:
        size = _RANGE.match(text)
        for name in (part.strip() for part in (text[size.end() :] if size else text).split(",")):
            plain = _plain(name)
            if size is not None:
                self.ranges[plain] = (int(size[1]), int(size[2]))
            if way in ("input", "output", "inout"):
                self.ways[plain] = way
            elif way.startswith("supply"):
                self.aliases[plain] = f"1'b{way[-1]}"

    def _assign(self, text: str) -> None:
        left, _, right = text.partition("=")
        targets, sources = self._bits(left), self._bits(right)
        if len(targets) != len(sources):
            raise self.error(f"assign {text.strip()}: {len(targets)} and {len(sources)} bits; allowed: as many")
        for target, source in zip(targets, sources, strict=True):
            one, other = self._final(target), self._final(source)
            if one != other:
                # Constants and ports keep their names.
                keep = other if other.startswith("1'b") or not self._is_port(one) else one
                self.aliases[one if keep == other else other] = keep

    def _is_port(self, bit: str) -> bool:
        return bit in self.ways or bit.partition("[")[0] in self.ways

    def _final(self, bit: str) -> str:
        while bit in self.aliases:
            bit = self.aliases[bit]
        return bit

    def _net(self, bit: str) -> int:
        bit = self._final(bit)
        if bit not in self.numbers:
            self.numbers[bit] = len(self.names)
            self.names.append(bit)
        return self.numbers[bit]

    def _port(self, name: str) -> Port:
        way = self.ways.get(name, "")
        if way not in ("input", "output"):
            raise self.error(f"port {name} is {way or 'not declared'}; allowed: input, output")
        bits = _numbered(name, *self.ranges[name][::-1]) if name in self.ranges else [name]
        return Port(name, way == "input", tuple(bits), tuple(self._net(bit) for bit in bits))

    def _split(self, statement: str) -> tuple[str, str, str]:
        found = _INSTANCE.fullmatch(statement)
        if found is None:
            raise self.error(f"'{' '.join(statement.split())[:60]}' is not understood; allowed: CELL NAME (.PIN(NET));")
        return _plain(found[1]), _plain(found[2]), found[3]

    def _instance(self, kind: str, name: str, connections: str) -> Instance:
        cell = self.cells.get(kind)
        if cell is None:
            raise self.error(f"instance {name}: cell {kind} is not in the library")
        pins: dict[str, int] = {}
        end = 0
        for found in _PIN.finditer(connections):
            if found.start() != end:
                break
            end = found.end()
            self._connect(pins, cell, name, _plain(found[1]), found[2])
        if connections[end:].strip():
            raise self.error(f"instance {name}: '{connections[end:].strip()[:40]}'; allowed: .PIN(NET)")
        return Instance(name, kind, pins, "", "")

    def _connect(self, pins: dict[str, int], cell: Cell, name: str, pin: str, text: str) -> None:
        if not text.strip():
            return
        bits = self._bits(text)
        names = [pin] if pin in cell.pins else [other for other in cell.pins if other.startswith(f"{pin}[")]
        if len(bits) != len(names):
            what = f"has {len(names)} bits, connected are {len(bits)}" if names else f"is not one of {cell.name}"
            raise self.error(f"instance {name}: pin {pin} {what}")
        for each, bit in zip(names, bits, strict=True):
            pins[each] = self._net(bit)

    def _bits(self, text: str) -> list[str]:
        """Bit names of an operand or a concatenation, most significant first."""
        text = text.strip()
        if text.startswith("{") and text.endswith("}"):
            return [bit for part in text[1:-1].split(",") for bit in self._bits(part)]
        if constant := _CONSTANT.fullmatch(text):
            return self._constant(int(constant[1]), constant[2].lower(), constant[3].replace("_", ""))
        operand = _OPERAND.fullmatch(text)
        if operand is None:
            raise self.error(f"'{text[:40]}' is not a net")
        name = _plain(operand[1])
        if operand[2] is not None:
            return _numbered(name, int(operand[2]), int(operand[3] or operand[2]))
        return _numbered(name, *self.ranges[name]) if name in self.ranges else [name]

    def _constant(self, width: int, base: str, digits: str) -> list[str]:
        digits = re.sub("[xzXZ]", "0", digits)
        value = int(digits, {"b": 2, "h": 16, "d": 10}[base])
        return [f"1'b{value >> bit & 1}" for bit in range(width - 1, -1, -1)]


def _plain(name: str) -> str:
    return name.strip().removeprefix("\\")


def _numbered(name: str, first: int, last: int) -> list[str]:
    step = -1 if first > last else 1
    return [f"{name}[{bit}]" for bit in range(first, last + step, step)]
