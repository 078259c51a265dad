// Which alerts stand: one for each event's person and zone, until it is over or somebody dismisses it. Pure.

const CALM = 2_000; // milliseconds for which somebody has to be gone, or masked, before the alert goes away
const STAYS = 60_000; // for which an alert about nobody in particular stands
const PICTURE_BACK = 2_000; // for which pictures have to come before a lost camera is no news any more

export class Alerts {
  constructor() {
    this.standing = new Map();
  }

  /** Takes an event; a reminder renews the alert, even a dismissed one. */
  add(event, now) {
    const key = [event.kind, event.track_id ?? "", event.zone].join("/");
    this.standing.delete(key); // the newest comes first
    this.standing.set(key, { key, event, at: now, calmSince: null });
  }

  /** Takes the people of a frame (null where nobody is followed, then counts tell); ends what is over. */
  frame(people, counts, now) {
    for (const alert of this.standing.values()) {
      if (!isOver(alert.event, people, counts)) alert.calmSince = null;
      else alert.calmSince ??= now;
      if (alert.calmSince !== null && now - alert.calmSince >= calmTime(alert.event)) this.standing.delete(alert.key);
    }
  }

  dismiss(key) {
    this.standing.delete(key);
  }

  clear() {
    this.standing.clear();
  }

  /** The alerts, the newest first: {key, event}. */
  get list() {
    return [...this.standing.values()].reverse();
  }
}

function isOver({ kind, track_id, state }, people, counts) {
  if (kind === "no_mask" && !people) return counts.unmasked === 0;
  if (track_id === null) return true; // about the whole picture: only time ends it
  const person = people?.find((one) => one.track_id === track_id);
  return !person || (person.certain && person.state !== state);
}

function calmTime({ kind, track_id }) {
  if (kind === "camera_lost") return PICTURE_BACK;
  return track_id === null && kind !== "no_mask" ? STAYS : CALM;
}

/** What is said to the person, or of the stream, aloud. */
export function spoken({ kind, track_id, state, message }) {
  if (track_id === null) return message;
  if (state === "without_mask") return `Person ${track_id}, please put on your mask.`;
  if (state === "mask_worn_incorrectly") return `Person ${track_id}, please cover your nose and mouth.`;
  return message;
}

/** The alert in a few words, for the title of the tab. */
export function brief({ track_id, state, message }) {
  const what = { without_mask: "no mask", mask_worn_incorrectly: "mask worn wrongly" }[state];
  return track_id === null || !what ? message : `Person ${track_id} ${what}`;
}
