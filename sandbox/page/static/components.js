// Components V2 drawn as nodes: https://discord.com/developers/docs/components/reference

import { h } from "./dom.js";
import { link, target } from "./links.js";
import { gallery, thumbnail } from "./media.js";
import { markdown } from "./markdown.js";

const BUTTON_STYLES = { 1: "primary", 2: "secondary", 3: "success", 4: "danger", 5: "link", 6: "primary" };

// `on` is what a message lends its parts: names for mentions, press(), revealed, attachments.
export function drawComponents(components, on, path = "c") {
  return components.map((component, index) => draw(component, on, `${path}.${index}`));
}

function draw(component, on, path) {
  switch (component.type) {
    case 1: return h("div", { class: "row" }, drawComponents(component.components ?? [], on, path));
    case 2: return button(component, on);
    case 3: case 5: case 6: case 7: case 8: return select(component, on);
    case 9: return section(component, on, path);
    case 10: return h("div", { class: "md" }, markdown(component.content ?? "", on));
    case 11: return thumbnail(component, on, path);
    case 12: return gallery(component.items ?? [], on, path);
    case 13: return file(component, on);
    case 14: return h("hr", { class: `separator${component.divider === false ? " bare" : ""}${component.spacing === 2 ? " wide" : ""}` });
    case 17: return container(component, on, path);
    default: return h("p", { class: "subtext" }, "This part of the message cannot be shown here.");
  }
}

function container(component, on, path) {
  const card = h("div", { class: "card" }, drawComponents(component.components ?? [], on, path));
  const accent = component.accent_color;
  if (typeof accent === "number") card.style.setProperty("--accent", `#${accent.toString(16).padStart(6, "0")}`);
  if (!component.spoiler || on.revealed.has(path)) return card;
  card.inert = true;
  const cover = h("button", { type: "button", class: "cover", "aria-label": "Spoiler, press to reveal" }, "Spoiler");
  const veil = h("div", { class: "veil" }, card, cover);
  cover.addEventListener("click", () => {
    on.revealed.add(path);
    card.inert = false;
    veil.replaceWith(card);
  });
  return veil;
}

function section(component, on, path) {
  return h("div", { class: "section" },
    h("div", { class: "section-text" }, drawComponents(component.components ?? [], on, path)),
    component.accessory ? h("div", { class: "accessory" }, draw(component.accessory, on, `${path}.a`)) : null);
}

function emoji(value) {
  if (!value?.name) return null;
  return h("span", { class: "emoji", "aria-hidden": "true" }, value.id ? `:${value.name}:` : value.name);
}

function button(component, on) {
  const kind = BUTTON_STYLES[component.style] ?? "secondary";
  const label = [emoji(component.emoji), component.label ? h("span", {}, component.label) : null];
  if (component.style === 5) {
    const safe = /^https?:\/\//.test(component.url ?? "") ? component.url : null;
    const away = target(safe) ? null : h("span", { class: "away" }, h("span", { "aria-hidden": "true" }, "↗"), h("span", { class: "sr" }, " opens another site"));
    return link(safe, [label, away].flat(), on, { class: "button link" });
  }
  return h("button", {
    type: "button", class: `button ${kind}`, disabled: component.disabled, data: { key: component.custom_id ?? "" },
    "aria-label": component.label ? null : component.emoji?.name,
    onclick: (event) => on.press(component.custom_id, [], event.currentTarget),
  }, label);
}

export function choicesOf(component, on) {
  if (component.type === 3) return component.options ?? [];
  const people = on.people.map((person) => ({ label: on.personName(person.id), value: String(person.id) }));
  const types = component.channel_types ?? [];
  const places = on.channels.filter((channel) => channel.guild_id && (!types.length || types.includes(channel.type)));
  const channels = places.map((channel) => ({ label: `#${channel.name}`, value: String(channel.id) }));
  const roles = on.roles.map((role) => ({ label: `@${role.name}`, value: String(role.id) }));
  return { 5: people, 6: roles, 7: [...people, ...roles], 8: channels }[component.type];
}

function select(component, on) {
  const many = (component.max_values ?? 1) > 1;
  const options = choicesOf(component, on);
  const placeholder = component.placeholder || "Make a selection";
  const list = h("select", {
    class: "select", disabled: component.disabled, multiple: many, size: many ? Math.min(options.length, 6) : null,
    "aria-label": placeholder, data: { key: component.custom_id ?? "" },
  },
  many ? null : h("option", { value: "", hidden: true, selected: !options.some((option) => option.default) }, placeholder),
  options.map((option) => h("option", { value: option.value, selected: option.default, title: option.description },
    [option.emoji?.id ? null : option.emoji?.name, option.label].filter(Boolean).join(" "))));
  const chosen = () => [...list.selectedOptions].map((option) => option.value).filter(Boolean);
  if (!many) {
    list.addEventListener("change", () => on.press(component.custom_id, chosen(), list));
    return h("div", { class: "select-box" }, list);
  }
  const send = h("button", { type: "button", class: "button secondary", onclick: () => on.press(component.custom_id, chosen(), send) }, "Choose");
  return h("div", { class: "select-box" }, list, send);
}

function file(component, on) {
  const media = on.media(component.file);
  const name = component.name ?? media.filename ?? "file";
  const size = component.size ?? media.size;
  return h("a", { class: "file", href: media.url, download: name, rel: "noopener" },
    h("span", { class: "file-mark", "aria-hidden": "true" }, "▤"),
    h("span", {}, h("span", { class: "file-name" }, name), size ? h("span", { class: "subtext" }, bytes(size)) : null));
}

function bytes(count) {
  return count >= 1048576 ? `${(count / 1048576).toFixed(1)} MB` : `${Math.max(1, Math.round(count / 1024))} kB`;
}
