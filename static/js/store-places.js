/* Asks the device once for its location, only after the button was pressed, and sends the form with it. */

const form = document.querySelector("form[data-locate]");
const status = form?.querySelector("[data-locate-status]");
let located = false;

function refuse() {
  status.textContent = form.dataset.refused;
  form.removeAttribute("data-sending");
}

form?.addEventListener(
  "submit",
  (event) => {
    if (located) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!navigator.geolocation) {
      refuse();
      return;
    }
    status.textContent = form.dataset.asking;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        form.elements.lat.value = coords.latitude.toFixed(6);
        form.elements.lon.value = coords.longitude.toFixed(6);
        located = true;
        form.requestSubmit();
      },
      refuse,
      { enableHighAccuracy: true, timeout: 10000, maximumAge: 60000 },
    );
  },
  true,
);
