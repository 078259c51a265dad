// The numbers of people beside the picture, and the calm spoken version of them.

import { readableOn } from "./draw.js";

const ANNOUNCE_EVERY = 5_000; // milliseconds

export class Readout {
  /** @param {(selector: string) => HTMLElement} find Finds an element of the panel. */
  constructor(find) {
    this.list = find(".counts");
    this.share = find(".share-value");
    this.interval = find(".share-interval");
    this.announcer = find(".announcer");
    this.tiles = new Map();
    this.clear();
  }

  /** Makes one tile for each count: symbol, number, text, and how many so far. */
  setTiles(tiles) {
    if (this.tiles.size) return;
    this.list.replaceChildren();
    for (const { key, text, symbol, colour } of tiles) {
      const tile = document.createElement("li");
      tile.dataset.count = key;
      tile.style.setProperty("--state-colour", colour);
      tile.style.setProperty("--state-ink", readableOn(colour));
      const part = (className, textContent) => {
        tile.append(Object.assign(document.createElement("span"), { className, textContent }));
        return tile.lastChild;
      };
      part("symbol", symbol).setAttribute("aria-hidden", "true");
      const number = part("number", "–");
      part("text", text);
      const soFar = part("so-far", "– so far");
      this.list.append(tile);
      this.tiles.set(key, { number, soFar, text });
    }
  }

  /** Takes what one frame showed; `people` are the counts of people, null where nobody is followed. */
  frame(counts, people, now) {
    for (const [key, { number, soFar }] of this.tiles) {
      write(number, String(counts[key]));
      write(soFar, people ? `${people.so_far[key]} so far` : "");
    }
    const share = people?.share;
    write(this.share, share ? `${whole(share.value)} %` : "–");
    write(this.interval, share ? `(${whole(share.low)} to ${whole(share.high)})` : "");
    this.announce(counts, now);
  }

  announce(counts, now) {
    if (now - this.announced < ANNOUNCE_EVERY) return;
    const said = [...this.tiles]
      .filter(([key]) => key !== "uncertain" || counts[key])
      .map(([key, { text }]) => `${text}: ${counts[key]}`)
      .join(", ");
    this.announced = now;
    write(this.announcer, said);
  }

  /** Nobody is in view as far as one can tell; what was so far stays. */
  blank() {
    for (const { number } of this.tiles.values()) write(number, "–");
    this.announced = -Infinity;
  }

  clear() {
    this.blank();
    write(this.announcer, "");
    write(this.share, "–");
    write(this.interval, "");
    for (const { soFar } of this.tiles.values()) write(soFar, "– so far");
  }
}

function whole(part) {
  return Math.round(100 * part);
}

// Text that stays is left alone: writing it again would have screen readers say it again.
function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
