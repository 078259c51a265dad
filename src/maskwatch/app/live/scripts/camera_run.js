// One showing of the browser's camera. Sends a picture, waits for what was found in it, shows both, and
// only then takes the next: a slow server costs pictures a second, but the live picture never lags.

import { CameraFrames } from "./camera_frames.js";
import { closeCamera, listCameras, openCamera } from "./camera.js";
import { clear } from "./draw.js";
import { encode, makeCanvas } from "./jpeg.js";
import { Link, socketUrl } from "./link.js";

const QUALITY = 0.85;

export class CameraRun {
  /**
   * @param {object} panel What the run reports to and reads its settings from; see element.js.
   * @param {string} deviceId The camera to open; empty for the browser's choice.
   */
  constructor(panel, deviceId) {
    this.panel = panel;
    this.deviceId = deviceId;
    this.grabbed = document.createElement("canvas"); // the frame at the camera's size, kept to be shown
    this.reduced = makeCanvas(); // the same at the size that is sent
    this.turn = 0;
  }

  async start() {
    const stream = await openCamera(this.deviceId);
    if (this.stopped) return closeCamera(stream);
    this.stream = stream;
    const [track] = stream.getVideoTracks();
    track.onended = () => this.panel.fail("The camera was unplugged or switched off. Press Start to try again.");
    this.panel.options.setCameras(await listCameras(), track.getSettings().deviceId);
    const { feed } = this.panel;
    feed.srcObject = stream;
    await feed.play();
    if (this.stopped) return;
    this.frames = new CameraFrames(feed, track);
    this.link = new Link(socketUrl("camera"), () => ({ token: this.panel.data.token }), {
      ready: () => (this.panel.say("Waiting for the first picture …"), this.sendNext()),
      message: (message) => this.receive(message),
      lost: (text) => this.panel.say(text),
      unknown: () => this.panel.ask("renew"),
      refused: (text, isOld) => (isOld ? this.panel.refused(text) : this.panel.fail(text)),
    });
  }

  async sendNext() {
    const turn = ++this.turn; // a reconnection starts a new turn: the old one must not send as well
    const frame = await this.frames.next();
    if (frame && !this.stopped && turn === this.turn) {
      this.grabbedAt = performance.now();
      drawScaled(this.grabbed, frame, Infinity);
      drawScaled(this.reduced, this.grabbed, this.panel.data.send_side);
    }
    frame?.close?.();
    if (!frame || this.stopped || turn !== this.turn) return;
    const jpeg = await encode(this.reduced, QUALITY);
    if (this.stopped || turn !== this.turn || !this.link.isReady) return;
    if (jpeg) this.link.send(jpeg);
    else this.sendNext(); // the camera has not shown anything yet
  }

  receive(message) {
    if (this.stopped) return;
    if (message.type === "events") return this.panel.events(message.events);
    if (message.type === "result") {
      const { mirror } = this.panel.options.values;
      const latency = performance.now() - this.grabbedAt;
      this.panel.frame(this.grabbed, message, { latency, index: this.frames.index, mirrored: mirror });
    } else {
      this.panel.say(message.message);
    }
    this.sendNext();
  }

  /** Ends it at once: no picture is sent or shown after this, and the camera is free. */
  stop() {
    this.stopped = true;
    this.link?.close();
    this.frames?.close();
    closeCamera(this.stream);
    this.panel.feed.srcObject = null;
    clear(this.panel.canvas);
  }
}

/** Draws `source` onto `canvas`, at most `side` pixels long. */
function drawScaled(canvas, source, side) {
  const width = source.videoWidth ?? source.displayWidth ?? source.width;
  const height = source.videoHeight ?? source.displayHeight ?? source.height;
  const scale = Math.min(1, side / Math.max(width, height));
  const size = { width: Math.round(width * scale), height: Math.round(height * scale) };
  if (canvas.width !== size.width || canvas.height !== size.height) Object.assign(canvas, size);
  canvas.getContext("2d").drawImage(source, 0, 0, size.width, size.height);
}
