/* Counts down to `data-deadline` (ISO 8601 with offset); at the end it says so and tells the page (`ll:ended`). */

const HOUR = 3600;

function show(element, seconds) {
  let boxes = element.querySelectorAll("b");
  if (boxes.length !== 3) {
    const fresh = [0, 1, 2].map(() => document.createElement("b"));
    element.replaceChildren(fresh[0], ":", fresh[1], ":", fresh[2]);
    boxes = fresh;
  }
  const parts = [Math.floor(seconds / HOUR), Math.floor((seconds % HOUR) / 60), seconds % 60];
  boxes.forEach((box, index) => {
    const text = String(parts[index]).padStart(2, "0");
    if (box.textContent !== text) box.textContent = text;
  });
}

function end(element) {
  const box = document.createElement("b");
  box.textContent = element.dataset.ended ?? "";
  element.replaceChildren(box);
  element.classList.add("is-over");
  element.dispatchEvent(new CustomEvent("ll:ended", { bubbles: true }));
}

function tick() {
  document.querySelectorAll("[data-deadline]:not(.is-over)").forEach((element) => {
    const left = Math.ceil((Date.parse(element.dataset.deadline) - Date.now()) / 1000);
    if (Number.isNaN(left)) return;
    if (left <= 0) end(element);
    else show(element, left);
  });
}

tick();
window.setInterval(tick, 1000);
