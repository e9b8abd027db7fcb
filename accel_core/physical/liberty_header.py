"""What a Liberty file says before its first cell: units, nominal operating point, name of the corner."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from pathlib import Path

from accel_core.errors import InvalidInputError

_HEAD_CHARACTERS = 4_000_000
_PREFIX = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6}


@dataclass(frozen=True)
class LibertyUnits:
    """Units of one library in SI; OpenSTA's own where the file is silent (1 ns, 1 pF, 1 kOhm)."""

    time_s: float
    capacitance_f: float
    resistance_ohm: float


@dataclass(frozen=True)
class LibertyHeader:
    """The head of one library.

    Attributes:
        name: Of the library group.
        corner: Name of the default operating conditions, or "".
        units: What its numbers are in.
        voltage_v: Nominal supply in V, None if it does not say.
        temperature_c: Nominal temperature in degrees Celsius, None if it does not say.
        process: Nominal process factor, None if it does not say.
    """

    name: str
    corner: str
    units: LibertyUnits
    voltage_v: float | None
    temperature_c: float | None
    process: float | None


def read_header(path: Path) -> LibertyHeader:
    """Read the head of a ``.lib`` or ``.lib.gz``.

    Raises:
        InvalidInputError: If the file cannot be read or is not Liberty.
    """
    try:
        with gzip.open(path, "rt", errors="replace") if path.suffix == ".gz" else path.open(errors="replace") as stream:
            text = stream.read(_HEAD_CHARACTERS)
    except (OSError, EOFError) as error:
        raise InvalidInputError(f"{path}: cannot be read: {error}") from None
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    head = re.split(r"^\s*cell\s*\(", text, maxsplit=1, flags=re.MULTILINE)[0]
    name = re.search(r"\blibrary\s*\(\s*\"?([^\s\")]+)", head)
    if name is None:
        raise InvalidInputError(f"{path}: is not Liberty; allowed: a file that begins with a library group")
    corner = _word(head, "default_operating_conditions")
    if not corner and (match := re.search(r"\boperating_conditions\s*\(\s*\"?([^\s\")]+)", head)):
        corner = match[1]
    return LibertyHeader(
        name[1],
        corner,
        LibertyUnits(
            _scaled(_word(head, "time_unit"), 1e-9),
            _capacitance(head),
            _scaled(_word(head, "pulling_resistance_unit"), 1e3),
        ),
        _number(head, "nom_voltage") or _rail(head),
        _number(head, "nom_temperature"),
        _number(head, "nom_process"),
    )


def _word(head: str, name: str) -> str:
    match = re.search(rf"\b{name}\s*:\s*\"?([^;\"\n]+)", head)
    return match[1].strip() if match else ""


def _number(head: str, name: str) -> float | None:
    try:
        return float(_word(head, name))
    except ValueError:
        return None


def _rail(head: str) -> float | None:
    """The largest voltage of the ``voltage_map``."""
    volts = [float(value) for value in re.findall(r"\bvoltage_map\s*\([^,]*,\s*([-+.\deE]+)\s*\)", head)]
    return max(volts, default=0.0) or None


def _scaled(text: str, default: float) -> float:
    """A unit such as ``1ns`` or ``10 kohm`` in SI."""
    match = re.fullmatch(r"([\d.]+)\s*([fpnumkM]?)(?:s|ohm)", text, re.IGNORECASE)
    if match is None:
        return default
    return float(match[1]) * _PREFIX[match[2] if match[2] == "M" else match[2].lower()]


def _capacitance(head: str) -> float:
    match = re.search(r"\bcapacitive_load_unit\s*\(\s*\"?([\d.]+)\"?\s*,\s*\"?([fpnu]?)f", head, re.IGNORECASE)
    return float(match[1]) * _PREFIX[match[2].lower()] if match else 1e-12
