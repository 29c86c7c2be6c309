/* Draws every `[data-chart]`: the ECharts option stands in the JSON script tag that the attribute names. */

const style = getComputedStyle(document.documentElement);
const token = (name) => style.getPropertyValue(`--ll-${name}`).trim();
const large = document.documentElement.dataset.size === "large";
const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;

const TEXT = { color: token("ink-2"), fontFamily: token("font"), fontSize: large ? 24 : 12 };
const WRAPPED = large ? { width: 96, overflow: "break" } : {};
const COLOURS = [token("brand"), token("info"), token("success"), "#b45309", "#6d28d9", "#0e7490"];

function asList(value) {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

function axis(option) {
  return {
    axisLine: { lineStyle: { color: token("line-strong") } },
    splitLine: { lineStyle: { color: token("line") } },
    axisTick: { show: false },
    ...option,
    axisLabel: { ...TEXT, hideOverlap: true, ...option.axisLabel },
    nameTextStyle: { ...TEXT, ...option.nameTextStyle },
  };
}

// A series may name a token as its colour, or "none" for a bar that only holds others up.
function toned({ tone, ...option }) {
  if (!tone) return option;
  return { ...option, itemStyle: { color: tone === "none" ? "transparent" : token(tone), borderRadius: 3 } };
}

function series(option) {
  const own = { bar: { barMaxWidth: 28, itemStyle: { borderRadius: [3, 3, 0, 0] } }, line: { symbolSize: 7 }, radar: {} };
  const filled = option.type === "radar" ? { areaStyle: { opacity: 0.2 }, symbolSize: 7 } : {};
  return { ...own[option.type], ...filled, ...option };
}

function complete(spec) {
  const isRadar = spec.radar !== undefined;
  const many = asList(spec.series).length > 1;
  return {
    animation: !calm,
    color: COLOURS,
    textStyle: TEXT,
    ...(isRadar ? {} : { grid: { left: 8, right: 8, top: (many ? 44 : 28) * (large ? 2 : 1), bottom: 8, containLabel: true } }),
    ...(many ? { legend: { top: 0, textStyle: TEXT } } : {}),
    ...spec,
    ...(isRadar
      ? { radar: { radius: large ? "42%" : "62%", axisName: { ...TEXT, ...WRAPPED }, ...spec.radar } }
      : { xAxis: asList(spec.xAxis).map(axis), yAxis: asList(spec.yAxis).map(axis) }),
    series: asList(spec.series).map(toned).map(series),
    // HTML tooltips would carry inline styles, which the page's policy refuses.
    tooltip: { trigger: isRadar ? "item" : "axis", confine: true, ...spec.tooltip, renderMode: "richText" },
    aria: { enabled: false },
  };
}

function draw(element) {
  const source = document.getElementById(element.dataset.chart);
  if (!source || element.dataset.drawn) return;
  element.dataset.drawn = "yes";
  const chart = window.echarts.init(element, null, { renderer: "svg" });
  chart.setOption(complete(JSON.parse(source.textContent)));
  const watcher = new ResizeObserver(() => {
    if (element.isConnected) chart.resize();
    else {
      watcher.disconnect();
      chart.dispose();
    }
  });
  watcher.observe(element);
}

function drawAll() {
  document.querySelectorAll("[data-chart]").forEach(draw);
}

drawAll();
document.addEventListener("htmx:after:swap", drawAll);
