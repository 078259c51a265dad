// The WebSocket to maskwatch: says who we are, reports what comes, and comes back by itself when it was lost.

import { after, cancel } from "./clock.js";

const FIRST_WAIT = 500; // milliseconds before the first new attempt; doubled each time
const LONGEST_WAIT = 10_000;
const SILENCE = 20_000; // milliseconds without the answer we wait for, after which the line counts as dead

// Codes with which the server turns a page away.
const UNKNOWN = 4401;
const TOO_MANY = 4429;
const UNKNOWN_TRIES = 5; // after a restart of the server the page needs some seconds to get its new token

export class Link {
  /**
   * @param {string} url ws:// or wss:// address.
   * @param {() => object} hello Makes the first message of each connection.
   * @param {object} on `ready()`, `message(data)` with an object or an ArrayBuffer,
   *   `lost(text)` while it waits to try again, `unknown()` when the server does not know the page,
   *   `refused(text, isOld)` when it gave up; `isOld` if the page has to be loaded anew.
   */
  constructor(url, hello, on) {
    Object.assign(this, { url, hello, on });
    this.wait = FIRST_WAIT;
    this.unknown = 0;
    this.connect();
  }

  connect() {
    this.isReady = false;
    const socket = new WebSocket(this.url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      socket.send(JSON.stringify(this.hello()));
      this.expectAnswer();
    };
    socket.onmessage = ({ data }) => this.receive(data);
    socket.onclose = ({ code }) => this.closed(code);
    this.socket = socket;
  }

  receive(data) {
    cancel(this.silence);
    if (typeof data !== "string") return this.on.message(data);
    const message = JSON.parse(data);
    if (message.type !== "ready") return this.on.message(message);
    this.isReady = true;
    this.wait = FIRST_WAIT;
    this.unknown = 0;
    this.on.ready();
  }

  /** Sends text or bytes to which the server will answer. */
  send(data) {
    if (this.socket.readyState !== WebSocket.OPEN) return;
    this.socket.send(data);
    this.expectAnswer();
  }

  expectAnswer() {
    cancel(this.silence);
    this.silence = after(SILENCE, () => this.drop());
  }

  /** Gives the connection up without waiting for the other side, which may be gone. */
  drop() {
    this.socket.onclose = null;
    this.socket.close();
    this.closed(1006);
  }

  closed(code) {
    cancel(this.silence);
    this.isReady = false;
    if (code === TOO_MANY) return this.on.refused("Too many live views are open. Close one, then press Start.", false);
    if (code === UNKNOWN) {
      if (++this.unknown === UNKNOWN_TRIES) return this.on.refused("This page is out of date. Reload it to go on.", true);
      this.on.unknown();
    }
    const seconds = Math.max(1, Math.round(this.wait / 1000));
    this.on.lost(`The connection to maskwatch is lost. Trying again in ${seconds} s …`);
    this.retry = after(this.wait, () => this.tryNow());
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT);
  }

  /** Connects at once if it is waiting to. */
  tryNow() {
    if (!this.retry) return;
    cancel(this.retry);
    this.retry = undefined;
    this.connect();
  }

  /** Ends it for good. */
  close() {
    cancel(this.silence);
    cancel(this.retry);
    this.socket.onclose = this.socket.onmessage = this.socket.onopen = null;
    this.socket.close();
  }
}

/** The ws:// or wss:// address of "camera" or "view": beside the folder of this script, wherever that is served. */
export function socketUrl(name) {
  const url = new URL(`../${name}`, import.meta.url);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return url.href;
}
