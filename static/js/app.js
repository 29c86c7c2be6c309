/* What every page does: htmx without evaluating, toasts, questions before an action, no double sending, drafts. */

const messages = document.body.dataset;

/* ---- htmx: nothing in a page may be evaluated, whatever a fragment says ---- */

const refuse = () => {
  throw new Error("Evaluating text from a page is switched off.");
};
function Refused() {
  refuse();
}
window.htmx?.registerExtension("linli", {
  init: (api) => api.initSecurity(null, Refused, Refused),
});

/* ---- toasts ---- */

const SECONDS_SHOWN = 6;

function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", "ll-icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", new URL(`../img/icons.svg#${name}`, import.meta.url).href);
  svg.append(use);
  return svg;
}

/** A toast stays until the person goes on: its time begins with her next touch or key, not with the clock. */
function fade(element) {
  if (document.documentElement.dataset.size === "large") return;
  const leave = new AbortController();
  const begin = () => {
    leave.abort();
    window.setTimeout(() => element.remove(), SECONDS_SHOWN * 1000);
  };
  for (const kind of ["pointerdown", "keydown", "wheel"]) {
    document.addEventListener(kind, begin, { signal: leave.signal, passive: true, capture: true });
  }
}

/** Tell something briefly; `kind` is success, info, warning or danger. The text is shown as text. */
export function toast(text, kind = "success") {
  const place = document.getElementById("ll-toasts");
  if (!place || !text) return;
  const note = document.createElement("p");
  note.className = `ll-toast ll-toast--${kind}`;
  const words = document.createElement("span");
  words.textContent = text;
  note.append(icon(kind === "success" ? "check-circle" : kind === "info" ? "info" : "alert"), words);
  place.replaceChildren(...[...place.children].slice(-1), note);
  fade(note);
}

document.querySelectorAll("[data-toast]").forEach(fade);
document.addEventListener("ll:toast", (event) => toast(event.detail.text ?? event.detail.value, event.detail.kind));

/* ---- a question before an action ---- */

function button(label, kind, value) {
  const element = document.createElement("button");
  element.className = `ll-btn ll-btn--${kind}`;
  element.value = value;
  element.textContent = label;
  return element;
}

/** Ask; resolves to true only when the person confirms. */
export function confirm(text, kind = "primary") {
  return new Promise((resolve) => {
    const dialog = document.createElement("dialog");
    dialog.className = "ll-dialog";
    const question = document.createElement("p");
    question.className = "ll-dialog__text";
    question.id = "ll-question";
    question.textContent = text;
    dialog.setAttribute("aria-labelledby", "ll-question");
    const form = document.createElement("form");
    form.method = "dialog";
    form.className = "ll-dialog__actions";
    form.append(button(messages.msgCancel ?? "×", "quiet", "no"), button(messages.msgOk ?? "OK", kind, "yes"));
    dialog.append(question, form);
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "yes");
      dialog.remove();
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

const agreed = new WeakSet();

async function ask(source, repeat) {
  if (await confirm(source.dataset.confirm, source.dataset.confirmKind)) {
    agreed.add(source);
    repeat();
    agreed.delete(source);
  }
}

function holdBack(event, source, repeat) {
  if (!source || agreed.has(source)) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  ask(source, repeat);
}

document.addEventListener(
  "submit",
  (event) => {
    const { target: form, submitter } = event;
    const source = submitter?.dataset.confirm ? submitter : form.dataset.confirm ? form : null;
    holdBack(event, source, () => form.requestSubmit(submitter));
  },
  true,
);

document.addEventListener(
  "click",
  (event) => {
    const source = event.target.closest?.("[data-confirm]");
    if (!source || source.matches("form") || (source.form && source.type === "submit")) return;
    holdBack(event, source, () => source.click());
  },
  true,
);

document.addEventListener("htmx:confirm", async (event) => {
  const { ctx, issueRequest, dropRequest } = event.detail;
  event.preventDefault();
  if (await confirm(ctx.confirm, ctx.sourceElement.dataset.confirmKind)) issueRequest();
  else dropRequest();
});

/* ---- sheets and menus ---- */

document.addEventListener("click", (event) => {
  const opener = event.target.closest?.("[data-open]");
  if (opener) document.querySelector(opener.dataset.open)?.showModal();
  if (event.target.matches?.("dialog.ll-sheet")) event.target.close();
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll("details[data-menu][open]").forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});

/* ---- nothing is sent twice ---- */

const BUSY_SECONDS = 15;

function setBusy(form, submitter, busy) {
  form.toggleAttribute("data-sending", busy);
  if (busy) submitter?.setAttribute("aria-busy", "true");
  else form.querySelectorAll("[aria-busy]").forEach((element) => element.removeAttribute("aria-busy"));
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  const verb = submitter?.getAttribute("formmethod") ?? form.getAttribute("method") ?? "get";
  if (verb.toLowerCase() !== "post" || form.dataset.busy === "off") return;
  if (form.hasAttribute("data-sending")) {
    event.preventDefault();
    return;
  }
  if (event.defaultPrevented) return;
  setBusy(form, submitter, true);
  window.setTimeout(() => setBusy(form, submitter, false), BUSY_SECONDS * 1000);
});

window.addEventListener("pageshow", () => {
  document.querySelectorAll("form[data-sending]").forEach((form) => setBusy(form, null, false));
});

document.addEventListener("htmx:before:request", (event) => {
  const { sourceElement, request } = event.detail.ctx;
  const form = sourceElement.closest?.("form");
  if (form && request.method !== "GET") setBusy(form, request.submitter, true);
});

document.addEventListener("htmx:finally:request", (event) => {
  const form = event.detail.ctx.sourceElement.closest?.("form");
  if (form) setBusy(form, null, false);
});

/* ---- answers that are no fragment: say it, keep the page and what was typed ---- */

document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  const status = ctx.response?.status ?? 200;
  if (status < 400 || status === 422) return;
  event.preventDefault();
  const page = new DOMParser().parseFromString(ctx.text ?? "", "text/html");
  toast(page.querySelector('meta[name="ll-error"]')?.content || messages.msgFailed, "danger");
});

document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx && !event.detail.ctx.response) toast(messages.msgNetwork, "danger");
});

/* ---- drafts: what was typed survives a reload, a language switch and an expired page ---- */

const draftKey = (form) => `ll-draft:${form.dataset.keep}`;
const kept = (field) =>
  field.name && field.name !== "csrf_token" && !["password", "file", "hidden", "submit", "button"].includes(field.type);

function readDraft(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? null;
  } catch {
    return null;
  }
}

function fieldsOf(form) {
  return [...form.elements].filter(kept);
}

function saveDraft(form, sent = false) {
  const values = fieldsOf(form).map((field) =>
    field.type === "checkbox" || field.type === "radio" ? field.checked : field.value,
  );
  sessionStorage.setItem(draftKey(form), JSON.stringify({ values, sent }));
}

function restoreDrafts(root) {
  root.querySelectorAll("form[data-keep]").forEach((form) => {
    const draft = readDraft(draftKey(form));
    const fields = fieldsOf(form);
    if (!draft || draft.values.length !== fields.length) return;
    fields.forEach((field, index) => {
      if (field.type === "checkbox" || field.type === "radio") field.checked = draft.values[index];
      else field.value = draft.values[index];
    });
  });
}

function forgetAccepted() {
  const failed = document.querySelector('meta[name="ll-error"], [aria-invalid="true"]') !== null;
  Object.keys(sessionStorage)
    .filter((key) => key.startsWith("ll-draft:"))
    .forEach((key) => {
      const draft = readDraft(key);
      if (!draft?.sent) return;
      if (failed) sessionStorage.setItem(key, JSON.stringify({ ...draft, sent: false }));
      else sessionStorage.removeItem(key);
    });
}

document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form?.dataset.keep) saveDraft(form);
});
document.addEventListener("submit", (event) => {
  if (event.target.dataset.keep && !event.defaultPrevented) saveDraft(event.target, true);
});
document.addEventListener("htmx:after:swap", () => forgetAccepted());
forgetAccepted();
restoreDrafts(document);

window.linli = Object.freeze({ toast, confirm });
