/* When the time to pay has run out, the page is read again: the server says what became of the order. */

document.addEventListener("ll:ended", () => window.setTimeout(() => window.location.reload(), 1500), { once: true });
