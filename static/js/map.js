/* Draws `[data-geojson]` (a URL) and `[data-map]` (the id of a JSON script tag) with Leaflet. No tiles unless given. */

const L = window.L;
const ROUTE_COLOURS = ["#1d4ed8", "#b45309", "#6d28d9", "#0e7490", "#be185d", "#3f6212"];
const SCORES = [
  [85, "#15703f"],
  [70, "#c27803"],
  [-Infinity, "#c8102e"],
];
const KINDS = { warehouse: "#1f1b18", hub: "#1f1b18", bad: "#c8102e", good: "#15703f" };

function scoreColour(score) {
  if (typeof score !== "number") return "#544c46";
  return SCORES.find(([least]) => score >= least)[1];
}

/** Name and text as DOM nodes: a popup never parses what people wrote. */
function words(name, text) {
  const box = document.createElement("div");
  const title = document.createElement("strong");
  title.textContent = name ?? "";
  box.append(title);
  if (text) {
    const line = document.createElement("div");
    line.textContent = text;
    box.append(line);
  }
  return box;
}

function label(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

function drawAreas(map, areas) {
  return L.geoJSON(areas, {
    style: (feature) => {
      const color = scoreColour(feature.properties?.score);
      return { color, weight: 2, fillColor: color, fillOpacity: 0.22 };
    },
    pointToLayer: (feature, place) => L.circleMarker(place, { radius: 7, color: "#1f1b18", fillOpacity: 0.9 }),
    onEachFeature: (feature, layer) => {
      const { name, score, text } = feature.properties ?? {};
      const title = score === undefined || score === null ? name : `${name} ${score}`;
      layer.bindPopup(words(title, text));
      if (name) layer.bindTooltip(label(title), { permanent: true, direction: "bottom", offset: [0, 8], className: "map-label" });
    },
  }).addTo(map);
}

const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** A name that would cover another one is left out; a dense map shows more of them as one zooms in. */
function thinLabels(layers) {
  const kept = [];
  layers.eachLayer((layer) => {
    if (!layer.getTooltip()) return;
    layer.openTooltip();
    const box = layer.getTooltip().getElement().getBoundingClientRect();
    if (kept.some((other) => overlap(box, other))) layer.closeTooltip();
    else kept.push(box);
  });
}

function stopMarker(stop, number, color) {
  return L.circleMarker([stop.lat, stop.lon], { radius: 11, color, weight: 2, fillColor: "#fff", fillOpacity: 1 })
    .bindTooltip(label(String(number)), { permanent: true, direction: "center", className: "map-stop" })
    .bindPopup(words(`${number}. ${stop.name ?? ""}`, stop.text));
}

function drawRoutes(map, routes) {
  const group = L.featureGroup().addTo(map);
  routes.forEach((route, index) => {
    const color = ROUTE_COLOURS[index % ROUTE_COLOURS.length];
    L.polyline(route.points, { color, weight: 3, dashArray: "7 6" }).bindPopup(words(route.name, route.text)).addTo(group);
    (route.stops ?? []).forEach((stop, place) => stopMarker(stop, place + 1, color).addTo(group));
  });
  return group;
}

function drawPoints(map, points) {
  const group = L.featureGroup().addTo(map);
  points.forEach((point) => {
    const color = KINDS[point.kind] ?? "#1d4ed8";
    L.circleMarker([point.lat, point.lon], { radius: 8, color: "#fff", weight: 2, fillColor: color, fillOpacity: 1 })
      .bindPopup(words(point.name, point.text))
      .addTo(group);
  });
  return group;
}

function draw(element, data) {
  const map = L.map(element, { attributionControl: Boolean(data.tiles), zoomSnap: 0.5, scrollWheelZoom: false });
  if (data.tiles) L.tileLayer(data.tiles.url, { attribution: data.tiles.attribution }).addTo(map);
  const layers = [];
  const areas = data.type === "FeatureCollection" ? data : data.areas;
  if (areas) layers.push(drawAreas(map, areas));
  if (data.routes) layers.push(drawRoutes(map, data.routes));
  if (data.points) layers.push(drawPoints(map, data.points));
  const bounds = L.featureGroup(layers).getBounds();
  if (bounds.isValid()) map.fitBounds(bounds, { padding: [48, 32], maxZoom: 16, animate: false });
  else map.setView([0, 0], 2);
  if (areas) {
    const thin = () => thinLabels(layers[0]);
    map.on("zoomend", thin);
    thin();
  }
  element.dataset.drawn = "yes";
}

async function load(element) {
  const answer = await fetch(element.dataset.geojson, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`map data: ${answer.status}`);
  return answer.json();
}

async function start(element) {
  if (element.dataset.drawn) return;
  element.dataset.drawn = "loading";
  try {
    const source = document.getElementById(element.dataset.map);
    draw(element, source ? JSON.parse(source.textContent) : await load(element));
  } catch {
    element.dataset.drawn = "failed";
    element.replaceChildren(label(element.dataset.failed ?? ""));
  }
}

function startAll() {
  document.querySelectorAll("[data-geojson], [data-map]").forEach(start);
}

startAll();
document.addEventListener("htmx:after:swap", startAll);
