// What every component of ours needs in the browser; it stands before the component's own files.

/** Elements of a component by their `data-part`. */
function partsOf(root) {
  return Object.fromEntries([...root.querySelectorAll("[data-part]")].map((node) => [node.dataset.part, node]));
}

/** The first opaque color behind the component. */
function pageColor(host) {
  for (let node = host; node; node = node.parentElement) {
    const color = getComputedStyle(node).backgroundColor;
    if (color !== "transparent" && !/, 0\)$/.test(color)) return color;
  }
  return "#ffffff";
}

const mounted = new WeakMap();

/** Update the one `Kind` of a root element, made anew where Streamlit has replaced what is in it. */
function mount(component, Kind) {
  const root = component.parentElement;
  let one = mounted.get(root);
  if (!one?.el.box.isConnected) {
    one?.dispose();
    one = new Kind(root);
    mounted.set(root, one);
  }
  one.update(component);
  // Streamlit may also call this for a superseded call while the component stays; only a removed root ends it.
  return () => {
    if (!root.host?.isConnected) one.dispose();
  };
}
