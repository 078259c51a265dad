// Calls for attention: by sound or voice, in the title of the tab, and by a notification while the tab is hidden.

import { brief, spoken } from "./alerts.js";

export class Attention {
  /**
   * @param {import("./sound.js").Sound} sound
   * @param {() => {sound: boolean, voice: string, notify: boolean}} settings
   */
  constructor(sound, settings) {
    this.sound = sound;
    this.settings = settings;
    this.title = null;
  }

  /** Tells of new events. */
  call(events) {
    const { sound, voice, notify } = this.settings();
    if (sound && events.length) {
      if (voice === "voice") for (const event of events) this.sound.say(spoken(event));
      else this.sound.play(); // once, however many come together: the list says who
    }
    if (!document.hidden || !notify || globalThis.Notification?.permission !== "granted") return;
    for (const event of events) {
      const note = new Notification("maskwatch", { body: event.message, tag: `${event.kind} ${event.track_id}` });
      note.onclick = () => (window.focus(), note.close());
    }
  }

  /** Puts the newest standing alert into the title of the tab; null takes it out again. */
  entitle(event) {
    if (!event) {
      if (this.title !== null) document.title = this.title;
      this.title = null;
      return;
    }
    if (!document.title.startsWith("⚠")) this.title = document.title; // the page may have set it anew
    const text = `⚠ ${brief(event)} – ${this.title}`;
    if (document.title !== text) document.title = text;
  }
}
