// What is shown of the people in a frame: words, confidence, and who is only remembered.

const DIM_AFTER = 0.3; // seconds out of sight
const STEADY = 1_000; // milliseconds for which a shown confidence stays: a number that flickers cannot be read

/** Keeps what is shown of each person from frame to frame. */
export class ShownPeople {
  constructor() {
    this.shown = new Map();
  }

  /**
   * @param {object} message The server's answer. Where nobody is followed (`people` is null), its faces are shown.
   * @param {object} styles State, "uncertain" or "face" -> {text, symbol, colour, weight, dashed}.
   * @param {number} now Milliseconds.
   * @returns {object[]} Marks, the largest box last: {id, number, box, style, texts, dim, state, certain}; `texts`
   *   are captions, the longest first.
   */
  marks(message, styles, now) {
    if (!message.people) return message.faces.map((face, i) => faceMark(face, i, styles));
    const present = new Map(message.people.map((person) => [person.track_id, person]));
    for (const id of this.shown.keys()) if (!present.has(id)) this.shown.delete(id);
    return message.people.map((person) => ({
      id: person.track_id,
      number: person.track_id,
      box: person.box,
      style: styleOf(person.state, person.certain, person.probabilities === null, styles),
      texts: captionsOf(person, this.confidence(person, now), styles),
      dim: !person.seen && message.t - person.last_seen > DIM_AFTER,
      state: person.state,
      certain: person.certain,
    }));
  }

  /** The confidence that is shown of a person: as it was for a second, unless the state changes. */
  confidence({ track_id, state, certain, confidence }, now) {
    const before = this.shown.get(track_id);
    const kept = before && before.state === state && before.certain === certain;
    if (kept && now - before.at < STEADY) {
      before.recent += 0.2 * (confidence - before.recent);
      return before.value;
    }
    const value = kept ? before.recent : confidence;
    this.shown.set(track_id, { state, certain, value, recent: confidence, at: now });
    return value;
  }
}

function styleOf(state, certain, isUnclassified, styles) {
  if (isUnclassified) return styles.face;
  return certain && state ? styles[state] : styles.uncertain;
}

function captionsOf({ state, certain, probabilities }, confidence, styles) {
  if (probabilities === null) return [styles.face.text, ""];
  if (!state) return [`${styles.uncertain.symbol} ${styles.uncertain.text}`, styles.uncertain.symbol];
  const { symbol } = certain ? styles[state] : styles.uncertain;
  const words = certain ? styles[state].text : `${styles[state].text}?`;
  const share = percent(confidence);
  return [`${symbol} ${words} ${share}`, `${symbol} ${share}`, symbol];
}

// Where an engine of the user's own cannot be followed, each face stands for itself.
function faceMark(face, i, styles) {
  const state = face.label;
  const share = percent(state === null ? face.score : face.probabilities[state]);
  const certain = face.certain && state !== null;
  const texts =
    state === null
      ? [`${styles.face.text} ${share}`, share]
      : captionsOf({ ...face, state, certain }, face.probabilities[state], styles);
  const style = styleOf(state, certain, state === null, styles);
  return { id: `face ${i}`, number: null, box: face.box, style, texts, dim: false, state, certain };
}

function percent(part) {
  return `${Math.round(100 * part)} %`;
}
