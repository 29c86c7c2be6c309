/* The dock on a phone: plus and minus, a second tap that sends nothing, and temperatures out of range.
   The page works without any of it: numbers can be typed. */

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
