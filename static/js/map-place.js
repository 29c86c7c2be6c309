/* Places one point: a press on the map or a found address fills the fields of latitude and longitude, and back. */

const L = window.L;

function start(box) {
  const data = JSON.parse(document.getElementById(box.dataset.placeMap).textContent);
  const form = box.closest("form");
  const [lat, lon, system] = ["lat", "lon", "system"].map((name) => form.elements[name]);
  const map = L.map(box, { attributionControl: Boolean(data.tiles), zoomSnap: 0.5, scrollWheelZoom: false });
  if (data.tiles) L.tileLayer(data.tiles.url, { attribution: data.tiles.attribution }).addTo(map);
  const areas = L.geoJSON(data.areas, {
    style: { color: "#1d4ed8", weight: 1.5, fillOpacity: 0.06, interactive: false },
    pointToLayer: (_, place) => L.circleMarker(place, { radius: 5, interactive: false }),
  }).addTo(map);
  const icon = L.divIcon({ className: "hq-area__corner hq-area__corner--chosen", iconSize: [24, 24] });
  const marker = L.marker(map.options.center ?? [0, 0], { icon, draggable: true, keyboard: false });

  /** The marker shows the typed numbers only where they are of the map's own system. */
  const show = () => {
    const place = [lat.value, lon.value].map((text) => Number(text.trim() || NaN));
    const isHere = place.every(Number.isFinite) && Math.abs(place[0]) <= 90 && system.value === data.system;
    if (isHere) marker.setLatLng(place).addTo(map);
    else marker.remove();
    return isHere;
  };
  const put = ({ lat: y, lng: x }) => {
    Object.assign(lat, { value: y.toFixed(7) });
    Object.assign(lon, { value: x.toFixed(7) });
    system.value = data.system;
    show();
  };
  map.on("click", (event) => put(event.latlng));
  marker.on("dragend", () => put(marker.getLatLng()));
  [lat, lon, system].forEach((field) => field.addEventListener("change", show));
  if (show()) map.setView(marker.getLatLng(), 16);
  else if (areas.getBounds().isValid()) map.fitBounds(areas.getBounds(), { padding: [24, 24], maxZoom: 16, animate: false });
  else map.setView([data.middle.lat, data.middle.lon], 13);
  document.addEventListener("click", (event) => {
    const found = event.target.closest("[data-found]");
    if (!found) return;
    put({ lat: Number(found.dataset.lat), lng: Number(found.dataset.lon) });
    map.setView(marker.getLatLng(), 17);
    lat.focus();
  });
  // Enter in the search asks for the address; it does not save the form around it.
  form.elements.wanted?.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    form.querySelector("#address-search button").click();
  });
  box.dataset.ready = "yes";
}

document.querySelectorAll("[data-place-map]").forEach(start);
