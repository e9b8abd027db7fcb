// The chart around the points: scales, axes, the front, bound lines, the selection.

const MARGIN = { left: 62, right: 92, top: 36, bottom: 46 };

function isLog(s, name) {
  const [min, max] = s.points.extents[name];
  return wantsLog(min, max, s.logs[name] ?? s.spec.metrics[name].log ?? undefined);
}

function toPixel(s, axis, value) {
  const [low, high] = s.view[axis];
  const share = (transform(value, s.log[axis]) - low) / (high - low);
  return axis === "x" ? share * s.width : (1 - share) * s.height;
}

function fromPixel(s, axis, pixel) {
  const [low, high] = s.view[axis];
  const share = axis === "x" ? pixel / s.width : 1 - pixel / s.height;
  return untransform(low + share * (high - low), s.log[axis]);
}

/** Views as they are without zoom. */
function resetView(s) {
  s.zoomed = false;
  for (const axis of ["x", "y"]) {
    s.log[axis] = isLog(s, s.spec[axis]);
    s.home[axis] = homeView(...s.points.extents[s.spec[axis]], s.log[axis]);
    s.view[axis] = [...s.home[axis]];
  }
  s.stale.view = true;
}

/** Zoom by a factor around a pixel; never beyond the whole picture. Returns whether anything changed. */
function zoomAt(s, factor, pixelX, pixelY) {
  const before = JSON.stringify(s.view);
  for (const [axis, share] of [["x", pixelX / s.width], ["y", 1 - pixelY / s.height]]) {
    const [low, high] = s.view[axis];
    const [first, last] = s.home[axis];
    const span = Math.min((high - low) * factor, last - first);
    if (span < (last - first) * 1e-4) return false;
    const pin = low + share * (high - low);
    setView(s, axis, pin - share * span, span);
  }
  return JSON.stringify(s.view) !== before;
}

function panBy(s, dx, dy) {
  for (const [axis, share] of [["x", -dx / s.width], ["y", dy / s.height]]) {
    const [low, high] = s.view[axis];
    setView(s, axis, low + share * (high - low), high - low);
  }
}

function setView(s, axis, low, span) {
  const [first, last] = s.home[axis];
  const start = Math.min(Math.max(low, first), last - span);
  s.view[axis] = [start, start + span];
  s.zoomed = s.zoomed || span < last - first;
  s.stale.view = true;
}

/** Take the box's size; backing stores follow the device pixel ratio so that everything stays crisp. */
function layout(s) {
  const box = s.el.plot.getBoundingClientRect();
  s.ratio = window.devicePixelRatio || 1;
  s.width = Math.max(120, Math.round(box.width) - MARGIN.left - MARGIN.right);
  s.height = s.spec.height - MARGIN.top - MARGIN.bottom;
  s.raster.resize(s.width, s.height, s.ratio);
  Object.assign(s.el.points.style, {
    left: `${MARGIN.left}px`, top: `${MARGIN.top}px`, width: `${s.width}px`, height: `${s.height}px`,
  });
  const overlay = s.el.overlay;
  overlay.width = Math.round(box.width * s.ratio);
  overlay.height = Math.round(s.spec.height * s.ratio);
  overlay.style.width = `${Math.round(box.width)}px`;
  overlay.style.height = `${s.spec.height}px`;
  for (const strip of s.strips) strip.resize();
  s.stale.view = true;
}

function project(s) {
  const { points } = s;
  s.ticks = {
    x: ticksOf(s.view.x, s.log.x, s.spec.metrics[s.spec.x].scale, Math.max(3, s.width / 95)),
    y: ticksOf(s.view.y, s.log.y, s.spec.metrics[s.spec.y].scale, Math.max(3, s.height / 60)),
  };
  if (s.px?.length !== points.n) {
    s.px = new Float32Array(points.n);
    s.py = new Float32Array(points.n);
  }
  positions(points.xs, s.px, s.view.x, s.log.x, s.width, false);
  positions(points.ys, s.py, s.view.y, s.log.y, s.height, true);
  s.raster.project(points, s.px, s.py, s.ticks.x.map((v) => toPixel(s, "x", v)),
    s.ticks.y.map((v) => toPixel(s, "y", v)));
  s.hover = null;
}

function positions(values, out, [low, high], log, length, upward) {
  const scale = (upward ? -length : length) / (high - low);
  const start = upward ? length : 0;
  if (log) for (let i = 0; i < out.length; i++) out[i] = start + (Math.log10(values[i]) - low) * scale;
  else for (let i = 0; i < out.length; i++) out[i] = start + (values[i] - low) * scale;
}

function drawOverlay(s) {
  const context = s.el.overlay.getContext("2d");
  context.setTransform(s.ratio, 0, 0, s.ratio, 0, 0);
  context.clearRect(0, 0, s.el.overlay.width, s.el.overlay.height);
  context.translate(MARGIN.left, MARGIN.top);
  drawAxes(s, context);
  context.save();
  context.beginPath();
  context.rect(0, -1, s.width + 1, s.height + 2);
  context.clip();
  drawBounds(s, context);
  drawFront(s, context);
  drawMarked(s, context);
  context.restore();
}

function drawAxes(s, context) {
  const { text, muted, border } = s.theme;
  context.strokeStyle = border;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(0.5, 0);
  context.lineTo(0.5, s.height + 0.5);
  context.lineTo(s.width, s.height + 0.5);
  context.stroke();
  context.fillStyle = muted;
  context.font = `12px ${s.theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const tick of s.ticks.x) {
    context.fillText(short(tick * s.spec.metrics[s.spec.x].scale), toPixel(s, "x", tick), s.height + 7);
  }
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of s.ticks.y) {
    context.fillText(short(tick * s.spec.metrics[s.spec.y].scale), -8, toPixel(s, "y", tick));
  }
  context.fillStyle = text;
  context.font = `600 13px ${s.theme.font}`;
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  context.fillText(titleWithArrow(s.spec.metrics[s.spec.x]), s.width / 2, s.height + MARGIN.bottom - 7);
  context.save();
  context.translate(-MARGIN.left + 15, s.height / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(titleWithArrow(s.spec.metrics[s.spec.y]), 0, 0);
  context.restore();
}

/** In the turned y title the same arrows point down and up. */
function titleWithArrow(metric) {
  const title = axisTitle(metric);
  return metric.better === "max" ? `${title}  better →` : `←  better  ${title}`;
}

/** Shade what each bound forbids and draw its line, the one being moved a little stronger. */
function drawBounds(s, context) {
  for (const axis of ["x", "y"]) {
    const name = s.spec[axis];
    (s.bounds[name] ?? []).forEach((limit, side) => {
      if (limit === null) return;
      const at = Math.round(toPixel(s, axis, limit)) + 0.5;
      const length = axis === "x" ? s.width : s.height;
      // Larger values lie to the right on x but above on y.
      const after = (side === 1) === (axis === "x");
      const from = after ? at : 0;
      const size = after ? length - at : at;
      context.fillStyle = s.theme.shade;
      if (axis === "x") context.fillRect(from, 0, size, s.height);
      else context.fillRect(0, from, s.width, size);
      context.strokeStyle = s.theme.bound;
      context.lineWidth = s.active === name ? 2 : 1.4;
      context.beginPath();
      if (axis === "x") {
        context.moveTo(at, -1);
        context.lineTo(at, s.height);
      } else {
        context.moveTo(0, at);
        context.lineTo(s.width + 1, at);
      }
      context.stroke();
    });
  }
}

function drawFront(s, context) {
  const { points, px, py } = s;
  const count = s.summary.front;
  if (count === 0) return;
  context.lineJoin = "round";
  for (const [color, width] of [[s.theme.halo, 5], [s.theme.front, 2]]) {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    for (let k = 0; k < count; k++) {
      const i = points.front[k];
      if (k > 0) context.lineTo(px[i], py[points.front[k - 1]]);
      context.lineTo(px[i], py[i]);
    }
    context.stroke();
  }
  const isCrowded = count > 150;
  for (let k = 0; k < count; k++) {
    const i = points.front[k];
    const kind = s.spec.kinds[points.kind[i]];
    if (isCrowded) {
      context.fillStyle = s.theme.front;
      context.fillRect(px[i] - 2, py[i] - 2, 4, 4);
      continue;
    }
    drawSymbol(context, { ...kind, hollow: false }, s.theme.background, px[i], py[i], 1.75);
    drawSymbol(context, kind, s.theme.front, px[i], py[i], 1.3);
  }
}

function drawMarked(s, context) {
  const ring = (i, radius, color, width) => {
    context.strokeStyle = color;
    context.lineWidth = width;
    context.beginPath();
    context.arc(s.px[i], s.py[i], radius, 0, 2 * Math.PI);
    context.stroke();
  };
  if (s.hovered >= 0) ring(s.hovered, 8, s.theme.muted, 1.5);
  if (s.selectedRow < 0) return;
  ring(s.selectedRow, 9, s.theme.halo, 5);
  ring(s.selectedRow, 9, s.theme.text, 2);
}
