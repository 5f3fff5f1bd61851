// The left side: channels, who is typing, and how Runflow behaves today.

import { displayName, h } from "./dom.js";

const PRIVATE = new Set([1, 3]); // the app's own messages with a person, and groups of people
const GROUPS = [["Channels", (one) => !PRIVATE.has(one.type)], ["Direct messages", (one) => PRIVATE.has(one.type)]];
const SIGNS = { 1: "@", 3: "⚇", 10: "↳", 11: "↳", 12: "↳" };

export function drawChannels(box, channels, { here, unread, visit, label }) {
  const focused = box.contains(document.activeElement) ? document.activeElement.dataset.id : null;
  box.replaceChildren(...GROUPS.flatMap(([name, belongs]) => {
    const some = inOrder(channels.filter((channel) => channel.type !== 4 && belongs(channel)));
    return some.length ? [h("h2", {}, name), h("ul", {}, some.map((channel) => item(channel, { here, unread, visit, label })))] : [];
  }));
  if (focused) box.querySelector(`[data-id="${focused}"]`)?.focus();
}

// Threads stand under the channel they belong to.
function inOrder(channels) {
  const isThread = (one) => one.type in SIGNS && !PRIVATE.has(one.type);
  const tops = channels.filter((one) => !isThread(one));
  const threads = channels.filter(isThread);
  const under = (top) => threads.filter((thread) => String(thread.parent_id) === String(top.id));
  const orphans = threads.filter((thread) => !tops.some((top) => String(top.id) === String(thread.parent_id)));
  return [...tops.flatMap((top) => [top, ...under(top)]), ...orphans];
}

function item(channel, { here, unread, visit, label }) {
  const id = String(channel.id);
  return h("li", { class: channel.type in SIGNS && !PRIVATE.has(channel.type) ? "thread" : "" },
    h("button", {
      type: "button", class: `channel${unread.has(id) ? " unread" : ""}`, data: { id }, "aria-current": id === here ? "page" : null,
      onclick: () => visit(id),
    },
    h("span", { class: "sign", "aria-hidden": "true" }, SIGNS[channel.type] ?? "#"),
    h("span", { class: "channel-label" }, label(channel).replace(/^[#@]/, "")),
    channel.nsfw ? h("span", { class: "age" }, "18+", h("span", { class: "sr" }, " age-restricted")) : null,
    unread.has(id) ? h("span", { class: "sr" }, " unread") : null));
}

export function drawPeople(select, people, me) {
  select.replaceChildren(...people.map((person) => {
    const role = person.role ?? person.role_name;
    return h("option", { value: String(person.id), selected: String(person.id) === me }, `${displayName(person)}${role ? ` (${role})` : ""}`);
  }));
}

export function drawProfiles(select, runflow) {
  if (!runflow) return;
  select.replaceChildren(...runflow.profiles.map((name) => h("option", { value: name, selected: name === runflow.profile }, name.replaceAll("_", " "))));
}
