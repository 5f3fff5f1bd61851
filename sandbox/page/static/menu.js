// The menu of a message or of a person: the commands an app has put there.

import { Refused, post } from "./api.js";
import { h } from "./dom.js";

export const MENU = { user: 2, message: 3 };

let count = 0;

// Which commands of `kind` somebody with `permissions` in a channel is offered. Discord's client hides the others.
export function offered(commands, kind, permissions) {
  return commands.filter((command) => (command.type ?? 1) === kind && mayUse(command, permissions));
}

function mayUse(command, permissions) {
  const wanted = command.default_member_permissions;
  if (wanted === null || wanted === undefined || permissions === undefined) return true;
  const held = BigInt(permissions);
  return Boolean(held & 8n) || (BigInt(wanted) !== 0n && (held & BigInt(wanted)) === BigInt(wanted));
}

// A button that opens the menu. `on` answers menu(kind) and use(kind, command, targetId, from).
export function menuButton(kind, targetId, label, on, ...content) {
  const button = h("button", {
    type: "button", class: kind === MENU.message ? "more-button" : "name-button", "aria-haspopup": "menu", "aria-expanded": "false",
    "aria-label": label, title: label, data: { key: `menu ${kind} ${targetId}` },
    onclick: () => open(button, label, on.menu(kind), (command) => on.use(kind, command, targetId, button)),
  }, ...content);
  return button;
}

function open(button, label, commands, use) {
  const id = `menu-${++count}`;
  const items = commands.map((command) => h("button", {
    type: "button", role: "menuitem", tabindex: "-1", class: "menu-item",
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
export async function useMenu({ person, channel, command, targetId }) {
  try {
    await post("menu", { as: person, channel_id: channel, command: command.name, target_id: String(targetId) });
    return "";
  } catch (refused) {
    if (!(refused instanceof Refused)) throw refused;
    return refused.message;
  }
}
