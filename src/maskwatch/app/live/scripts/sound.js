// The alert sound, made by WebAudio: nothing to load, and allowed once a click has unlocked it.

const NOTES = [880, 660, 880]; // hertz
const NOTE_SECONDS = 0.18;

export class Sound {
  constructor() {
    this.on = true;
    this.volume = 0.6; // 0 to 1
  }

  /** To be called from a click: browsers keep pages silent before one. */
  unlock() {
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") this.context.resume();
  }

  /** Three short notes; silent when switched off. */
  alert() {
    if (this.on) this.play();
  }

  play() {
    if (!this.context || this.volume === 0) return;
    const start = this.context.currentTime + 0.02;
    NOTES.forEach((hertz, i) => this.note(hertz, start + i * NOTE_SECONDS));
  }

  note(hertz, at) {
    const oscillator = new OscillatorNode(this.context, { frequency: hertz, type: "triangle" });
    const gain = new GainNode(this.context, { gain: 0 });
    // Short ramps: a tone that begins or ends at once clicks.
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(this.volume, at + 0.02);
    gain.gain.setValueAtTime(this.volume, at + NOTE_SECONDS - 0.05);
    gain.gain.linearRampToValueAtTime(0, at + NOTE_SECONDS - 0.01);
    oscillator.connect(gain).connect(this.context.destination);
    oscillator.start(at);
    oscillator.stop(at + NOTE_SECONDS);
  }

  close() {
    this.context?.close();
    this.context = undefined;
  }
}
