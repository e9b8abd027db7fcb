// Bounds under the hand: handles on the axes, strips with a histogram for hidden metrics, numeric fields.
// Every bound is one value of s.bounds[metric] = [lower, upper]; null is "no limit".

const SIDES = { lower: 0, upper: 1 };
const SIGNS = ["≥", "≤"];

function limitOf(s, name, side) {
  return s.bounds[name]?.[side] ?? null;
}

/** Beyond the data on its open side a bound no longer bounds, so it rests as "no limit". */
function settle(s, name, side, value) {
  const [min, max] = s.points.extents[name];
  if (side === 1 ? value >= max : value <= min) return null;
  return roundBound(value, s.spec.metrics[name], min, max, isLog(s, name));
}

/** One step of a key: 1 % of the range (10 % with `far`), counted in decades on a log scale. */
function stepped(s, name, side, steps) {
  const log = isLog(s, name);
  const [min, max] = s.points.extents[name];
  const low = transform(min, log);
  const high = transform(max, log);
  const now = transform(limitOf(s, name, side) ?? (side === 1 ? max : min), log);
  const next = Math.min(high, Math.max(low, now + (steps / 100) * (high - low)));
  return settle(s, name, side, untransform(next, log));
}

const KEY_STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 10, PageDown: -10 };

/** The parts that every bound has: a slider role that takes keys, and a numeric field. */
class BoundControl {
  constructor(s, name, side) {
    Object.assign(this, { s, name, side, metric: s.spec.metrics[name] });
    const words = `${["Lower", "Upper"][side]} bound on ${this.metric.title}`;
    this.grip = element("span", "grip", { role: "slider", tabindex: "0", "aria-label": words });
    this.grip.dataset.bound = `${name}:${["lower", "upper"][side]}`;
    this.field = element("input", "field", {
      type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", placeholder: "no limit",
      "aria-label": `${words}${this.metric.unit ? ` in ${this.metric.unit}` : ""}`,
    });
    this.field.dataset.bound = this.grip.dataset.bound;
    this.unit = element("span", "unit", {}, this.metric.unit);
    this.grip.addEventListener("keydown", (event) => this.#onKey(event));
    this.grip.addEventListener("blur", () => this.s.commit());
    this.field.addEventListener("keydown", (event) => this.#onFieldKey(event));
    this.field.addEventListener("blur", () => this.#take());
    this.field.addEventListener("focus", () => this.field.select());
  }

  get value() {
    return limitOf(this.s, this.name, this.side);
  }

  set(value) {
    this.s.setBound(this.name, this.side, value);
  }

  #onKey(event) {
    const step = KEY_STEPS[event.key];
    if (step !== undefined) {
      this.set(stepped(this.s, this.name, this.side, step * (event.shiftKey ? 10 : 1)));
    } else if (event.key === "Home" || event.key === "End") {
      const steps = event.key === "Home" ? -100 : 100;
      this.set(stepped(this.s, this.name, this.side, steps));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.set(null);
    } else if (event.key === "Enter") {
      this.s.commit();
    } else {
      return;
    }
    event.preventDefault();
    this.s.commitSoon();
  }

  #onFieldKey(event) {
    if (event.key === "Enter") {
      this.#take();
      this.grip.focus();
    } else if (event.key === "Escape") {
      this.field.value = fieldText(this.value, this.metric);
      this.grip.focus();
    }
    if ((event.key === "z" || event.key === "y") && (event.ctrlKey || event.metaKey)) event.stopPropagation();
  }

  /** Use what was typed; text that is no number is marked and changes nothing. */
  #take() {
    const text = this.field.value.trim().replace(/,(?=\d{3}\b)/g, "");
    const value = text === "" ? null : Number(text) / this.metric.scale;
    const isNumber = value === null || Number.isFinite(value);
    this.field.setAttribute("aria-invalid", String(!isNumber));
    if (!isNumber || text === fieldText(this.value, this.metric)) return;
    this.set(value);
    this.s.commit();
  }

  /** Bring text and ARIA values up to date; `place` then moves it. */
  refresh() {
    const { metric, value, side } = this;
    const [min, max] = this.s.points.extents[this.name];
    const shown = value ?? (side === 1 ? max : min);
    setAttributes(this.grip, {
      "aria-valuemin": String(min * metric.scale), "aria-valuemax": String(max * metric.scale),
      "aria-valuenow": String(shown * metric.scale),
      "aria-valuetext": value === null ? "no limit" : `${SIGNS[side]} ${withUnit(metric, value)}`,
    });
    if (this.s.root.activeElement !== this.field) {
      this.field.value = fieldText(value, metric);
      this.field.removeAttribute("aria-invalid");
    }
    this.field.style.width = `${Math.max(value === null ? 7.5 : 3, this.field.value.length + 1)}ch`;
    for (const part of [this.box, this.grip]) part.classList.toggle("off", value === null);
  }
}

/** A pill that rides on a bound's line: above the plot for x, right of it for y. */
class AxisBound extends BoundControl {
  constructor(s, axis, side) {
    super(s, s.spec[axis], side);
    this.axis = axis;
    this.grip.textContent = SIGNS[side];
    this.grip.setAttribute("aria-orientation", axis === "x" ? "horizontal" : "vertical");
    this.box = element("div", `pill pill-${axis}`);
    this.box.append(this.grip, this.field, this.unit);
    s.el.plot.append(this.box);
    s.dragOn(this.grip, (event) => this.dragTo(event));
  }

  dragTo(event) {
    const { s, axis, name, side } = this;
    const box = s.el.plot.getBoundingClientRect();
    const pixel = axis === "x" ? event.clientX - box.left - MARGIN.left : event.clientY - box.top - MARGIN.top;
    const length = axis === "x" ? s.width : s.height;
    this.set(settle(s, name, side, fromPixel(s, axis, Math.min(length, Math.max(0, pixel)))));
  }

  /** Pixel of the line along its axis, clamped to the plot; a bound at rest waits at its open end. */
  pixel() {
    const { s, axis, side } = this;
    const length = axis === "x" ? s.width : s.height;
    const rest = (side === 1) === (axis === "x") ? length : 0;
    if (this.value === null) return rest;
    return Math.min(length, Math.max(0, toPixel(s, axis, this.value)));
  }

  place() {
    const at = this.pixel();
    if (this.axis === "x") {
      const half = this.box.offsetWidth / 2;
      const left = Math.min(MARGIN.left + this.s.width - 2 * half, MARGIN.left + at - half);
      this.box.style.transform = `translate(${Math.max(0, left)}px, 4px)`;
    } else {
      const top = MARGIN.top + at - this.box.offsetHeight / 2;
      this.box.style.transform = `translate(${MARGIN.left + this.s.width + 4}px, ${top}px)`;
    }
  }
}

const BINS = 80;

/** A hidden metric: the histogram of all points and, colored, of those that meet every bound. */
class Strip {
  constructor(s, name) {
    this.s = s;
    this.name = name;
    this.metric = s.spec.metrics[name];
    this.row = element("div", "strip");
    this.canvas = element("canvas", "", { "aria-hidden": "true" });
    this.track = element("div", "track");
    this.track.append(this.canvas);
    const head = element("div", "strip-head");
    head.append(element("span", "strip-title", {}, this.metric.title));
    this.controls = this.metric.sides.map((side) => this.#control(SIDES[side], head));
    this.row.append(head, this.track);
    s.el.strips.append(this.row);
    this.track.addEventListener("pointerdown", (event) => this.#grab(event));
    this.bin();
  }

  #control(side, head) {
    const control = new BoundControl(this.s, this.name, side);
    control.box = element("div", "limit");
    control.box.append(element("span", "sign", {}, SIGNS[side]), control.field, control.unit);
    head.append(control.box);
    this.track.append(control.grip);
    control.dragTo = (event) => control.set(settle(this.s, this.name, side, this.#valueAt(event.clientX)));
    control.place = () => {
      const rest = side === 1 ? 1 : 0;
      const share = control.value === null ? rest : this.#share(control.value);
      control.grip.style.left = `${100 * Math.min(1, Math.max(0, share))}%`;
    };
    this.s.dragOn(control.grip, (event) => control.dragTo(event));
    return control;
  }

  /** A press anywhere on the strip takes its nearest handle there. */
  #grab(event) {
    if (event.target.classList.contains("grip")) return;
    const distance = (control) => Math.abs(control.grip.getBoundingClientRect().left + 6 - event.clientX);
    const nearest = this.controls.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    this.s.startDrag(event, this.track, (move) => nearest.dragTo(move));
    nearest.dragTo(event);
    nearest.grip.focus({ preventScroll: true });
  }

  #share(value) {
    const t = transform(value, this.log);
    return (t - this.low) / (this.high - this.low);
  }

  #valueAt(clientX) {
    const box = this.track.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (clientX - box.left) / box.width));
    return untransform(this.low + share * (this.high - this.low), this.log);
  }

  /** Number each point's bin once per data; a frame then only counts. */
  bin() {
    const column = this.s.points.columns[this.name];
    const [min, max] = this.s.points.extents[this.name];
    this.log = isLog(this.s, this.name);
    this.low = transform(min, this.log);
    this.high = transform(max, this.log);
    if (!(this.high > this.low)) this.high = this.low + (Math.abs(this.low) || 1);
    this.bins = new Uint8Array(column.length);
    const scale = BINS / (this.high - this.low);
    for (let i = 0; i < column.length; i++) {
      const bin = Math.min(BINS - 1, Math.floor((transform(column[i], this.log) - this.low) * scale));
      this.bins[i] = bin >= 0 ? bin : BINS; // a missing value (NaN) goes to a bin that is not drawn
    }
  }

  resize() {
    this.canvas.width = Math.round(this.track.clientWidth * this.s.ratio);
    this.canvas.height = Math.round(this.track.clientHeight * this.s.ratio);
  }

  draw() {
    const { s, bins, canvas } = this;
    const all = new Uint32Array(BINS + 1);
    const kept = new Uint32Array(BINS + 1);
    const { mask, kind } = s.points;
    for (let i = 0; i < bins.length; i++) {
      kept[bins[i]] += mask[i];
      all[bins[i]] += s.shown[kind[i]];
    }
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    const top = Math.sqrt(Math.max(1, ...all.subarray(0, BINS)));
    const width = canvas.width / BINS;
    for (const [counts, color] of [[all, s.theme.faint], [kept, s.theme.kept]]) {
      context.fillStyle = color;
      for (let b = 0; b < BINS; b++) {
        // Square root heights keep rare values visible beside a crowd.
        const height = (Math.sqrt(counts[b]) / top) * (canvas.height - 2);
        const left = Math.round(b * width);
        context.fillRect(left, canvas.height - height, Math.round((b + 1) * width) - left, height);
      }
    }
  }
}

function element(tag, className, attributes = {}, text = "") {
  const node = document.createElement(tag);
  if (className) node.className = className;
  setAttributes(node, attributes);
  if (text) node.textContent = text;
  return node;
}

function setAttributes(node, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (node.getAttribute(name) !== value) node.setAttribute(name, value);
  }
}
