// Axis arithmetic. A scale maps a stored value to a position: `t` is the value itself or its log10.
// Numbers are shown as stored value * metric.scale, the engineering unit that accel_core/metrics.py names.

const EDGE = 0.04; // empty share kept around the data

function transform(value, log) {
  return log ? Math.log10(value) : value;
}

function untransform(t, log) {
  return log ? 10 ** t : t;
}

/** The transformed interval that shows all values, with a margin; never empty. */
function homeView(min, max, log) {
  let low = transform(min, log);
  let high = transform(max, log);
  if (!(high > low)) {
    const half = log ? 0.1 : Math.abs(low) * 0.1 || 0.5;
    low -= half;
    high += half;
  }
  const margin = (high - low) * EDGE;
  return [low - margin, high + margin];
}

/** A range is shown in decades when asked for, or by itself when it spans more than a factor of 100. */
function wantsLog(min, max, asked) {
  return min > 0 && (asked ?? max / min > 100);
}

function niceStep(span, count) {
  const raw = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(raw));
  const unit = raw / power;
  return power * (unit < 1.5 ? 1 : unit < 3 ? 2 : unit < 7 ? 5 : 10);
}

function linearTicks(low, high, count) {
  const step = niceStep(high - low, count);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) ticks.push(k * step);
  return ticks;
}

function logTicks(low, high, count) {
  const first = Math.floor(Math.log10(low));
  const last = Math.ceil(Math.log10(high));
  for (const digits of [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]]) {
    const ticks = [];
    for (let power = first; power <= last; power++) {
      for (const digit of digits) {
        const tick = digit * 10 ** power;
        if (tick >= low && tick <= high) ticks.push(tick);
      }
    }
    if (ticks.length <= count + 1) {
      return ticks.length >= 3 ? ticks : linearTicks(low, high, count);
    }
  }
  const every = Math.ceil((last - first) / count);
  const ticks = [];
  for (let power = first; power <= last; power += every) ticks.push(10 ** power);
  return ticks.filter((tick) => tick >= low && tick <= high);
}

/** Tick values in stored units inside a view, about `count` of them, round in the unit on screen. */
function ticksOf(view, log, unitScale, count) {
  const low = untransform(view[0], log) * unitScale;
  const high = untransform(view[1], log) * unitScale;
  return (log ? logTicks(low, high, count) : linearTicks(low, high, count)).map((tick) => tick / unitScale);
}

/** A number in few characters: four significant digits, thousands separated, powers of ten when extreme. */
function short(value, digits = 4) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e7 || size < 1e-4) return value.toExponential(Math.min(2, digits - 1)).replace("e+", "e");
  return value.toLocaleString("en-US", { maximumSignificantDigits: digits });
}

function withUnit(metric, stored, digits = 4) {
  return `${short(stored * metric.scale, digits)}${metric.unit ? ` ${metric.unit}` : ""}`;
}

function axisTitle(metric) {
  return metric.unit ? `${metric.title} [${metric.unit}]` : metric.title;
}

/** Round a dragged bound so that the number on screen is exactly the number used. */
function roundBound(stored, metric, min, max, log) {
  const shown = stored * metric.scale;
  if (log) return Number(shown.toPrecision(4)) / metric.scale;
  const decimals = 3 - Math.floor(Math.log10(Math.abs(max - min) * metric.scale || 1));
  const step = 10 ** -decimals;
  return Number((Math.round(shown / step) * step).toFixed(Math.min(20, Math.max(0, decimals)))) / metric.scale;
}

/** The plain number for an input field, without separators. */
function fieldText(stored, metric) {
  return stored === null ? "" : String(Number((stored * metric.scale).toPrecision(6)));
}

function percent(change) {
  const text = Math.abs(change) < 0.0995 ? (100 * change).toFixed(1) : (100 * change).toFixed(0);
  return `${change > 0 ? "+" : ""}${text.replace("-", "−")} %`;
}
