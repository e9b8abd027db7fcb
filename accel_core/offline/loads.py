"""How pairs of a design and a layer load the design's resources, by what rooflines say of them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from operator import add, mul

import jax.numpy as jnp
from jax import Array

from accel_core.rooflines import Dealing, Product, Rooflines, Share

Numbers = Mapping[str, Array]
"""By name, each of shape (designs, layers), or 1 in place of one of them."""

_NOTHING = 1e-4
"""The ratio that stands for none, so that it has a logarithm."""

_EXACT = 1e-6
"""Share of a quotient by which rounding may miss a whole number."""


def loads(rooflines: Rooflines, design: Numbers, layer: Numbers, repeats: Array) -> dict[str, Array]:
    """Return the natural logarithm of every ratio, each of shape (designs, layers).

    Args:
        rooflines: What the ratios mean.
        design: The parameters, whole numbers of shape (designs, 1).
        layer: The fields of each design's layers, of shape (designs, layers).
        repeats: How often each layer occurs, of the same shape.
    """
    known = {**layer, **dealt_out(rooflines.dealing, design, layer)}
    found = {}
    for ratio in rooflines.ratios:
        asked = reduce(add, (_product(asks, known) for asks in ratio.asks))
        if ratio.is_total:
            asked = jnp.broadcast_to((asked * repeats).sum(axis=1, keepdims=True), repeats.shape)
        over = _product(ratio.over, design)
        found[ratio.name] = jnp.log(jnp.maximum(asked * _product(ratio.times, design) / over, _NOTHING))
    return found


def dealt_out(dealing: Dealing, design: Numbers, layer: Numbers) -> dict[str, Array]:
    """Return shares and windows in the way of the fewest rounds."""
    best, *others = (_dealt_in(way, design, layer) for way in dealing.ways)
    rounds = _product(dealing.rounds, best)
    for other in others:
        more = _product(dealing.rounds, other)
        is_better = (more < rounds) | ((more == rounds) & (other[dealing.tie] < best[dealing.tie]))
        best = {name: jnp.where(is_better, other[name], best[name]) for name in best}
        rounds = jnp.where(is_better, more, rounds)
    known = {**layer, **best}
    return best | {w.name: (known[w.of] - 1) * known[w.step] + known[w.size] for w in dealing.windows}


def _dealt_in(way: tuple[Share, ...], design: Numbers, layer: Numbers) -> dict[str, Array]:
    known = dict(layer)
    for share in way:
        work = _product(share.of, known)
        known[share.name] = jnp.ceil(work / design[share.over] * (1 - _EXACT)) if share.over else work
    shape = jnp.broadcast_shapes(*(known[share.name].shape for share in way))
    return {share.name: jnp.broadcast_to(known[share.name], shape) for share in way}


def _product(names: Product, numbers: Numbers) -> Array:
    return reduce(mul, (numbers[name] for name in names)) if names else jnp.ones(())
