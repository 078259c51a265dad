// The zones of a picture while they are drawn: a list with a history. Pure. Points are shares of the picture, 0 to 1.

const WORDS = { zone: "Zone", line: "Line", ignore: "Ignored" };
const FEWEST = { zone: 3, line: 2, ignore: 3 };
export const MOST_POINTS = 64;
export const MOST_ZONES = 32;
const STEPS_KEPT = 100;

export class Zones {
  /** @param {{name: string, kind: string, points: number[][]}[]} list */
  constructor(list = []) {
    this.list = structuredClone(list);
    this.past = [];
  }

  /** Adds a zone, line or area to ignore in the middle of the picture; returns its number, or -1 if it is one too many. */
  add(kind) {
    if (this.list.length >= MOST_ZONES) return -1;
    this.keep();
    const shift = 0.04 * (this.list.length % 5);
    const [a, b] = [0.3 + shift, 0.7 + shift];
    const points = kind === "line" ? [[a, 0.5 + shift], [b, 0.5 + shift]] : [[a, a], [b, a], [b, b], [a, b]];
    this.list.push({ name: this.freeName(WORDS[kind]), kind, points: points.map((point) => point.map(within)) });
    return this.list.length - 1;
  }

  freeName(word) {
    for (let n = 1; ; n++) if (!this.list.some(({ name }) => name === `${word} ${n}`)) return `${word} ${n}`;
  }

  /** Moves a corner; without `isNew` the step before takes it up, so that a drag is one step. */
  moveCorner(zone, corner, point, isNew = true) {
    if (isNew) this.keep();
    this.list[zone].points[corner] = point.map(within);
  }

  /** Moves a whole zone as far as the picture goes. */
  move(zone, by, isNew = true) {
    if (isNew) this.keep();
    const { points } = this.list[zone];
    const step = by.map((v, axis) => {
      const values = points.map((point) => point[axis]);
      return Math.max(-Math.min(...values), Math.min(1 - Math.max(...values), v));
    });
    this.list[zone].points = points.map((point) => point.map((v, axis) => within(v + step[axis])));
  }

  /** Adds a corner in the middle of the edge after `corner`; returns its number, or -1 where there are too many. */
  split(zone, corner) {
    const { points, kind } = this.list[zone];
    if (points.length >= MOST_POINTS || (kind === "line" && corner === points.length - 1)) return -1;
    this.keep();
    const next = points[(corner + 1) % points.length];
    points.splice(corner + 1, 0, points[corner].map((v, axis) => within((v + next[axis]) / 2)));
    return corner + 1;
  }

  /** Removes a corner; of as few as there may be it removes none. */
  removeCorner(zone, corner) {
    const { points, kind } = this.list[zone];
    if (points.length <= FEWEST[kind]) return false;
    this.keep();
    points.splice(corner, 1);
    return true;
  }

  rename(zone, name) {
    this.keep();
    this.list[zone].name = name;
  }

  /** Turns the direction of a line round: what was forward is backward. */
  turn(zone) {
    this.keep();
    this.list[zone].points.reverse();
  }

  remove(zone) {
    this.keep();
    this.list.splice(zone, 1);
  }

  replace(list) {
    this.keep();
    this.list = structuredClone(list);
  }

  keep() {
    this.past.push(structuredClone(this.list));
    if (this.past.length > STEPS_KEPT) this.past.shift();
  }

  /** Takes the last step back; false if there is none. */
  undo() {
    if (!this.past.length) return false;
    this.list = this.past.pop();
    return true;
  }
}

/** The way that counts as forward across a line, as a unit vector on a picture of this size (y down). */
export function forward(points, { width, height }) {
  const [first, last] = [points[0], points.at(-1)];
  const [dx, dy] = [(last[0] - first[0]) * width, (last[1] - first[1]) * height];
  const length = Math.hypot(dx, dy) || 1;
  return [-dy / length, dx / length]; // to the right of somebody who walks from the first point to the last
}

function within(v) {
  return Math.round(1e4 * Math.max(0, Math.min(1, v))) / 1e4;
}
