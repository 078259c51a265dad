// The visible side of an alert. It stays until everybody is masked again or somebody dismisses it.

const CALM = 2_000; // milliseconds without an unmasked face before it goes away

export class Banner {
  constructor(find) {
    this.element = find(".banner");
    this.text = find(".banner-text");
    find(".dismiss").onclick = () => this.hide();
    this.hide();
  }

  show(message) {
    this.element.hidden = false;
    this.text.textContent = message;
    this.lastUnmasked = performance.now();
  }

  /** Takes the counts of each frame. */
  frame(counts) {
    if (this.element.hidden) return;
    const now = performance.now();
    if (counts.unmasked > 0) this.lastUnmasked = now;
    else if (now - this.lastUnmasked > CALM) this.hide();
  }

  hide() {
    this.element.hidden = true;
    this.text.textContent = "";
  }
}
