// The table of points and the one pass that a moving bound needs: who is feasible, and the exact front.
// Points are kept sorted from the best to the worst x (ties: best y first), so that the front of any
// subset is the running best of y in one O(n) sweep.

class Points {
  /** @param table Arrow table with `id`, `kind` and one column a metric; x and y are finite in every row. */
  constructor(table, x, y, metrics) {
    this.table = table;
    this.n = table.numRows;
    const raw = (name) => table.getChild(name).toArray();
    const signX = metrics[x].better === "max" ? -1 : 1;
    const signY = metrics[y].better === "max" ? -1 : 1;
    const order = sortedOrder(raw(x), raw(y), signX, signY);
    this.order = order;
    this.columns = {};
    this.extents = {};
    for (const name of Object.keys(metrics)) {
      this.columns[name] = gather(raw(name), order);
      this.extents[name] = extent(this.columns[name]);
    }
    this.kind = gather(raw("kind"), order);
    this.xs = this.columns[x];
    this.ys = this.columns[y];
    this.signX = signX;
    this.signY = signY;
    this.base = new Uint8Array(this.n);
    this.mask = new Uint8Array(this.n);
    this.front = new Int32Array(this.n);
  }

  id(i) {
    return String(this.table.getChild("id").get(this.order[i]));
  }

  /** Where a design id is now, or -1. */
  find(id) {
    const ids = this.table.getChild("id");
    for (let i = 0; i < this.n; i++) if (String(ids.get(this.order[i])) === id) return i;
    return -1;
  }

  /** Mark what every bound but `active` and the legend allow; returns how many points the legend shows. */
  prepare(bounds, active, shown) {
    const { n, kind, base } = this;
    let visible = 0;
    for (let i = 0; i < n; i++) visible += base[i] = shown[kind[i]];
    for (const [name, [low, high]] of Object.entries(bounds)) {
      if (name === active || !(name in this.columns) || (low === null && high === null)) continue;
      keepWithin(this.columns[name], base, low ?? -Infinity, high ?? Infinity);
    }
    return visible;
  }

  /** Apply the active bound: fills `mask` and `front`, returns counts and the best value of both axes. */
  sweep(active, low, high) {
    const column = active === null ? null : this.columns[active];
    const count = column === null ? this.#sweepAll() : this.#sweepWithin(column, low, high);
    const last = count.front - 1;
    return {
      feasible: count.feasible,
      front: count.front,
      bestX: last < 0 ? null : this.xs[this.front[0]],
      bestY: last < 0 ? null : this.ys[this.front[last]],
    };
  }

  #sweepAll() {
    const { n, base, mask, ys, signY, front } = this;
    let feasible = 0;
    let length = 0;
    let best = Infinity;
    for (let i = 0; i < n; i++) {
      const ok = base[i];
      mask[i] = ok;
      if (ok === 0) continue;
      feasible++;
      const y = signY * ys[i];
      if (y < best) {
        best = y;
        front[length++] = i;
      }
    }
    return { feasible, front: length };
  }

  #sweepWithin(column, low, high) {
    const { n, base, mask, ys, signY, front } = this;
    let feasible = 0;
    let length = 0;
    let best = Infinity;
    for (let i = 0; i < n; i++) {
      const value = column[i];
      // A missing value (NaN) fails both comparisons, so it never meets a bound.
      if (base[i] === 0 || !(value >= low && value <= high)) {
        mask[i] = 0;
        continue;
      }
      mask[i] = 1;
      feasible++;
      const y = signY * ys[i];
      if (y < best) {
        best = y;
        front[length++] = i;
      }
    }
    return { feasible, front: length };
  }
}

function keepWithin(column, base, low, high) {
  for (let i = 0; i < base.length; i++) {
    const value = column[i];
    if (!(value >= low && value <= high)) base[i] = 0;
  }
}

function gather(values, order) {
  const out = new values.constructor(order.length);
  for (let i = 0; i < order.length; i++) out[i] = values[order[i]];
  return out;
}

function extent(values) {
  let min = Infinity;
  let max = -Infinity;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return min <= max ? [min, max] : [0, 1];
}

/** Order by sign*x, then sign*y: a radix sort on float32 keys, then an exact repair of their few ties. */
function sortedOrder(x, y, signX, signY) {
  const n = x.length;
  let order = new Uint32Array(n);
  for (let i = 0; i < n; i++) order[i] = i;
  for (const [values, sign] of [[y, signY], [x, signX]]) order = radixPass(order, sortKeys(values, sign));
  for (let i = 1; i < n; i++) {
    const row = order[i];
    let j = i - 1;
    for (; j >= 0; j--) {
      const other = order[j];
      const gap = signX * (x[row] - x[other]) || signY * (y[row] - y[other]);
      if (gap >= 0) break;
      order[j + 1] = other;
    }
    order[j + 1] = row;
  }
  return order;
}

/** Bits of a non-negative float32 sort as unsigned integers; scaling to the range keeps most of its precision. */
function sortKeys(values, sign) {
  const [min, max] = extent(values);
  const keys = new Float32Array(values.length);
  const scale = max > min ? 1 / (max - min) : 0;
  for (let i = 0; i < keys.length; i++) keys[i] = (sign > 0 ? values[i] - min : max - values[i]) * scale;
  return new Uint32Array(keys.buffer);
}

function radixPass(order, keys) {
  let from = order;
  let to = new Uint32Array(order.length);
  for (const shift of [0, 11, 22]) {
    const starts = new Uint32Array(2049);
    for (let i = 0; i < from.length; i++) starts[((keys[from[i]] >>> shift) & 2047) + 1]++;
    for (let b = 0; b < 2048; b++) starts[b + 1] += starts[b];
    for (let i = 0; i < from.length; i++) to[starts[(keys[from[i]] >>> shift) & 2047]++] = from[i];
    [from, to] = [to, from];
  }
  return from;
}

/** Buckets of points on screen, for the nearest one under a pointer. Built only when somebody hovers. */
class HoverGrid {
  constructor(px, py, isShown, width, height) {
    this.size = 16;
    this.columns = Math.ceil(width / this.size) + 1;
    this.rows = Math.ceil(height / this.size) + 1;
    this.px = px;
    this.py = py;
    const cells = this.columns * this.rows;
    this.starts = new Uint32Array(cells + 1);
    const inside = (i) => isShown(i) && px[i] >= 0 && py[i] >= 0 && px[i] <= width && py[i] <= height;
    const cell = (i) => ((py[i] / this.size) | 0) * this.columns + ((px[i] / this.size) | 0);
    for (let i = 0; i < px.length; i++) if (inside(i)) this.starts[cell(i) + 1]++;
    for (let c = 0; c < cells; c++) this.starts[c + 1] += this.starts[c];
    const next = this.starts.slice();
    this.items = new Uint32Array(this.starts[cells]);
    for (let i = 0; i < px.length; i++) if (inside(i)) this.items[next[cell(i)]++] = i;
  }

  /** The nearest point within 16 px, or -1. */
  nearest(x, y) {
    const column = (x / this.size) | 0;
    const row = (y / this.size) | 0;
    let best = -1;
    let closest = this.size * this.size;
    for (let r = Math.max(0, row - 1); r <= Math.min(this.rows - 1, row + 1); r++) {
      for (let c = Math.max(0, column - 1); c <= Math.min(this.columns - 1, column + 1); c++) {
        const cell = r * this.columns + c;
        for (let k = this.starts[cell]; k < this.starts[cell + 1]; k++) {
          const i = this.items[k];
          const distance = (this.px[i] - x) ** 2 + (this.py[i] - y) ** 2;
          if (distance < closest) [best, closest] = [i, distance];
        }
      }
    }
    return best;
  }
}
