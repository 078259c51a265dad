// Zones as shapes over the picture, with their names and counts. Everything has a dark rim and a word: no colour says
// anything by itself.

import { forward } from "./zones.js";

const SVG = "http://www.w3.org/2000/svg";

export class ZoneShapes {
  /**
   * @param {SVGSVGElement} svg Lies over the stage.
   * @param {HTMLCanvasElement} canvas The picture, fitted into the stage.
   */
  constructor(svg, canvas) {
    this.svg = svg;
    this.canvas = canvas;
    this.mirrored = false;
    this.observer = new ResizeObserver(() => this.place());
    this.observer.observe(canvas);
  }

  /** Lies exactly over the picture, which may leave bands in the stage. */
  place() {
    const { clientWidth, clientHeight, width, height } = this.canvas;
    const scale = Math.min(clientWidth / width, clientHeight / height);
    this.size = { width: Math.max(1, width * scale), height: Math.max(1, height * scale) };
    this.aspect = width / height;
    Object.assign(this.svg.style, {
      left: `${(clientWidth - this.size.width) / 2}px`,
      top: `${(clientHeight - this.size.height) / 2}px`,
      width: `${this.size.width}px`,
      height: `${this.size.height}px`,
    });
    this.svg.setAttribute("viewBox", `0 0 ${this.size.width} ${this.size.height}`);
    this.draw();
  }

  /** Follows the size and side of the picture. */
  frame(mirrored) {
    const isSame = this.mirrored === mirrored && this.aspect === this.canvas.width / this.canvas.height;
    this.mirrored = mirrored;
    if (!isSame) this.place();
  }

  /** @param {object[]} list Zones. @param {number} chosen Number of the one being edited, or -1. */
  show(list, chosen = -1) {
    this.list = list;
    this.chosen = chosen;
    this.draw();
  }

  draw() {
    if (!this.size || !this.list) return;
    this.svg.replaceChildren(...this.list.map((zone, i) => this.shape(zone, i)));
    this.write();
  }

  shape({ name, kind, points }, i) {
    const group = make("g", { class: `zone-shape ${kind}${i === this.chosen ? " chosen" : ""}`, "data-zone": i });
    const corners = points.map((point) => this.toScreen(point));
    const path = `M${corners.map((corner) => corner.join(" ")).join("L")}${kind === "line" ? "" : "z"}`;
    group.append(make("path", { class: "rim", d: path }), make("path", { class: "edge", d: path }));
    if (kind === "line") group.append(this.arrow(points, corners));
    const top = corners.reduce((best, corner) => (corner[1] < best[1] ? corner : best));
    const label = make("text", { class: "zone-label", x: Math.min(top[0] + 4, this.size.width - 90), y: Math.max(top[1] - 6, 15) });
    label.dataset.name = name;
    label.textContent = name;
    group.append(label);
    return group;
  }

  arrow(points, corners) {
    const [dx, dy] = forward(points, this.size);
    const side = this.mirrored ? -dx : dx;
    const n = Math.floor((corners.length - 1) / 2);
    const [x, y] = [0, 1].map((axis) => (corners[n][axis] + corners[n + 1][axis]) / 2);
    const [tx, ty] = [x + 26 * side, y + 26 * dy];
    const wing = (turn) => `${tx - 9 * side + turn * 7 * dy} ${ty - 9 * dy - turn * 7 * side}`;
    const d = `M${x} ${y}L${tx} ${ty}M${wing(1)}L${tx} ${ty}L${wing(-1)}`;
    const group = make("g", { class: "way" });
    group.append(make("path", { class: "rim", d }), make("path", { class: "edge", d }));
    return group;
  }

  /** Takes the counts of people, by zone and line. */
  counts(people) {
    this.people = people;
    this.write();
  }

  write() {
    for (const label of this.svg.querySelectorAll(".zone-label")) {
      const text = labelText(label.dataset.name, this.people);
      if (label.textContent !== text) label.textContent = text;
    }
  }

  toScreen([x, y]) {
    return [(this.mirrored ? 1 - x : x) * this.size.width, y * this.size.height];
  }

  /** The point of the picture at a place of the window. */
  toPicture(event) {
    const box = this.svg.getBoundingClientRect();
    const x = (event.clientX - box.left) / box.width;
    return [this.mirrored ? 1 - x : x, (event.clientY - box.top) / box.height];
  }

  close() {
    this.observer.disconnect();
  }
}

function labelText(name, people) {
  const [zone, line] = [people?.zones?.[name], people?.lines?.[name]];
  if (zone) return `${name}: ${total(zone.now)}`;
  return line ? `${name}: ${line.forward} / ${line.backward}` : name;
}

/** Everybody of some counts. */
export function total({ masked, unmasked, wrong, uncertain }) {
  return masked + unmasked + wrong + uncertain;
}

/** An SVG element with attributes. */
export function make(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
