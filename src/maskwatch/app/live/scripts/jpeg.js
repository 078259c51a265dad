// Makes JPEGs in a worker: on the page itself browsers put that off until nothing else is to be done, which in a
// hidden tab takes a second.

const worker = globalThis.OffscreenCanvas && new Worker(new URL("./jpeg_worker.js", import.meta.url));
const waiting = new Map();
let last = 0;

if (worker) {
  worker.onmessage = ({ data: { id, jpeg } }) => {
    waiting.get(id)?.(jpeg);
    waiting.delete(id);
  };
}

/** A canvas for `encode`. */
export function makeCanvas() {
  return worker ? new OffscreenCanvas(1, 1) : document.createElement("canvas");
}

/**
 * What is drawn on a canvas of `makeCanvas`, as a JPEG; the canvas may be empty afterwards.
 *
 * @returns {Promise<Blob | null>} null if there is nothing to encode.
 */
export function encode(canvas, quality) {
  if (!worker) return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
  const picture = canvas.transferToImageBitmap();
  const id = ++last;
  return new Promise((resolve) => {
    waiting.set(id, resolve);
    worker.postMessage({ id, picture, quality }, [picture]);
  });
}
