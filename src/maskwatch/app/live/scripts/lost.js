// The greyed picture of a lost stream, with the time since.

export class LostSign {
  /** @param {(selector: string) => HTMLElement} find Finds an element of the panel. */
  constructor(find) {
    this.section = find(".live");
    this.box = find(".lost");
    this.time = find(".lost-time");
    this.reason = find(".lost-reason");
  }

  /** @param {number} seconds 0 takes the sign away. @param {string} reason One line, or empty. */
  show(seconds, reason) {
    this.box.hidden = !seconds;
    this.section.classList.toggle("is-lost", seconds > 0);
    if (!seconds) return;
    const time = `No picture since ${Math.floor(seconds)} s`;
    if (this.time.textContent !== time) this.time.textContent = time;
    if (this.reason.textContent !== reason) this.reason.textContent = reason;
  }
}
