/* A sorter's phone: shows one put after the other at once, sends in the background, and goes on without a connection.
   Every act is kept on the phone under a key of its own until it is answered; the same key sent twice counts once. */

import { isForLater, isSignedOut, keptUnder, newKey, post } from "./kept.js";

const root = document.querySelector("[data-sort]");
const say = root.dataset;
const notes = root.querySelector("[data-notes]");
const sync = document.querySelector("[data-sync]");
const undo = root.querySelector("[data-undo]");
const puts = [...root.querySelectorAll("[data-put]")];
const RETRY_MS = 3000;
/* A tap on a put that has just come on the screen was meant for the one before: a finger that bounced. */
const BOUNCE_MS = 350;
let sending = false;
let timer = 0;
let shown = null;
let settling = 0;

/* ---- what is kept ---- */

const { rows: kept, keep } = keptUnder(`linli-sort:${say.owner}`, (rows) => {
  sync.toggleAttribute("data-waiting", rows.length > 0);
  sync.textContent = rows.length ? `${rows.length} · ${sync.dataset.msgWaiting}` : sync.dataset.msgSent;
});

function note(text, kind = "danger") {
  const line = document.createElement("p");
  line.className = `ll-alert ll-alert--${kind}`;
  line.textContent = text;
  notes.replaceChildren(...[...notes.children].slice(-2), line);
}

/* ---- what is shown ---- */

const isOpen = (put) => !put.hasAttribute("data-done");

function show(focus = true) {
  const current = puts.find(isOpen);
  for (const put of puts) put.hidden = put !== current;
  if (current !== shown) {
    shown = current;
    root.setAttribute("data-fresh", "");
    window.clearTimeout(settling);
    settling = window.setTimeout(() => root.removeAttribute("data-fresh"), BOUNCE_MS);
  }
  const done = puts.filter((put) => !isOpen(put)).length;
  root.querySelector("[data-count]").textContent = `${done} / ${puts.length}`;
  root.querySelector(".sq-progress progress").value = done;
  root.querySelector("[data-end]").hidden = Boolean(current);
  if (focus) (current?.querySelector(".sq-put__go") ?? root.querySelector("[data-next] button")).focus({ preventScroll: true });
  if (!current && kept().length === 0) root.querySelector("[data-next]").requestSubmit();
}

function find(id) {
  return puts.find((put) => put.dataset.put === id);
}

function remember(id) {
  undo.dataset.last = id;
  undo.hidden = !id;
}

/* ---- sending ---- */

function refused(row, answer) {
  const put = find(row.id);
  if (answer.error === "put_changed" && put && answer.qty !== undefined) {
    put.removeAttribute("data-done");
    put.querySelector("[data-qty]").textContent = Math.abs(answer.qty);
    put.querySelector('[name="seen_qty"]').value = answer.qty;
  } else if (answer.error !== "already_put" && put && row.kind === "put") {
    put.toggleAttribute("data-done", answer.error === "task_taken" || answer.error === "not_found");
  }
  note(say.msgRefused.replace("{slot}", row.slot).replace("{why}", answer.message ?? answer.error ?? ""));
}

async function send(row) {
  const body = new URLSearchParams(row.fields);
  const answer = await post(row.url, undo.elements.csrf_token.value, { Accept: "application/json" }, body);
  if (isSignedOut(answer)) {
    note(say.msgSession, "warning");
    return false;
  }
  if (isForLater(answer)) return false;
  const said = await answer.json().catch(() => ({}));
  keep(kept().filter((one) => one.key !== row.key));
  if (!answer.ok) refused(row, said);
  else if (row.kind === "undo" && !find(row.id)) root.querySelector("[data-next]").requestSubmit();
  return true;
}

async function sendAll() {
  window.clearTimeout(timer);
  if (sending) return;
  sending = true;
  let lost = false;
  try {
    for (let row = kept()[0]; row; row = kept()[0]) {
      if (!(await send(row))) {
        lost = true;
        break;
      }
    }
  } catch {
    lost = true;
    if (!notes.children.length) note(say.msgLost, "warning");
  } finally {
    sending = false;
  }
  if (lost || kept().length) {
    timer = window.setTimeout(sendAll, RETRY_MS);
    return;
  }
  notes.querySelectorAll(".ll-alert--warning").forEach((line) => line.remove());
  show(false);
}

function queue(row) {
  keep([...kept(), row]);
  sendAll();
}

/* ---- what the sorter does ---- */

function wrongCrate(put, code) {
  const right = put.dataset.crates.split(" ");
  return code && !right.includes(code.trim().toUpperCase()) ? right.join(", ") : "";
}

function onPut(event) {
  event.preventDefault();
  const form = event.target;
  const put = form.closest("[data-put]");
  const fields = Object.fromEntries(new FormData(form));
  if (!form.reportValidity()) return;
  const right = wrongCrate(put, fields.crate_code);
  if (right) {
    note(say.msgRefused.replace("{slot}", put.dataset.slot).replace("{why}", `${fields.crate_code} ≠ ${right}`));
    form.elements.crate_code.select();
    return;
  }
  const key = newKey();
  delete fields.csrf_token;
  put.setAttribute("data-done", "");
  remember(put.dataset.put);
  queue({ kind: "put", key, id: put.dataset.put, slot: put.dataset.slot, url: form.action, fields: { ...fields, key } });
  show();
}

/* Clicks of the keyboard count no taps (detail 0): only a key that is held down comes too early there. */
function onTap(event) {
  if (event.detail > 0 && root.hasAttribute("data-fresh")) event.preventDefault();
}

function onUndo(event) {
  event.preventDefault();
  const id = undo.dataset.last;
  if (!id) return;
  const put = find(id);
  put?.removeAttribute("data-done");
  const url = new URL(undo.dataset.url.replace("{id}", id), window.location.href).href;
  const key = newKey();
  const before = puts.slice(0, puts.indexOf(put)).reverse().find((one) => !isOpen(one));
  remember(put ? (before?.dataset.put ?? "") : "");
  window.linli?.toast(say.msgUndone, "info");
  queue({ kind: "undo", key, id, slot: put?.dataset.slot ?? "", url, fields: { key } });
  if (put) show();
}

function onKey(event) {
  if (event.repeat && event.key === "Enter") event.preventDefault();
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches?.("input, select, textarea")) return;
  const current = puts.find(isOpen);
  if (event.key === "u" || event.key === "U") undo.requestSubmit();
  else if ((event.key === "s" || event.key === "S") && current) {
    current.querySelector("details").open = true;
    current.querySelector('[name="short_qty"]').select();
  } else return;
  event.preventDefault();
}

for (const put of puts) {
  put.querySelector("form").addEventListener("submit", onPut);
  put.querySelector(".sq-put__go").addEventListener("click", onTap);
}
undo.addEventListener("submit", onUndo);
document.addEventListener("keydown", onKey);
window.addEventListener("online", sendAll);
for (const row of kept()) find(row.id)?.toggleAttribute("data-done", row.kind === "put");
keep(kept());
if (puts.some(isOpen) || kept().length) {
  if (puts.some((put) => !put.hidden)) show();
  sendAll();
}
root.toggleAttribute("data-ready", true);
