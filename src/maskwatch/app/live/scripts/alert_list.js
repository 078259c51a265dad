// The alerts over the picture: each names its person and is dismissed by itself.

// More would hide the picture.
const SHOWN = 2;
const SHOWN_ON_PHONES = 1;
const PHONE = "(max-width: 899px)"; // as in style.css

const SIGN =
  '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 2 1 21h22z" /><path class="ink" d="M11 9h2v6h-2zm0 7.5h2v2h-2z" /></svg>';

export class AlertList {
  /**
   * @param {HTMLElement} element The list.
   * @param {(key: string) => void} dismiss Called with the key of a dismissed alert.
   */
  constructor(element, dismiss) {
    this.element = element;
    this.dismiss = dismiss;
    this.rows = new Map();
    this.more = Object.assign(document.createElement("li"), { className: "more", hidden: true });
    element.append(this.more);
  }

  /** @param {{key: string, event: object}[]} alerts The newest first. */
  show(alerts) {
    const most = matchMedia(PHONE).matches ? SHOWN_ON_PHONES : SHOWN;
    const shown = alerts.slice(0, most);
    for (const [key, row] of this.rows) {
      if (shown.some((alert) => alert.key === key && alert.event === row.event)) continue;
      row.item.remove();
      this.rows.delete(key);
    }
    // Added from the oldest to the newest, each in front: rows that stay are not touched, nor read out again.
    for (const alert of [...shown].reverse()) if (!this.rows.has(alert.key)) this.addRow(alert);
    const rest = alerts.slice(most);
    this.more.hidden = !rest.length;
    const text = rest.length ? `and ${rest.length} more: ${rest.map(({ event }) => nameOf(event)).join(", ")}` : "";
    if (this.more.textContent !== text) this.more.textContent = text;
  }

  addRow({ key, event }) {
    const item = document.createElement("li");
    item.className = "banner";
    item.innerHTML = SIGN;
    const text = Object.assign(document.createElement("span"), { className: "banner-text", textContent: event.message });
    text.setAttribute("role", "alert");
    const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: "Dismiss" });
    button.setAttribute("aria-description", nameOf(event));
    button.onclick = () => this.dismiss(key);
    item.append(text, button);
    this.element.prepend(item);
    this.rows.set(key, { item, event });
  }
}

function nameOf({ track_id, zone, kind }) {
  if (track_id !== null) return `person ${track_id}`;
  return zone || kind.replaceAll("_", " ");
}
