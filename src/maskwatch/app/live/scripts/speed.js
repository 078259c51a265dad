// Frames a second, latency and dropped frames, in one line.

const WINDOW = 2_000; // milliseconds
const EVERY = 500; // a number that changes thirty times a second cannot be read

export class Speed {
  /** @param {(selector: string) => HTMLElement} find Finds an element of the panel. */
  constructor(find) {
    this.fps = find(".fps");
    this.latency = find(".latency");
    this.dropped = find(".dropped");
    this.clear();
  }

  /** Takes one frame: its latency in milliseconds, and its number in the source, in which dropped ones count. */
  frame(latency, index, now) {
    this.frames.push({ latency, index, at: now });
    if (now - this.shown < EVERY) return;
    while (this.frames.length > 2 && now - this.frames[0].at > WINDOW) this.frames.shift();
    if (this.frames.length < 2) return;
    this.shown = now;
    const [first, last] = [this.frames[0], this.frames.at(-1)];
    const shown = this.frames.length - 1;
    const rate = shown / ((last.at - first.at) / 1000);
    this.fps.textContent = rate.toFixed(rate < 10 ? 1 : 0);
    const sorted = this.frames.map((frame) => frame.latency).sort((a, b) => a - b);
    this.latency.textContent = `${Math.round(sorted[sorted.length >> 1])} ms`;
    const came = Math.max(last.index - first.index, shown);
    this.dropped.textContent = `${Math.round(100 * (1 - shown / came))} %`;
  }

  clear() {
    this.frames = [];
    this.shown = -Infinity;
    this.fps.textContent = this.latency.textContent = this.dropped.textContent = "–";
  }
}
