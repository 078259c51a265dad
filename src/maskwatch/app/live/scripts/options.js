// The controls below the picture: sound, volume, voice, notifications, mirror and camera. Kept in the browser.

import { recall, remember } from "./memory.js";

const DEFAULTS = { mirror: false, sound: true, volume: 60, voice: "tone", notify: false, camera: "" };

export class Options {
  /**
   * @param {(selector: string) => HTMLElement} find Finds an element of the panel.
   * @param {import("./sound.js").Sound} sound
   */
  constructor(find, sound) {
    this.find = find;
    this.sound = sound;
    this.values = recall(DEFAULTS);
    this.show();
    const keep = (name, read) => ({ target }) => this.set({ [name]: read(target) });
    find(".mirror").oninput = keep("mirror", (box) => box.checked);
    find(".sound-on").oninput = keep("sound", (box) => box.checked);
    find(".volume").oninput = keep("volume", (slider) => Number(slider.value));
    find(".voice").oninput = keep("voice", (list) => list.value);
    find(".test-sound").onclick = () => this.test();
    find(".notify").onclick = () => this.askToNotify();
  }

  set(changes) {
    Object.assign(this.values, changes);
    this.show();
    remember(this.values);
  }

  show() {
    const { mirror, sound, volume, voice, notify } = this.values;
    this.find(".mirror").checked = mirror;
    this.find(".sound-on").checked = sound;
    this.find(".volume").value = volume;
    this.find(".volume").disabled = this.find(".voice").disabled = !sound;
    this.find(".voice").value = voice;
    this.sound.volume = volume / 100;
    const button = this.find(".notify");
    const state = globalThis.Notification?.permission ?? "denied";
    const isOn = notify && state === "granted";
    button.textContent = isOn ? "Notifications are on" : "Notify me in other tabs";
    button.setAttribute("aria-pressed", String(isOn));
    button.disabled = state === "denied";
    button.title = state === "denied" ? "This browser does not allow notifications from this page" : "";
  }

  test() {
    this.sound.unlock();
    if (this.values.voice === "voice") this.sound.say("Person 3, please put on your mask.");
    else this.sound.play();
  }

  async askToNotify() {
    const isOn = this.values.notify && Notification.permission === "granted";
    if (!isOn) await Notification.requestPermission();
    this.set({ notify: !isOn && Notification.permission === "granted" });
  }

  /** Fills the list of cameras; there is none to choose where there is only one. */
  setCameras(cameras, current) {
    const options = cameras.map(({ id, name }) => new Option(name, id, false, id === current));
    this.find(".cameras").replaceChildren(...options);
    this.find(".chooser").hidden = cameras.length < 2;
  }
}
