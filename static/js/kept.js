/* Acts kept on the phone until they are answered, each under a key of its own: the same key sent twice counts once. */

export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/* The rows under one name: `rows()` reads them, `keep(rows)` writes them and tells `changed`. */
export function keptUnder(name, changed) {
  function rows() {
    try {
      return JSON.parse(localStorage.getItem(name)) ?? [];
    } catch {
      return [];
    }
  }

  function keep(all) {
    if (all.length) localStorage.setItem(name, JSON.stringify(all));
    else localStorage.removeItem(name);
    changed(all);
  }

  return { rows, keep };
}

/* Sends with the person's own session and the form secret of the page. */
export function post(url, secret, headers, body) {
  return fetch(url, { method: "POST", credentials: "same-origin", headers: { ...headers, "X-CSRFToken": secret }, body });
}

/* Signed out, or the answer is a page to sign in: nothing goes through until the person does. */
export function isSignedOut(answer) {
  return answer.status === 401 || answer.status === 403 || answer.redirected;
}

/* Try again later: too many at once, or the server is unwell. */
export function isForLater(answer) {
  return answer.status === 429 || answer.status >= 500;
}
