/* The camera fills in a code and sends it, only after the button was pressed. The phone's own reader knows bar codes;
   where it is missing, jsQR reads QR pictures. The page works without it: codes can be typed, a scanner gun types them.
   `data-scan-form` says what a code may look like; nothing means anything up to 80 characters. */
const button = document.querySelector("[data-scan]");
const place = document.querySelector("[data-scanner]");
const form = document.querySelector("form[data-scan-form]");
const wanted = new RegExp(form?.dataset.scanForm || "^.{1,80}$");
let stream = null;

function stop() {
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  place.hidden = true;
}

async function reader() {
  if ("BarcodeDetector" in window) {
    const own = new window.BarcodeDetector({ formats: ["ean_13", "ean_8", "code_128", "qr_code"] });
    return async (canvas) => (await own.detect(canvas))[0]?.rawValue;
  }
  return (canvas) => {
    const { data, width, height } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return window.jsQR(data, width, height)?.data;
  };
}

async function look(video, canvas, read) {
  if (!stream) return;
  if (video.readyState >= HTMLMediaElement.HAVE_ENOUGH_DATA) {
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d", { willReadFrequently: true }).drawImage(video, 0, 0);
    const found = (await read(canvas))?.trim();
    if (found && wanted.test(found)) {
      stop();
      form.elements.code.value = found;
      form.requestSubmit();
      return;
    }
  }
  window.setTimeout(() => look(video, canvas, read), 150);
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
  look(video, document.createElement("canvas"), await reader());
}

if (button && place && form && navigator.mediaDevices?.getUserMedia) {
  button.hidden = false;
  button.addEventListener("click", () => (stream ? stop() : start()));
  place.querySelector("[data-scan-stop]").addEventListener("click", stop);
  window.addEventListener("pagehide", stop);
}
