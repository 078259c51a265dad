// The chart of the last minutes: people in view by state, as stacked columns. Each state has its own pattern.

const SECONDS = 5; // of one column
const COLUMNS = 60;

let made = 0;

export class Chart {
  /** @param {(selector: string) => HTMLElement} find Finds an element of the panel. */
  constructor(find) {
    this.svg = find(".chart");
    this.most = find(".chart-most");
    this.id = `pattern-${++made}`;
    this.clear();
  }

  /** @param {{key: string, text: string, colour: string}[]} tiles The states, as of the tiles. */
  setStates(tiles) {
    if (this.states) return;
    this.states = tiles;
    const patterns = tiles.map(({ key, colour }) => pattern(`${this.id}-${key}`, key, colour)).join("");
    this.svg.innerHTML = `<defs>${patterns}</defs><g></g>`;
    this.columnsElement = this.svg.querySelector("g");
    this.svg.setAttribute("viewBox", `0 0 ${COLUMNS * 4} 100`);
  }

  /** Takes the counts of a frame; a column shows the last ones of its seconds. */
  frame(counts, now) {
    const slot = Math.floor(now / (1000 * SECONDS));
    const last = this.columns.at(-1);
    const isSame = last?.slot === slot && this.states.every(({ key }) => last.counts[key] === counts[key]);
    if (isSame) return;
    if (last?.slot === slot) last.counts = counts;
    else this.columns.push({ slot, counts });
    this.columns = this.columns.filter((column) => column.slot > slot - COLUMNS);
    this.draw(slot);
  }

  draw(slot) {
    const totals = this.columns.map(({ counts }) => this.states.reduce((sum, { key }) => sum + counts[key], 0));
    const most = Math.max(...totals, 0);
    const unit = 96 / Math.max(most, 4);
    const parts = [];
    for (const column of this.columns) {
      let y = 100;
      for (const { key } of this.states) {
        const height = column.counts[key] * unit;
        if (!height) continue;
        y -= height;
        const x = 4 * (COLUMNS - 1 - (slot - column.slot));
        parts.push(`<rect x="${x}" y="${y.toFixed(1)}" width="3.4" height="${height.toFixed(1)}" fill="url(#${this.id}-${key})"/>`);
      }
    }
    this.columnsElement.innerHTML = parts.join("");
    this.most.textContent = `most ${most}`;
    this.svg.setAttribute("aria-label", this.words(most));
  }

  words(most) {
    const { counts } = this.columns.at(-1);
    const now = this.states.map(({ key, text }) => `${text.toLowerCase()} ${counts[key]}`).join(", ");
    return `People in view over the last 5 minutes: now ${now}; at most ${most} together`;
  }

  clear() {
    this.columns = [];
    if (this.columnsElement) this.columnsElement.innerHTML = "";
    this.most.textContent = "";
    this.svg.setAttribute("aria-label", "People in view: nothing yet");
  }
}

// Full, hatched, dotted, empty: told apart without colours, too.
function pattern(id, key, colour) {
  const ink = {
    masked: "",
    unmasked: '<path d="M-1 1 1 -1M0 4 4 0M3 5 5 3" stroke="#000" stroke-opacity=".55" stroke-width="1.1"/>',
    wrong: '<circle cx="2" cy="2" r="1" fill="#000" fill-opacity=".6"/>',
    uncertain: '<path d="M0 2H4" stroke="#000" stroke-opacity=".4" stroke-width=".8"/>',
  }[key];
  return `<pattern id="${id}" width="4" height="4" patternUnits="userSpaceOnUse"><rect width="4" height="4" fill="${colour}"/>${ink}</pattern>`;
}
