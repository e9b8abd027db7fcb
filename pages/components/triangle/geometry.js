// Shares of a total as a point in a triangle. Equal distances from the middle of a side mean equal shares; all
// shares are raised to `power` first, so that a share of 1 % stays off the edge.

const CORNERS = [[200, 26], [22, 300], [378, 300]];

/** Shares (any positive numbers) to barycentric weights. */
function weightsOf(shares, power) {
  const raised = shares.map((share) => Math.max(share, 0) ** power);
  const sum = raised.reduce((total, value) => total + value, 0) || 1;
  return raised.map((value) => value / sum);
}

function sharesOf(weights, power) {
  return weightsOf(weights, 1 / power);
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
  const kept = [a, b, 1 - a - b].map((weight) => Math.max(weight, 0));
  const sum = kept.reduce((total, weight) => total + weight, 0);
  return kept.map((weight) => weight / sum);
}
