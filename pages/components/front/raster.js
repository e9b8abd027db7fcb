// Points on screen. Few points of a kind are drawn as its symbol; above DENSE of them as a density of cells.
// Both write straight into one ImageData: that is what keeps 1,000,000 points at 30 frames a second.

const DENSE = 20000;
const CELL = 2; // CSS pixels of a density cell
const RADIUS = { circle: 3.4, diamond: 4.2, triangle: 4.2, square: 3.2, pentagon: 3.9 };

/** Trace a symbol around (0, 0); the same shapes serve the canvas, the legend and the sprites. */
function trace(context, shape, radius) {
  context.beginPath();
  if (shape === "circle") {
    context.arc(0, 0, radius, 0, 2 * Math.PI);
    return;
  }
  const corners = { diamond: 4, triangle: 3, square: 4, pentagon: 5 }[shape] ?? 4;
  const reach = shape === "square" ? radius * Math.SQRT2 * 0.92 : radius;
  const turn = shape === "square" ? Math.PI / 4 : -Math.PI / 2;
  for (let k = 0; k < corners; k++) {
    const angle = turn + (2 * Math.PI * k) / corners;
    context.lineTo(reach * Math.cos(angle), reach * Math.sin(angle));
  }
  context.closePath();
}

function drawSymbol(context, kind, color, x, y, grow = 1) {
  context.save();
  context.translate(x, y);
  trace(context, kind.shape, RADIUS[kind.shape] * grow);
  if (kind.hollow) {
    context.strokeStyle = color;
    context.lineWidth = 1.3;
    context.stroke();
  } else {
    context.fillStyle = color;
    context.fill();
  }
  context.restore();
}

/** The symbol's coverage, 0..255 per device pixel, so that it can be blended in any color. */
function makeSprite(kind, ratio, grow = 1) {
  const half = Math.ceil((RADIUS[kind.shape] * grow + 1.2) * ratio);
  const size = 2 * half + 1;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.translate(half + 0.5, half + 0.5);
  context.scale(ratio, ratio);
  drawSymbol(context, kind, "#000", 0, 0, grow);
  const pixels = context.getImageData(0, 0, size, size).data;
  const cover = new Uint8Array(size * size);
  for (let k = 0; k < cover.length; k++) cover[k] = pixels[4 * k + 3];
  return { half, size, cover };
}

function parseColor(text) {
  const context = document.createElement("canvas").getContext("2d");
  context.fillStyle = text;
  const hex = context.fillStyle;
  if (hex.startsWith("#")) return [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
  return hex.match(/[\d.]+/g).slice(0, 3).map(Number);
}

function mix(low, high, share) {
  return low.map((part, k) => Math.round(part + (high[k] - part) * share));
}

/** Little-endian RGBA in one integer, as ImageData stores it. */
function packed([r, g, b]) {
  return (255 << 24) | (b << 16) | (g << 8) | r;
}

class Raster {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
  }

  /** Adopt a size in CSS pixels; everything per size and per view is rebuilt by `project`. */
  resize(width, height, ratio) {
    this.width = width;
    this.height = height;
    this.ratio = ratio;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.image = this.context.createImageData(this.canvas.width, this.canvas.height);
    this.pixels = new Uint32Array(this.image.data.buffer);
    this.cellSize = Math.round(CELL * ratio);
    this.cellColumns = Math.ceil(this.canvas.width / this.cellSize);
    this.cellRows = Math.ceil(this.canvas.height / this.cellSize);
    this.kept = new Uint16Array(this.cellColumns * this.cellRows);
    this.dropped = new Uint16Array(this.cellColumns * this.cellRows);
  }

  setKinds(kinds, points) {
    this.kinds = kinds;
    const counts = new Array(kinds.length).fill(0);
    for (let i = 0; i < points.n; i++) counts[points.kind[i]]++;
    this.isDense = counts.map((count) => count > DENSE);
    this.counts = counts;
    this.hasDense = this.isDense.some(Boolean);
    const isDense = this.isDense.map(Number);
    // Grouped by kind, in legend order: the last kind is painted on top.
    this.sparse = kinds.map((_, k) => {
      if (isDense[k]) return new Uint32Array(0);
      const rows = new Uint32Array(counts[k]);
      for (let i = 0, next = 0; i < points.n; i++) if (points.kind[i] === k) rows[next++] = i;
      return rows;
    });
  }

  setColors(colors) {
    this.colors = colors;
    this.sprites = null;
    this.halos = null;
  }

  /** Where the points are for this view: pixel positions for symbols, cell numbers for densities. */
  project(points, px, py, gridX, gridY) {
    const { cellColumns, cellRows } = this;
    const perCell = this.ratio / this.cellSize;
    this.px = px;
    this.py = py;
    if (this.hasDense) {
      if (this.cells?.length !== points.n) this.cells = new Int32Array(points.n);
      for (let i = 0; i < points.n; i++) {
        const column = Math.floor(px[i] * perCell);
        const row = Math.floor(py[i] * perCell);
        const inside = column >= 0 && row >= 0 && column < cellColumns && row < cellRows;
        this.cells[i] = inside && this.isDense[points.kind[i]] ? row * cellColumns + column : -1;
      }
      this.#setDensityColors();
    }
    this.#setBackground(gridX, gridY);
  }

  #setBackground(gridX, gridY) {
    const { width, height } = this.canvas;
    this.background = new Uint32Array(this.pixels.length).fill(packed(this.colors.background));
    const line = packed(mix(this.colors.background, this.colors.text, 0.07));
    for (const x of gridX) {
      const column = Math.round(x * this.ratio);
      if (column < 0 || column >= width) continue;
      for (let k = column; k < this.background.length; k += width) this.background[k] = line;
    }
    for (const y of gridY) {
      const row = Math.round(y * this.ratio);
      if (row >= 0 && row < height) this.background.fill(line, row * width, (row + 1) * width);
    }
  }

  /** One faint layer of color a point; a cell of average crowd comes out at about half strength. */
  #setDensityColors() {
    const used = new Uint8Array(this.kept.length);
    let points = 0;
    let crowd = 0;
    for (const cell of this.cells) {
      if (cell < 0) continue;
      points++;
      if (used[cell] === 0) {
        used[cell] = 1;
        crowd++;
      }
    }
    const layer = Math.min(0.6, Math.max(0.02, 0.55 / Math.max(1, points / Math.max(1, crowd))));
    const ramp = (color, start) =>
      Uint32Array.from({ length: 256 }, (_, k) =>
        packed(mix(this.colors.background, color, start + (1 - start) * (1 - (1 - layer) ** k))));
    const dense = this.kinds.findIndex((_, k) => this.isDense[k]);
    this.keptColors = ramp(this.colors.kinds[dense], 0.3);
    this.droppedColors = ramp(mix(this.colors.background, this.colors.faded, 0.75), 0.12);
  }

  paint(points, shown) {
    this.pixels.set(this.background);
    if (this.hasDense) this.#paintDensity(points, shown);
    this.sprites ??= this.kinds.map((kind) => makeSprite(kind, this.ratio));
    this.halos ??= this.kinds.map((kind) => (kind.hollow ? null : makeSprite(kind, this.ratio, 1.35)));
    for (const kept of [0, 1]) {
      this.kinds.forEach((_, k) => {
        if (shown[k] && this.sparse[k].length) this.#paintSymbols(points, k, kept);
      });
    }
    this.context.putImageData(this.image, 0, 0);
  }

  #paintDensity(points, shown) {
    const { cells, kept, dropped } = this;
    const { mask, kind, n } = points;
    kept.fill(0);
    dropped.fill(0);
    for (let i = 0; i < n; i++) {
      const cell = cells[i];
      if (cell < 0) continue;
      if (mask[i] === 1) kept[cell]++;
      else if (shown[kind[i]] === 1) dropped[cell]++;
    }
    const { cellColumns, cellRows, cellSize, pixels } = this;
    const { width, height } = this.canvas;
    for (let row = 0, cell = 0; row < cellRows; row++) {
      const bottom = Math.min(height, (row + 1) * cellSize);
      for (let column = 0; column < cellColumns; column++, cell++) {
        const color = kept[cell] > 0 ? this.keptColors[Math.min(255, kept[cell])]
          : dropped[cell] > 0 ? this.droppedColors[Math.min(255, dropped[cell])] : 0;
        if (color === 0) continue;
        const left = column * cellSize;
        const right = Math.min(width, left + cellSize);
        for (let y = row * cellSize; y < bottom; y++) {
          for (let x = left, at = y * width + left; x < right; x++, at++) pixels[at] = color;
        }
      }
    }
  }

  #paintSymbols(points, k, kept) {
    const sprite = this.sprites[k];
    const color = kept ? this.colors.kinds[k] : this.colors.faded;
    const strength = kept ? 1 : 0.55;
    // A thin rim keeps measured symbols apart in a crowd.
    const halo = kept ? this.halos[k] : null;
    const { px, py, ratio } = this;
    for (const i of this.sparse[k]) {
      if (points.mask[i] !== kept) continue;
      const x = Math.round(px[i] * ratio);
      const y = Math.round(py[i] * ratio);
      if (halo) this.#blend(halo, x, y, this.colors.background, 0.75);
      this.#blend(sprite, x, y, color, strength);
    }
  }

  #blend({ half, size, cover }, centerX, centerY, [r, g, b], strength) {
    const { width, height } = this.canvas;
    const data = this.image.data;
    const top = centerY - half;
    const left = centerX - half;
    if (left + size <= 0 || top + size <= 0 || left >= width || top >= height) return;
    for (let row = Math.max(0, -top); row < size && top + row < height; row++) {
      for (let column = Math.max(0, -left); column < size && left + column < width; column++) {
        const alpha = (cover[row * size + column] * strength) / 255;
        if (alpha === 0) continue;
        const at = 4 * ((top + row) * width + left + column);
        data[at] += (r - data[at]) * alpha;
        data[at + 1] += (g - data[at + 1]) * alpha;
        data[at + 2] += (b - data[at + 2]) * alpha;
      }
    }
  }
}
