// Comes back by itself: tries a source again that failed, and loads a page anew that the server does not know.

import { after, cancel } from "./clock.js";

const AGAIN = 5_000; // milliseconds
const NOT_TWICE_WITHIN = 30_000;
const RELOADED = "maskwatch.reloaded";

export class Comeback {
  /** Calls `start` in a few seconds; returns what to tell of it. */
  later(start) {
    this.cancel();
    this.timer = after(AGAIN, start);
    return `Trying again every ${AGAIN / 1000} s.`;
  }

  cancel() {
    cancel(this.timer);
  }
}

/** Loads the page anew; false if that was done a moment ago and cannot help. */
export function reloadOnce() {
  try {
    const last = Number(sessionStorage.getItem(RELOADED));
    if (Date.now() - last < NOT_TWICE_WITHIN) return false;
    sessionStorage.setItem(RELOADED, String(Date.now()));
  } catch {
    return false; // without a memory it might go on for ever
  }
  location.reload();
  return true;
}
