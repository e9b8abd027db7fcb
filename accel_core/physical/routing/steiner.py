"""Short wiring trees: a minimum spanning tree, then edge substitution (Borah, Owens and Irwin, IEEE TCAD 1994).

A point of the tree and an edge that passes by are joined where the edge comes closest, and the longest edge of the
cycle that this closes is dropped. Each pass does so for the best edge of every point, best gain first, as long as
the edges that are meant are still there; passes go on while there is a gain.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from accel_core.physical.graph import Bools, Floats, Ints

_PASSES = 12  # Each finds a fraction of what the one before found; assumed.
_LEAST_GAIN = 1e-9


@njit(cache=True)
def span_nets(x: Floats, y: Floats, first: Ints) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """Span the points of many nets, each net's driver first.

    Args:
        x: Of the points of all nets, one net after the other.
        y: Likewise.
        first: The first point of each net, and the number of points; shape (nets + 1,).

    Returns:
        The first node of each net and the number of nodes; then for every node its point among the net's, -1 for a
        branching point, the node of its net that it hangs on (0 for node 0), its x and its y. Node 0 is the driver,
        and every node comes after the one it hangs on.
    """
    nets = len(first) - 1
    starts = np.zeros(nets + 1, np.int64)
    point, parent = np.empty(2 * len(x), np.int64), np.empty(2 * len(x), np.int64)
    node_x, node_y = np.empty(2 * len(x)), np.empty(2 * len(x))
    for net in range(nets):
        begin, end, at = first[net], first[net + 1], starts[net]
        order, above, xs, ys = span(x[begin:end], y[begin:end])
        count = len(order)
        for i in range(count):
            point[at + i] = order[i] if order[i] < end - begin else -1
            parent[at + i] = above[i]
            node_x[at + i], node_y[at + i] = xs[order[i]], ys[order[i]]
        starts[net + 1] = at + count
    total = starts[nets]
    return starts, point[:total], parent[:total], node_x[:total], node_y[:total]


@njit(cache=True)
def span(x: Floats, y: Floats) -> tuple[Ints, Ints, Floats, Floats]:
    """Span the points of one net; return nodes in order, what each hangs on in that order, and all places."""
    n = len(x)
    xs, ys = np.empty(2 * n), np.empty(2 * n)
    for i in range(n):
        xs[i], ys[i] = x[i], y[i]
    edges = spanning_tree(x, y)
    n_nodes = n
    for _ in range(_PASSES if n > 2 else 0):
        edges, n_nodes, gained = improve(xs, ys, edges, n_nodes)
        if not gained:
            break
        edges, n_nodes = tidy(edges, n, n_nodes, xs, ys)
    order, above = hang(edges, n_nodes)
    return order, above, xs, ys


@njit(cache=True)
def spanning_tree(x: Floats, y: Floats) -> Ints:
    """Return the minimum spanning tree's edges (Prim), shape (points - 1, 2)."""
    n = len(x)
    edges = np.empty((n - 1, 2), np.int64)
    distance, nearest, inside = np.full(n, np.inf), np.zeros(n, np.int64), np.zeros(n, np.bool_)
    last = 0
    inside[0] = True
    for k in range(n - 1):
        best, chosen = np.inf, -1
        for i in range(n):
            if inside[i]:
                continue
            fresh = abs(x[i] - x[last]) + abs(y[i] - y[last])
            if fresh < distance[i]:
                distance[i], nearest[i] = fresh, last
            if distance[i] < best:
                best, chosen = distance[i], i
        edges[k, 0], edges[k, 1] = nearest[chosen], chosen
        inside[chosen] = True
        last = chosen
    return edges


@njit(cache=True)
def neighbors(edges: Ints, n_nodes: int) -> tuple[Ints, Ints]:
    """Return where each node's edges begin, shape (nodes + 1,), and the edges, shape (2 * edges,)."""
    starts = np.zeros(n_nodes + 1, np.int64)
    for e in range(len(edges)):
        starts[edges[e, 0] + 1] += 1
        starts[edges[e, 1] + 1] += 1
    for i in range(n_nodes):
        starts[i + 1] += starts[i]
    fill, of = starts[:-1].copy(), np.empty(2 * len(edges), np.int64)
    for e in range(len(edges)):
        for end in range(2):
            node = edges[e, end]
            of[fill[node]] = e
            fill[node] += 1
    return starts, of


@njit(cache=True)
def improve(xs: Floats, ys: Floats, edges: Ints, n_nodes: int) -> tuple[Ints, int, bool]:
    """One pass of edge substitution; return the edges, the number of nodes, and whether anything was gained."""
    starts, of = neighbors(edges, n_nodes)
    gains = np.zeros(n_nodes)
    joins, drops = np.empty(n_nodes, np.int64), np.empty(n_nodes, np.int64)
    for node in range(n_nodes):
        gains[node], joins[node], drops[node] = best_substitution(xs, ys, edges, starts, of, node)
    # Edges of this pass go behind the old ones; each substitution makes three at most, of two that it ends.
    fresh, count, gained = np.empty((3 * len(edges) + 3, 2), np.int64), len(edges), False
    for e in range(count):
        fresh[e, 0], fresh[e, 1] = edges[e, 0], edges[e, 1]
    is_gone = np.zeros(len(fresh), np.bool_)
    while n_nodes < len(xs):
        node = int(gains.argmax())
        if gains[node] <= _LEAST_GAIN:
            break
        gains[node] = 0.0
        join, drop = joins[node], drops[node]
        if is_gone[join] or is_gone[drop]:
            continue
        if not parts(fresh, count, is_gone, n_nodes, drop, node, edges[join, 0]):
            continue
        ends = (edges[join, 0], edges[join, 1], node)
        x, y = closest(xs, ys, ends[0], ends[1], node)
        is_gone[join] = is_gone[drop] = True
        meeting = n_nodes
        for end in ends:
            if xs[end] == x and ys[end] == y:
                meeting = end
        if meeting == n_nodes:
            xs[n_nodes], ys[n_nodes] = x, y
            n_nodes += 1
        for end in ends:
            if end != meeting:
                fresh[count, 0], fresh[count, 1] = meeting, end
                count += 1
        gained = True
    return without(fresh, count, is_gone), n_nodes, gained


@njit(cache=True)
def without(edges: Ints, count: int, is_gone: Bools) -> Ints:
    """Return the first ``count`` edges but for those that are gone."""
    left, kept = np.empty((count, 2), np.int64), 0
    for e in range(count):
        if not is_gone[e]:
            left[kept, 0], left[kept, 1] = edges[e, 0], edges[e, 1]
            kept += 1
    return left[:kept]


@njit(cache=True)
def closest(xs: Floats, ys: Floats, a: int, b: int, node: int) -> tuple[float, float]:
    """Return the point of the box around an edge that is nearest to a node."""
    x = min(max(xs[node], min(xs[a], xs[b])), max(xs[a], xs[b]))
    y = min(max(ys[node], min(ys[a], ys[b])), max(ys[a], ys[b]))
    return x, y


@njit(cache=True)
def best_substitution(xs: Floats, ys: Floats, edges: Ints, starts: Ints, of: Ints, node: int) -> tuple[float, int, int]:
    """Walk the tree from a node; return the best gain, the edge to join, and the edge to drop."""
    n = len(starts) - 1
    stack, came, longest, length = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(n, np.int64), np.zeros(n)
    stack[0], came[node], longest[node] = node, -1, -1
    top = 1
    best, join, drop = 0.0, -1, -1
    while top:
        top -= 1
        here = stack[top]
        for k in range(starts[here], starts[here + 1]):
            e = of[k]
            if e == came[here]:
                continue
            other = edges[e, 0] + edges[e, 1] - here
            own = abs(xs[here] - xs[other]) + abs(ys[here] - ys[other])
            came[other] = e
            longest[other], length[other] = longest[here], length[here]
            if longest[here] < 0 or own > length[here]:
                longest[other], length[other] = e, own
            stack[top] = other
            top += 1
            if length[here] - best > _LEAST_GAIN:
                x, y = closest(xs, ys, here, other, node)
                gain = length[here] - abs(xs[node] - x) - abs(ys[node] - y)
                if gain > best:
                    best, join, drop = gain, e, longest[here]
    return best, join, drop


@njit(cache=True)
def parts(edges: Ints, count: int, is_gone: Bools, n_nodes: int, drop: int, one: int, other: int) -> bool:
    """Tell whether two nodes are on different sides once an edge is dropped."""
    starts, of = neighbors(edges[:count], n_nodes)
    seen, stack = np.zeros(n_nodes, np.bool_), np.empty(n_nodes, np.int64)
    stack[0], top, seen[one] = one, 1, True
    while top:
        top -= 1
        here = stack[top]
        if here == other:
            return False
        for k in range(starts[here], starts[here + 1]):
            e = of[k]
            there = edges[e, 0] + edges[e, 1] - here
            if e != drop and not is_gone[e] and not seen[there]:
                seen[there] = True
                stack[top] = there
                top += 1
    return True


@njit(cache=True)
def tidy(edges: Ints, n_points: int, n_nodes: int, xs: Floats, ys: Floats) -> tuple[Ints, int]:
    """Drop branching points with fewer than three edges, and number the others anew."""
    changed = True
    while changed:
        changed = False
        starts, of = neighbors(edges, n_nodes)
        for node in range(n_points, n_nodes):
            degree = starts[node + 1] - starts[node]
            if degree == 0 or degree > 2:
                continue
            one = of[starts[node]]
            if degree == 2:
                two = of[starts[node] + 1]
                ends = edges[one, 0] + edges[one, 1] - node, edges[two, 0] + edges[two, 1] - node
                edges[two, 0], edges[two, 1] = ends
            is_gone = np.zeros(len(edges), np.bool_)
            is_gone[one] = True
            edges = without(edges, len(edges), is_gone)
            changed = True
            break
    number = np.arange(n_nodes)
    used = np.zeros(n_nodes, np.bool_)
    used[:n_points] = True
    for e in range(len(edges)):
        used[edges[e, 0]] = used[edges[e, 1]] = True
    count = n_points
    for node in range(n_points, n_nodes):
        if used[node]:
            number[node] = count
            xs[count], ys[count] = xs[node], ys[node]
            count += 1
    for e in range(len(edges)):
        edges[e, 0], edges[e, 1] = number[edges[e, 0]], number[edges[e, 1]]
    return edges, count


@njit(cache=True)
def hang(edges: Ints, n_nodes: int) -> tuple[Ints, Ints]:
    """Hang a tree on node 0: nodes in an order where each comes after what it hangs on, and that one's place in it."""
    starts, of = neighbors(edges, n_nodes)
    order, above, came = np.empty(n_nodes, np.int64), np.zeros(n_nodes, np.int64), np.full(n_nodes, -1)
    order[0], count = 0, 1
    for place in range(n_nodes):
        here = order[place]
        for k in range(starts[here], starts[here + 1]):
            e = of[k]
            if e != came[here]:
                there = edges[e, 0] + edges[e, 1] - here
                came[there] = e
                order[count], above[count] = there, place
                count += 1
    return order, above
