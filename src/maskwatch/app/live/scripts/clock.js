// Timers that go on in a hidden tab: they run in a worker, which browsers do not slow down as they do pages.

const worker = new Worker(new URL("./clock_worker.js", import.meta.url));
const calls = new Map();
let last = 0;

worker.onmessage = ({ data }) => {
  const call = calls.get(data);
  if (call && !call.repeats) calls.delete(data);
  call?.run();
};

function ask(kind, ms, run) {
  const id = ++last;
  calls.set(id, { run, repeats: kind === "every" });
  worker.postMessage({ kind, ms, id });
  return id;
}

/** Runs something once, after so many milliseconds; returns a number for `cancel`. */
export const after = (ms, run) => ask("after", ms, run);

/** Runs something again and again; returns a number for `cancel`. */
export const every = (ms, run) => ask("every", ms, run);

/** Ends what `after` or `every` began; other values are left alone. */
export function cancel(id) {
  if (calls.delete(id)) worker.postMessage({ kind: "cancel", id });
}
