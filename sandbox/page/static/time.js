// Times as Discord shows them. The sandbox's clock may be ahead of this machine's: events tell by how much.

import { h } from "./dom.js";

const STEPS = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60], ["second", 1]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "always" });
const STYLES = {
  t: { timeStyle: "short" }, T: { timeStyle: "medium" }, d: { dateStyle: "short" }, D: { dateStyle: "long" },
  f: { dateStyle: "long", timeStyle: "short" }, F: { dateStyle: "full", timeStyle: "short" },
};

let aheadMs = 0;

export function setClock(iso) {
  const at = Date.parse(iso);
  if (!Number.isNaN(at)) aheadMs = at - Date.now();
}

export function timestamp(unix, style) {
  const when = new Date(unix * 1000);
  if (Number.isNaN(when.getTime())) return `<t:${unix}>`;
  const node = h("time", { datetime: when.toISOString(), title: when.toLocaleString("en", STYLES.F), class: "stamp" });
  node.textContent = style === "R" ? ago(unix) : when.toLocaleString("en", STYLES[style]);
  if (style === "R") node.dataset.unix = String(unix);
  return node;
}

function ago(unix) {
  const seconds = Math.round(unix - (Date.now() + aheadMs) / 1000);
  if (seconds === 0) return "now";
  const [unit, size] = STEPS.find(([, step]) => Math.abs(seconds) >= step);
  return relative.format(Math.trunc(seconds / size), unit);
}

export function clockTime(iso) {
  return new Date(iso).toLocaleTimeString("en", { timeStyle: "short" });
}

setInterval(() => {
  for (const node of document.querySelectorAll("time[data-unix]")) {
    const text = ago(Number(node.dataset.unix));
    if (node.textContent !== text) node.textContent = text;
  }
}, 1000);
