// One showing of a source that the server reads: the demo, a camera, a stream, a file. Each picture is
// acknowledged when it is on the screen, and only then the next one comes.

import { clear } from "./draw.js";
import { Link, socketUrl } from "./link.js";

export class ViewRun {
  /**
   * @param {object} panel What the run reports to; see element.js.
   * @param {string} source "demo", or "chosen" for what was chosen on the page.
   */
  constructor(panel, source) {
    this.panel = panel;
    this.source = source;
  }

  async start() {
    const hello = () => ({ token: this.panel.data.token, source: this.source });
    this.link = new Link(socketUrl("view"), hello, {
      ready: () => this.link.expectAnswer(),
      message: (message) => this.receive(message),
      lost: (text) => this.panel.say(text),
      unknown: () => this.panel.ask("renew"),
      refused: (text, isOld) => (isOld ? this.panel.refused(text) : this.panel.fail(text)),
    });
  }

  async receive(message) {
    if (message instanceof ArrayBuffer) return this.frame(message);
    if (message.type === "end") return this.panel.fail(message.message);
    if (message.type === "events") this.panel.events(message.events);
    else this.panel.say(message.message);
    this.link.expectAnswer();
  }

  // A message is: 4 bytes length of the JSON (little endian), the JSON, the JPEG.
  async frame(buffer) {
    const length = new DataView(buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
    const jpeg = new Blob([new Uint8Array(buffer, 4 + length)], { type: "image/jpeg" });
    const picture = await createImageBitmap(jpeg).catch(() => null); // the browser may be short of memory
    if (this.stopped) return;
    if (picture) this.panel.frame(picture, header, { latency: header.latency_ms, index: header.index });
    picture?.close();
    this.link.send("shown");
  }

  /** Ends it at once: nothing is shown after this, and the server frees the source if nobody else watches. */
  stop() {
    this.stopped = true;
    this.link?.close();
    clear(this.panel.canvas);
  }
}
