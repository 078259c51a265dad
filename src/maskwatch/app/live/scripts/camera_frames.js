// The frames of a camera, one at a time and only new ones: from the video element while the tab is seen, straight
// from the camera's track while it is hidden, where browsers do not paint videos.

import { after, cancel } from "./clock.js";

const LOOK_EVERY = 100; // milliseconds; some browsers do not tell of the frames of small elements
const TRACK_PATIENCE = 1_000;

export class CameraFrames {
  /**
   * @param {HTMLVideoElement} video Plays the camera.
   * @param {MediaStreamTrack} track The camera.
   */
  constructor(video, track) {
    this.video = video;
    this.track = track;
    this.fresh = false;
    this.index = 0; // of the newest frame, counting those that nobody took
    this.listen();
  }

  listen() {
    if (this.closed || !this.video.requestVideoFrameCallback) return;
    this.video.requestVideoFrameCallback((_, { presentedFrames }) => {
      this.index += Math.max(1, presentedFrames - (this.presented ?? presentedFrames));
      this.presented = presentedFrames;
      this.fresh = true;
      this.wake?.();
      this.listen();
    });
  }

  /**
   * Resolves with the next frame, something that can be drawn; with null once this is closed.
   *
   * @returns {Promise<HTMLVideoElement | VideoFrame | ImageBitmap | null>} Its `close`, where it has one, frees it.
   */
  async next() {
    while (!this.closed) {
      if (document.hidden) {
        const frame = await this.fromTrack();
        if (frame) return this.index++, frame;
      } else {
        this.closeTrack();
      }
      if (!this.fresh) {
        await new Promise((resolve) => {
          this.wake = resolve;
          this.timer = after(LOOK_EVERY, resolve);
        });
        cancel(this.timer);
      }
      if (this.closed) break;
      const isNew = this.isNewByCount();
      if (this.fresh || isNew) {
        this.fresh = false;
        return this.video;
      }
    }
    return null;
  }

  // A camera that hangs gives no new frames, and the same picture must not be taken for them.
  isNewByCount() {
    const count = this.video.getVideoPlaybackQuality?.().totalVideoFrames;
    const isNew = !count || count !== this.count;
    if (isNew && !this.video.requestVideoFrameCallback) this.index++;
    this.count = count;
    return isNew && this.video.readyState >= 2;
  }

  async fromTrack() {
    try {
      if (globalThis.MediaStreamTrackProcessor) return await this.fromProcessor();
      if (globalThis.ImageCapture) return await new ImageCapture(this.track).grabFrame();
    } catch {
      // No frame this way: the video element may still give one.
    }
    return null;
  }

  async fromProcessor() {
    this.clone ??= this.track.clone();
    this.reader ??= new MediaStreamTrackProcessor({ track: this.clone, maxBufferSize: 1 }).readable.getReader();
    // Only one read at a time: one that was given up on is asked again.
    this.reading ??= this.reader.read().finally(() => (this.reading = undefined));
    let timer;
    const late = new Promise((resolve) => (timer = after(TRACK_PATIENCE, () => resolve({}))));
    const { value } = await Promise.race([this.reading, late]);
    cancel(timer);
    return value ?? null;
  }

  closeTrack() {
    this.reader?.cancel().catch(() => {});
    this.clone?.stop();
    this.reader = this.clone = this.reading = undefined;
  }

  close() {
    this.closed = true;
    this.closeTrack();
    this.wake?.();
  }
}
