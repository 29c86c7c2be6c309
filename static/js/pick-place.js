/* A place is picked on a map: by touch, by Enter in the middle of the map, or by the device's own location. */

const L = window.L;
const place = document.querySelector("[data-pick]");
const form = place.closest("form");
const { lat, lon } = form.elements;
const said = document.getElementById(place.dataset.said);
const map = L.map(place, { attributionControl: false, zoomSnap: 0.5, scrollWheelZoom: false });
const marker = L.circleMarker([0, 0], { radius: 11, color: "#fff", weight: 3, fillColor: "#c8102e", fillOpacity: 1 });

function show(fly) {
  const at = [Number(lat.value), Number(lon.value)];
  if (!lat.value || !lon.value || Math.abs(at[0]) > 90 || Math.abs(at[1]) > 180) return;
  marker.setLatLng(at).addTo(map);
  if (fly) map.setView(at, Math.max(map.getZoom(), 15), { animate: false });
}

function pick(at, fly = false) {
  lat.value = at.lat.toFixed(6);
  lon.value = at.lng.toFixed(6);
  show(fly);
  said.textContent = place.dataset.picked;
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

function name(text) {
  const span = document.createElement("span");
  span.textContent = text;
  return span;
}

async function draw() {
  const answer = await fetch(place.dataset.pick, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`map data: ${answer.status}`);
  const { areas, points } = await answer.json();
  const group = L.featureGroup();
  L.geoJSON(areas, {
    style: { color: "#544c46", weight: 1.5, fillColor: "#c27803", fillOpacity: 0.12 },
    pointToLayer: (_feature, at) => L.circleMarker(at, { radius: 6, color: "#544c46" }),
    onEachFeature: (feature, layer) => layer.bindTooltip(name(feature.properties.name), { permanent: areas.features.length < 12, direction: "center", className: "map-label" }),
  }).addTo(group);
  points.forEach((one) => L.circleMarker([one.lat, one.lon], { radius: 6, color: "#fff", weight: 2, fillColor: "#15703f", fillOpacity: 1 }).bindTooltip(name(one.name)).addTo(group));
  group.addTo(map);
  if (!lat.value && group.getBounds().isValid()) map.fitBounds(group.getBounds(), { padding: [12, 12], animate: false });
  place.dataset.drawn = "yes";
}

map.setView([Number(lat.value) || 30, Number(lon.value) || 115], lat.value ? 15 : 4);
map.on("click", (event) => pick(event.latlng));
place.addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  pick(map.getCenter());
});
[lat, lon].forEach((field) => field.addEventListener("change", () => show(true)));
document.querySelector("[data-here]").addEventListener("click", () => {
  said.textContent = place.dataset.asking;
  const refuse = () => {
    said.textContent = place.dataset.refused;
  };
  if (!navigator.geolocation) {
    refuse();
    return;
  }
  navigator.geolocation.getCurrentPosition(({ coords }) => pick(L.latLng(coords.latitude, coords.longitude), true), refuse, { enableHighAccuracy: true, timeout: 10000 });
});
show(false);
draw().catch(() => {
  place.dataset.drawn = "failed";
  said.textContent = place.dataset.failed;
});
