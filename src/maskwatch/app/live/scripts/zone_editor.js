// Draws zones over the picture with mouse, finger or keys. What is drawn goes to the server when it is done.

import { make, ZoneShapes } from "./zone_shapes.js";
import { MOST_POINTS, MOST_ZONES, Zones } from "./zones.js";

const STEP = 0.005; // of the picture, for one arrow key; ten times as much with Shift
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const KINDS = { zone: "zone", line: "line", ignore: "ignored area" };

export class ZoneEditor {
  /**
   * @param {(selector: string) => HTMLElement} find Finds an element of the panel.
   * @param {(list: object[]) => void} save Takes the zones when they are done.
   * @param {(toml: File) => void} upload Takes a file with zones.
   */
  constructor(find, save, upload) {
    this.find = find;
    this.save = save;
    this.svg = find(".zones");
    this.panel = find(".zone-panel");
    this.shapes = new ZoneShapes(this.svg, find(".picture"));
    this.zones = new Zones();
    this.chosen = -1;
    this.isOpen = false;
    find(".edit-zones").onclick = () => this.open();
    find(".zones-done").onclick = () => this.done();
    find(".zones-undo").onclick = () => this.undo();
    find(".zone-delete").onclick = () => this.removeZone();
    find(".zone-turn").onclick = () => (this.zones.turn(this.chosen), this.refresh());
    find(".zone-name").onchange = ({ target }) => this.rename(target.value);
    find(".zones-file").onchange = ({ target }) => {
      if (!target.files[0]) return;
      this.awaits = "file";
      upload(target.files[0]);
      target.value = "";
    };
    for (const button of this.panel.querySelectorAll("[data-add]")) {
      button.onclick = () => this.add(button.dataset.add);
    }
    this.svg.onpointerdown = (event) => this.press(event);
    this.svg.onpointermove = (event) => this.drag(event);
    this.svg.onpointerup = this.svg.onpointercancel = () => (this.held = null);
    this.svg.onkeydown = (event) => this.key(event);
  }

  /** Takes the zones that the server uses of a source, while nobody draws. */
  configure(list, error, toml, key) {
    if (key !== this.sourceKey && this.isOpen) this.close(); // what was drawn is of another source
    this.sourceKey = key;
    this.tell(error);
    const link = this.find(".zones-download");
    link.href = `data:application/toml;charset=utf-8,${encodeURIComponent(toml)}`;
    link.hidden = !list.length;
    const { awaits } = this;
    this.awaits = null;
    if (this.isOpen && awaits !== "file") return; // what is being drawn is newer
    if (awaits === "file" && !error) this.zones.replace(list);
    else if (awaits !== "file" && !error) this.zones = new Zones(list);
    if (awaits === "save" && error) this.open(); // with what was drawn, to be put right
    const named = this.zones.list.findLastIndex(({ name }) => error.includes(`'${name}'`));
    this.choose(this.isOpen ? Math.max(named, 0) : -1);
  }

  frame(people, mirrored) {
    this.shapes.frame(mirrored);
    this.shapes.counts(people);
  }

  open() {
    this.isOpen = true;
    this.panel.hidden = false;
    this.svg.classList.add("editing");
    this.choose(this.zones.list.length ? 0 : -1);
    this.panel.querySelector("[data-add]").focus();
  }

  done() {
    this.close();
    this.awaits = "save";
    this.save(this.zones.list);
    this.find(".edit-zones").focus({ preventScroll: true });
  }

  close() {
    this.isOpen = false;
    this.panel.hidden = true;
    this.svg.classList.remove("editing");
    this.choose(-1);
  }

  add(kind) {
    const number = this.zones.add(kind);
    if (number < 0) return this.tell(`There are ${MOST_ZONES} zones at most. Delete one to add another.`);
    this.choose(number);
    this.focusCorner(0);
  }

  rename(name) {
    if (this.chosen >= 0 && name.trim()) this.zones.rename(this.chosen, name.trim());
    this.refresh();
  }

  takeName() {
    const name = this.find(".zone-name").value.trim();
    if (name && this.chosen >= 0 && name !== this.zones.list[this.chosen].name) this.zones.rename(this.chosen, name);
  }

  /** Adds a corner after this one; returns its number, or -1. */
  split(corner) {
    const made = this.zones.split(this.chosen, corner);
    const isFull = this.zones.list[this.chosen].points.length >= MOST_POINTS;
    if (made < 0 && isFull) this.tell(`There are ${MOST_POINTS} corners at most. Delete one to add another.`);
    return made;
  }

  undo() {
    this.tell("");
    this.zones.undo();
    this.choose(Math.min(this.chosen, this.zones.list.length - 1));
  }

  /** One line below the picture; empty for none. */
  tell(text) {
    this.find(".zone-error").textContent = text;
  }

  removeZone() {
    if (this.chosen < 0) return;
    this.tell("");
    this.zones.remove(this.chosen);
    this.choose(Math.min(this.chosen, this.zones.list.length - 1));
  }

  choose(number) {
    this.chosen = number;
    this.refresh();
  }

  refresh() {
    this.shapes.place();
    const { list } = this.zones;
    this.shapes.show(list, this.isOpen ? this.chosen : -1);
    if (!this.isOpen) return;
    const zone = list[this.chosen];
    if (zone) this.svg.append(...this.handles(zone));
    const items = list.map(({ name, kind }, i) => {
      const button = Object.assign(document.createElement("button"), { type: "button", textContent: `${name} (${KINDS[kind]})` });
      button.setAttribute("aria-pressed", String(i === this.chosen));
      button.onclick = () => this.choose(i);
      // A name that is still being typed is taken when the field loses the focus: before the click ends, this
      // button would be another.
      button.onpointerdown = (event) => (event.preventDefault(), this.takeName(), this.choose(i));
      const item = document.createElement("li");
      item.append(button);
      return item;
    });
    this.find(".zone-list").replaceChildren(...items);
    const name = this.find(".zone-name");
    name.value = zone?.name ?? "";
    name.disabled = this.find(".zone-delete").disabled = !zone;
    this.find(".zone-turn").hidden = zone?.kind !== "line";
    this.find(".zones-undo").disabled = !this.zones.past.length;
  }

  // A large round for each corner, a small one in the middle of each edge, which makes a new corner.
  handles({ points, kind, name }) {
    const found = [];
    points.forEach((point, i) => {
      const [cx, cy] = this.shapes.toScreen(point);
      const label = `Corner ${i + 1} of ${points.length} of ${name}`;
      found.push(make("circle", { class: "corner", cx, cy, r: 9, tabindex: 0, role: "button", "aria-label": label, "data-corner": i }));
      if (kind === "line" && i === points.length - 1) return;
      const [nx, ny] = this.shapes.toScreen(points[(i + 1) % points.length]);
      found.push(make("circle", { class: "middle", cx: (cx + nx) / 2, cy: (cy + ny) / 2, r: 6, "data-edge": i }));
    });
    return found;
  }

  focusCorner(corner) {
    this.svg.querySelector(`[data-corner="${corner}"]`)?.focus();
  }

  press(event) {
    if (!this.isOpen) return;
    const { corner, edge } = event.target.dataset;
    const group = event.target.closest("[data-zone]");
    if (edge !== undefined) {
      const made = this.split(Number(edge));
      if (made < 0) return;
      this.held = { corner: made, isNew: false };
    } else if (corner !== undefined) {
      this.held = { corner: Number(corner), isNew: true };
    } else if (group) {
      if (Number(group.dataset.zone) !== this.chosen) this.choose(Number(group.dataset.zone));
      this.held = { from: this.shapes.toPicture(event), isNew: true };
    } else {
      return;
    }
    event.preventDefault();
    this.svg.setPointerCapture(event.pointerId);
    this.refresh();
  }

  drag(event) {
    if (!this.held) return;
    const { held } = this;
    const at = this.shapes.toPicture(event);
    if (held.corner !== undefined) {
      this.zones.moveCorner(this.chosen, held.corner, at, held.isNew);
    } else {
      this.zones.move(this.chosen, [at[0] - held.from[0], at[1] - held.from[1]], held.isNew);
      held.from = at;
    }
    held.isNew = false;
    this.refresh();
  }

  key(event) {
    const corner = Number(event.target.dataset.corner);
    if (!this.isOpen || Number.isNaN(corner)) return;
    const arrow = ARROWS[event.key];
    let next = corner;
    if (arrow) {
      const step = STEP * (event.shiftKey ? 10 : 1) * (this.shapes.mirrored ? -1 : 1);
      const [x, y] = this.zones.list[this.chosen].points[corner];
      this.zones.moveCorner(this.chosen, corner, [x + step * arrow[0], y + Math.abs(step) * arrow[1]]);
    } else if (event.key === "Enter") {
      next = Math.max(corner, this.split(corner));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      this.tell("");
      if (this.zones.removeCorner(this.chosen, corner)) next = Math.max(0, corner - 1);
    } else if (event.key === "z" && (event.ctrlKey || event.metaKey)) {
      this.zones.undo();
    } else {
      return;
    }
    event.preventDefault();
    this.refresh();
    this.focusCorner(next);
  }
}
