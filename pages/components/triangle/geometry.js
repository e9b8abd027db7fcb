// Shares of a total as a point in a triangle. The middle is where shares equal those of a reference; toward a corner
// means relatively more of it. Ratios are raised to `power` (below 1), so that small shares stay off the edge.

const CORNERS = [[200, 26], [22, 300], [378, 300]];

/** Shares (any positive numbers) to barycentric weights. */
function weightsOf(shares, { power, reference }) {
  return normalized(shares.map((share, i) => (Math.max(share, 0) / reference[i]) ** power));
}

function sharesOf(weights, { power, reference }) {
  return normalized(weights.map((weight, i) => weight ** (1 / power) * reference[i]));
}

function normalized(values) {
  const sum = values.reduce((total, value) => total + value, 0) || 1;
  return values.map((value) => value / sum);
}

function toPoint(weights) {
  return [0, 1].map((axis) => weights.reduce((sum, weight, i) => sum + weight * CORNERS[i][axis], 0));
}

/** Barycentric weights of a point; outside the triangle those of a point on its edge. */
function toWeights([x, y]) {
  const [[ax, ay], [bx, by], [cx, cy]] = CORNERS;
  const twice = (by - cy) * (ax - cx) + (cx - bx) * (ay - cy);
  const a = ((by - cy) * (x - cx) + (cx - bx) * (y - cy)) / twice;
  const b = ((cy - ay) * (x - cx) + (ax - cx) * (y - cy)) / twice;
  return normalized([a, b, 1 - a - b].map((weight) => Math.max(weight, 0)));
}
