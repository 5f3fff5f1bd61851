// Pictures: galleries, thumbnails, alt text, spoilers and the large view.

import { h } from "./dom.js";

export function gallery(items, on, path) {
  const box = h("div", { class: `gallery of-${items.length}`, role: "group", "aria-label": items.length === 1 ? "Picture" : `${items.length} pictures` },
    items.map((item, index) => picture(item, on, `${path}.${index}`, items.length === 1)));
  const ratio = commonRatio(items, on);
  if (ratio) box.style.setProperty("--cell", String(ratio));
  return box;
}

// Pictures of one shape keep it in the mosaic; others are cut to squares.
function commonRatio(items, on) {
  const ratios = items.map((item) => on.media(item.media)).map(({ width, height }) => (width && height ? width / height : 1));
  const alike = Math.max(...ratios) / Math.min(...ratios) < 1.05;
  return items.length > 1 && alike ? Math.min(Math.max(ratios[0], 0.56), 1.78) : null;
}

export function thumbnail(component, on, path) {
  return h("div", { class: "thumbnail" }, picture(component, on, path, false));
}

function picture(item, on, path, alone) {
  const media = on.media(item.media);
  const alt = item.description || media.description || "";
  const image = h("img", { src: media.url, alt: alt || "Picture without a description", loading: "lazy", decoding: "async", draggable: "false" });
  const box = h("figure", { class: "picture" });
  if (alone && media.width && media.height) box.style.setProperty("--ratio", String(media.width / media.height));
  const open = h("button", { type: "button", class: "picture-open", data: { key: `open ${path}` }, onclick: () => enlarge(media, alt, open) }, image);
  box.append(open);
  if (alt) box.append(...altBadge(alt, path));
  if (item.spoiler && !on.revealed.has(path)) cover(box, open, on, path);
  return box;
}

function cover(box, open, on, path) {
  const hidden = [...box.children];
  veil(hidden, true);
  box.classList.add("hidden");
  const button = h("button", { type: "button", class: "cover", data: { key: `cover ${path}` }, "aria-label": "Spoiler, press to reveal" }, "Spoiler");
  button.addEventListener("click", () => {
    on.revealed.add(path);
    veil(hidden, false);
    box.classList.remove("hidden");
    button.remove();
    open.focus();
  });
  box.append(button);
}

// Out of sight, out of reach and out of hearing: not every screen reader knows `inert` yet.
function veil(children, on) {
  for (const child of children) {
    child.inert = on;
    if (on) child.setAttribute("aria-hidden", "true");
    else child.removeAttribute("aria-hidden");
  }
}

function altBadge(alt, path) {
  const id = `alt-${crypto.randomUUID()}`;
  const text = h("figcaption", { class: "alt-text", id, hidden: true }, alt);
  const badge = h("button", {
    type: "button", class: "alt-badge", "aria-expanded": "false", "aria-controls": id, "aria-label": "ALT: show the description",
    data: { key: `alt ${path}` },
    onclick: () => {
      text.hidden = !text.hidden;
      badge.setAttribute("aria-expanded", String(!text.hidden));
    },
  }, h("span", {}, "ALT"));
  return [text, badge];
}

function enlarge(media, alt, from) {
  const close = h("button", { type: "button", class: "button secondary", onclick: () => dialog.close() }, "Close");
  const dialog = h("dialog", { class: "viewer", "aria-label": alt || "Picture" },
    h("img", { src: media.url, alt }),
    h("div", { class: "viewer-foot" }, h("p", {}, alt),
      h("a", { class: "button secondary", href: media.url, target: "_blank", rel: "noopener" }, "Open the file"), close));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (from.isConnected) from.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}
