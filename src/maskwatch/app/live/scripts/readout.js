// The numbers beside the picture, and the calm spoken version of them.

import { readableOn } from "./draw.js";

const ANNOUNCE_EVERY = 5_000; // milliseconds
const UNSURE_STAYS = 3_000; // so that the tile does not flicker
const SPEED_WINDOW = 2_000;
const SPEED_EVERY = 500; // a number that changes thirty times a second cannot be read

export class Readout {
  /** @param {(selector: string) => HTMLElement} find Finds an element of the panel. */
  constructor(find) {
    this.list = find(".counts");
    this.fps = find(".fps");
    this.latency = find(".latency");
    this.announcer = find(".announcer");
    this.tiles = new Map();
    this.clear();
  }

  /** Makes one tile for each count: symbol, number, text. */
  setTiles(tiles) {
    if (this.tiles.size) return;
    for (const { key, text, symbol, colour } of tiles) {
      const tile = document.createElement("li");
      tile.dataset.count = key;
      tile.style.setProperty("--state-colour", colour);
      tile.style.setProperty("--state-ink", readableOn(colour));
      tile.hidden = key === "uncertain";
      const part = (className, textContent) => {
        tile.append(Object.assign(document.createElement("span"), { className, textContent }));
        return tile.lastChild;
      };
      part("symbol", symbol).setAttribute("aria-hidden", "true");
      const number = part("number", "–");
      part("text", text);
      this.list.append(tile);
      this.tiles.set(key, { tile, number, text });
    }
  }

  /** Takes what one frame showed. */
  frame(counts, latency) {
    const now = performance.now();
    for (const [key, { tile, number }] of this.tiles) {
      const n = counts[key];
      if (number.textContent !== String(n)) number.textContent = n;
      if (n > 0 || key !== "uncertain") tile.hidden = false;
      if (key === "uncertain" && n > 0) this.lastUnsure = now;
      else if (key === "uncertain" && now - this.lastUnsure > UNSURE_STAYS) tile.hidden = true;
    }
    this.times.push(now);
    this.latencies.push(latency);
    this.announce(counts, now);
    if (now - this.speedShown >= SPEED_EVERY) this.showSpeed(now);
  }

  showSpeed(now) {
    while (this.times.length > 1 && now - this.times[0] > SPEED_WINDOW) {
      this.times.shift();
      this.latencies.shift();
    }
    if (this.times.length < 2) return;
    const seconds = (now - this.times[0]) / 1000;
    this.fps.textContent = ((this.times.length - 1) / seconds).toFixed(seconds * 10 > this.times.length ? 1 : 0);
    const sorted = [...this.latencies].sort((a, b) => a - b);
    this.latency.textContent = `${Math.round(sorted[sorted.length >> 1])} ms`;
    this.speedShown = now;
  }

  announce(counts, now) {
    if (now - this.announced < ANNOUNCE_EVERY) return;
    const said = [...this.tiles]
      .filter(([key]) => key !== "uncertain" || counts[key])
      .map(([key, { text }]) => `${text}: ${counts[key]}`)
      .join(", ");
    this.announced = now;
    if (this.announcer.textContent !== said) this.announcer.textContent = said;
  }

  clear() {
    this.times = [];
    this.latencies = [];
    this.speedShown = this.announced = this.lastUnsure = -Infinity;
    this.fps.textContent = this.latency.textContent = "–";
    this.announcer.textContent = "";
    for (const [key, { tile, number }] of this.tiles) {
      number.textContent = "–";
      tile.hidden = key === "uncertain";
    }
  }
}
