// The worker behind jpeg.js.

const canvas = new OffscreenCanvas(1, 1);
const context = canvas.getContext("2d");

onmessage = async ({ data: { id, picture, quality } }) => {
  const { width, height } = picture;
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  context.drawImage(picture, 0, 0);
  picture.close();
  const jpeg = await canvas.convertToBlob({ type: "image/jpeg", quality }).catch(() => null);
  postMessage({ id, jpeg });
};
