// The browser's camera: opening it, listing what there is, and saying in plain words what went wrong.

const ADVICE = {
  NotAllowedError:
    "The browser did not give access to the camera. Click the camera symbol in the address bar, choose “Allow”, then press Start again.",
  NotFoundError: "No camera was found. Plug one in and press Start again, or try the demo.",
  NotReadableError:
    "The camera is in use by another program. Close that program (a video call, perhaps), then press Start again.",
  OverconstrainedError: "That camera is not there any more. Choose another one and press Start again.",
  insecure:
    "The browser allows the camera only on https:// pages or on http://localhost. Open the page on the computer that runs maskwatch, or ask for an https:// address.",
};
ADVICE.SecurityError = ADVICE.NotAllowedError;
ADVICE.AbortError = ADVICE.NotReadableError;

/** What a person should read after `openCamera` failed with `error`. */
export function advice(error) {
  return ADVICE[error.name] ?? `The camera could not be started (${error.message || error.name}). Press Start to try again.`;
}

/**
 * Opens a camera.
 *
 * @param {string} deviceId Which one; empty for the browser's choice.
 * @returns {Promise<MediaStream>} To be freed with `closeCamera`.
 */
export async function openCamera(deviceId) {
  if (!navigator.mediaDevices?.getUserMedia) throw Object.assign(new Error("no secure context"), { name: "insecure" });
  const size = { width: { ideal: 1280 }, height: { ideal: 720 } };
  const video = deviceId ? { ...size, deviceId: { exact: deviceId } } : { ...size, facingMode: "user" };
  return navigator.mediaDevices.getUserMedia({ video, audio: false });
}

/** Frees the camera: its light goes out. */
export function closeCamera(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}

/** The cameras of this device as `{id, name}`; names are known only after access was given. */
export async function listCameras() {
  const devices = await navigator.mediaDevices.enumerateDevices();
  return devices
    .filter((device) => device.kind === "videoinput")
    .map((device, i) => ({ id: device.deviceId, name: device.label || `Camera ${i + 1}` }));
}
