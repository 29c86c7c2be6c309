/* Dragging stops within and between tours; every drop is one move of the form, which the server answers with its effect. */

let held = null;

const placeOf = (item) => `${item.closest("[data-row]").dataset.row}:${item.dataset.place}`;

/** Before which stop of a list the pointer is; the length of the list for behind the last one. */
function slotAt(list, y) {
  const items = [...list.querySelectorAll("[data-place]")];
  const after = items.findIndex((item) => {
    const box = item.getBoundingClientRect();
    return y < box.top + box.height / 2;
  });
  return after === -1 ? items.length : after;
}

function listAt(target) {
  const tour = target.closest?.(".hq-arrange__tour");
  return tour?.querySelector("[data-row]") ?? null;
}

function unmark() {
  document.querySelectorAll(".hq-arrange__tour--over").forEach((tour) => tour.classList.remove("hq-arrange__tour--over"));
}

document.addEventListener("dragstart", (event) => {
  const item = event.target.closest?.("#arrange [data-place]");
  if (!item) return;
  held = placeOf(item);
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", held);
  item.classList.add("hq-arrange__held");
});

document.addEventListener("dragover", (event) => {
  if (!held || !listAt(event.target)) return;
  event.preventDefault();
  unmark();
  event.target.closest(".hq-arrange__tour").classList.add("hq-arrange__tour--over");
});

document.addEventListener("drop", (event) => {
  const list = held && listAt(event.target);
  if (!list) return;
  event.preventDefault();
  const form = document.getElementById("arrange-board");
  document.getElementById("arrange-drag").value = `${held}:${list.dataset.row}:${slotAt(list, event.clientY)}`;
  form.requestSubmit(document.getElementById("arrange-drop"));
});

document.addEventListener("dragend", () => {
  held = null;
  unmark();
  document.querySelectorAll(".hq-arrange__held").forEach((item) => item.classList.remove("hq-arrange__held"));
});
