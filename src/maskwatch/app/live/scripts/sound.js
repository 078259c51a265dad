// The alert as a sound: a tone made by WebAudio, or the browser's voice. Nothing to load; browsers stay silent until
// a click has unlocked it.

const NOTES = [880, 660, 880]; // hertz
const NOTE_SECONDS = 0.18;

export class Sound {
  constructor() {
    this.volume = 0.6; // 0 to 1
  }

  /** To be called from a click: browsers keep pages silent before one. */
  unlock() {
    this.context ??= new AudioContext();
    if (this.context.state === "suspended") this.context.resume();
  }

  /** Whether the browser would let nothing be heard. */
  get isLocked() {
    return this.context?.state !== "running";
  }

  /** Three short notes. */
  play() {
    if (!this.context || this.volume === 0) return;
    const start = this.context.currentTime + 0.02;
    NOTES.forEach((hertz, i) => this.note(hertz, start + i * NOTE_SECONDS));
  }

  /** Says something; plays the tone where the browser has no voice. */
  say(text) {
    const voices = globalThis.speechSynthesis?.getVoices() ?? [];
    if (!voices.length) return this.play();
    const words = new SpeechSynthesisUtterance(text);
    words.lang = "en";
    words.volume = this.volume;
    speechSynthesis.speak(words);
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
    globalThis.speechSynthesis?.cancel();
    this.context?.close();
    this.context = undefined;
  }
}
