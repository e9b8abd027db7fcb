"""Parameters that constraints tie together: which of them are free to choose, and how the others follow."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from accel_core.space import DesignSpace
from accel_core.space.blocks import Block

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


def free_genes(space: DesignSpace) -> BoolArray:
    """Tell of each parameter whether the ones before it leave it a choice.

    Under ``mesh_x * mesh_y == 168`` the first side is free and the second one is not.
    """
    is_free = {parameter.name: True for parameter in space.parameters}
    for block in space.blocks:
        if block.valid is None:
            continue
        n_before = 1
        for parameter, weight in zip(block.parameters, block.weights, strict=True):
            n_with = len(np.unique(block.valid // weight))
            is_free[parameter.name] = n_with > n_before
            n_before = n_with
    return np.array([is_free[name] for name in space.names])


def followed(space: DesignSpace, wanted: pd.DataFrame, changed: BoolArray) -> pd.DataFrame:
    """Mend designs that break countable constraints, so that a change on purpose stays and the rest follows.

    Parameter by parameter, the changed ones first, each takes its wanted value if a valid combination with those
    before has it, else the nearest in the order of its values. Constraints that cannot be counted are not looked at.

    Args:
        space: Names the parameters and their constraints.
        wanted: Designs whose values are allowed one by one.
        changed: Shape ``(n_designs, n_parameters)``: what must stay if it can.
    """
    columns = {name: wanted[name].to_numpy(copy=True) for name in space.names}
    position = {name: place for place, name in enumerate(space.names)}
    for block in space.blocks:
        if block.valid is None or not block.size:
            continue
        digits = np.column_stack([p.index_of(wanted[p.name]) for p in block.parameters])
        bad = np.flatnonzero(block.ranks(list(digits.T)) < 0)
        if not len(bad):
            continue
        is_changed = changed[:, [position[p.name] for p in block.parameters]]
        mended = _completed(block, digits[bad], is_changed[bad])
        for parameter, digit in zip(block.parameters, mended.T, strict=True):
            columns[parameter.name][bad] = parameter.take(digit)
    return space.coerce(pd.DataFrame(columns, index=wanted.index))


def _completed(block: Block, wanted: IntArray, changed: BoolArray) -> IntArray:
    """Return valid combinations, as digits, for wanted ones; both of shape ``(n, n_parameters)``."""
    everything = np.column_stack(block.digits(np.arange(block.size)))
    mended = np.empty_like(wanted)
    for row in range(len(wanted)):
        left = everything
        for gene in np.argsort(~changed[row], kind="stable"):
            distance = np.abs(left[:, gene] - wanted[row, gene])
            left = left[distance == distance.min()]
        mended[row] = left[0]
    return mended
