"""What global routing is asked for."""

from __future__ import annotations

from dataclasses import dataclass

from accel_core.errors import InvalidInputError


@dataclass(frozen=True)
class RoutingSettings:
    """Choices that the LEF files leave open.

    Attributes:
        tracks_per_cell: Side of a grid cell in tracks of the lowest horizontal routing layer. 15 is what OpenROAD's
            global router takes.
        reserved_low: Share of the lowest two routing layers that is kept for power and for reaching pins, 0 to below 1.
            The default is what OpenROAD-flow-scripts takes from metal2 and metal3 of NanGate45 (``fastroute.tcl``).
        reserved: The same of all layers above; the default is its value for metal4 and up.
        pin_pitches: How many pitches of a track of the lowest routing layer each pin blocks, 0 or more; the default is
            one, a via on the grid; assumed. So cells that stand close leave fewer tracks.
        lowest_layer: Name of the lowest layer that routing may use, "" for the lower of the two that stand for all
            wires in the technology.
        highest_layer: Name of the highest, "" for the top one.
        rounds: How often overfull wires are negotiated anew before the design is given up; assumed.
    """

    tracks_per_cell: int = 15
    reserved_low: float = 0.5
    reserved: float = 0.25
    pin_pitches: float = 1.0
    lowest_layer: str = ""
    highest_layer: str = ""
    rounds: int = 40

    def __post_init__(self) -> None:
        """Check all ranges."""
        for name in ("reserved_low", "reserved"):
            if not 0.0 <= getattr(self, name) < 1.0:
                raise InvalidInputError(f"routing, {name}: is {getattr(self, name):g}; allowed: 0 to below 1")
        for name, least in (("tracks_per_cell", 1), ("pin_pitches", 0), ("rounds", 0)):
            if not getattr(self, name) >= least:
                raise InvalidInputError(f"routing, {name}: is {getattr(self, name):g}; allowed: {least} or more")
