// Draws pictures and people on the canvas. Colour is never the only signal: each state has its own symbol, text
// and line.

const DIM = 0.45; // opacity of somebody who is out of sight for a moment
const PAD = 0.35; // around the letters, as a part of their height
const NARROW = 560; // CSS pixels; a picture that is shown narrower gets smaller letters

/**
 * Shows a picture, and the people over it.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasImageSource} picture Of width x height pixels.
 * @param {object[]} marks As `ShownPeople.marks` gives them.
 * @param {object} options `width`: of the picture in whose pixels the boxes are told; `mirrored`; `captions`: a
 *   `CaptionPlaces`; `now` in milliseconds.
 */
export function show(canvas, picture, marks, { width, mirrored = false, captions, now }) {
  // A small picture gets more pixels, else the lines and letters over it would be as coarse as it is.
  const onScreen = Math.min(canvas.clientWidth, (canvas.clientHeight * picture.width) / picture.height);
  const factor = Math.max(1, Math.ceil(onScreen / picture.width));
  const size = { width: factor * picture.width, height: factor * picture.height };
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
  const context = canvas.getContext("2d");
  context.setTransform(mirrored ? -1 : 1, 0, 0, 1, mirrored ? size.width : 0, 0);
  context.drawImage(picture, 0, 0, size.width, size.height);
  context.setTransform(1, 0, 0, 1, 0, 0);
  // One unit is one CSS pixel on the screen, so that text stays readable on a phone.
  const unit = onScreen ? size.width / onScreen : 1;
  const placed = marks
    .map((mark) => ({ ...mark, box: onCanvas(mark.box, size.width / width, mirrored, size.width) }))
    .sort((a, b) => a.dim - b.dim || area(b.box) - area(a.box));
  for (const mark of [...placed].reverse()) faintly(context, mark.dim, () => drawFrame(context, mark, unit));
  const letters = unit * (onScreen < NARROW ? 12 : 14);
  setFont(context, letters);
  const asked = placed.map((mark) => ({ ...mark, sizes: mark.texts.map((text) => captionSize(context, mark, text, letters)) }));
  captions.arrange(asked, size, now).forEach(({ form, place }, i) => {
    const mark = placed[i];
    faintly(context, mark.dim, () => drawCaption(context, mark, mark.texts[form], place, letters));
  });
}

function onCanvas(box, scale, mirrored, width) {
  const [x1, y1, x2, y2] = box.map((v) => v * scale);
  return mirrored ? [width - x2, y1, width - x1, y2] : [x1, y1, x2, y2];
}

function area([x1, y1, x2, y2]) {
  return (x2 - x1) * (y2 - y1);
}

function faintly(context, dim, draw) {
  context.globalAlpha = dim ? DIM : 1;
  draw();
  context.globalAlpha = 1;
}

function drawFrame(context, { box: [x1, y1, x2, y2], style }, unit) {
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

function setFont(context, letters) {
  context.font = `600 ${letters}px system-ui, sans-serif`;
  context.textBaseline = "middle";
}

// A caption is the person's number, white on dark, then the words on the colour of the state.
function captionSize(context, { number }, text, letters) {
  const widthOf = (words) => (words ? context.measureText(words).width + 2 * PAD * letters : 0);
  return [widthOf(numberText(number)) + widthOf(text), (1 + 2 * PAD) * letters];
}

function numberText(number) {
  return number === null ? "" : String(number);
}

function drawCaption(context, { number, style }, text, [left, top, right, bottom], letters) {
  const pad = PAD * letters;
  const middle = (top + bottom) / 2 + 0.04 * letters;
  const words = numberText(number);
  const split = left + (words ? context.measureText(words).width + 2 * pad : 0);
  context.fillStyle = "#101a19";
  context.fillRect(left, top, split - left, bottom - top);
  context.fillStyle = "#ffffff";
  context.fillText(words, left + pad, middle);
  if (!text) return;
  context.fillStyle = style.colour;
  context.fillRect(split, top, right - split, bottom - top);
  context.fillStyle = readableOn(style.colour);
  context.fillText(text, split + pad, middle);
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
