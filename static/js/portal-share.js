/* Copies the text of the element that a `[data-copy]` button names. */

document.querySelectorAll("[data-copy]").forEach((button) => {
  button.addEventListener("click", async () => {
    const source = document.querySelector(button.dataset.copy);
    try {
      await navigator.clipboard.writeText(source.textContent.trim());
      window.linli?.toast(button.dataset.done, "success");
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      window.linli?.toast(button.dataset.failed, "info");
    }
  });
});
