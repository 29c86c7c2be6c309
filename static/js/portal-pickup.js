/* The keypad, and pickups while the phone is offline: kept on it under a key of their own, sent when it is online.
   The same key sent twice hands out once, so a lost answer does no harm. */

import { isForLater, isSignedOut, keptUnder, newKey, post } from "./kept.js";

/* ---- keypad ---- */

document.addEventListener("click", (event) => {
  const key = event.target.closest?.("[data-key]");
  const keys = key?.closest("[data-keys]");
  const field = keys && document.querySelector(keys.dataset.keys);
  if (!field) return;
  if (key.dataset.key === "clear") field.value = "";
  else if (key.dataset.key === "back") field.value = field.value.slice(0, -1);
  else if (field.value.length < Number(keys.dataset.digits)) field.value += key.dataset.key;
});

for (const keys of document.querySelectorAll("[data-keys]")) keys.dataset.ready = "";

/* ---- what is kept ---- */

const place = document.querySelector("[data-queue]");
const say = place?.dataset;
const { rows: kept, keep } = keptUnder(`linli-pickups:${say?.owner}`, show);
let sending = false;

function change(eventKey, fields) {
  keep(kept().flatMap((row) => (row.event_key !== eventKey ? [row] : fields ? [{ ...row, ...fields }] : [])));
}

function rowOf(row) {
  const item = document.createElement("li");
  item.className = "ll-list__item";
  const words = document.createElement("span");
  words.className = "ll-list__main";
  const code = document.createElement("strong");
  code.textContent = `${"•".repeat(Math.max(row.code.length - 2, 0))}${row.code.slice(-2)}`;
  const state = document.createElement("span");
  const at = new Date(row.at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  state.textContent = `${at} · ${row.refused ? `${say.msgRefused}: ${row.refused}` : say.msgWaiting}`;
  words.append(code, state);
  item.append(words);
  if (row.refused) {
    const forget = document.createElement("button");
    forget.type = "button";
    forget.className = "ll-btn ll-btn--quiet ll-btn--sm";
    forget.textContent = say.msgForget;
    forget.addEventListener("click", () => change(row.event_key, null));
    item.append(forget);
  }
  return item;
}

function show(rows = kept()) {
  place.hidden = rows.length === 0;
  place.querySelector("[data-rows]").replaceChildren(...rows.map(rowOf));
  place.querySelector("[data-send]").hidden = !navigator.onLine || rows.every((row) => row.refused);
  document.querySelector("[data-offline]").hidden = navigator.onLine;
}

/* ---- sending ---- */

function secret() {
  return document.querySelector('form[data-pickup] input[name="csrf_token"]').value;
}

async function send(row) {
  const act = JSON.stringify({ code: row.code, event_key: row.event_key });
  const answer = await post(say.url, secret(), { "Content-Type": "application/json" }, act);
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) {
    change(row.event_key, null);
    window.linli?.toast(say.msgSent.replace("{no}", body.data?.order_no ?? ""), "success");
    return true;
  }
  if (isSignedOut(answer)) {
    window.linli?.toast(say.msgSession, "warning");
    return false;
  }
  if (isForLater(answer)) return false;
  change(row.event_key, { refused: body.message ?? String(answer.status) });
  return true;
}

async function sendAll() {
  if (sending || !navigator.onLine) return;
  sending = true;
  try {
    for (const row of kept().filter((one) => !one.refused)) {
      if (!(await send(row))) break;
    }
  } catch {
    // The network went away again: everything unsent is still kept.
  } finally {
    sending = false;
    show();
  }
}

function onSubmit(event) {
  if (navigator.onLine) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const field = event.target.elements.code;
  const code = field.value.replace(/[ -]/g, "");
  if (!/^[0-9]{4,12}$/.test(code)) {
    window.linli?.toast(say.msgDigits, "warning");
    return;
  }
  keep([...kept(), { code, event_key: `offline-${newKey()}`, at: Date.now() }]);
  field.value = "";
  window.linli?.toast(say.msgKept, "success");
}

if (place) {
  document.querySelector("form[data-pickup]").addEventListener("submit", onSubmit, true);
  place.querySelector("[data-send]").addEventListener("click", sendAll);
  window.addEventListener("online", sendAll);
  window.addEventListener("offline", () => show());
  window.setInterval(sendAll, 30000);
  show();
  sendAll();
}
