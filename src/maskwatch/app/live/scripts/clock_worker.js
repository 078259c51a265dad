// The worker behind clock.js: keeps the time and says when it is over.

const timers = new Map();

onmessage = ({ data: { kind, ms, id } }) => {
  if (kind === "cancel") {
    clearTimeout(timers.get(id)); // ends intervals as well
    timers.delete(id);
  } else if (kind === "every") {
    timers.set(id, setInterval(() => postMessage(id), ms));
  } else {
    timers.set(id, setTimeout(() => (timers.delete(id), postMessage(id)), ms));
  }
};
