// One row of the timeline: a message, or an interaction that is still on its way.

import { drawComponents } from "./components.js";
import { displayName, face, h } from "./dom.js";
import { markdown } from "./markdown.js";
import { gallery } from "./media.js";
import { MENU, menuButton } from "./menu.js";
import { clockTime } from "./time.js";

const EPHEMERAL = 64;
const LOADING = 128;
const IS_SPOILER = 8; // an attachment's flag

// `on` lends a message what it needs of the page: names, people, press(), dismiss(), revealedOf(), usedBy().
export function messageRow(message, on) {
  const flags = message.flags ?? 0;
  const row = h("li", { class: "message", tabindex: "-1", data: { id: message.id } });
  if (flags & EPHEMERAL) row.classList.add("ephemeral");
  const used = on.usedBy(message);
  if (used) row.append(usedLine(used, on));
  else if (message.message_reference) row.append(replyLine(message.message_reference, on));
  const body = h("div", { class: "message-body" }, head(message, flags, on), content(message, flags, on));
  row.append(face(message.author), body);
  if (flags & EPHEMERAL) {
    body.append(h("p", { class: "only-you" }, "Only you can see this · ",
      h("button", { type: "button", class: "text-button", onclick: () => on.dismiss(message) }, "Dismiss")));
  }
  return row;
}

function usedLine({ person, command, fromMenu }, on) {
  return h("p", { class: "used" }, face(person, h("span", { class: "face small", "aria-hidden": "true" })),
    h("strong", {}, named(person, on)), " used ",
    h("span", { class: "used-command" }, command ? `${fromMenu ? "" : "/"}${command}` : "a command"));
}

// What a message answers: a press goes there.
function replyLine({ channel_id: channelId, message_id: messageId }, on) {
  const answered = on.message(messageId);
  if (!answered) return h("p", { class: "used" }, "Original message was deleted");
  const go = (event) => {
    event.preventDefault();
    on.jump(channelId, messageId);
  };
  return h("p", { class: "used" }, face(answered.author, h("span", { class: "face small", "aria-hidden": "true" })),
    h("a", { class: "reply", href: `#${messageId}`, onclick: go }, h("span", { class: "sr" }, "In reply to "), spoken(answered, on)));
}

// A name that opens the menu of the person. Apps have none.
function named(person, on) {
  const name = displayName(person);
  if (person.bot || !person.id) return name;
  return menuButton(MENU.user, String(person.id), `Menu of ${name}`, on, name);
}

function head(message, flags, on) {
  const author = message.author ?? {};
  const name = displayName(author);
  // Apps cannot be used on what only one person sees, nor on what is not there yet.
  const more = flags & (EPHEMERAL | LOADING) ? null
    : menuButton(MENU.message, String(message.id), `Menu of this message by ${name}`, on, h("span", { "aria-hidden": "true" }, "⋯"));
  return h("p", { class: "message-head" },
    h("strong", { class: "author" }, named(author, on)),
    author.bot ? h("span", { class: "app-tag" }, "APP") : null,
    h("time", { datetime: message.timestamp }, clockTime(message.timestamp)), more);
}

function content(message, flags, on) {
  if (flags & LOADING) return thinking(`${displayName(message.author)} is thinking…`);
  const lent = lend(message, on);
  const parts = [];
  if (message.content) parts.push(h("div", { class: "md" }, markdown(message.content, lent)));
  parts.push(...drawComponents(message.components ?? [], lent));
  parts.push(...looseAttachments(message, lent));
  if (message.edited_timestamp) parts.push(h("span", { class: "edited", title: clockTime(message.edited_timestamp) }, "(edited)"));
  return parts;
}

export function thinking(text) {
  return h("p", { class: "thinking" }, h("span", { class: "dots", "aria-hidden": "true" }, h("i"), h("i"), h("i")), text);
}

function lend(message, on) {
  const byName = new Map((message.attachments ?? []).map((attachment) => [attachment.filename, attachment]));
  return {
    ...on,
    revealed: on.revealedOf(message.id),
    press: (customId, values, from) => on.press(message, customId, values, from),
    media: (media) => {
      const url = media?.proxy_url || media?.url || "";
      const attached = url.startsWith("attachment://") ? byName.get(url.slice(13)) : null;
      return attached ? { ...media, ...attached, url: attached.proxy_url || attached.url } : { ...media, url };
    },
  };
}

// Attachments that no component shows stand below the text, as in a plain message.
function looseAttachments(message, lent) {
  if (!message.attachments?.length || message.components?.length) return [];
  const items = message.attachments.map((attachment) => ({
    media: attachment, description: attachment.description, spoiler: attachment.filename.startsWith("SPOILER_") || Boolean((attachment.flags ?? 0) & IS_SPOILER),
  }));
  return [gallery(items, lent, "attachments")];
}

// What the person sees of an interaction before (or instead of) a message.
export function interactionRow(interaction, bot, on) {
  const failed = interaction.state === "failed";
  const row = h("li", { class: "message ephemeral pending", data: { id: interaction.id } });
  const used = { person: on.person(interaction.user_id), command: interaction.name, fromMenu: interaction.command_type > 1 };
  row.append(usedLine(used, on), face(bot));
  row.append(h("div", { class: "message-body" },
    h("p", { class: "message-head" }, h("strong", { class: "author" }, displayName(bot)), h("span", { class: "app-tag" }, "APP")),
    failed ? h("p", { class: "failed" }, h("span", { "aria-hidden": "true" }, "⚠ "), "The application did not respond")
      : thinking("Sending command…"),
    failed ? h("p", { class: "only-you" }, "Only you can see this · ",
      h("button", { type: "button", class: "text-button", onclick: () => on.dismissInteraction(interaction) }, "Dismiss")) : null));
  return row;
}

// A message in one line, for people who listen to the page.
export function spoken(message, on) {
  if ((message.flags ?? 0) & LOADING) return `${displayName(message.author)} is thinking`;
  const texts = [message.content ?? ""];
  let pictures = 0;
  const walk = (component) => {
    if (component.type === 10) texts.push(component.content ?? "");
    if (component.type === 12) pictures += component.items?.length ?? 0;
    for (const child of component.components ?? []) walk(child);
  };
  for (const component of message.components ?? []) walk(component);
  const named = texts.join(" ").replace(/<@!?(\d+)>/g, (_, id) => on.personName(id)).replace(/<#(\d+)>/g, (_, id) => `#${on.channelName(id)}`);
  const text = named.replace(/<t:[^>]*>/g, "").replace(/[*_`#>|~]|-#/g, "").replace(/\s+/g, " ").trim().slice(0, 180);
  return `${displayName(message.author)}: ${text}${pictures ? `. ${pictures} picture${pictures > 1 ? "s" : ""}.` : ""}`;
}
