// Colors and words around the chart: the theme of the page, the legend, the price of the bound in hand.

/** Take colors and font from the page; returns whether they changed. */
function readTheme(s) {
  const before = JSON.stringify(s.theme);
  const style = getComputedStyle(s.el.box);
  const background = parseColor(pageColor(s.root.host));
  const text = parseColor(style.getPropertyValue("--st-text-color").trim() || "#222222");
  const isDark = background.reduce((sum, part) => sum + part, 0) < 384;
  const palette = s.spec.palette[isDark ? "dark" : "light"];
  const rgba = ([r, g, b], alpha) => `rgba(${r},${g},${b},${alpha})`;
  const kinds = s.spec.kinds.map((kind) => parseColor(palette.kinds[kind.name]));
  s.theme = {
    text: rgba(text, 1), muted: rgba(text, 0.62), border: rgba(text, 0.25), faint: rgba(text, 0.14),
    shade: rgba(text, isDark ? 0.07 : 0.045), background: rgba(background, 1), halo: rgba(background, 0.9),
    front: palette.front, bound: palette.bound, kept: palette.kept, font: style.fontFamily, kinds,
  };
  s.raster.setColors({ background, text, faded: mix(background, text, 0.34), kinds });
  s.el.box.style.setProperty("--bound", palette.bound);
  s.el.box.style.setProperty("--card", rgba(background, 1));
  return JSON.stringify(s.theme) !== before;
}

/** One button a fidelity: its symbol, its name, how many; a press takes it out of counts and front. */
function buildLegend(s) {
  s.el.legend.replaceChildren(...s.spec.kinds.map((kind, k) => {
    const button = element("button", "chip", {
      type: "button", "aria-pressed": String(s.shown[k] === 1), title: `Show or hide ${kind.title} designs`,
    });
    button.dataset.kind = kind.name;
    const icon = element("canvas", "", { width: "28", height: "28", "aria-hidden": "true" });
    const context = icon.getContext("2d");
    context.scale(2, 2);
    drawSymbol(context, kind, `rgb(${s.theme.kinds[k].join(",")})`, 7, 7, 1.15);
    button.append(icon, element("span", "", {}, `${kind.title} ${s.raster.counts[k].toLocaleString("en-US")}`));
    button.addEventListener("click", () => {
      s.toggleKind(kind.name, k);
      button.setAttribute("aria-pressed", String(s.shown[k] === 1));
    });
    return button;
  }));
}

/** Say what the bound in hand costs, against the last state at rest. */
function tellPrice(s) {
  const { active, reference, summary, movedSide: side } = s;
  if (reference === null || active === null) return;
  const metric = s.spec.metrics[active];
  const value = limitOf(s, active, side);
  const before = reference.bounds[active]?.[side] ?? null;
  const change = value !== null && before ? ` (${percent(value / before - 1)})` : "";
  const what = value === null ? `no ${["lower", "upper"][side]} bound on ${metric.title}`
    : `${metric.title} ${SIGNS[side]} ${withUnit(metric, value)}${change}`;
  if (summary.feasible === 0) {
    s.el.price.textContent = `${what}: no design is left`;
    return;
  }
  const effects = [["x", "bestX"], ["y", "bestY"]].filter(([axis]) => s.spec[axis] !== active)
    .map(([axis, best]) => effectOn(s.spec.metrics[s.spec[axis]], reference[best], summary[best]));
  s.el.price.textContent = `${what}: ${effects.join(", ")}`;
}

function effectOn(metric, before, now) {
  if (before === null) return `best ${metric.title} ${withUnit(metric, now)}`;
  const change = before ? (now - before) / Math.abs(before) : 0;
  const words = Math.abs(change) < 5e-4 ? "unchanged" : percent(change);
  return `best ${metric.title} ${withUnit(metric, now)} (${words})`;
}
