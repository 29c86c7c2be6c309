/* The dock on a phone: plus and minus, a second tap that sends nothing, temperatures out of range, and the camera.
   The page works without any of it: numbers can be typed, a scanner gun types the code and presses Enter. */

for (const button of document.querySelectorAll("[data-step]")) {
  button.addEventListener("click", () => {
    const field = document.getElementById(button.dataset.for);
    field.value = Math.max(0, (parseInt(field.value, 10) || 0) + parseInt(button.dataset.step, 10));
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
  window.addEventListener("pageshow", () => delete form.dataset.sent);
}

const warm = document.querySelector("[data-warm]");
const degrees = document.querySelector("[data-low]");
function judge() {
  const value = parseFloat(degrees.value.replace(",", ".").replace("−", "-"));
  const outside = value < parseFloat(degrees.dataset.low) || value > parseFloat(degrees.dataset.high);
  warm.hidden = !outside && !warm.querySelector("[aria-invalid]");
  warm.querySelector("input").required = outside;
}
if (warm && degrees) {
  degrees.addEventListener("input", judge);
  judge();
}

/* The camera: the phone's own reader knows bar codes; where it is missing, jsQR reads QR pictures. */
const button = document.querySelector("[data-scan]");
const place = document.querySelector("[data-scanner]");
const form = document.querySelector("form[data-scan-form]");
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
    if (found && found.length <= 80) {
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
