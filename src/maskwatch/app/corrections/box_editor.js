// Draws, moves and resizes one frame over a picture: by mouse, finger or pen, and by the arrow keys. Tells the
// page when it was let go; the sliders beside it show the same frame.

const SMALLEST = 6; // CSS pixels: less was a click, not a frame
const KEY_STEP = 0.01; // of the longer side that is shown
const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SIDES = { nw: [0, 1], ne: [2, 1], sw: [0, 3], se: [2, 3] }; // places in [x1, y1, x2, y2] that a corner moves

const editors = new WeakMap();

/** Called at each run of the page with new data. */
export default function ({ parentElement, data, setTriggerValue }) {
  if (!editors.has(parentElement)) editors.set(parentElement, new BoxEditor(parentElement));
  editors.get(parentElement).configure(data, (box) => setTriggerValue("box", box));
}

class BoxEditor {
  constructor(root) {
    this.stage = root.querySelector(".stage");
    this.photo = root.querySelector(".photo");
    this.frame = root.querySelector(".frame");
    this.stage.onpointerdown = (event) => this.grab(event);
    this.stage.onpointermove = (event) => this.drag(event);
    this.stage.onpointerup = (event) => this.drop(event);
    this.stage.onpointercancel = () => this.cancel();
    this.frame.onkeydown = (event) => this.key(event);
    this.frame.onkeyup = () => this.report();
    this.frame.onblur = () => this.report();
  }

  /**
   * Takes what the page says.
   *
   * @param {object} data `picture`: its address; `area`: the part of the picture that it shows, and `box`: the frame,
   *   both as x1, y1, x2, y2 in pixels of the whole picture; `words`: what the frame is around.
   * @param {(box: number[]) => void} tell Tells the page the new frame.
   */
  configure(data, tell) {
    this.tell = tell;
    this.area = data.area;
    this.words = data.words;
    if (this.photo.src !== data.picture) this.photo.src = data.picture;
    this.photo.alt = data.words;
    if (this.before || this.isChanged) return; // somebody is at it: the page is behind
    this.box = data.box;
    this.show();
  }

  show() {
    const [left, top, right, bottom] = this.area;
    const [x1, y1, x2, y2] = this.box;
    const part = (value, from, to) => `${(100 * (value - from)) / (to - from)}%`;
    this.frame.style.left = part(x1, left, right);
    this.frame.style.top = part(y1, top, bottom);
    this.frame.style.width = part(x2 - x1, 0, right - left);
    this.frame.style.height = part(y2 - y1, 0, bottom - top);
    const [a, b, c, d] = this.box.map(Math.round);
    this.frame.setAttribute("aria-label", `${this.words}: left ${a}, top ${b}, right ${c}, bottom ${d} pixels`);
  }

  /** The point of a pointer in pixels of the whole picture, inside the part that is shown. */
  point({ clientX, clientY }) {
    const { left, top, width, height } = this.stage.getBoundingClientRect();
    const [x1, y1, x2, y2] = this.area;
    const inside = (share) => Math.min(1, Math.max(0, share));
    return [
      x1 + inside((clientX - left) / width) * (x2 - x1),
      y1 + inside((clientY - top) / height) * (y2 - y1),
    ];
  }

  grab(event) {
    if (event.button !== 0 || !event.isPrimary) return;
    event.preventDefault();
    this.stage.setPointerCapture(event.pointerId);
    this.frame.focus({ preventScroll: true });
    const [x, y] = this.point(event);
    this.before = this.box;
    this.from = [x, y];
    const corner = event.target.dataset.corner;
    if (corner) {
      this.moved = SIDES[corner];
      this.origin = this.box;
    } else if (event.target === this.frame) {
      this.moved = undefined;
      this.origin = this.box;
    } else {
      this.moved = SIDES.se;
      this.origin = [x, y, x, y];
    }
  }

  drag(event) {
    if (!this.before) return;
    const [x, y] = this.point(event);
    if (this.moved) {
      const corners = [...this.origin];
      const [i, j] = this.moved;
      corners[i] = x;
      corners[j] = y;
      const [x1, y1, x2, y2] = corners;
      this.box = [Math.min(x1, x2), Math.min(y1, y2), Math.max(x1, x2), Math.max(y1, y2)];
    } else {
      this.box = this.shifted(this.origin, x - this.from[0], y - this.from[1]);
    }
    this.show();
  }

  drop(event) {
    if (!this.before) return;
    const { width } = this.stage.getBoundingClientRect();
    const smallest = (SMALLEST * (this.area[2] - this.area[0])) / width;
    const [x1, y1, x2, y2] = this.box;
    if (Math.min(x2 - x1, y2 - y1) < smallest) return this.cancel();
    this.stage.releasePointerCapture?.(event.pointerId);
    this.isChanged = this.box !== this.before;
    this.before = undefined;
    this.report();
  }

  cancel() {
    if (!this.before) return;
    this.box = this.before;
    this.before = undefined;
    this.show();
  }

  /** The arrow keys move the frame; with Shift they move its right and lower side. */
  key(event) {
    const step = KEYS[event.key];
    if (!step) return;
    event.preventDefault();
    const [left, top, right, bottom] = this.area;
    const length = KEY_STEP * Math.max(right - left, bottom - top);
    const [dx, dy] = step.map((sign) => sign * length);
    const [x1, y1, x2, y2] = this.box;
    this.box = event.shiftKey
      ? [x1, y1, Math.min(right, Math.max(x1 + length, x2 + dx)), Math.min(bottom, Math.max(y1 + length, y2 + dy))]
      : this.shifted(this.box, dx, dy);
    this.isChanged = true;
    this.show();
  }

  /** A frame moved as a whole, as far as the picture goes. */
  shifted([x1, y1, x2, y2], dx, dy) {
    const [left, top, right, bottom] = this.area;
    const x = Math.min(Math.max(dx, left - x1), right - x2);
    const y = Math.min(Math.max(dy, top - y1), bottom - y2);
    return [x1 + x, y1 + y, x2 + x, y2 + y];
  }

  report() {
    if (!this.isChanged) return;
    this.isChanged = false;
    this.tell(this.box.map(Math.round));
  }
}
