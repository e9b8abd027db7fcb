"""Pins of a memory, and which of their states are accesses."""

from __future__ import annotations

from dataclasses import dataclass

from accel_core.errors import InvalidInputError
from accel_core.rtl import MemorySize


@dataclass(frozen=True)
class PortPin:
    """A pin or bus: its name, width in bits (0 for a single pin), and whether it is an input."""

    name: str
    width: int
    is_input: bool = True


def pins_of(size: MemorySize) -> list[PortPin]:
    """All pins in the order of the module's ports: the clock, enables, addresses, data, one mask bit for each bit."""
    address, data = size.address_bits, size.bits
    if size.ports == "1RW":
        control = [PortPin("ce_in", 0), PortPin("we_in", 0), PortPin("addr_in", address)]
    else:
        control = [
            PortPin("we_in", 0),
            PortPin("w_addr_in", address),
            PortPin("re_in", 0),
            PortPin("r_addr_in", address),
        ]
    return [
        PortPin("clk", 0),
        *control,
        PortPin("w_mask_in", data),
        PortPin("wd_in", data),
        PortPin("rd_out", data, is_input=False),
    ]


def bits_of(pin: PortPin) -> list[str]:
    """Names of a pin's bits, the most significant first."""
    return [f"{pin.name}[{bit}]" for bit in range(pin.width - 1, -1, -1)] if pin.width else [pin.name]


def access_states(ports: str) -> dict[str, tuple[int, int]]:
    """How often the memory is read and written in a cycle, by condition on its pins; one of them always holds."""
    if ports == "1RW":
        return {"ce_in & !we_in": (1, 0), "ce_in & we_in": (0, 1), "!ce_in": (0, 0)}
    return {
        "re_in & !we_in": (1, 0), "re_in & we_in": (1, 1), "!re_in & we_in": (0, 1), "!re_in & !we_in": (0, 0),
    }  # fmt: skip


def access_shares(ports: str, reads: float, writes: float) -> dict[str, float]:
    """What ``Rtl.accesses`` says of a memory that is read and written so often in a cycle.

    Two ports are taken as independent; what a memory costs does not depend on that.

    Raises:
        InvalidInputError: If it cannot be accessed so often.
    """
    most = 1.0 if ports == "1RW" else 2.0
    if not (0.0 <= reads <= 1.0 and 0.0 <= writes <= 1.0 and reads + writes <= most + 1e-9):
        raise InvalidInputError(
            f"memory, accesses: {reads:g} reads and {writes:g} writes a cycle; allowed with {ports}: "
            + ("0 to 1 in all" if ports == "1RW" else "0 to 1 each")
        )
    if ports == "1RW":
        chances = {(1, 0): reads, (0, 1): writes, (0, 0): max(0.0, 1.0 - reads - writes)}
    else:
        chances = {
            (read, write): (reads if read else 1.0 - reads) * (writes if write else 1.0 - writes)
            for read in (0, 1)
            for write in (0, 1)
        }
    return {condition: chances[state] for condition, state in access_states(ports).items()}
