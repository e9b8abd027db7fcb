"""Repair after placement: buffers and sizes on real wires, until the clock and the library's limits are met."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from accel_core.physical.floorplan import Floorplan
from accel_core.physical.netlist import Netlist
from accel_core.physical.placement import Placement, refine
from accel_core.physical.repair.edits import Edits
from accel_core.physical.repair.fanout import grow_buffers, heavy_nets
from accel_core.physical.repair.limits import Violations, count_violations, violating_nets
from accel_core.physical.repair.prices import Prices
from accel_core.physical.repair.site import Site
from accel_core.physical.repair.sizing import Effort, Trade, choices_of, effort_for, first_prices, size_cells
from accel_core.physical.repair.splits import split_nets
from accel_core.physical.repair.strengths import Strengths, measure_strengths
from accel_core.physical.repair.strip import without_buffers
from accel_core.physical.technology import Technology
from accel_core.physical.timing import Boundary, Constraints


@dataclass(frozen=True)
class Record:
    """What repair did.

    Attributes:
        buffers_removed: Buffers of synthesis that were taken out.
        buffers_inserted: Buffers that were put in.
        cells_up: Cells that are larger than before.
        cells_down: Cells that are smaller.
        before: Pins beyond the library's limits, as placed.
        after: The same in the end.
        slack_before_s: Worst slack as placed.
        slack_after_s: Worst slack in the end.
        area_before_um2: Area of all cells as placed.
        area_after_um2: The same in the end.
        tries: Rounds of sizing.
    """

    buffers_removed: int
    buffers_inserted: int
    cells_up: int
    cells_down: int
    before: Violations
    after: Violations
    slack_before_s: float
    slack_after_s: float
    area_before_um2: float
    area_after_um2: float
    tries: int


@dataclass(frozen=True)
class Repaired:
    """The netlist with its buffers and sizes, where its cells stand, and what was done."""

    netlist: Netlist
    placement: Placement
    record: Record


def repair(
    netlist: Netlist,
    technology: Technology,
    floorplan: Floorplan,
    placement: Placement,
    constraints: Constraints,
    seed: int,
    boundary: Boundary | None = None,
    effort: Effort | None = None,
) -> Repaired:
    """Meet the clock and the library's limits with the least area, or come as near as the effort's trade allows.

    Args:
        netlist: As synthesized.
        technology: Its cells.
        floorplan: Where they may stand.
        placement: Where they do.
        constraints: What the design must meet.
        seed: Of the placer, which makes places legal again.
        boundary: What stands at its ports, None for the usual.
        effort: How to trade area for time and how long to try; None for what suits the size of the design.

    Raises:
        InfeasibleError: If the repaired cells do not fit, at stage ``placement``.
        ToolFailedError: If the netlist cannot be timed.
        ToolNotFoundError: If Coloquinte is not installed.
    """
    site = Site(technology, floorplan, constraints, boundary)
    return _Repair(site, netlist, placement, seed, effort or effort_for(len(netlist.instances))).run()


class _Repair:
    """One repair: the best netlist so far and its timer."""

    def __init__(self, site: Site, netlist: Netlist, placement: Placement, seed: int, effort: Effort) -> None:
        self.site = site
        self.given = netlist
        self.seed = seed
        self.effort = effort
        first = site.timer(netlist, placement)
        self.before = (count_violations(first), first.worst_slack_s, first.area_um2)
        self.trade = Trade(site.constraints.period_s, first.area_um2, site.floorplan.area_um2, effort)
        library = site.technology.library.cells
        self.netlist, self.placement = without_buffers(netlist, placement, library)
        self.removed = len(netlist.instances) - len(self.netlist.instances)
        self.timer = first if not self.removed else site.timer(self.netlist, self.placement)
        self.strengths: Strengths = measure_strengths(self.timer.families, site.technology)
        self.prices: Prices = first_prices(self.timer, self.trade)
        self.tries = 0

    def run(self) -> Repaired:
        heavy = heavy_nets(self.timer, self.strengths, self.effort.heavy)
        self._grow(heavy.tolist(), 0)
        self._size()
        for _ in range(self.effort.rounds):
            if self.timer.worst_slack_s >= 0.0 or not self._split():
                break
        self._keep_limits()
        for last in range(1, self.effort.placements + 1):
            self._legalize()
            if last == self.effort.placements or self._is_done():
                break
            self._size()
            self._keep_limits()
        return Repaired(self.netlist, self.placement, self._record())

    def _is_done(self) -> bool:
        return self.timer.worst_slack_s >= 0.0 and count_violations(self.timer).total == 0

    def _size(self) -> None:
        self.tries += size_cells(self.timer, self.trade, self.prices)

    def _edits(self) -> Edits:
        """Edits that begin with the sizes of the timer."""
        edits = Edits(self.netlist, self.placement)
        cells = self.timer.families.cells
        edits.resize(np.arange(len(edits.cells)), [cells[kind].name for kind in self.timer.state.size.tolist()])
        return edits

    def _rebuild(self, edits: Edits) -> None:
        """Go on with some edits; end points keep their prices."""
        self.netlist, self.placement = self.site.wanted(edits, self.placement)
        self._retime()

    def _retime(self) -> None:
        before, end = self.timer.graph.n_pins, self.prices.end
        self.timer = self.site.timer(self.netlist, self.placement)
        self.strengths = measure_strengths(self.timer.families, self.site.technology)
        self.prices = first_prices(self.timer, self.trade)
        after = self.timer.graph.n_pins
        self.prices.end[:] = 0.0
        self.prices.end[:before], self.prices.end[after:] = end[:before], end[before:]

    def _grow(self, nets: list[int], least: int) -> int:
        edits = self._edits()
        technology = self.site.technology
        count = sum(grow_buffers(self.timer, edits, self.strengths, technology, net, least) for net in nets)
        if count:
            self._rebuild(edits)
        return count

    def _split(self) -> bool:
        """Buffers where prices ask for them; undone if that does not help."""
        kept = (self.netlist, self.placement, self.timer, self.prices, self.strengths)
        score = self.trade.score(self.timer)
        edits = self._edits()
        choices = choices_of(self.timer.families, self.effort)
        if not split_nets(self.timer, edits, self.strengths, choices, self.prices, 1.0):
            return False
        self._rebuild(edits)
        self._size()
        if self.trade.score(self.timer) < score * (1.0 - self.effort.least_gain):
            return True
        self.netlist, self.placement, self.timer, self.prices, self.strengths = kept
        return False

    def _keep_limits(self) -> None:
        """Buffers on nets that are still beyond a limit whatever the sizes."""
        for least in (1, 2, 4):
            nets = violating_nets(self.timer)
            if not len(nets) or not self._grow(nets.tolist(), least):
                return
            self._size()

    def _legalize(self) -> None:
        """Legal places for what the netlist has become."""
        self.netlist, self.placement = self.site.wanted(self._edits(), self.placement)
        site = self.site
        self.placement = refine(
            self.netlist, site.technology, site.floorplan, self.seed, self.placement.x, self.placement.y
        )
        self._retime()

    def _record(self) -> Record:
        library = self.site.technology.library.cells
        old = {instance.name: library[instance.cell].area_um2 for instance in self.given.instances}
        areas = [(library[cell.cell].area_um2, old.get(cell.name)) for cell in self.netlist.instances]
        return Record(
            buffers_removed=self.removed,
            buffers_inserted=sum(before is None for _, before in areas),
            cells_up=sum(before is not None and area > before for area, before in areas),
            cells_down=sum(before is not None and area < before for area, before in areas),
            before=self.before[0],
            after=count_violations(self.timer),
            slack_before_s=self.before[1],
            slack_after_s=self.timer.worst_slack_s,
            area_before_um2=self.before[2],
            area_after_um2=self.timer.area_um2,
            tries=self.tries,
        )
