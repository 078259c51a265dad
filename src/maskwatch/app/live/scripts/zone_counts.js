// The counts of zones and lines, one line each, in a fold.

import { total } from "./zone_shapes.js";

export class ZoneCounts {
  /** @param {(selector: string) => HTMLElement} find Finds an element of the panel. */
  constructor(find) {
    this.fold = find(".places");
    this.list = find(".places-list");
    this.rows = new Map();
  }

  /** @param {{name: string, kind: string}[]} zones Those that the server uses. */
  configure(zones) {
    this.rows.clear();
    const items = zones.filter(({ kind }) => kind !== "ignore").map(({ name }) => {
      const item = document.createElement("li");
      const numbers = document.createElement("span");
      item.append(`${name} `, numbers);
      this.rows.set(name, numbers);
      return item;
    });
    this.list.replaceChildren(...items);
    this.fold.hidden = !items.length;
    this.clear();
  }

  frame(people) {
    for (const [name, numbers] of this.rows) {
      const text = words(people?.zones?.[name], people?.lines?.[name]);
      if (numbers.textContent !== text) numbers.textContent = text;
    }
  }

  clear() {
    this.frame(null);
  }
}

function words(zone, line) {
  if (line) return `${line.forward} forward, ${line.backward} back`;
  if (!zone) return "–";
  const share = zone.share ? `, ${Math.round(100 * zone.share.value)} % worn right` : "";
  return `${total(zone.now)} now, ${total(zone.so_far)} so far${share}`;
}
