// The resource triangle. Streamlit calls the default function again at every rerun, so the drag under way lives in
// one Triangle per root element; Python hears of shares when they are let go, and answers with the nearest design.

const SVG = "http://www.w3.org/2000/svg";
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP = 5; // units of the view box; a tenth of it with Alt, four times with Shift
const REST_MS = 400;

class Triangle {
  constructor(root) {
    this.root = root;
    this.revision = -1;
    this.el = partsOf(root);
    this.end = new AbortController();
    const { svg, handle, undo, box } = this.el;
    const on = (target, name, listener) => target.addEventListener(name, listener, { signal: this.end.signal });
    on(svg, "pointerdown", (event) => this.grab(event));
    on(svg, "pointermove", (event) => this.drag(event));
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) on(svg, name, (event) => this.drop(event));
    on(handle, "keydown", (event) => this.step(event));
    on(handle, "keyup", (event) => this.rest(event));
    on(handle, "blur", () => this.isStepping && this.commit());
    on(box, "keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.key.toLowerCase() !== "z" || undo.disabled) return;
      event.preventDefault();
      event.stopPropagation();
      this.undo();
    });
    on(undo, "click", () => this.undo());
  }

  dispose() {
    this.end.abort();
    clearTimeout(this.timer);
  }

  update(component) {
    this.component = component;
    const { spec } = component.data;
    const isNew = JSON.stringify(spec) !== this.text;
    this.text = JSON.stringify(spec);
    this.spec = spec;
    if (spec.revision > this.revision) this.adopt();
    if (isNew) this.draw();
    this.refresh();
  }

  /** Take the design that Python found; a drag under way goes on and is answered later. */
  adopt() {
    this.revision = this.spec.revision;
    if (this.pointer !== undefined || this.isStepping) return;
    this.weights = weightsOf(this.spec.shares, this.spec);
    this.wanted = this.spec.wanted ? weightsOf(this.spec.wanted, this.spec) : null;
    this.el.box.classList.remove("waiting");
  }

  draw() {
    const { area, cloud, corners, marks, note, undo, lines } = this.el;
    const { spec } = this;
    area.setAttribute("d", `M${CORNERS.map((point) => point.join(" ")).join("L")}Z`);
    note.textContent = spec.note;
    undo.disabled = !spec.can_undo;
    this.el.box.style.setProperty("--card", pageColor(this.root.host ?? this.root));
    lines.replaceChildren(...CORNERS.map(([x, y], i) => {
      const [from, to] = [CORNERS[(i + 1) % 3], CORNERS[(i + 2) % 3]];
      return node("line", { class: "grid", x1: x, y1: y, x2: (from[0] + to[0]) / 2, y2: (from[1] + to[1]) / 2 });
    }));
    cloud.replaceChildren(...spec.reach.map((shares) => {
      const [cx, cy] = toPoint(weightsOf(shares, spec));
      return node("circle", { class: "reach", cx, cy, r: 2 });
    }));
    const places = [[200, 16, "middle"], [4, 320, "start"], [396, 320, "end"]];
    corners.replaceChildren(...spec.corners.map((corner, i) => node("text", {
      class: "corner", x: places[i][0], y: places[i][1], "text-anchor": places[i][2], fill: corner.color,
    }, corner.name)));
    const [hx, hy] = toPoint(this.weights);
    marks.replaceChildren(...spec.marks.flatMap((mark) => {
      const [x, y] = toPoint(weightsOf(mark.shares, spec));
      const ring = node("circle", { class: "mark", cx: x, cy: y, r: 5 });
      if (Math.hypot(x - hx, y - hy) < 12) return [ring];
      const isRight = x < 250;
      return [ring, node("text", {
        class: "mark-text", x: x + (isRight ? 9 : -9), y: y + 4, "text-anchor": isRight ? "start" : "end",
      }, mark.name)];
    }));
  }

  refresh() {
    const { handle, ghost, leash, values } = this.el;
    const [x, y] = toPoint(this.weights);
    handle.setAttribute("transform", `translate(${x} ${y})`);
    const isApart = this.wanted !== null && this.pointer === undefined;
    const [gx, gy] = isApart ? toPoint(this.wanted) : [x, y];
    const isFar = Math.hypot(gx - x, gy - y) > 8;
    ghost.style.display = leash.style.display = isApart && isFar ? "" : "none";
    setAll(ghost, { cx: gx, cy: gy });
    setAll(leash, { x1: x, y1: y, x2: gx, y2: gy });
    const shares = sharesOf(this.weights, this.spec);
    const words = this.spec.corners.map((corner, i) => `${corner.name} ${percent(shares[i])}`);
    setAll(handle, { "aria-valuenow": Math.round(100 * shares[0]), "aria-valuetext": words.join(", ") });
    values.replaceChildren(...this.spec.corners.map((corner, i) => {
      const box = document.createElement("div");
      box.className = "value";
      box.style.setProperty("--color", corner.color);
      const name = document.createElement("span");
      name.textContent = corner.name;
      const value = document.createElement("b");
      value.textContent = percent(shares[i]);
      box.append(name, value);
      return box;
    }));
    this.el.box.dataset.shares = shares.map((share) => share.toFixed(4)).join(" ");
    this.el.box.dataset.revision = String(this.revision);
  }

  moveTo(point) {
    // A share of nothing cannot be had; a hair's breadth of each stays.
    const weights = toWeights(point).map((weight) => Math.max(weight, 0.004));
    this.weights = normalized(weights);
    this.wanted = null;
    this.queued ??= requestAnimationFrame(() => {
      this.queued = undefined;
      this.refresh();
    });
  }

  placeOf(event) {
    const matrix = this.el.svg.getScreenCTM().inverse();
    const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix);
    return [point.x, point.y];
  }

  grab(event) {
    if (event.button > 0 || this.pointer !== undefined) return;
    event.preventDefault();
    clearTimeout(this.timer);
    this.pointer = event.pointerId;
    this.el.svg.setPointerCapture(event.pointerId);
    this.el.box.classList.add("dragging");
    this.el.handle.focus({ preventScroll: true });
    this.moveTo(this.placeOf(event));
  }

  drag(event) {
    if (event.pointerId === this.pointer) this.moveTo(this.placeOf(event));
  }

  drop(event) {
    if (event.pointerId !== this.pointer) return;
    this.pointer = undefined;
    this.el.box.classList.remove("dragging");
    this.commit();
  }

  step(event) {
    const direction = KEYS[event.key];
    if (!direction) return;
    event.preventDefault();
    event.stopPropagation();
    const length = STEP * (event.shiftKey ? 4 : event.altKey ? 0.1 : 1);
    const [x, y] = toPoint(this.weights);
    this.moveTo([x + length * direction[0], y + length * direction[1]]);
    clearTimeout(this.timer);
    this.isStepping = true;
  }

  /** Report steps once the keys rest: a key that is held repeats only after a while, and all that is one move. */
  rest(event) {
    if (!this.isStepping || !KEYS[event.key]) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.commit(), REST_MS);
  }

  commit() {
    clearTimeout(this.timer);
    this.isStepping = false;
    const shares = sharesOf(this.weights, this.spec);
    this.wanted = this.weights;
    this.el.box.classList.add("waiting");
    this.el.live.textContent = this.spec.corners.map((corner, i) => `${corner.name} ${percent(shares[i])}`).join(", ");
    this.component.setStateValue("drop", { shares, at: Date.now() });
  }

  undo() {
    this.component.setTriggerValue("undo", this.revision);
  }
}

function percent(share) {
  return `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;
}

function setAll(target, attributes) {
  for (const [name, value] of Object.entries(attributes)) target.setAttribute(name, value);
}

function node(name, attributes, text = "") {
  const made = document.createElementNS(SVG, name);
  setAll(made, attributes);
  made.textContent = text;
  return made;
}

export default (component) => mount(component, Triangle);
