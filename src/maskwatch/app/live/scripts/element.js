// The live element: holds the controls together and runs one source at a time.

import { Banner } from "./banner.js";
import { advice } from "./camera.js";
import { CameraRun } from "./camera_run.js";
import { Readout } from "./readout.js";
import { Sound } from "./sound.js";
import { ViewRun } from "./view_run.js";

const MEMORY = "maskwatch.live"; // sound and mirror settings, kept in the browser

const panels = new WeakMap();

/** Called at each run of the page with new data: makes the panel once, then only tells it. */
export function update({ parentElement, data, setTriggerValue }) {
  if (!panels.has(parentElement)) panels.set(parentElement, new Panel(parentElement));
  panels.get(parentElement).configure(data, (request) => setTriggerValue(request, true));
  return () => {
    panels.get(parentElement)?.close();
    panels.delete(parentElement);
  };
}

class Panel {
  constructor(root) {
    const find = (selector) => root.querySelector(selector);
    this.find = find;
    this.section = find(".live");
    this.canvas = find(".picture");
    this.feed = find(".feed");
    this.sound = new Sound();
    this.banner = new Banner(find);
    this.readout = new Readout(find);
    this.recall();

    find(".start").onclick = () => this.startClicked();
    find(".demo").onclick = () => (this.ask("demo"), this.start("demo"));
    find(".stop").onclick = () => this.stop();
    find(".cameras").onchange = ({ target }) => this.start("camera", target.value);
    find(".test-sound").onclick = () => (this.sound.unlock(), this.sound.play());
    for (const selector of [".mirror", ".sound-on", ".volume"]) find(selector).oninput = () => this.remember();

    this.onVisibility = () => (document.hidden ? this.pause() : this.resume());
    this.onLeave = () => this.stop();
    document.addEventListener("visibilitychange", this.onVisibility);
    window.addEventListener("pagehide", this.onLeave);
  }

  /**
   * Takes what the page says.
   *
   * @param {object} data Token, paths, styles, source and texts.
   * @param {(request: string) => void} ask Asks the page for a new run: "renew" for a new token, "start" for the
   *   source that was just typed, "demo" to choose the demo.
   */
  configure(data, ask) {
    const isDemo = this.run && this.started[0] === "demo" && data.source_key === data.demo_key;
    if (isDemo) this.started = ["chosen", ""]; // the page now says, too, what is shown
    const changed =
      this.data && !isDemo && (this.data.source !== data.source || this.data.source_key !== data.source_key);
    const isRenewed = this.data && this.data.token !== data.token;
    const isRequested = this.isStarting && data.start_request !== this.data.start_request;
    this.data = data;
    this.ask = ask;
    this.readout.setTiles(data.tiles);
    if (changed) this.stop();
    else if (isRenewed) this.run?.link?.tryNow();
    if (!this.run && (changed || isRequested || !this.trouble)) this.showLead(data.lead);
    // Before this nobody would hear a click.
    for (const selector of [".start", ".demo", "fieldset.sound"]) this.find(selector).disabled = false;
    this.find(".privacy").textContent = data.privacy;
    this.find(".demo-offer").hidden = data.source !== "camera" || !data.demo;
    if (!isRequested) return;
    this.isStarting = false;
    if (data.source_key) this.start("chosen");
    else this.showLead(`Enter ${data.typed} above, then press Start.`, true);
  }

  renew() {
    this.ask("renew");
  }

  /** A typed address may still be on its way to the server: the page has to run before it can be watched. */
  startClicked() {
    if (!this.data.typed) return this.start(this.data.source);
    this.sound.unlock();
    this.isStarting = true;
    this.ask("start");
  }

  get mirrored() {
    return this.find(".mirror").checked;
  }

  /** Starts a source: "camera", "demo" or "chosen". Called from a click, so sound may be unlocked. */
  async start(source, deviceId = "") {
    this.sound.unlock();
    this.stop();
    const run = source === "camera" ? new CameraRun(this, deviceId) : new ViewRun(this, source);
    this.run = run;
    this.started = [source, deviceId];
    this.setState("running");
    this.badge(source === "demo" ? "Demo" : this.data.badge);
    this.find(".mirror-option").hidden = source !== "camera";
    this.say(source === "camera" ? "Waiting for the camera …" : "Opening the source …");
    this.find(".stop").focus({ preventScroll: true });
    try {
      await run.start();
    } catch (error) {
      if (this.run === run) this.fail(advice(error));
    }
  }

  /** Back to the first screen; the source is free. */
  stop() {
    if (!this.run) return;
    this.run.stop();
    this.run = undefined;
    this.setState("idle");
    this.badge("");
    this.say("");
    this.showLead(this.data.lead);
    this.banner.hide();
    this.readout.clear();
    delete this.canvas.dataset.faces;
    this.find(".start").focus({ preventScroll: true });
  }

  /** Stops and says why. */
  fail(text) {
    this.stop();
    this.showLead(text, true);
  }

  // A hidden tab shows nobody anything: the camera goes off, and on again when the tab comes back.
  pause() {
    if (!this.run) return;
    this.paused = this.started;
    this.stop();
  }

  resume() {
    const paused = this.paused;
    this.paused = undefined;
    if (paused && !this.run) this.start(...paused);
  }

  /** Takes the numbers and events of a frame that was just drawn. */
  shown(message, latency) {
    this.canvas.dataset.faces = JSON.stringify(message.faces);
    this.readout.frame(message.counts, latency);
    this.banner.frame(message.counts);
    for (const event of message.events) {
      this.banner.show(event.message);
      this.sound.alert();
    }
  }

  /** One line over the picture; empty for none. */
  say(text) {
    const status = this.find(".status");
    if (status.textContent === text) return;
    status.textContent = text;
    status.hidden = !text;
  }

  /** What is shown, in the corner of the picture; empty for none. */
  badge(text) {
    const badge = this.find(".badge");
    badge.textContent = text;
    badge.hidden = !text;
  }

  showLead(text, isTrouble = false) {
    this.trouble = isTrouble;
    const lead = this.find(".lead");
    lead.textContent = text;
    lead.classList.toggle("trouble", isTrouble);
    lead.setAttribute("role", isTrouble ? "alert" : "note");
  }

  setState(state) {
    this.section.dataset.state = state;
    const running = state === "running";
    this.find(".cover").hidden = running;
    this.find(".stop").hidden = !running;
    this.find(".speed").hidden = !running;
    if (!running) this.find(".chooser").hidden = this.find(".mirror-option").hidden = true;
  }

  setCameras(cameras, current) {
    const options = cameras.map(({ id, name }) => new Option(name, id, false, id === current));
    this.find(".cameras").replaceChildren(...options);
    this.find(".chooser").hidden = cameras.length < 2;
  }

  remember() {
    const kept = {
      mirror: this.mirrored,
      sound: this.find(".sound-on").checked,
      volume: Number(this.find(".volume").value),
    };
    this.apply(kept);
    try {
      localStorage.setItem(MEMORY, JSON.stringify(kept));
    } catch {
      // Storage switched off: the settings last until the page is closed.
    }
  }

  recall() {
    let kept = {};
    try {
      kept = JSON.parse(localStorage.getItem(MEMORY)) ?? {};
    } catch {
      // Nothing usable kept: the defaults of the page stand.
    }
    this.apply({ mirror: false, sound: true, volume: 60, ...kept });
  }

  apply({ mirror, sound, volume }) {
    this.find(".mirror").checked = mirror;
    this.find(".sound-on").checked = sound;
    this.find(".volume").value = volume;
    this.find(".volume").disabled = !sound;
    this.sound.on = sound;
    this.sound.volume = volume / 100;
  }

  close() {
    this.stop();
    this.sound.close();
    document.removeEventListener("visibilitychange", this.onVisibility);
    window.removeEventListener("pagehide", this.onLeave);
  }
}
