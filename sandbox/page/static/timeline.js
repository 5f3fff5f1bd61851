// The list of messages: rows keep their place, their focus and their revealed spoilers while they change.

import { compareIds, h } from "./dom.js";
import { interactionRow, messageRow, spoken } from "./message.js";

const NEAR_END_PX = 160;

export class Timeline {
  constructor(list, live, on) {
    Object.assign(this, { list, live, on, rows: new Map(), notes: new Map() });
    // Pictures that arrive late must not push the newest message out of sight.
    list.addEventListener("load", () => this.pinned && this.toEnd(), true);
    list.addEventListener("scroll", () => (this.pinned = this.nearEnd()), { passive: true });
    list.addEventListener("keydown", (event) => this.onKey(event));
    this.pinned = true;
    new ResizeObserver(() => this.pinned && this.toEnd()).observe(list);
  }

  fill(messages, page) {
    this.rows.clear();
    this.list.replaceChildren();
    if (!messages.length) this.list.append(this.welcome(page));
    for (const message of messages) this.place(String(message.id), messageRow(message, this.on));
    this.pinned = true;
    this.toEnd();
  }

  welcome(page) {
    const channel = page.channel();
    return h("li", { class: "welcome" }, h("h3", {}, `This is ${page.label(channel)}`),
      h("p", {}, "Type ", h("kbd", {}, "/imagine"), " in the box below, then what you would like to see. For example: ",
        h("em", {}, "a red fox in fresh snow, evening light"), "."));
  }

  put(key, thing, page) {
    this.list.querySelector(".welcome")?.remove();
    const pending = key.startsWith("pending ");
    const row = pending ? interactionRow(thing, page.bot(), this.on) : messageRow(thing, this.on);
    const old = this.rows.get(key);
    if (old) this.replace(key, old, row);
    else this.place(key, row);
    if (this.notes.get(key)) this.note(key, this.notes.get(key));
    if (!pending) this.live.textContent = spoken(thing, this.on);
    else if (thing.state === "failed") this.live.textContent = "The application did not respond";
    if (this.pinned) this.toEnd();
  }

  replace(key, old, row) {
    const focus = old.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    old.replaceWith(row);
    this.rows.set(key, row);
    if (focus) [...row.querySelectorAll("[data-key]")].find((node) => node.dataset.key === focus)?.focus();
  }

  place(key, row) {
    this.rows.set(key, row);
    const id = row.dataset.id;
    const after = [...this.list.children].find((node) => node.dataset.id && compareIds(node.dataset.id, id) > 0);
    this.list.insertBefore(row, after ?? null);
  }

  // Whoever stood on the row goes on from the next one, or from the message box.
  remove(key) {
    const row = this.rows.get(key);
    const held = row?.contains(document.activeElement);
    const next = row?.nextElementSibling ?? row?.previousElementSibling;
    row?.remove();
    this.rows.delete(key);
    if (held) (next?.querySelector("button, a[href], select") ?? document.getElementById("composer"))?.focus();
  }

  takeAway(key) {
    if (this.rows.has(key)) this.live.textContent = "A message was deleted";
    this.remove(key);
  }

  // From the list the arrows go into the messages, and from one to the next; Tab goes on into one.
  onKey(event) {
    const rows = [...this.list.querySelectorAll(":scope > .message")];
    const at = rows.indexOf(event.target);
    if (!rows.length || (event.target !== this.list && at < 0)) return;
    const last = rows.length - 1;
    const to = { ArrowUp: at < 0 ? last : Math.max(0, at - 1), ArrowDown: at < 0 ? last : Math.min(last, at + 1), Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    rows[to].focus({ preventScroll: true });
    rows[to].scrollIntoView({ block: "nearest" });
  }

  // Brings a row into view and puts the focus on it. Gives whether it is there.
  show(key) {
    const row = this.rows.get(key);
    if (!row) return false;
    this.pinned = false;
    row.scrollIntoView({ block: "center" });
    row.focus({ preventScroll: true });
    row.classList.add("pointed-at");
    setTimeout(() => row.classList.remove("pointed-at"), 2500);
    return true;
  }

  // A short line under a message: why a press did not work.
  note(key, text) {
    const row = this.rows.get(key);
    this.notes.set(key, text);
    row?.querySelector(".row-note")?.remove();
    if (!text || !row) return;
    row.querySelector(".message-body").append(h("p", { class: "row-note", role: "alert" }, text));
  }

  rested(key) {
    for (const node of this.rows.get(key)?.querySelectorAll("[aria-busy]") ?? []) node.removeAttribute("aria-busy");
  }

  nearEnd() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_END_PX;
  }

  toEnd() {
    this.list.scrollTop = this.list.scrollHeight;
  }
}
