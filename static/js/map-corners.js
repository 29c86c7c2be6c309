/* The corners of an outline as a table of numbers: the way to draw without a mouse.

A row belongs to a place in the outline, so rows are only added or taken at the end and the keyboard's focus stays. */

export const round = (number) => Number(number.toFixed(7));
export const fill = (text, words) => text.replace(/\{(\w+)\}/g, (_, name) => words[name]);

export class CornerTable {
  constructor(editor, body, words) {
    Object.assign(this, { editor, body, words });
  }

  /** Shows the corners as they are now. */
  draw() {
    const { corners } = this.editor;
    const hadFocus = this.body.contains(document.activeElement);
    while (this.body.rows.length > corners.length) this.body.deleteRow(-1);
    while (this.body.rows.length < corners.length) this.body.append(this.row(this.body.rows.length));
    corners.forEach((corner, at) => {
      this.inputs(at).forEach((input, which) => {
        input.value = String(round(corner[which]));
      });
    });
    if (hadFocus && !this.body.contains(document.activeElement)) this.focusLast("button:last-of-type");
  }

  /** Puts the focus into the last row, or where the first one is added. */
  focusLast(what) {
    const last = this.body.querySelector(`tr:last-child ${what}`);
    (last ?? this.editor.root.querySelector('[data-do="row"]'))?.focus();
  }

  inputs(at) {
    return [...this.body.rows[at].querySelectorAll("input")];
  }

  row(at) {
    const n = at + 1;
    const line = document.createElement("tr");
    const change = document.createElement("span");
    if (this.editor.mayEdit) {
      change.className = "hq-area__row";
      change.append(
        this.button("+", fill(this.words.after, { n }), () => this.insert(n)),
        this.button("×", fill(this.words.remove, { n }), () => this.editor.remove(at)),
      );
    }
    for (const cell of [String(n), this.number("latitude", at, 0), this.number("longitude", at, 1), change]) {
      line.insertCell().append(cell);
    }
    return line;
  }

  /** A corner halfway to the next one. */
  insert(n) {
    const { corners } = this.editor;
    const [[lat, lon], [nextLat, nextLon]] = [corners[n - 1], corners[n % corners.length]];
    this.editor.add(n, { lat: (lat + nextLat) / 2, lng: (lon + nextLon) / 2 });
  }

  number(name, at, which) {
    const input = document.createElement("input");
    Object.assign(input, { className: "ll-input", inputMode: "decimal", readOnly: !this.editor.mayEdit });
    input.setAttribute("aria-label", fill(this.words[name], { n: at + 1 }));
    input.addEventListener("change", () => {
      const corner = this.editor.corners[at];
      const place = corner.with(which, Number(input.value.trim() || NaN));
      if (Math.abs(place[0]) <= 90 && Math.abs(place[1]) <= 180) {
        this.editor.move(at, ...place);
        return;
      }
      this.editor.say("number");
      input.value = String(round(corner[which]));
    });
    return input;
  }

  button(text, name, act) {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "ll-btn ll-btn--ghost ll-btn--sm", textContent: text });
    button.setAttribute("aria-label", name);
    button.addEventListener("click", act);
    return button;
  }
}
