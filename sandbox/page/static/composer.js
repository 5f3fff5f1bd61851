// The message box: "/" opens the commands the bot registered, and a chosen command shows its typed options.

import { Refused, post, upload } from "./api.js";
import { h } from "./dom.js";
import { KIND, control, leaves, problemOf, rangeOf, wireValue } from "./options.js";

export class Composer {
  // `page` answers person(), channel(), commands(), lists() for the moment.
  constructor(form, page) {
    Object.assign(this, { form, page, command: null, fields: new Map(), entries: [], active: -1 });
    this.picker = h("div", { class: "picker", id: "picker", role: "listbox", "aria-label": "Commands", hidden: true });
    this.hint = h("p", { class: "composer-hint", id: "composer-hint" });
    this.error = h("p", { class: "form-error", role: "alert" });
    this.bar = h("div", { class: "composer-bar" });
    form.append(this.picker, this.error, this.bar, this.hint);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
    form.addEventListener("keydown", (event) => this.onKey(event));
    this.reset();
  }

  reset() {
    clearTimeout(this.completing);
    this.command = null;
    this.fields.clear();
    this.say("");
    this.hint.textContent = "";
    this.input = h("input", {
      id: "composer-input", type: "text", class: "plain-input", role: "combobox", "aria-expanded": "false",
      "aria-controls": "picker", "aria-autocomplete": "list", "aria-label": "Message", oninput: () => this.onInput(),
    });
    this.bar.replaceChildren(this.attachButton(), this.input);
    this.renamed();
    this.close();
  }

  // A picture of one's own, as a message of one's own: its menu then has what apps can do with it.
  attachButton() {
    const input = h("input", { type: "file", hidden: true, onchange: () => this.attach(input) });
    return h("span", { class: "attach" }, input,
      h("button", { type: "button", class: "attach-button", "aria-label": "Post a file", title: "Post a file", onclick: () => input.click() }, "+"));
  }

  async attach(input) {
    if (!input.files.length) return;
    this.say("");
    try {
      const file = await upload(this.page.person(), input.files[0]);
      await post("say", { as: this.page.person(), channel_id: this.page.channel(), content: "", files: [file] });
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      this.say(refused.message);
    }
    input.value = "";
  }

  renamed() {
    if (this.command) return;
    this.input.placeholder = `Message ${this.page.channelLabel()} or type /`;
  }

  say(text) {
    this.error.textContent = text;
  }

  // --- choosing a command -------------------------------------------------------------------------------------------

  onInput() {
    const text = this.input.value;
    this.say("");
    if (!text.startsWith("/")) return this.close();
    const all = this.page.commands().flatMap((command) => leaves(command));
    const typed = text.slice(1).toLowerCase();
    const exact = all.find((leaf) => typed.startsWith(`${leaf.name} `));
    if (exact) return this.choose(exact, text.slice(exact.name.length + 2));
    const found = all.filter((leaf) => leaf.name.startsWith(typed)).concat(all.filter((leaf) => !leaf.name.startsWith(typed) && leaf.name.includes(typed)));
    this.open(this.input, found.map((leaf) => ({
      node: [h("span", { class: "picker-name" }, `/${leaf.name}`), h("span", { class: "picker-about" }, leaf.description)],
      pick: () => this.choose(leaf, ""),
    })), found.length ? "" : "No command of that name.");
  }

  // Opens a command by its whole name. Gives whether there is one here.
  take(name) {
    const leaf = this.page.commands().flatMap((command) => leaves(command)).find((one) => one.name === name);
    if (leaf) this.choose(leaf, "");
    return Boolean(leaf);
  }

  choose(leaf, rest) {
    this.close();
    this.command = leaf;
    this.chips = h("div", { class: "option-chips" });
    this.slots = h("div", { class: "option-slots" });
    this.bar.replaceChildren(
      h("span", { class: "command-name" }, `/${leaf.name}`), this.slots, this.chips,
      h("div", { class: "composer-actions" },
        h("button", { type: "button", class: "text-button", onclick: () => this.cancel() }, "Cancel"),
        h("button", { type: "submit", class: "button primary send" }, "Send")));
    const required = leaf.options.filter((one) => one.required);
    // Where nothing is required, words that come first are what most people want to type.
    const words = leaf.options.slice(0, 1).filter((one) => one.type === KIND.string && !one.choices?.length && !one.autocomplete);
    for (const option of required.length ? required : words) this.addField(option);
    this.drawChips();
    const first = this.fields.values().next().value?.input ?? this.bar.querySelector("button");
    first.focus();
    if (rest && first.matches("textarea, input")) first.value = rest;
    if (!this.fields.size) this.hint.textContent = leaf.description;
  }

  cancel() {
    this.reset();
    this.input.focus();
  }

  // --- options ------------------------------------------------------------------------------------------------------

  addField(option) {
    const id = `option-${option.name}`;
    const input = control(option, id, this.page.lists());
    input.setAttribute("aria-describedby", "composer-hint");
    input.addEventListener("focus", () => this.describe(option));
    input.addEventListener("input", () => this.onOptionInput(option, input));
    const slot = h("div", { class: `slot${option.type === KIND.string && !option.choices?.length ? " grows" : ""}` },
      h("label", { for: id }, option.name), input,
      option.required ? null : h("button", {
        type: "button", class: "slot-remove", "aria-label": `Remove ${option.name}`, onclick: () => this.removeField(option),
      }, "×"));
    this.slots.append(slot);
    this.fields.set(option.name, { option, input, slot });
    return input;
  }

  removeField(option) {
    clearTimeout(this.completing);
    this.fields.get(option.name)?.slot.remove();
    this.fields.delete(option.name);
    this.drawChips();
    [...this.fields.values()].at(-1)?.input.focus();
  }

  drawChips() {
    const left = this.command.options.filter((option) => !this.fields.has(option.name));
    this.chips.replaceChildren(...left.map((option) => h("button", {
      type: "button", class: "chip", title: option.description,
      // Focus would change the hint and move the chip from under the finger before it lifts.
      onmousedown: (event) => event.preventDefault(),
      onfocus: () => this.describe(option),
      onclick: () => this.takeChip(option),
    }, `+ ${option.name}`)));
  }

  takeChip(option) {
    const input = this.addField(option);
    this.drawChips();
    input.focus();
    return input;
  }

  describe(option) {
    const range = rangeOf(option);
    this.hint.replaceChildren(h("strong", {}, option.name), ` ${option.description}${range ? ` · ${range}` : ""}${option.required ? " · required" : ""}`);
  }

  onOptionInput(option, input) {
    this.say("");
    // As in Discord, "name:" typed inside a text opens the option of that name.
    const ahead = /(?:^|\s)([\w-]{1,32}):$/.exec(input.value);
    const next = ahead && this.command.options.find((one) => one.name === ahead[1] && !this.fields.has(one.name));
    if (next) {
      input.value = input.value.slice(0, ahead.index);
      this.takeChip(next);
      return;
    }
    if (this.fields.has(option.name)) this.fields.get(option.name).chosen = null;
    if (option.autocomplete) this.complete(option, input);
  }

  complete(option, input) {
    clearTimeout(this.completing);
    const typed = input.value;
    const command = this.command.name;
    this.completing = setTimeout(async () => {
      try {
        const { choices } = await post("autocomplete", {
          as: this.page.person(), channel_id: this.page.channel(), command,
          options: { ...this.values(), [option.name]: typed }, focused: option.name,
        });
        if (!input.isConnected || input.value !== typed) return;
        this.open(input, choices.map((choice) => ({
          node: [h("span", { class: "picker-name" }, choice.name)],
          pick: () => {
            // As in Discord, the name is shown and its value is sent.
            this.fields.get(option.name).chosen = choice;
            input.value = choice.name;
            this.close();
            input.focus();
          },
        })), choices.length ? "" : "No suggestions.");
      } catch (refused) {
        if (!(refused instanceof Refused)) throw refused;
        this.close();
      }
    }, 150);
  }

  // What was typed so far. Files are left out: they go up when the command is sent.
  values() {
    return Object.fromEntries([...this.fields.values()].filter(({ option, input }) => input.value.trim() !== "" && option.type !== KIND.attachment)
      .map(({ option, input, chosen }) => [option.name, chosen?.name === input.value ? chosen.value : wireValue(option, input.value.trim())]));
  }

  async files() {
    const chosen = [...this.fields.values()].filter(({ option, input }) => option.type === KIND.attachment && input.files.length);
    const sent = chosen.map(async ({ option, input }) => [option.name, await upload(this.page.person(), input.files[0])]);
    return Object.fromEntries(await Promise.all(sent));
  }

  // --- the list above the box ---------------------------------------------------------------------------------------

  open(owner, entries, empty) {
    this.owner = owner;
    this.entries = entries;
    this.active = entries.length ? 0 : -1;
    this.picker.setAttribute("role", empty ? "status" : "listbox");
    this.picker.replaceChildren(...(empty ? [h("p", { class: "picker-empty" }, empty)] : entries.map((entry, index) => h("div", {
      class: "picker-entry", role: "option", id: `picker-${index}`, "aria-selected": String(index === 0),
      onmousedown: (event) => event.preventDefault(), onclick: () => entry.pick(),
    }, entry.node))));
    this.picker.hidden = false;
    owner.setAttribute("aria-expanded", String(!empty));
    this.mark();
  }

  close() {
    this.picker.hidden = true;
    this.entries = [];
    this.active = -1;
    this.owner?.setAttribute("aria-expanded", "false");
    this.owner?.removeAttribute("aria-activedescendant");
  }

  mark() {
    for (const [index, node] of this.picker.querySelectorAll("[role=option]").entries()) {
      node.setAttribute("aria-selected", String(index === this.active));
      if (index === this.active) node.scrollIntoView({ block: "nearest" });
    }
    if (this.active >= 0) this.owner.setAttribute("aria-activedescendant", `picker-${this.active}`);
    else this.owner.removeAttribute("aria-activedescendant");
  }

  onKey(event) {
    if (!this.picker.hidden && this.entries.length && this.pickerKey(event)) {
      event.preventDefault();
      return;
    }
    if (event.key === "Escape") {
      if (!this.picker.hidden) this.close();
      else if (this.command) this.cancel();
      return;
    }
    // In a select Enter chooses, in a file's field it opens the files: neither sends.
    if (event.key === "Enter" && !event.shiftKey && event.target.matches("textarea")) {
      event.preventDefault();
      this.submit();
    }
    if (event.key === "Backspace" && this.command && event.target.matches(".option-input") && event.target.value === "") this.backspace(event);
  }

  pickerKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      this.active = (this.active + step + this.entries.length) % this.entries.length;
      this.mark();
      return true;
    }
    if (event.key === "Enter" || (event.key === "Tab" && !event.shiftKey)) {
      this.entries[this.active].pick();
      return true;
    }
    return false;
  }

  backspace(event) {
    event.preventDefault();
    const { option } = this.fields.get(event.target.dataset.option);
    if (option.required) this.cancel();
    else this.removeField(option);
  }

  // --- sending ------------------------------------------------------------------------------------------------------

  async submit() {
    if (!this.command) {
      if (this.input.value.trim()) this.say("This bot reads no messages. Type / to see what it can do.");
      return;
    }
    for (const { option, input, chosen } of this.fields.values()) {
      const text = chosen?.name === input.value ? String(chosen.value) : input.value.trim();
      const problem = problemOf(option, text);
      input.toggleAttribute("aria-invalid", Boolean(problem));
      if (!problem) continue;
      this.say(problem);
      input.focus();
      return;
    }
    const sending = this.command;
    try {
      const options = { ...this.values(), ...(await this.files()) };
      await post("slash", { as: this.page.person(), channel_id: this.page.channel(), command: sending.name, options });
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      this.say(refused.message);
      return;
    }
    if (this.command === sending) this.cancel();
  }
}
