// Where captions stand. Each keeps its form and its place beside the face as long as it covers no neighbour
// for a while: a caption that changes from frame to frame cannot be read.

const COVERS = 0.05; // part of a caption that lies on neighbours, from which it has to change
const FREE = 0.03; // and up to which a longer form would do
const WAIT = 600; // milliseconds for which a change has to be called for

/** Remembers the form and place of each caption. */
export class CaptionPlaces {
  constructor() {
    this.kept = new Map();
  }

  /**
   * @param {{id: any, box: number[], sizes: number[][]}[]} marks Everybody, the most important first; `sizes`
   *   are width and height of the caption in each form, the longest first. All in pixels of the picture.
   * @param {{width: number, height: number}} picture
   * @param {number} now Milliseconds.
   * @returns {{form: number, place: number[]}[]} For each mark its form and rectangle.
   */
  arrange(marks, picture, now) {
    for (const id of this.kept.keys()) if (!marks.some((mark) => mark.id === id)) this.kept.delete(id);
    const taken = [];
    return marks.map((mark) => {
      const neighbours = marks.filter((other) => other !== mark).map((other) => other.box);
      const chosen = this.choose(mark, [...neighbours, ...taken], picture, now);
      taken.push(chosen.place);
      return chosen;
    });
  }

  choose({ id, box, sizes }, hidden, picture, now) {
    const at = (form, spot) => placeAt(spot, sizes[form], box, picture);
    const wish = best(sizes, box, picture, hidden);
    const kept = this.kept.get(id);
    if (!kept || kept.form >= sizes.length) {
      this.kept.set(id, { ...wish, since: null });
      return { form: wish.form, place: at(wish.form, wish.spot) };
    }
    const covers = covered(at(kept.form, kept.spot), hidden);
    const isCalledFor = covers > COVERS || wish.form < kept.form;
    if (!isCalledFor) kept.since = null;
    else kept.since ??= now;
    if (isCalledFor && now - kept.since >= WAIT) Object.assign(kept, wish, { since: null });
    return { form: kept.form, place: at(kept.form, kept.spot) };
  }
}

/** The longest form that has a free spot, and the first such spot; else the shortest where it covers least. */
function best(sizes, box, picture, hidden) {
  for (let form = 0; form < sizes.length; form++) {
    for (let spot = 0; spot < SPOTS.length; spot++) {
      const place = placeAt(spot, sizes[form], box, picture);
      if (covered(place, hidden) <= FREE && covered(place, [box]) <= SPOTS[spot].own) return { form, spot };
    }
  }
  const form = sizes.length - 1;
  const costs = SPOTS.map((_, spot) => covered(placeAt(spot, sizes[form], box, picture), hidden));
  return { form, spot: costs.indexOf(Math.min(...costs)) };
}

// Above the face, below it, beside it, inside at the top, inside at the bottom. `own` is the part that may lie on
// the face itself (at the rim of the picture a caption is moved inwards).
const SPOTS = [
  { at: ([w, h], [x1, y1]) => [x1, y1 - h], own: 0.35 },
  { at: ([w, h], [x1, y1, x2]) => [x2 - w, y1 - h], own: 0.35 },
  { at: ([w, h], [x1, y1, x2, y2]) => [x1, y2], own: 0.35 },
  { at: ([w, h], [x1, y1, x2, y2]) => [x2 - w, y2], own: 0.35 },
  { at: ([w], [x1, y1]) => [x1 - w, y1], own: 0.35 },
  { at: (_, [x1, y1, x2]) => [x2, y1], own: 0.35 },
  { at: (_, [x1, y1]) => [x1, y1], own: 1 },
  { at: ([w, h], [x1, y1, x2, y2]) => [x1, y2 - h], own: 1 },
];

function placeAt(spot, size, box, picture) {
  const [x, y] = SPOTS[spot].at(size, box);
  const left = Math.max(0, Math.min(x, picture.width - size[0]));
  const top = Math.max(0, Math.min(y, picture.height - size[1]));
  return [left, top, left + size[0], top + size[1]];
}

/** The part of a rectangle that others cover. */
function covered(place, others) {
  const area = (place[2] - place[0]) * (place[3] - place[1]);
  return others.reduce((sum, other) => sum + shared(place, other), 0) / Math.max(area, 1);
}

function shared(a, b) {
  return (
    Math.max(0, Math.min(a[2], b[2]) - Math.max(a[0], b[0])) *
    Math.max(0, Math.min(a[3], b[3]) - Math.max(a[1], b[1]))
  );
}
