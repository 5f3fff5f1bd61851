// Links in messages. Those to a channel or a message of Discord's own stay in the page; others open beside it.

import { h } from "./dom.js";

const JUMP = /^https:\/\/(?:(?:ptb|canary)\.)?discord(?:app)?\.com\/channels\/(?:@me|\d{1,20})\/(\d{1,20})(?:\/(\d{1,20}))?\/?$/;

export function target(href) {
  const found = JUMP.exec(href ?? "");
  return found && { channel: found[1], message: found[2] ?? null };
}

// `on` answers jump(channelId, messageId) and channelName(id).
export function link(href, children, on, attributes = {}) {
  const inside = target(href);
  if (inside && on.jump) {
    return h("a", { href: `#${inside.message ?? inside.channel}`, ...attributes, onclick: (event) => {
      event.preventDefault();
      on.jump(inside.channel, inside.message);
    } }, bare(href, children) ? jumpWords(inside, on) : children);
  }
  return h("a", { href, target: "_blank", rel: "noopener noreferrer", ...attributes }, children);
}

function bare(href, children) {
  return children.length === 1 && children[0] === href;
}

// As Discord writes an address of its own that stands in a text.
function jumpWords(inside, on) {
  return `#${on.channelName(inside.channel)}${inside.message ? ", a message" : ""}`;
}
