// Returns one line for each text of the page whose contrast is below what WCAG 2 asks for (AA: 4.5, large 3).
() => {
  const parse = (c) => {
    const box = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    box.canvas.width = box.canvas.height = 1;
    box.clearRect(0, 0, 1, 1);
    box.fillStyle = c; box.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = box.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const cache = new Map();
  const rgba = (c) => cache.get(c) ?? (cache.set(c, parse(c)), cache.get(c));
  const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a), 1];
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const up = (e) => e.assignedSlot ?? e.parentElement ?? e.getRootNode().host ?? null;
  const all = [];
  const walk = (root) => { for (const e of root.querySelectorAll("*")) { all.push(e); if (e.shadowRoot) walk(e.shadowRoot); } };
  walk(document);
  const found = [];
  for (const e of all) {
    const text = [...e.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data.trim()).join(" ").trim() || (e.tagName === "INPUT" && e.placeholder && !e.value ? e.placeholder : "");
    if (!text || ["STYLE", "SCRIPT", "NOSCRIPT", "TITLE"].includes(e.tagName)) continue;
    const area = e.getBoundingClientRect();
    if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true }) || area.width < 2 || area.height < 2) continue;
    if (e.dataset.testid === "stIconMaterial" || e.closest("[data-testid=stSliderThumbValue]")) continue; // no text; not on its parent
    if (e.matches(":disabled, :disabled *, [aria-disabled=true] *")) continue;
    const style = getComputedStyle(e, e.tagName === "INPUT" ? "::placeholder" : null);
    let opacity = 1;
    const layers = [];
    for (let at = e; at; at = up(at)) {
      const s = getComputedStyle(at);
      opacity *= Number(s.opacity);
      layers.push(rgba(s.backgroundColor));
      if (s.backgroundImage !== "none") layers.length = 0, layers.push([255, 255, 255, 0]);
    }
    let ground = [255, 255, 255, 1];
    for (const layer of layers.reverse()) ground = over(layer, ground);
    const ink = rgba(style.color);
    const shown = over([ink[0], ink[1], ink[2], ink[3] * opacity], ground);
    const [a, b] = [light(shown), light(ground)].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    if (ratio < (large ? 3 : 4.5)) found.push(`${ratio.toFixed(2)} ${text.slice(0, 60)} <${e.tagName} ${e.dataset.testid ?? e.className}> ${style.color} o=${opacity} on ${ground.map(Math.round)}`);
  }
  return found;
}
