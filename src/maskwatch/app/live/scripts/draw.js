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
  const marks = [...faces].sort((a, b) => b.score - a.score).map((face) => {
    let [x1, y1, x2, y2] = face.box.map((v) => (v * factor) / scale);
    if (mirrored) [x1, x2] = [width - x2, width - x1];
    const style = face.label === null ? styles.face : face.certain ? styles[face.label] : styles.uncertain;
    return { face, style, box: [x1, y1, x2, y2] };
  });
  for (const { box, style } of [...marks].reverse()) drawFrame(context, box, style, unit);
  const taken = [];
  for (const { face, style, box } of marks) {
    const others = marks.map((mark) => mark.box).filter((other) => other !== box);
    taken.push(drawCaption(context, captions(face, style, styles), box, style.colour, unit, others, taken));
  }
}

function drawFrame(context, [x1, y1, x2, y2], style, unit) {
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
}

// Draws the longest caption that is not too wide for the face, and returns its rectangle. In a crowd long
// captions would hide the neighbours: a small face gets a shorter one.
function drawCaption(context, texts, box, colour, unit, others, taken) {
  const size = 14 * unit;
  const pad = 5 * unit;
  context.font = `600 ${size}px system-ui, sans-serif`;
  context.textBaseline = "middle";
  const widthOf = (text) => context.measureText(text).width + 2 * pad;
  const text = texts.find((candidate) => widthOf(candidate) <= 1.7 * (box[2] - box[0])) ?? texts.at(-1);
  const place = captionPlace([widthOf(text), size + 2 * pad], box, context.canvas, [...others, ...taken]);
  const [left, top, right, bottom] = place;
  context.fillStyle = colour;
  context.fillRect(left, top, right - left, bottom - top);
  context.fillStyle = readableOn(colour);
  context.fillText(text, left + pad, (top + bottom) / 2);
  return place;
}

/**
 * Where a caption hides least of other faces and captions, as in maskwatch/captions.py: above the face, below,
 * inside at the top, inside at the bottom, or beside it; always inside the picture.
 */
export function captionPlace([width, height], box, picture, hidden) {
  const [x1, y1, x2, y2] = box;
  const corners = [y1 - height, y2, y1, y2 - height]
    .flatMap((top) => [x1, x2 - width, (x1 + x2 - width) / 2].map((left) => [left, top]));
  corners.push([x1 - width, y1], [x2, y1]);
  const shared = (a, b) =>
    Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) *
    Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]));
  let best = null;
  let least = Infinity;
  for (const corner of corners) {
    const left = Math.max(0, Math.min(corner[0], picture.width - width));
    const top = Math.max(0, Math.min(corner[1], picture.height - height));
    const place = [left, top, left + width, top + height];
    const cost = hidden.reduce((sum, other) => sum + shared(place, other), 0.5 * shared(place, box));
    if (cost < least) [best, least] = [place, cost];
  }
  return best;
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
