// What the browser keeps: settings for good, and for this tab whether a source was running. Nothing secret.

const SETTINGS = "maskwatch.live";
const RUNNING = "maskwatch.running";
const ZONES = "maskwatch.zones";

/** The kept settings, over these defaults. */
export function recall(defaults) {
  return { ...defaults, ...read(localStorage, SETTINGS) };
}

/** Keeps the settings. */
export function remember(settings) {
  write(localStorage, SETTINGS, settings);
}

/** Keeps what runs in this tab, as {source, key}; null for nothing. It outlives a reload, but not the tab. */
export function setRunning(running) {
  write(sessionStorage, RUNNING, running);
}

/** What ran in this tab before the page was loaded again, or null. */
export function wasRunning() {
  return read(sessionStorage, RUNNING);
}

/** The zones that were drawn for a source, or null. */
export function keptZones(source) {
  return read(localStorage, ZONES)?.[source] ?? null;
}

/** Keeps the zones of a source. */
export function keepZones(source, list) {
  write(localStorage, ZONES, { ...read(localStorage, ZONES), [source]: list });
}

function read(storage, name) {
  try {
    return JSON.parse(storage.getItem(name));
  } catch {
    return null; // switched off, or nothing usable: the defaults stand
  }
}

function write(storage, name, value) {
  try {
    storage.setItem(name, JSON.stringify(value));
  } catch {
    // Storage switched off: what was set lasts until the page is closed.
  }
}
