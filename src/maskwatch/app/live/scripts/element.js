// The live element: holds the parts together and runs one source at a time.

import { AlertList } from "./alert_list.js";
import { Alerts } from "./alerts.js";
import { Attention } from "./attention.js";
import { advice } from "./camera.js";
import { CameraRun } from "./camera_run.js";
import { CaptionPlaces } from "./captions.js";
import { Chart } from "./chart.js";
import { after, cancel, every } from "./clock.js";
import { Comeback, reloadOnce } from "./comeback.js";
import { show } from "./draw.js";
import { fit } from "./fit.js";
import { Kiosk } from "./kiosk.js";
import { LostSign } from "./lost.js";
import { keepZones, keptZones, setRunning, wasRunning } from "./memory.js";
import { Options } from "./options.js";
import { ShownPeople } from "./people.js";
import { Readout } from "./readout.js";
import { Sound } from "./sound.js";
import { Speed } from "./speed.js";
import { StreamHealth } from "./stream_health.js";
import { ViewRun } from "./view_run.js";
import { ZoneCounts } from "./zone_counts.js";
import { ZoneEditor } from "./zone_editor.js";

const TICK = 250; // milliseconds
const NOTE_STAYS = 12_000;

const panels = new WeakMap();

/** Called at each run of the page with new data: makes the panel once, then only tells it. */
export function update({ parentElement, data, setTriggerValue }) {
  if (!panels.has(parentElement)) panels.set(parentElement, new Panel(parentElement));
  const panel = panels.get(parentElement);
  const run = (panel.updates = (panel.updates ?? 0) + 1);
  panel.configure(data, (request, value = true) => setTriggerValue(request, value));
  return () => {
    // Streamlit also calls this for a run that a newer one has overtaken; that one needs the panel.
    if (panel.updates !== run) return;
    panel.close();
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
    this.options = new Options(find, this.sound);
    this.attention = new Attention(this.sound, () => this.options.values);
    this.alerts = new Alerts();
    this.alertList = new AlertList(find(".alerts"), (key) => (this.alerts.dismiss(key), this.showAlerts()));
    this.readout = new Readout(find);
    this.speed = new Speed(find);
    this.chart = new Chart(find);
    this.lostSign = new LostSign(find);
    this.kiosk = new Kiosk(find);
    this.zoneCounts = new ZoneCounts(find);
    this.zoneEditor = new ZoneEditor(
      find,
      (list) => this.saveZones(list),
      async (file) => this.ask("zone_file", { name: file.name, text: await file.text() }),
    );
    this.comeback = new Comeback();

    find(".start").onclick = () => this.startClicked();
    find(".demo").onclick = () => (this.ask("demo"), this.start("demo"));
    find(".stop").onclick = () => this.stop();
    find(".cameras").onchange = ({ target }) => this.start("camera", target.value);

    this.onVisibility = () => document.hidden || this.returned();
    this.onLeave = () => this.leave();
    this.onGesture = () => this.run && this.sound.unlock();
    find(".unmute").onclick = this.onGesture;
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, this.onGesture);
    document.addEventListener("visibilitychange", this.onVisibility);
    window.addEventListener("pagehide", this.onLeave);
    this.endFit = fit(this.section);
    this.ticking = every(TICK, () => this.tick());
  }

  /**
   * Takes what the page says.
   *
   * @param {object} data Token, paths, styles, source and texts.
   * @param {(request: string, value?: any) => void} ask Asks the page for a new run: "renew" for a new token,
   *   "start" for the source that was just typed, "demo" to choose the demo, "zones" to use these zones,
   *   "zone_file" to read a file of zones.
   */
  configure(data, ask) {
    const isFirst = !this.data;
    const isDemo = this.run && this.started[0] === "demo" && data.source_key === data.demo_key;
    if (isDemo) this.nowRuns("chosen", data.source_key); // the page now says, too, what is shown
    const changed =
      this.data && !isDemo && (this.data.source !== data.source || this.data.source_key !== data.source_key);
    const isRenewed = this.data && this.data.token !== data.token;
    const isRequested = this.isStarting && data.start_request !== this.data.start_request;
    this.data = data;
    this.ask = ask;
    this.readout.setTiles(data.tiles);
    this.chart.setStates(data.tiles);
    this.section.classList.toggle("is-kiosk", data.kiosk);
    if (changed) this.stop();
    else if (isRenewed) this.run?.link?.tryNow();
    if (!this.run && (changed || isRequested || !this.trouble)) this.showLead(data.lead);
    // Before this nobody would hear a click.
    for (const selector of [".start", ".demo", ".options"]) this.find(selector).disabled = false;
    this.find(".privacy").textContent = data.privacy;
    this.find(".demo-offer").hidden = data.source !== "camera" || !data.demo;
    this.configureZones(data);
    if (isFirst) this.resume();
    if (!isRequested) return;
    this.isStarting = false;
    if (data.source_key) this.start("chosen");
    else this.showLead(`Enter ${data.typed} above, then press Start.`, true);
  }

  /** Shows the zones that the server uses; those that were drawn for this source before are sent to it first. */
  configureZones({ zones, zone_error, zones_toml, zones_key }) {
    const isOther = this.zonesOf !== zones_key;
    this.zonesOf = zones_key;
    const kept = isOther && keptZones(zones_key);
    if (kept && JSON.stringify(kept) !== JSON.stringify(zones)) this.ask("zones", kept);
    else if (!isOther && !zone_error && JSON.stringify(zones) !== this.zonesShown) keepZones(zones_key, zones);
    this.zonesShown = JSON.stringify(zones);
    this.zoneEditor.configure(zones, zone_error, zones_toml, zones_key);
    this.zoneCounts.configure(zones);
  }

  saveZones(list) {
    this.ask("zones", list);
  }

  /** A typed address may still be on its way to the server: the page has to run before it can be watched. */
  startClicked() {
    if (!this.data.typed) return this.start(this.data.source);
    this.sound.unlock();
    this.isStarting = true;
    this.ask("start");
  }

  /** Goes on with what was running before the page was loaded again, or with what the address says. */
  resume() {
    const was = wasRunning();
    if (this.data.start) this.start(this.data.source);
    else if (was && was.source === this.data.source && was.key === this.data.source_key) this.start(this.data.source);
    else setRunning(null);
  }

  /** Starts a source: "camera", "demo" or "chosen". Called from a click, sound is unlocked by it. */
  async start(source, deviceId = this.options.values.camera) {
    this.sound.unlock();
    this.comeback.cancel();
    this.stop();
    const run = source === "camera" ? new CameraRun(this, deviceId) : new ViewRun(this, source);
    this.run = run;
    if (source === "camera") this.options.set({ camera: deviceId });
    this.nowRuns(source, source === "demo" ? this.data.demo_key : this.data.source_key);
    this.people = new ShownPeople();
    this.captions = new CaptionPlaces();
    this.health = new StreamHealth();
    this.setState("running");
    this.badge(source === "demo" ? "Demo" : this.data.badge);
    this.say(source === "camera" ? "Waiting for the camera …" : "Opening the source …");
    this.find(".stop").focus({ preventScroll: true });
    try {
      await run.start();
    } catch (error) {
      if (this.run === run) this.failed(error, source, deviceId);
    }
  }

  failed(error, source, deviceId) {
    if (error.name !== "OverconstrainedError" || !deviceId) return this.fail(advice(error));
    this.start(source, ""); // the camera of last time is not there: any other
  }

  nowRuns(source, key) {
    this.started = [source, key];
    setRunning({ source: source === "demo" ? "chosen" : source, key });
  }

  /** Back to the first screen; the source is free. */
  stop() {
    this.comeback.cancel();
    if (!this.run) return;
    this.end();
    setRunning(null);
    this.find(".start").focus({ preventScroll: true });
  }

  end() {
    this.run.stop();
    this.run = undefined;
    this.setState("idle");
    this.badge("");
    this.say("");
    this.lostSign.show(0, "");
    this.showLead(this.data.lead);
    this.alerts.clear();
    this.showAlerts();
    this.readout.clear();
    this.speed.clear();
    this.chart.clear();
    this.kiosk.clear();
    this.find(".unmute").hidden = true;
    delete this.canvas.dataset.faces;
    delete this.canvas.dataset.people;
  }

  /** Stops and says why; a kiosk tries again. */
  fail(text) {
    this.stop();
    const more = this.data.kiosk ? ` ${this.comeback.later(() => this.start(this.data.source))}` : "";
    this.showLead(text + more, true);
  }

  /** The server turns the page away for good: loaded anew, it goes on where it was. */
  refused(text) {
    if (!reloadOnce()) this.fail(text);
  }

  /** Takes a picture and what was found in it: shows both, the numbers, and what happened. */
  frame(picture, message, { latency, index, mirrored = false }) {
    const now = performance.now();
    this.health.picture(now, document.hidden);
    if (!document.hidden) {
      const marks = this.people.marks(message, this.data.styles, now);
      show(this.canvas, picture, marks, { width: message.width, mirrored, captions: this.captions, now });
    }
    this.canvas.dataset.faces = JSON.stringify(message.faces);
    this.canvas.dataset.people = JSON.stringify(message.people);
    if (!this.isNote) this.say("");
    this.lostSign.show(0, "");
    this.isLost = false;
    this.readout.frame(message.counts, message.people_counts, now);
    this.speed.frame(latency, index, now);
    this.chart.frame(message.counts, now);
    this.zoneEditor.frame(message.people_counts, mirrored);
    this.zoneCounts.frame(message.people_counts);
    if (this.data.kiosk) this.kiosk.frame(message.people, message.counts, now);
    this.alerts.frame(message.people, message.counts, now);
    this.events(message.events);
  }

  /** Takes what the rules report. */
  events(events) {
    const news = events.filter((event) => event.kind !== "camera_back");
    for (const event of news) this.alerts.add(event, performance.now());
    this.attention.call(news);
    if (news.length < events.length) this.sayForAWhile(events.find((event) => !news.includes(event)).message);
    this.showAlerts();
  }

  showAlerts() {
    const { list } = this.alerts;
    this.alertList.show(list);
    this.attention.entitle(list[0]?.event);
    this.section.classList.toggle("has-alert", list.length > 0);
  }

  /** Comes several times a second, in a hidden tab as well. */
  tick() {
    if (!this.run) return;
    const seconds = this.health.lostFor(performance.now());
    this.lostSign.show(seconds, this.note ?? "");
    this.find(".status").hidden = !this.note || seconds > 0;
    if (seconds && !this.isLost) {
      this.readout.blank();
      this.speed.clear();
      this.kiosk.clear();
      this.zoneCounts.clear();
    }
    this.find(".unmute").hidden = !(this.options.values.sound && this.sound.isLocked);
    this.isLost = seconds > 0;
  }

  /** The tab is seen again. */
  returned() {
    if (!this.run) return;
    const seconds = this.health.missedSeconds(performance.now());
    if (seconds) this.sayForAWhile(`The browser paused watching for ${Math.round(seconds)} s while this tab was hidden.`);
  }

  /** One line over the picture; empty for none. */
  say(text) {
    this.isNote = false;
    this.note = text;
    const status = this.find(".status");
    if (status.textContent === text) return;
    status.textContent = text;
    status.hidden = !text;
  }

  sayForAWhile(text) {
    this.say(text);
    this.isNote = true; // pictures that come do not take it away
    cancel(this.noteTimer);
    this.noteTimer = after(NOTE_STAYS, () => this.note === text && this.say(""));
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
    this.find(".cover").hidden = state === "running";
    this.find(".stop").disabled = state !== "running";
  }

  /** The page goes away, perhaps only to be loaded again: what runs is not forgotten. */
  leave() {
    if (this.run) this.end();
  }

  close() {
    this.stop();
    cancel(this.ticking);
    this.endFit();
    this.zoneEditor.shapes.close();
    for (const kind of ["pointerdown", "keydown"]) document.removeEventListener(kind, this.onGesture);
    this.sound.close();
    document.removeEventListener("visibilitychange", this.onVisibility);
    window.removeEventListener("pagehide", this.onLeave);
  }
}
