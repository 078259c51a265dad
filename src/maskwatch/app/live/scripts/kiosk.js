// The friendly screen at an entrance: one large sentence for whoever stands before the camera, with a drawing.

const STEADY = 700; // milliseconds for which a message has to be called for before it is shown
const TEXTS = {
  welcome: "Please wear a mask here",
  mask: "Please put on your mask",
  nose: "Please cover your nose and mouth",
  thanks: "Thank you",
};

/** What to say to these people: a key of the texts. */
export function greeting(people, counts) {
  const states = people?.filter((one) => one.certain).map((one) => one.state);
  const has = (state, key) => (states ? states.includes(state) : counts[key] > 0);
  if (has("without_mask", "unmasked")) return "mask";
  if (has("mask_worn_incorrectly", "wrong")) return "nose";
  return has("with_mask", "masked") ? "thanks" : "welcome";
}

/** Shows a new message only when it stays: keys in, the key to show out. */
export class Steady {
  constructor() {
    this.shown = "welcome";
  }

  take(key, now) {
    if (key !== this.wish) [this.wish, this.since] = [key, now];
    if (now - this.since >= STEADY) this.shown = key;
    return this.shown;
  }
}

export class Kiosk {
  /** @param {(selector: string) => HTMLElement} find Finds an element of the panel. */
  constructor(find) {
    this.box = find(".kiosk");
    this.text = find(".kiosk-text");
    this.clear();
  }

  frame(people, counts, now) {
    this.show(this.steady.take(greeting(people, counts), now));
  }

  show(key) {
    if (this.box.dataset.message === key) return;
    this.box.dataset.message = key;
    this.text.textContent = TEXTS[key];
  }

  clear() {
    this.steady = new Steady();
    this.show("welcome");
  }
}
