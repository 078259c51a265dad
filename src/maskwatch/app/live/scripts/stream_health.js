// Tells when pictures stop coming, for how long, and what was missed while the tab was hidden. Pure.

const LOST_AFTER = 2_000; // milliseconds
const SLOW = 3; // a slow server is not lost before so many times its usual pace
const MISSED = 3_000; // milliseconds without a picture in a hidden tab that are worth telling

export class StreamHealth {
  constructor() {
    this.last = null;
    this.pace = 0; // usual milliseconds between two pictures
    this.missed = 0; // milliseconds without pictures while the tab was hidden
  }

  /** Takes the time of a picture in milliseconds, and whether the tab is hidden. */
  picture(now, isHidden) {
    if (this.last !== null) {
      const gap = now - this.last;
      if (isHidden && gap > MISSED) this.missed += gap;
      this.pace += 0.1 * (Math.min(gap, 10_000) - this.pace);
    }
    this.last = now;
  }

  /** Seconds for which the stream is lost; 0 while pictures come, and before the first. */
  lostFor(now) {
    if (this.last === null) return 0;
    const gap = now - this.last;
    return gap > Math.max(LOST_AFTER, SLOW * this.pace) ? gap / 1000 : 0;
  }

  /** Seconds that were missed while the tab was hidden; to be asked once, when it is shown again. */
  missedSeconds(now) {
    const gap = this.last === null ? 0 : now - this.last;
    const missed = this.missed + (gap > MISSED ? gap : 0);
    this.missed = 0;
    return missed / 1000;
  }
}
