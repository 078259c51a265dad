// Draws pictures and faces on the canvas. Colour is never the only signal: each state has its own
// symbol, text and line.

/**
 * Shows a picture, and the faces over it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasImageSource} picture Of width x height pixels.
 * @param {object[]} faces As in the server's answer; boxes in pixels of a picture `scale` times as large.
 * @param {object} options `styles`: state, "uncertain" or "face" -> {text, symbol, colour, weight, dashed};
 *   `scale`; `mirrored`.
 */
export function show(canvas, picture, faces, { styles, scale = 1, mirrored = false }) {
  // A small picture gets more pixels, else the lines and letters over it would be as coarse as it is.
  const factor = Math.max(1, Math.ceil(canvas.clientWidth / picture.width));
  const width = factor * picture.width;
  const height = factor * picture.height;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = canvas.getContext("2d");
  context.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? width : 0, 0);
  context.drawImage(picture, 0, 0, width, height);
  context.setTransform(1, 0, 0, 1, 0, 0);
  // One unit is one CSS pixel on the screen, so that text stays readable on a phone.
  const unit = canvas.clientWidth ? width / canvas.clientWidth : 1;
  for (const face of faces) {
    let [x1, y1, x2, y2] = face.box.map((v) => (v * factor) / scale);
    if (mirrored) [x1, x2] = [width - x2, width - x1];
    drawFace(context, [x1, y1, x2, y2], face, styles, unit);
  }
}

function drawFace(context, [x1, y1, x2, y2], face, styles, unit) {
  const style = face.label === null ? styles.face : face.certain ? styles[face.label] : styles.uncertain;
  const line = 2.5 * unit * style.weight;
  context.lineJoin = "round";
  context.setLineDash(style.dashed ? [8 * unit, 8 * unit] : []);
  // A dark rim keeps light lines visible on light ground, and the other way round.
  for (const [colour, width] of [["#000000", line + 2 * unit], [style.colour, line]]) {
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.strokeRect(x1, y1, x2 - x1, y2 - y1);
  }
  context.setLineDash([]);
  drawCaption(context, captions(face, style, styles), [x1, y1, x2, y2], style.colour, unit);
}

// Above the face, or below it where there is no room above; always inside the picture. In a crowd long
// captions would hide the neighbours: a small face gets a shorter one.
function drawCaption(context, texts, [x1, y1, x2, y2], colour, unit) {
  const size = 14 * unit;
  const pad = 5 * unit;
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  const widthOf = (text) => context.measureText(text).width + 2 * pad;
  const text = texts.find((candidate) => widthOf(candidate) <= 1.7 * (x2 - x1)) ?? texts.at(-1);
  const width = widthOf(text);
  const height = size + 2 * pad;
  const left = Math.max(0, Math.min(x1 - unit, context.canvas.width - width));
  const top = y1 - height >= 0 ? y1 - height : Math.min(y2, context.canvas.height - height);
  context.fillStyle = colour;
  context.fillRect(left, top, width, height);
  context.fillStyle = readableOn(colour);
  context.fillText(text, left + pad, top + height / 2);
}

/** What may stand at a face, the longest first. */
function captions(face, style, styles) {
  if (face.label === null) return [`${style.text} ${percent(face.score)}`, percent(face.score)];
  const share = percent(face.probabilities[face.label]);
  const words = face.certain ? style.text : `${styles[face.label].text}?`;
  return [`${style.symbol} ${words} ${share}`, `${style.symbol} ${words}`, `${style.symbol} ${share}`, style.symbol];
}

function percent(part) {
  return `${Math.round(100 * part)} %`;
}

/** Black or white, whichever reads better on a `#rrggbb` colour (WCAG relative luminance). */
export function readableOn(colour) {
  const [r, g, b] = [1, 3, 5].map((i) => (parseInt(colour.slice(i, i + 2), 16) / 255) ** 2.2);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179 ? "#000000" : "#ffffff";
}

/** An empty stage. */
export function clear(canvas) {
  canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
}
