// Mouse, touch and pen on the chart: grab a line, pan, zoom, hover, select. Keys for the front.

const GRAB = { mouse: 6, pen: 9, touch: 18 };
const CLICK = 4; // pixels that a press may wander and still select

/** Follow one pointer from press to release; moves are applied at most once a frame. */
function startDrag(s, event, node, move) {
  if (event.button > 0) return;
  event.preventDefault();
  node.setPointerCapture(event.pointerId);
  s.dragging = true;
  s.el.box.classList.add("dragging");
  const stop = new AbortController();
  const options = { signal: stop.signal };
  const isOurs = (other) => other.pointerId === event.pointerId;
  node.addEventListener("pointermove", (next) => {
    if (!isOurs(next)) return;
    s.pendingMove = () => move(next);
    s.request();
  }, options);
  const finish = (next) => {
    if (!isOurs(next)) return;
    stop.abort();
    s.flushMove();
    s.dragging = false;
    s.el.box.classList.remove("dragging");
    s.commit();
    s.request();
  };
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) node.addEventListener(name, finish, options);
}

function listenToChart(s, signal) {
  const canvas = s.el.overlay;
  const pointers = new Map();
  const on = (target, name, listener, options = {}) =>
    target.addEventListener(name, listener, { signal, ...options });

  on(canvas, "pointerdown", (event) => {
    hideTip(s);
    pointers.set(event.pointerId, event);
    if (pointers.size === 2) return;
    const line = s.isPinching ? null : lineAt(s, event);
    if (line) startDrag(s, event, canvas, (move) => line.dragTo(move));
    else startPan(s, event, canvas, pointers);
  });
  on(canvas, "pointermove", (event) => {
    if (pointers.size === 2 && pointers.has(event.pointerId)) pinch(s, pointers, event);
    else if (!s.dragging && pointers.size === 0) hover(s, event);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    on(canvas, name, (event) => {
      pointers.delete(event.pointerId);
      if (pointers.size === 0) s.isPinching = false;
    });
  }
  on(canvas, "pointerleave", () => hideTip(s));
  on(canvas, "dblclick", () => {
    resetView(s);
    s.request();
  });
  listenToWheel(s, canvas, on);
  on(s.el.box, "keydown", (event) => onKey(s, event));
}

/** The wheel zooms, unless the page is just being scrolled across the chart or there is nothing to zoom out. */
function listenToWheel(s, canvas, on) {
  let scrolledAt = -Infinity;
  on(window, "wheel", (event) => {
    if (!event.composedPath().includes(canvas)) scrolledAt = event.timeStamp;
  }, { capture: true, passive: true });
  on(canvas, "wheel", (event) => {
    if (event.timeStamp - scrolledAt < 300) {
      scrolledAt = event.timeStamp;
      return;
    }
    const [x, y] = insidePlot(s, event);
    if (!zoomAt(s, 1.0015 ** event.deltaY, x, y)) return;
    event.preventDefault();
    hideTip(s);
    s.request();
  }, { passive: false });
}

function insidePlot(s, event) {
  const box = s.el.plot.getBoundingClientRect();
  return [event.clientX - box.left - MARGIN.left, event.clientY - box.top - MARGIN.top];
}

function lineAt(s, event) {
  const [x, y] = insidePlot(s, event);
  if (x < 0 || y < 0 || x > s.width + 1 || y > s.height + 1) return null;
  let closest = GRAB[event.pointerType] ?? 6;
  let found = null;
  for (const control of s.axisBounds) {
    if (control.value === null) continue;
    const distance = Math.abs(control.pixel() - (control.axis === "x" ? x : y));
    if (distance <= closest) [found, closest] = [control, distance];
  }
  return found;
}

function startPan(s, event, canvas, pointers) {
  let wandered = 0;
  let last = event;
  const stop = new AbortController();
  canvas.setPointerCapture(event.pointerId);
  canvas.addEventListener("pointermove", (next) => {
    if (next.pointerId !== event.pointerId || pointers.size > 1) return;
    wandered = Math.max(wandered, Math.hypot(next.clientX - event.clientX, next.clientY - event.clientY));
    if (s.zoomed && wandered > CLICK) panBy(s, next.clientX - last.clientX, next.clientY - last.clientY);
    last = next;
    s.request();
  }, { signal: stop.signal });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (next) => {
      if (next.pointerId !== event.pointerId) return;
      stop.abort();
      if (name === "pointerup" && wandered <= CLICK && !s.isPinching) s.select(nearestTo(s, next));
    }, { signal: stop.signal });
  }
}

function pinch(s, pointers, event) {
  s.isPinching = true;
  const other = [...pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId);
  const apart = (pointer) => Math.hypot(pointer.clientX - other.clientX, pointer.clientY - other.clientY) || 1;
  const factor = apart(pointers.get(event.pointerId)) / apart(event);
  pointers.set(event.pointerId, event);
  const [x, y] = insidePlot(s, {
    clientX: (event.clientX + other.clientX) / 2, clientY: (event.clientY + other.clientY) / 2,
  });
  zoomAt(s, factor, x, y);
  s.request();
}

/** The front has priority under the pointer, then whatever is nearest. */
function nearestTo(s, event) {
  const [x, y] = insidePlot(s, event);
  let best = -1;
  let closest = 10;
  for (let k = 0; k < s.summary.front; k++) {
    const i = s.points.front[k];
    const distance = Math.hypot(s.px[i] - x, s.py[i] - y);
    if (distance < closest) [best, closest] = [i, distance];
  }
  if (best >= 0) return best;
  s.hover ??= new HoverGrid(s.px, s.py, (i) => s.shown[s.points.kind[i]] === 1, s.width, s.height);
  return x < 0 || y < 0 || x > s.width || y > s.height ? -1 : s.hover.nearest(x, y);
}

function hover(s, event) {
  const line = lineAt(s, event);
  const found = line ? -1 : nearestTo(s, event);
  s.el.overlay.style.cursor = line ? (line.axis === "x" ? "ew-resize" : "ns-resize")
    : found >= 0 ? "pointer" : s.zoomed ? "grab" : "default";
  if (found === s.hovered) return;
  s.hovered = found;
  if (found < 0) s.el.tip.hidden = true;
  else showTip(s, found);
  s.request();
}

function hideTip(s) {
  s.el.tip.hidden = true;
  if (s.hovered === -1) return;
  s.hovered = -1;
  s.request();
}

function showTip(s, i) {
  const kind = s.spec.kinds[s.points.kind[i]];
  const rows = Object.entries(s.spec.metrics).map(([name, metric]) => {
    const value = s.points.columns[name][i];
    const row = element("div", "tip-row");
    row.append(element("span", "", {}, metric.title),
      element("b", "", {}, Number.isNaN(value) ? "not known" : withUnit(metric, value)));
    return row;
  });
  const head = element("div", "tip-head", {}, `${kind.title}${s.points.mask[i] ? "" : " · breaks a bound"}`);
  s.el.tip.replaceChildren(head, ...rows);
  s.el.tip.hidden = false;
  const { offsetWidth: width, offsetHeight: height } = s.el.tip;
  const x = MARGIN.left + s.px[i];
  const y = MARGIN.top + s.py[i];
  const left = x + 16 + width > MARGIN.left + s.width ? x - 16 - width : x + 16;
  const top = Math.min(Math.max(4, y - height / 2), s.spec.height - height - 4);
  s.el.tip.style.transform = `translate(${Math.max(0, left)}px, ${top}px)`;
}

function onKey(s, event) {
  const isTyping = event.target.tagName === "INPUT";
  const isCommand = event.ctrlKey || event.metaKey;
  if (isCommand && event.key.toLowerCase() === "z") event.shiftKey ? s.redo() : s.undo();
  else if (isCommand && event.key.toLowerCase() === "y") s.redo();
  else if (!isTyping && (event.key === "[" || event.key === "]")) s.selectOnFront(event.key === "]" ? 1 : -1);
  else if (!isTyping && event.key === "Escape") s.select(-1);
  else return;
  event.preventDefault();
  event.stopPropagation();
}
