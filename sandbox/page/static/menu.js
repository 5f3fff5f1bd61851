// The menu of a message or of a person: the commands an app has put there.

import { Refused, post } from "./api.js";
import { h } from "./dom.js";

export const MENU = { slash: 1, user: 2, message: 3 };

let count = 0;

const ADMINISTRATOR = 1n << 3n;
const USE_COMMANDS = 1n << 31n;

// Which commands of `kind` somebody is offered in a channel. Discord's client hides the others.
export function offered(commands, kind, channel) {
  return commands.filter((command) => (command.type ?? 1) === kind && (!channel || (fitsPlace(command, channel) && mayUse(command, channel))));
}

// A server's channel, the app's own direct messages, or those of others.
function contextOf(channel) {
  return { 1: 1, 3: 2 }[channel.type] ?? 0;
}

function fitsPlace(command, channel) {
  const context = contextOf(channel);
  const contexts = command.contexts ?? (command.dm_permission === false ? [0] : [0, 1]);
  if (!contexts.includes(context) || (context === 2 && !command.integration_types?.includes(1))) return false;
  return !command.nsfw || context !== 0 || Boolean(channel.nsfw);
}

function mayUse(command, channel) {
  if (contextOf(channel) !== 0 || channel.permissions === undefined) return true;
  const held = BigInt(channel.permissions);
  if (held & ADMINISTRATOR) return true;
  const wanted = command.default_member_permissions;
  if (!(held & USE_COMMANDS) || (wanted !== null && wanted !== undefined && BigInt(wanted) === 0n)) return false;
  return (held & BigInt(wanted ?? 0)) === BigInt(wanted ?? 0);
}

// A button that opens the menu. `on` answers menu(kind) and use(kind, command, targetId, from).
export function menuButton(kind, targetId, label, on, ...content) {
  const button = h("button", {
    type: "button", class: kind === MENU.message ? "more-button" : "name-button", "aria-haspopup": "menu", "aria-expanded": "false",
    "aria-label": label, title: label, data: { key: `menu ${kind} ${targetId}` },
    onclick: () => open(button, label, on.menu(kind, targetId), (command) => on.use(kind, command, targetId, button)),
  }, ...content);
  return button;
}

function open(button, label, commands, use) {
  const id = `menu-${++count}`;
  const items = commands.map((command) => h("button", {
    type: "button", role: "menuitem", tabindex: "-1", class: `menu-item${command.deletes ? " danger" : ""}`,
    onclick: () => {
      close(true);
      use(command);
    },
  }, command.name));
  const menu = h("div", { class: "menu", role: "menu", id, "aria-label": label, tabindex: "-1" },
    items.length ? items : h("p", { class: "menu-empty", role: "menuitem", "aria-disabled": "true", tabindex: "-1" }, "No commands here."));
  const entries = [...menu.children];
  const close = (back) => {
    if (!menu.isConnected) return;
    document.removeEventListener("pointerdown", outside, true);
    menu.remove();
    button.setAttribute("aria-expanded", "false");
    if (back && button.isConnected) button.focus();
  };
  const outside = (event) => menu.contains(event.target) || close(false);
  menu.addEventListener("focusout", (event) => event.relatedTarget && !menu.contains(event.relatedTarget) && close(false));
  menu.addEventListener("keydown", (event) => onKey(event, entries, close));
  document.addEventListener("pointerdown", outside, true);
  button.setAttribute("aria-expanded", "true");
  document.body.append(menu);
  place(menu, button);
  entries[0].focus();
}

function onKey(event, entries, close) {
  const at = entries.indexOf(document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1 + entries.length, Home: 0, End: entries.length - 1 }[event.key];
  if (to !== undefined) entries[to % entries.length].focus();
  else if (event.key === "Escape" || event.key === "Tab") close(true);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

// Below the button, or above it where there is no room; never outside the window.
function place(menu, button) {
  const box = button.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const below = box.bottom + 4;
  menu.style.top = `${Math.max(8, below + height < innerHeight ? below : box.top - height - 4)}px`;
  menu.style.left = `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`;
}

// Sends the use of a command from a menu. Gives a sentence when it was refused, else "".
export function useMenu({ person, channel, command, targetId }) {
  return attempt("menu", { as: person, channel_id: channel, command: command.name, target_id: String(targetId) });
}

export async function attempt(path, body) {
  try {
    await post(path, body);
    return "";
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    return refused.message;
  }
}
