// The draggable front. Streamlit calls the default function again at every rerun, so everything that a
// person did (bounds, zoom, selection, undo) lives in one Front per root element and outlives new data.

class Front {
  constructor(root) {
    this.root = root;
    this.bounds = {};
    this.logs = {};
    this.log = {};
    this.home = {};
    this.view = {};
    this.zoomed = false;
    this.hiddenKinds = new Set();
    this.selected = null;
    this.selectedRow = -1;
    this.hovered = -1;
    this.active = null;
    this.reference = null;
    this.undoStack = [];
    this.redoStack = [];
    this.revision = -1;
    this.strips = [];
    this.axisBounds = [];
    this.stale = {};
    this.frames = 0;
    this.el = partsOf(root);
    this.raster = new Raster(this.el.points);
    this.end = new AbortController();
    listenToChart(this, this.end.signal);
    this.observer = new ResizeObserver(() => this.markStale("layout"));
    this.observer.observe(this.el.plot);
    for (const [part, action] of Object.entries({
      undo: () => this.undo(), clear: () => this.clear(), zoom: () => (resetView(this), this.request()),
      logx: () => this.toggleLog("x"), logy: () => this.toggleLog("y"),
    })) this.el[part].addEventListener("click", action);
  }

  dispose() {
    this.end.abort();
    this.observer.disconnect();
    cancelAnimationFrame(this.queued);
    clearTimeout(this.commitTimer);
  }

  /** Take what Python sent; only what really changed is built anew. */
  update(component) {
    this.component = component;
    const { spec, points } = component.data;
    const isFirst = this.spec === undefined;
    const hasNewAxes = isFirst || spec.x !== this.spec.x || spec.y !== this.spec.y;
    // The token is a digest of the points: equal texts mean that nothing but theme or callbacks changed.
    const text = JSON.stringify(spec);
    const isNew = text !== this.specText;
    this.spec = spec;
    this.specText = text;
    if (spec.revision > this.revision) this.adopt(isFirst);
    if (isNew) this.points = new Points(points, spec.x, spec.y, spec.metrics);
    const isRecolored = readTheme(this);
    if (isNew) this.rebuild(hasNewAxes);
    else if (isRecolored) buildLegend(this);
    this.markStale("layout");
  }

  /** Take bounds and selection from Python: at the start, and whenever it sends a newer revision. */
  adopt(isFirst) {
    const { initial, revision } = this.spec;
    if (!isFirst) this.undoStack.push(this.committedBounds);
    this.bounds = structuredClone(initial.bounds);
    this.selected = initial.selected;
    this.hiddenKinds = new Set(initial.hidden_kinds);
    this.revision = revision;
    this.committed = this.snapshot();
    this.committedBounds = JSON.stringify(this.bounds);
  }

  rebuild(hasNewAxes) {
    const { spec, points } = this;
    this.shown = Uint8Array.from(spec.kinds, (kind) => Number(!this.hiddenKinds.has(kind.name)));
    this.raster.setKinds(spec.kinds, points);
    this.hovered = -1;
    this.el.tip.hidden = true;
    this.selectedRow = this.selected === null ? -1 : points.find(this.selected);
    if (hasNewAxes || !this.zoomed) resetView(this);
    this.el.plot.style.height = `${spec.height}px`;
    this.buildControls();
    buildLegend(this);
    this.active = null;
    this.stale.base = true;
  }

  buildControls() {
    for (const control of this.axisBounds) control.box.remove();
    this.el.strips.replaceChildren();
    this.axisBounds = ["x", "y"].flatMap((axis) =>
      this.spec.metrics[this.spec[axis]].sides.map((side) => new AxisBound(this, axis, SIDES[side])));
    this.strips = this.spec.hidden.map((name) => new Strip(this, name));
    this.controls = [...this.axisBounds, ...this.strips.flatMap((strip) => strip.controls)];
  }

  toggleKind(name, k) {
    this.shown[k] = 1 - this.shown[k];
    if (this.shown[k]) this.hiddenKinds.delete(name);
    else this.hiddenKinds.add(name);
    this.hover = null;
    this.markStale("base");
    this.commit();
  }

  toggleLog(axis) {
    const name = this.spec[axis];
    this.logs[name] = !isLog(this, name);
    resetView(this);
    this.request();
  }

  markStale(what) {
    this.stale[what] = true;
    this.request();
  }

  request() {
    this.queued ??= requestAnimationFrame(() => {
      this.queued = undefined;
      if (this.spec) this.frame();
    });
  }

  flushMove() {
    const move = this.pendingMove;
    this.pendingMove = null;
    move?.();
  }

  frame() {
    const start = performance.now();
    this.flushMove();
    const { stale } = this;
    this.stale = {};
    if (stale.layout) layout(this);
    if (stale.layout || stale.view || this.stale.view) project(this);
    this.stale = {};
    if (stale.base) this.visible = this.points.prepare(this.bounds, this.active, this.shown);
    const isNew = stale.base || stale.sweep;
    if (isNew) this.sweep();
    if (isNew || stale.layout || stale.view) this.raster.paint(this.points, this.shown);
    drawOverlay(this);
    this.refreshControls(isNew || stale.layout);
    this.el.box.dataset.drawMs = (performance.now() - start).toFixed(2);
    this.el.box.dataset.frames = String(++this.frames);
  }

  sweep() {
    const [low, high] = this.bounds[this.active] ?? [null, null];
    const isFree = low === null && high === null;
    this.summary = this.points.sweep(isFree ? null : this.active, low ?? -Infinity, high ?? Infinity);
    const { feasible, front } = this.summary;
    const count = (value) => value.toLocaleString("en-US");
    this.el.feasible.textContent = count(feasible);
    this.el.total.textContent = count(this.visible);
    this.el.front.textContent = count(front);
    this.el.box.classList.toggle("none", feasible === 0);
    Object.assign(this.el.box.dataset, { feasible, front, total: this.visible });
    tellPrice(this);
  }

  refreshControls(isNew) {
    for (const control of this.controls) control.refresh();
    for (const control of this.controls) control.place();
    // A million bars are counted on every fourth frame only, so that the chart itself stays fluent.
    const isSkipped = this.dragging && this.points.n > 300000 && this.frames % 4 !== 0;
    if (isNew && !isSkipped) for (const strip of this.strips) strip.draw();
    this.el.undo.disabled = this.undoStack.length === 0;
    this.el.clear.disabled = !Object.values(this.bounds).some((pair) => pair.some((limit) => limit !== null));
    this.el.zoom.disabled = !this.zoomed;
    for (const axis of ["x", "y"]) {
      const button = this.el[`log${axis}`];
      button.setAttribute("aria-pressed", String(this.log[axis]));
      button.disabled = this.points.extents[this.spec[axis]][0] <= 0;
    }
  }

  setBound(name, side, value) {
    const other = limitOf(this, name, 1 - side);
    let limit = value;
    if (limit !== null && other !== null) limit = side === 1 ? Math.max(limit, other) : Math.min(limit, other);
    if (limit === limitOf(this, name, side)) return;
    this.reference ??= { ...this.summary, bounds: structuredClone(this.bounds) };
    this.bounds[name] ??= [null, null];
    this.bounds[name][side] = limit;
    this.movedSide = side;
    this.markStale(this.active === name ? "sweep" : "base");
    this.active = name;
  }

  snapshot() {
    return JSON.stringify([this.bounds, this.selected, [...this.hiddenKinds].sort()]);
  }

  commitSoon() {
    clearTimeout(this.commitTimer);
    this.commitTimer = setTimeout(() => this.commit(), 350);
  }

  /** Report the state at rest to Python, once a change. */
  commit() {
    clearTimeout(this.commitTimer);
    const snapshot = this.snapshot();
    if (snapshot === this.committed) return;
    const bounds = JSON.stringify(this.bounds);
    if (bounds !== this.committedBounds) {
      this.undoStack.push(this.committedBounds);
      this.redoStack = [];
    }
    this.#send(snapshot, bounds);
  }

  #send(snapshot, bounds) {
    this.committed = snapshot;
    this.committedBounds = bounds;
    this.markStale("sweep");
    this.flushFrame();
    this.reference = null;
    const { feasible, front } = this.summary;
    const ids = front <= 2000 ? Array.from(this.points.front.subarray(0, front), (i) => this.points.id(i)) : [];
    this.el.box.dataset.frontIds = ids.join(" ");
    this.el.live.textContent =
      `${feasible} of ${this.visible} designs meet all bounds; ${front} on the front. ${this.el.price.textContent}`;
    this.component.setStateValue("front", {
      bounds: this.bounds, selected: this.selected, hidden_kinds: [...this.hiddenKinds],
      n_feasible: feasible, n_front: front, revision: this.revision,
    });
  }

  flushFrame() {
    cancelAnimationFrame(this.queued);
    this.queued = undefined;
    this.frame();
  }

  undo() {
    this.#travel(this.undoStack, this.redoStack);
  }

  redo() {
    this.#travel(this.redoStack, this.undoStack);
  }

  #travel(from, to) {
    if (from.length === 0) return;
    to.push(this.committedBounds);
    const bounds = from.pop();
    this.bounds = JSON.parse(bounds);
    this.stale.base = true;
    this.el.price.textContent = "";
    this.reference = null;
    this.#send(this.snapshot(), bounds);
  }

  clear() {
    this.bounds = {};
    this.reference = null;
    this.el.price.textContent = "";
    this.markStale("base");
    this.commit();
  }

  select(row) {
    this.selectedRow = row;
    this.selected = row < 0 ? null : this.points.id(row);
    this.request();
    this.commitSoon();
  }

  /** Walk the front from its present point, or start at its best x. */
  selectOnFront(step) {
    const { front } = this.summary;
    if (front === 0) return;
    const at = this.points.front.subarray(0, front).indexOf(this.selectedRow);
    const next = at < 0 ? (step > 0 ? 0 : front - 1) : (at + step + front) % front;
    this.select(this.points.front[next]);
    const i = this.selectedRow;
    showTip(this, i);
    this.el.live.textContent = this.el.tip.innerText.replaceAll("\n", " ");
  }

  dragOn(node, move) {
    node.addEventListener("pointerdown", (event) => {
      this.startDrag(event, node, move);
      node.focus({ preventScroll: true });
    });
  }

  startDrag(event, node, move) {
    startDrag(this, event, node, move);
  }
}

export default (component) => mount(component, Front);
