/* Photos of a form are sent one by one as soon as they are chosen; the form then carries their keys only. */

function item(place, answer) {
  const li = document.createElement("li");
  li.className = "ll-photos__item";
  const image = document.createElement("img");
  image.src = answer.url;
  image.alt = place.dataset.alt;
  const key = document.createElement("input");
  key.type = "hidden";
  key.name = "photos";
  key.value = answer.key;
  li.append(image, key);
  return li;
}

function removable(place, li) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "ll-photos__remove";
  button.setAttribute("aria-label", place.dataset.remove);
  button.textContent = "×";
  button.addEventListener("click", () => {
    li.remove();
    place.querySelector("input[type=file]").focus();
  });
  li.append(button);
}

function tell(place, text) {
  const line = place.querySelector("[role=alert]");
  line.querySelector("span").textContent = text;
  line.hidden = !text;
}

async function send(place, file) {
  const body = new FormData();
  body.append("photo", file);
  body.append("csrf_token", place.closest("form").elements.csrf_token.value);
  try {
    const response = await fetch(place.dataset.photos, { method: "POST", body });
    const answer = response.headers.get("content-type")?.includes("json") ? await response.json() : {};
    return response.ok ? answer : { error: answer.error ?? place.dataset.failed };
  } catch {
    return { error: place.dataset.failed };
  }
}

document.querySelectorAll("[data-photos]").forEach((place) => {
  const list = place.querySelector("ul");
  const input = place.querySelector("input[type=file]");
  list.querySelectorAll("li").forEach((li) => removable(place, li));
  input.addEventListener("change", async () => {
    const files = [...input.files];
    input.value = "";
    tell(place, "");
    place.setAttribute("aria-busy", "true");
    for (const file of files) {
      if (list.children.length >= Number(place.dataset.most)) {
        tell(place, place.dataset.full);
        break;
      }
      const answer = await send(place, file);
      if (answer.error) {
        tell(place, answer.error);
      } else {
        const li = item(place, answer);
        removable(place, li);
        list.append(li);
      }
    }
    place.removeAttribute("aria-busy");
  });
});
