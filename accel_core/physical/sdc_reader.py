"""SDC constraints: one clock, delays and transitions at ports, loads and driving cells.

Beside the clock on a port there may be others of the same period on none, from which delays at ports count.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial

from accel_core.errors import InvalidInputError
from accel_core.physical.liberty import Library
from accel_core.physical.netlist import Netlist
from accel_core.physical.sdc_text import Command, read_commands

# These say nothing about setup timing and power.
_WITHOUT_EFFECT = (
    "current_design", "set_units", "set_operating_conditions", "set_wire_load_mode", "set_wire_load_model",
    "set_max_fanout", "set_max_transition", "set_max_capacitance", "set_max_area", "set_hierarchy_separator",
)  # fmt: skip
_FLAGS = ("-rise", "-fall", "-min", "-max", "-add_delay", "-pin_load", "-setup", "-hold", "-quiet", "-no_clocks")


@dataclass
class Edges:
    """A value for the rising and one for the falling edge."""

    rise: float
    fall: float


@dataclass
class Sdc:
    """What a file asks for, in SI units; ports by the names of their bits.

    Attributes:
        clock: Port of the clock.
        clock_name: Its name.
        period_s: Its period.
        is_propagated: Whether it takes the time that its network needs.
        clock_transition: At flip-flops, if it is not.
        uncertainty_s: For setup.
        input_delay: After the clock's rising edge, which is at 0 at its port and, if it is ideal, at flip-flops.
        output_delay: Before its next rising edge.
        transition: At inputs.
        load_f: Of outputs, in F.
        driving: Cell and output pin ("" for its only one) in front of inputs.
    """

    clock: str = ""
    clock_name: str = ""
    period_s: float = 0.0
    is_propagated: bool = False
    clock_transition: Edges = field(default_factory=lambda: Edges(0.0, 0.0))
    uncertainty_s: float = 0.0
    input_delay: dict[str, Edges] = field(default_factory=dict)
    output_delay: dict[str, Edges] = field(default_factory=dict)
    transition: dict[str, Edges] = field(default_factory=dict)
    load_f: dict[str, float] = field(default_factory=dict)
    driving: dict[str, tuple[str, str]] = field(default_factory=dict)


def read_sdc(text: str, netlist: Netlist, library: Library, place: str = "SDC") -> Sdc:
    """Read constraints in the units of the library.

    Raises:
        InvalidInputError: If a command is unknown, names a port that is not there, or no clock is created.
    """
    return _Reader(netlist, library, place).sdc(text)


class _Reader:
    def __init__(self, netlist: Netlist, library: Library, place: str) -> None:
        self.library = library
        self.place = place
        self.made = Sdc()
        self.inputs = [bit for port in netlist.ports if port.is_input for bit in port.bits]
        self.outputs = [bit for port in netlist.ports if not port.is_input for bit in port.bits]
        self.wide = {port.name: port.bits for port in netlist.ports}
        self.periods: dict[str, float] = {}
        self.latencies: dict[str, float] = {}
        self.propagated: set[str] = set()
        self.counted_from: dict[str, str] = {}
        self.known: dict[str, Callable[[_Words], None]] = {
            "create_clock": self._clock,
            "set_clock_transition": self._clock_transition,
            "set_clock_uncertainty": self._uncertainty,
            "set_clock_latency": self._latency,
            "set_propagated_clock": self._propagate,
            "set_input_delay": lambda words: self._delay(words, self.made.input_delay),
            "set_output_delay": lambda words: self._delay(words, self.made.output_delay),
            "set_input_transition": self._transition,
            "set_load": self._load,
            "set_driving_cell": self._driving,
        }

    def sdc(self, text: str) -> Sdc:
        for command in read_commands(text, self._answer, self.place):
            name = command.words[0]
            if name in _WITHOUT_EFFECT:
                continue
            if name not in self.known:
                raise self._error(command, f"command '{name}' is not supported; allowed: {', '.join(self.known)}")
            words = _Words(command, partial(self._error, command))
            if "-min" not in words.flags and "-hold" not in words.flags:
                self.known[name](words)
        if not self.made.clock:
            raise InvalidInputError(f"{self.place}: no clock on a port; allowed: one create_clock with a port")
        self._finish()
        return self.made

    def _finish(self) -> None:
        """Let delays at ports count from the edge of the one clock that is kept."""
        made, own = self.made, self._network_latency(self.made.clock_name)
        made.is_propagated = made.clock_name in self.propagated
        for name, period in self.periods.items():
            if abs(period - made.period_s) > 1e-9 * made.period_s:
                raise InvalidInputError(
                    f"{self.place}: clock {name} has a period of {period:g} s; allowed: that of {made.clock_name}, "
                    f"{made.period_s:g} s"
                )
        for delays, sign in ((made.input_delay, 1.0), (made.output_delay, -1.0)):
            for bit, edges in delays.items():
                later = sign * (self._network_latency(self.counted_from[bit]) - own)
                edges.rise, edges.fall = edges.rise + later, edges.fall + later

    def _network_latency(self, clock: str) -> float:
        """How late an ideal clock is at flip-flops; what a propagated one takes is not for constraints to say."""
        return 0.0 if clock in self.propagated else self.latencies.get(clock, 0.0)

    def _error(self, command: Command, what: str) -> InvalidInputError:
        return InvalidInputError(f"{self.place}, line {command.line}: {what}")

    def _answer(self, command: Command) -> str:
        """Names that a command in brackets gives."""
        name, *words = command.words or ("",)
        patterns = [part for word in words if word not in _FLAGS for part in word.split()]
        if name == "all_inputs":
            return " ".join(bit for bit in self.inputs if "-no_clocks" not in words or bit != self.made.clock)
        if name == "all_outputs":
            return " ".join(self.outputs)
        if name in ("get_ports", "get_clocks"):
            return " ".join(patterns)
        if name == "all_clocks":
            return " ".join(self.periods)
        raise self._error(
            command, f"[{name}] is not supported; allowed: get_ports, all_inputs, all_outputs, get_clocks, all_clocks"
        )

    def _ports(self, words: _Words, names: Sequence[str]) -> list[str]:
        bits: list[str] = []
        every = [*self.inputs, *self.outputs]
        for name in names:
            plain = name.replace("\\", "")
            if plain in every:
                bits.append(plain)
            elif plain in self.wide:
                bits += self.wide[plain]
            else:
                # Brackets in a name are bits, not sets of characters.
                found = [bit for bit in every if fnmatchcase(bit, plain.replace("[", "[[]"))] if "*" in plain else []
                if not found:
                    raise words.error(f"port {name} is not in the netlist")
                bits += found
        return bits

    def _clock(self, words: _Words) -> None:
        words.options("-name", "-period", "-waveform")
        names = words.names
        ports = self._ports(words, names)
        if len(ports) > 1 or (not ports and "-name" not in words.given) or not set(ports) <= set(self.inputs):
            raise words.error(f"the clock is on {' '.join(ports) or 'no port'}; allowed: one input port")
        name = words.given.get("-name") or ports[0]
        if (ports and self.made.clock) or name in self.periods:
            raise words.error("a second clock; allowed: one on a port, others on none")
        period = words.number("-period") * self.library.time_s
        if not period > 0:
            raise words.error(f"-period is {words.given['-period']}; allowed: above 0")
        self.periods[name] = period
        if ports:
            self.made.clock, self.made.clock_name, self.made.period_s = ports[0], name, period
        waveform = [float(part) for part in words.given.get("-waveform", "").split()]
        if waveform and waveform != [0.0, words.number("-period") / 2.0]:
            raise words.error(
                f"-waveform is {words.given['-waveform']}; allowed: a rise at 0 and a fall half a period on"
            )

    def _clock_transition(self, words: _Words) -> None:
        value = words.value() * self.library.time_s
        words.set_edges(self.made.clock_transition, value)

    def _uncertainty(self, words: _Words) -> None:
        self.made.uncertainty_s = words.value() * self.library.time_s

    def _latency(self, words: _Words) -> None:
        value = words.value() * self.library.time_s
        if "-fall" not in words.flags or "-rise" in words.flags:
            self.latencies |= dict.fromkeys(self._clocks(words), value)

    def _propagate(self, words: _Words) -> None:
        self.propagated.update(self._clocks(words))

    def _clocks(self, words: _Words) -> list[str]:
        """Names of clocks, which may be called by their port."""
        found = [self.made.clock_name if name == self.made.clock else name for name in words.names]
        for name in found:
            if name not in self.periods:
                raise words.error(f"clock {name} is not created; allowed: {', '.join(self.periods)}")
        return found

    def _delay(self, words: _Words, into: dict[str, Edges]) -> None:
        words.options("-clock")
        clock = words.given.get("-clock", self.made.clock_name)
        if clock not in self.periods:
            raise words.error(f"clock {clock} is not created; allowed: {', '.join(self.periods)}")
        value = words.value() * self.library.time_s
        for bit in self._assign(words, into, value):
            self.counted_from[bit] = clock

    def _transition(self, words: _Words) -> None:
        value = words.value() * self.library.time_s
        self._assign(words, self.made.transition, value)

    def _assign(self, words: _Words, into: dict[str, Edges], value: float) -> list[str]:
        bits = self._ports(words, words.names)
        for bit in bits:
            words.set_edges(into.setdefault(bit, Edges(value, value)), value)
        return bits

    def _load(self, words: _Words) -> None:
        value = words.value() * self.library.capacitance_f
        for bit in self._ports(words, words.names):
            self.made.load_f[bit] = value

    def _driving(self, words: _Words) -> None:
        words.options("-lib_cell", "-pin", "-library")
        cell, pin = words.given.get("-lib_cell", ""), words.given.get("-pin", "")
        if cell not in self.library.cells:
            raise words.error(f"-lib_cell {cell or 'is missing'}; allowed: a cell of the library")
        for bit in self._ports(words, words.names):
            self.made.driving[bit] = (cell, pin)


class _Words:
    """A command's words, sorted into flags, options with a value, and names."""

    def __init__(self, command: Command, error: Callable[[str], InvalidInputError]) -> None:
        self.error = error
        words = command.words[1:]
        self.flags = {word for word in words if word in _FLAGS}
        self.left = [word for word in words if word not in _FLAGS]
        self.given: dict[str, str] = {}

    def options(self, *names: str) -> None:
        """Take out options that are followed by a value."""
        for name in names:
            if name in self.left:
                at = self.left.index(name)
                if at + 1 == len(self.left):
                    raise self.error(f"{name} has no value")
                self.given[name] = self.left[at + 1]
                del self.left[at : at + 2]

    def value(self) -> float:
        """Take out the number in front of the names."""
        for at, word in enumerate(self.left):
            if not word.startswith("-") or word[1:2].isdigit() or word[1:2] == ".":
                del self.left[at]
                return self._number(word, "the value")
        raise self.error("the value is missing")

    def number(self, option: str) -> float:
        """An option's number."""
        if option not in self.given:
            raise self.error(f"{option} is missing")
        return self._number(self.given[option], option)

    def _number(self, text: str, what: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise self.error(f"{what} is '{text}'; it must be a number") from None

    @property
    def names(self) -> list[str]:
        """What is left: names of ports."""
        unknown = [word for word in self.left if word.startswith("-")]
        if unknown:
            raise self.error(f"option {unknown[0]} is not supported")
        return [part for word in self.left for part in word.split()]

    def set_edges(self, edges: Edges, value: float) -> None:
        """Set both edges, or the one that a flag names."""
        if "-fall" not in self.flags or "-rise" in self.flags:
            edges.rise = value
        if "-rise" not in self.flags or "-fall" in self.flags:
            edges.fall = value
