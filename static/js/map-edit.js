/* Draws a neighbourhood's area: press to add a corner, drag, delete, undo; by keyboard or as a table of numbers.

The text field `[data-geometry]` (GeoJSON, longitude first) is what is sent; whatever is drawn is written there. */

import { CornerTable, fill, round } from "./map-corners.js";

const L = window.L;
const LINE = { color: "#c8102e", weight: 3, fillColor: "#c8102e", fillOpacity: 0.12 };
const AROUND = { color: "#1d4ed8", weight: 1.5, fillColor: "#1d4ed8", fillOpacity: 0.06, interactive: false };
const MOST_MIDDLES = 150;
const ARROWS = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };

function label(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

/** Rings as [{area, corners: [[lat, lon], …]}], an area's first one being its outside; null for what cannot be drawn. */
function ringsOf(geometry) {
  const areas = { Polygon: (c) => [c], MultiPolygon: (c) => c }[geometry?.type]?.(geometry.coordinates);
  if (!Array.isArray(areas)) return null;
  const rings = [];
  for (const [area, parts] of areas.entries()) {
    for (const part of parts) {
      const corners = part.map(([lon, lat]) => [lat, lon]);
      const [first, last] = [corners[0], corners.at(-1)];
      if (corners.length > 1 && first[0] === last[0] && first[1] === last[1]) corners.pop();
      if (!corners.every((one) => one.every(Number.isFinite))) return null;
      rings.push({ area, corners });
    }
  }
  return rings;
}

function shapeOf(text) {
  let found = JSON.parse(text);
  if (found.type === "FeatureCollection") found = found.features[0];
  return found.type === "Feature" ? found.geometry : found;
}

class Editor {
  constructor(root, data, words) {
    Object.assign(this, { root, data, words, rings: [], active: 0, chosen: -1, adding: false, past: [] });
    this.find = (name) => root.querySelector(`[data-${name}]`);
    this.field = this.find("geometry");
    this.mayEdit = Boolean(this.find("do"));
    this.table = new CornerTable(this, this.find("corners"), words);
    this.map = L.map("area-map", { zoomSnap: 0.5, attributionControl: Boolean(data.tiles), keyboard: false });
    this.map.setView(data.middle ? [data.middle.lat, data.middle.lon] : [0, 0], data.middle ? 14 : 2);
    if (data.tiles) L.tileLayer(data.tiles.url, { attribution: data.tiles.attribution }).addTo(this.map);
    this.around = L.geoJSON(data.around, {
      style: AROUND,
      pointToLayer: (_, place) => L.circleMarker(place, { radius: 5, ...AROUND }),
      onEachFeature: (feature, layer) =>
        layer.bindTooltip(label(feature.properties.name), { permanent: true, direction: "center", className: "map-label" }),
    }).addTo(this.map);
    for (const point of data.points) {
      L.circleMarker([point.lat, point.lon], { radius: 6, color: "#fff", weight: 2, fillColor: "#15703f", fillOpacity: 1 })
        .bindTooltip(label(point.name))
        .addTo(this.map);
    }
    if (data.wrong) L.circleMarker([data.wrong.lat, data.wrong.lon], { radius: 12, color: "#c8102e", weight: 3 }).addTo(this.map);
    this.drawn = L.featureGroup().addTo(this.map);
    this.handles = L.layerGroup().addTo(this.map);
    this.listen();
    this.read();
    this.fit();
    if (this.mayEdit && !this.rings.length) this.setAdding(true);
    root.dataset.ready = "yes";
  }

  listen() {
    this.map.on("click", (event) => this.adding && this.add(this.corners.length, event.latlng));
    this.root.addEventListener("click", (event) => {
      const what = event.target.closest("[data-do]")?.dataset.do;
      if (what) this[`do_${what}`]();
    });
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.field.addEventListener("change", () => this.read());
    this.find("ring").addEventListener("change", (event) => this.activate(Number(event.target.value)));
    this.find("file")?.addEventListener("change", (event) => this.load(event.target.files[0]));
  }

  get corners() {
    return this.rings[this.active]?.corners ?? [];
  }

  say(name, words = {}) {
    this.find("say").textContent = fill(this.words[name], words);
  }

  /** Takes over what stands in the text field. */
  read() {
    const text = this.field.value.trim();
    let rings = [];
    try {
      const shape = text ? shapeOf(text) : null;
      rings = shape && shape.type !== "Point" ? ringsOf(shape) : [];
    } catch {
      rings = null;
    }
    if (rings === null) {
      this.say("bad");
      return false;
    }
    this.remember();
    Object.assign(this, { rings, active: 0, chosen: -1 });
    this.draw();
    return true;
  }

  async load(file) {
    if (!file) return;
    try {
      this.field.value = JSON.stringify(shapeOf(await file.text()));
    } catch {
      this.say("bad");
      return;
    }
    if (!this.read()) return;
    this.fit();
    this.say("loaded");
  }

  write() {
    const areas = [];
    for (const ring of this.rings.filter((one) => one.corners.length)) {
      const closed = [...ring.corners, ring.corners[0]].map(([lat, lon]) => [lon, lat]);
      (areas[ring.area] ??= []).push(closed);
    }
    const parts = areas.filter(Boolean);
    const shape = parts.length === 1 ? { type: "Polygon", coordinates: parts[0] } : { type: "MultiPolygon", coordinates: parts };
    this.field.value = parts.length ? JSON.stringify(shape) : "";
  }

  remember() {
    this.past.push(JSON.stringify([this.rings, this.active]));
  }

  change(act, name, words) {
    this.remember();
    act();
    this.write();
    this.draw();
    if (name) this.say(name, { m: this.corners.length, ...words });
  }

  add(at, { lat, lng }) {
    const place = [round(lat), round(lng)];
    this.change(() => {
      if (!this.rings.length) this.rings.push({ area: 0, corners: [] });
      this.corners.splice(at, 0, place);
      this.chosen = at;
    });
    this.say("added", { n: at + 1, m: this.corners.length });
  }

  move(at, lat, lon) {
    this.change(() => {
      this.corners[at] = [round(lat), round(lon)];
      this.chosen = at;
    }, "moved", { n: at + 1 });
  }

  remove(at) {
    this.change(() => {
      this.corners.splice(at, 1);
      this.chosen = Math.min(at, this.corners.length - 1);
    });
    this.say("deleted", { n: at + 1, m: this.corners.length });
  }

  activate(ring) {
    Object.assign(this, { active: ring, chosen: -1 });
    this.draw();
  }

  setAdding(on) {
    this.adding = on;
    this.root.querySelector('[data-do="add"]').setAttribute("aria-pressed", String(on));
    this.map.getContainer().classList.toggle("hq-area__adding", on);
    if (on) this.say("press");
  }

  do_add() {
    this.setAdding(!this.adding);
  }

  do_area() {
    const area = Math.max(-1, ...this.rings.map((ring) => ring.area)) + 1;
    this.begin(area, "press");
  }

  do_hole() {
    if (!this.rings.length) return this.say("few");
    return this.begin(this.rings[this.active].area, "inside");
  }

  begin(area, say) {
    this.change(() => {
      this.rings = this.rings.filter((ring) => ring.corners.length);
      const last = this.rings.findLastIndex((ring) => ring.area === area);
      const at = last < 0 ? this.rings.length : last + 1;
      this.rings.splice(at, 0, { area, corners: [] });
      Object.assign(this, { active: at, chosen: -1 });
    });
    this.setAdding(true);
    this.say(say);
  }

  do_delete() {
    if (this.chosen < 0) this.say("none");
    else this.remove(this.chosen);
  }

  /** An outside outline takes its holes along. */
  do_drop() {
    const ring = this.rings[this.active];
    if (!ring) return;
    const isOutside = this.rings.findIndex((one) => one.area === ring.area) === this.active;
    this.change(() => {
      this.rings = this.rings.filter((one, number) => (isOutside ? one.area !== ring.area : number !== this.active));
      Object.assign(this, { active: 0, chosen: -1 });
    }, "dropped");
  }

  do_undo() {
    if (this.past.length < 2) return this.say("nothing");
    [this.rings, this.active] = JSON.parse(this.past.pop());
    this.chosen = -1;
    this.write();
    this.draw();
    return this.say("undone");
  }

  do_fit() {
    this.fit();
  }

  /** A corner at the middle of the map, or a little beside the last one: the way without a mouse. */
  do_row() {
    const last = this.corners.at(-1);
    const { lat, lng } = last ? { lat: last[0] + 0.0005, lng: last[1] + 0.0005 } : this.map.getCenter();
    this.add(this.corners.length, { lat, lng });
    this.table.focusLast("input");
  }

  fit() {
    const own = this.drawn.getBounds();
    const bounds = own.isValid() ? own : this.around.getBounds();
    if (bounds.isValid()) this.map.fitBounds(bounds, { padding: [48, 48], maxZoom: 17, animate: false });
  }

  key(event) {
    if (event.target.closest("input, textarea, select")) return;
    const at = Number(event.target.dataset?.corner ?? -1);
    if ((event.ctrlKey || event.metaKey) && event.key === "z") {
      event.preventDefault();
      this.do_undo();
      this.focusCorner(Math.min(at, this.corners.length - 1));
    } else if (at >= 0 && ARROWS[event.key]) {
      event.preventDefault();
      const step = event.shiftKey ? 10 : 1;
      const pixel = this.map.latLngToContainerPoint(this.corners[at]).add(ARROWS[event.key].map((way) => way * step));
      const { lat, lng } = this.map.containerPointToLatLng(pixel);
      this.move(at, lat, lng);
      this.focusCorner(at);
    } else if (at >= 0 && (event.key === "Delete" || event.key === "Backspace")) {
      event.preventDefault();
      this.remove(at);
      this.focusCorner(Math.min(at, this.corners.length - 1));
    }
  }

  focusCorner(at) {
    this.map.getContainer().querySelector(`[data-corner="${at}"]`)?.focus();
  }

  draw() {
    this.drawn.clearLayers();
    const areas = new Map();
    for (const ring of this.rings) areas.set(ring.area, [...(areas.get(ring.area) ?? []), ring.corners]);
    this.shapes = [...areas].map(([area, parts]) => {
      const isLine = parts.length === 1 && parts[0].length < 3;
      return [area, (isLine ? L.polyline(parts[0], LINE) : L.polygon(parts, LINE)).addTo(this.drawn)];
    });
    this.drawHandles();
    this.drawRings();
    this.table.draw();
  }

  drawHandles() {
    this.handles.clearLayers();
    if (!this.mayEdit) return;
    this.corners.forEach((corner, at) => this.handle(corner, at));
    const count = this.corners.length;
    if (count < 2 || count > MOST_MIDDLES) return;
    this.corners.forEach(([lat, lon], at) => {
      const [nextLat, nextLon] = this.corners[(at + 1) % count];
      if (count === 2 && at === 1) return;
      const place = [(lat + nextLat) / 2, (lon + nextLon) / 2];
      const icon = L.divIcon({ className: "hq-area__middle", iconSize: [18, 18] });
      L.marker(place, { icon, keyboard: false, zIndexOffset: -100 })
        .on("click", () => this.add(at + 1, { lat: place[0], lng: place[1] }))
        .addTo(this.handles);
    });
  }

  handle(corner, at) {
    const icon = L.divIcon({
      className: `hq-area__corner${at === this.chosen ? " hq-area__corner--chosen" : ""}`,
      iconSize: [24, 24],
    });
    const marker = L.marker(corner, { icon, draggable: true, alt: fill(this.words.corner, { n: at + 1 }) });
    marker.on("click", () => {
      this.chosen = at;
      this.drawHandles();
      this.focusCorner(at);
      this.say("chosen", { n: at + 1 });
    });
    marker.on("drag", (event) => this.follow(at, event.latlng));
    marker.on("dragend", () => {
      const { lat, lng } = marker.getLatLng();
      this.move(at, lat, lng);
    });
    marker.addTo(this.handles);
    const element = marker.getElement();
    element.dataset.corner = at;
    element.setAttribute("aria-label", fill(this.words.corner, { n: at + 1 }));
  }

  /** The outline goes along while a corner is dragged; nothing is changed before it is dropped. */
  follow(at, { lat, lng }) {
    const ring = this.rings[this.active];
    const parts = this.rings
      .filter((one) => one.area === ring.area)
      .map((one) => (one === ring ? one.corners.with(at, [lat, lng]) : one.corners));
    const shape = this.shapes.find(([area]) => area === ring.area)[1];
    shape.setLatLngs(parts.length === 1 && parts[0].length < 3 ? parts[0] : parts);
  }

  drawRings() {
    const select = this.find("ring");
    let hole = 0;
    const names = this.rings.map((ring, number) => {
      const isOutside = this.rings.findIndex((one) => one.area === ring.area) === number;
      hole = isOutside ? 0 : hole + 1;
      return fill(this.words[isOutside ? "area" : "hole"], { n: ring.area + 1, m: hole });
    });
    select.replaceChildren(...names.map((name, number) => new Option(name, number, false, number === this.active)));
  }
}

const root = document.querySelector("[data-area-editor]");
if (root) {
  const read = (id) => JSON.parse(document.getElementById(id).textContent);
  new Editor(root, read("area-data"), read("area-words"));
}
