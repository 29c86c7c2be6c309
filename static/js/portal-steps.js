/* Minus and plus beside a number: `[data-step]` buttons change the input in their row, within its bounds. */

document.addEventListener("click", (event) => {
  const button = event.target.closest?.("[data-step]");
  const input = button?.parentElement.querySelector("input");
  if (!input) return;
  const wanted = (Number.parseInt(input.value, 10) || 0) + Number(button.dataset.step);
  input.value = String(Math.min(Number(input.max), Math.max(Number(input.min), wanted)));
  input.dispatchEvent(new Event("input", { bubbles: true }));
});
