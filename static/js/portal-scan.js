/* Reads a QR picture with the camera, only after the button was pressed; the page works without it. */

const button = document.querySelector("[data-scan]");
const place = document.querySelector("[data-scanner]");
const form = document.querySelector("form[data-pickup]");
let stream = null;

function stop() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  place.hidden = true;
}

function look(video, canvas) {
  if (!stream) return;
  if (video.readyState >= HTMLMediaElement.HAVE_ENOUGH_DATA) {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    const pen = canvas.getContext("2d", { willReadFrequently: true });
    pen.drawImage(video, 0, 0);
    const { data, width, height } = pen.getImageData(0, 0, canvas.width, canvas.height);
    const found = window.jsQR(data, width, height)?.data.trim();
    if (found && /^[0-9]{4,12}$/.test(found)) {
      stop();
      form.elements.code.value = found;
      form.requestSubmit();
      return;
    }
  }
  window.setTimeout(() => requestAnimationFrame(() => look(video, canvas)), 120);
}

async function start() {
  const video = place.querySelector("video");
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" } });
  } catch {
    window.linli?.toast(button.dataset.msgNone, "warning");
    return;
  }
  place.hidden = false;
  video.srcObject = stream;
  await video.play();
  look(video, document.createElement("canvas"));
}

if (button && place && form && navigator.mediaDevices?.getUserMedia) {
  button.hidden = false;
  button.addEventListener("click", () => (stream ? stop() : start()));
  place.querySelector("[data-scan-stop]").addEventListener("click", stop);
  window.addEventListener("pagehide", stop);
}
