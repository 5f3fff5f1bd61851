// The page: what is known, who is looking, and where each thing is drawn.

import { drawActivity } from "./activity.js";
import { Events, Refused, getState, post } from "./api.js";
import { Composer } from "./composer.js";
import { compareIds, displayName, face, h } from "./dom.js";
import { MENU, attempt, offered, useMenu } from "./menu.js";
import { openModal } from "./modal.js";
import { drawChannels, drawPeople, drawProfiles } from "./side.js";
import { setClock } from "./time.js";
import { Timeline } from "./timeline.js";

const MANAGE_MESSAGES = 1n << 13n;

const $ = (id) => document.getElementById(id);

class Page {
  constructor() {
    this.me = sessionStorage.getItem("person");
    this.here = sessionStorage.getItem("channel");
    Object.assign(this, { people: [], roles: [], channels: [], commands: [], messages: new Map(), interactions: new Map() });
    Object.assign(this, { unread: new Set(), gone: new Set(), revealed: new Map(), online: null, queue: null });
    this.timeline = new Timeline($("timeline"), $("live"), this.lent());
    this.composer = new Composer($("composer"), {
      person: () => this.me,
      channel: () => this.here,
      channelLabel: () => this.label(this.channel()),
      commands: () => offered(this.commands, MENU.slash, this.channel()),
      lists: () => ({ people: this.people.map((one) => ({ ...one, name: displayName(one) })), channels: this.channels, roles: this.roles }),
    });
    this.listen();
  }

  // What rows need of the page.
  lent() {
    return {
      page: this,
      get people() { return this.page.people; },
      get channels() { return this.page.channels; },
      get roles() { return this.page.roles; },
      person: (id) => this.person(id),
      personName: (id) => displayName(this.person(id)),
      roleName: (id) => this.roles.find((role) => String(role.id) === String(id))?.name ?? "role",
      channelName: (id) => this.channels.find((channel) => String(channel.id) === String(id))?.name ?? "channel",
      revealedOf: (id) => this.revealed.get(id) ?? this.revealed.set(id, new Set()).get(id),
      usedBy: (message) => this.usedBy(message),
      press: (message, customId, values, from) => this.press(message, customId, values, from),
      menu: (kind, targetId) => [...offered(this.commands, kind, this.channel()), ...this.owned(kind, targetId)],
      use: (kind, command, targetId, from) => this.use(command, targetId, from),
      message: (id) => this.messages.get(String(id)),
      jump: (channelId, messageId) => this.jump(String(channelId), messageId && String(messageId)),
      command: (name) => this.composer.take(name) || this.composer.say(`/${name} cannot be used here.`),
      dismiss: (message) => this.dismiss(message.id),
      dismissInteraction: (interaction) => this.dismiss(interaction.id),
    };
  }

  person(id) {
    return this.people.find((one) => String(one.id) === String(id)) ?? { id: String(id ?? "0"), username: "someone" };
  }

  channel() {
    return this.channels.find((one) => String(one.id) === this.here) ?? this.channels[0];
  }

  label(channel) {
    if (!channel) return "";
    if (channel.type === 3) return channel.name; // a group has neither sign
    return channel.type === 1 ? `@${channel.name ?? displayName(this.bot())}` : `#${channel.name}`;
  }

  bot() {
    return this.people.find((one) => one.bot) ?? { id: "0", username: "imagine-bot", bot: true };
  }

  usedBy(message) {
    const about = message.interaction_metadata;
    if (!about || about.type !== 2) return null;
    const command = this.interactions.get(String(about.id))?.name ?? message.interaction?.name ?? about.name;
    const fromMenu = Boolean(about.target_user || about.target_message_id);
    return { person: { ...about.user, ...this.person(about.user?.id) }, command, fromMenu };
  }

  // --- events -------------------------------------------------------------------------------------------------------

  listen() {
    this.events?.close();
    delete document.body.dataset.listening;
    this.queue = [];
    if (!this.me) {
      this.load();
      return;
    }
    this.events = new Events(this.me, {
      onReady: () => this.load(),
      onEvent: (event) => (this.queue ? this.queue.push(event) : this.take(event)),
      onBreak: () => {
        this.queue = [];
        $("presence").textContent = "Sandbox away, trying again…";
        $("presence").className = "presence away";
      },
    });
  }

  async load() {
    let state;
    try {
      state = await getState(this.me);
    } catch {
      if (this.me) this.become(null);
      return;
    }
    this.apply(state);
    if (!this.me) {
      this.me = String(state.you);
      this.listen();
      return;
    }
    const waiting = this.queue ?? [];
    this.queue = null;
    document.body.dataset.listening = ""; // from here on nothing is missed
    for (const event of waiting) this.take(event);
  }

  apply(state) {
    Object.assign(this, { people: state.people, channels: state.channels, commands: state.commands, guild: state.guild });
    this.roles = state.guild?.roles ?? [];
    this.messages = new Map(state.messages.map((message) => [String(message.id), message]));
    for (const interaction of state.interactions ?? []) this.interactions.set(String(interaction.id), interaction);
    if (state.bot_online !== undefined) this.online = state.bot_online;
    if (!this.channels.some((one) => String(one.id) === this.here)) this.here = String(this.channels[0]?.id);
    $("guild-name").textContent = state.guild?.name ?? "Sandbox";
    drawProfiles($("profile"), state.runflow);
    drawPeople($("person"), this.people.filter((one) => !one.bot), this.me ?? String(state.you));
    face(this.person(this.me ?? state.you), $("my-face"));
    this.drawHere();
    this.drawPresence();
  }

  take(event) {
    if (event.at) setClock(event.at);
    switch (event.t) {
      case "message_create": case "message_update": return this.takeMessage(event.message);
      case "message_delete": return this.takeAway(String(event.message.id));
      case "interaction": return this.takeInteraction(event);
      case "modal": return openModal(event.modal ?? event, this.me, this.lent());
      case "commands":
        this.commands = event.commands;
        return this.drawPresence();
      case "bot":
        this.online = event.online;
        return this.drawPresence();
      default: return undefined;
    }
  }

  takeMessage(message) {
    const id = String(message.id);
    if (this.gone.has(id)) return;
    const isNew = !this.messages.has(id);
    this.messages.set(id, message);
    if (String(message.channel_id) === this.here) this.timeline.put(id, message, this);
    else if (isNew) {
      this.unread.add(String(message.channel_id));
      this.drawSide();
    }
  }

  takeAway(id) {
    this.messages.delete(id);
    this.timeline.takeAway(id);
  }

  // Discord's own entry of a message's menu, beside those of apps.
  owned(kind, targetId) {
    const message = kind === MENU.message && this.messages.get(String(targetId));
    if (!message) return [];
    const mine = String(message.author?.id) === this.me;
    return mine || BigInt(this.channel()?.permissions ?? 0) & MANAGE_MESSAGES ? [{ name: "Delete Message", deletes: true }] : [];
  }

  takeInteraction(event) {
    const id = String(event.id);
    const known = { ...this.interactions.get(id), ...event, id };
    this.interactions.set(id, known);
    drawActivity($("activity"), known, this);
    if (known.pressed) return this.settlePress(known);
    const shown = String(known.channel_id) === this.here && known.name && !this.gone.has(id);
    if (shown && (known.state === "sent" || known.state === "failed")) this.timeline.put(`pending ${id}`, known, this);
    else this.timeline.remove(`pending ${id}`);
    return undefined;
  }

  // --- acting -------------------------------------------------------------------------------------------------------

  async press(message, customId, values, from) {
    from.setAttribute("aria-busy", "true");
    this.timeline.note(String(message.id), "");
    try {
      const { interaction_id: id } = await post("press", { as: this.me, message_id: String(message.id), custom_id: customId, values });
      const known = { ...this.interactions.get(id), id, pressed: String(message.id) };
      this.interactions.set(id, known);
      this.settlePress(known);
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      from.removeAttribute("aria-busy");
      this.timeline.note(String(message.id), refused.message);
    }
  }

  async use(command, targetId, from) {
    const key = from.closest("[data-id]")?.dataset.id;
    if (key) this.timeline.note(key, "");
    const refused = command.deletes ? await attempt("delete", { as: this.me, message_id: targetId }) : await useMenu({ person: this.me, channel: this.here, command, targetId });
    if (refused && key) this.timeline.note(key, refused);
  }

  settlePress(interaction) {
    if (!interaction.state || interaction.state === "sent") return;
    this.timeline.rested(interaction.pressed);
    if (interaction.state === "failed") this.timeline.note(interaction.pressed, "This interaction failed. The application did not respond.");
  }

  dismiss(id) {
    this.gone.add(String(id));
    this.messages.delete(String(id));
    this.timeline.remove(String(id));
    this.timeline.remove(`pending ${id}`);
    document.getElementById("composer-input")?.focus();
  }

  become(id) {
    this.me = id;
    if (id) sessionStorage.setItem("person", id);
    else sessionStorage.removeItem("person");
    this.composer.reset();
    this.listen();
  }

  visit(id) {
    this.here = String(id);
    sessionStorage.setItem("channel", this.here);
    this.unread.delete(this.here);
    this.composer.renamed();
    this.drawHere();
    closeSide();
    document.getElementById("composer-input")?.focus();
  }

  // Goes to a message in the page, wherever it is.
  jump(channelId, messageId) {
    if (!this.channels.some((one) => String(one.id) === channelId)) return this.composer.say("You cannot open that channel.");
    if (channelId !== this.here) this.visit(channelId);
    if (messageId && !this.timeline.show(messageId)) this.composer.say("That message is no longer here.");
    return undefined;
  }

  // --- drawing ------------------------------------------------------------------------------------------------------

  drawSide() {
    drawChannels($("channels"), this.channels, { here: this.here, unread: this.unread, visit: (id) => this.visit(id), label: (one) => this.label(one) });
  }

  drawHere() {
    const channel = this.channel();
    this.drawSide();
    $("channel-name").replaceChildren(...title(channel, this.label(channel)));
    $("channel-about").textContent = channel?.topic ?? "";
    document.title = `${this.label(channel)} · imagine-bot sandbox`;
    this.composer.renamed();
    const rows = [...this.messages.values()].filter((message) => String(message.channel_id) === this.here && !this.gone.has(String(message.id)));
    rows.sort((a, b) => compareIds(String(a.id), String(b.id)));
    this.timeline.fill(rows, this);
  }

  drawPresence() {
    const count = this.commands.length;
    const more = h("span", { class: "more" }, ` · ${count} command${count === 1 ? "" : "s"}`);
    $("presence").replaceChildren(this.online === false ? "Bot offline" : "Bot online", more);
    $("presence").className = `presence ${this.online === false ? "away" : "online"}`;
  }
}

function title(channel, label) {
  return [label, channel?.nsfw ? h("span", { class: "age" }, "age-restricted") : ""];
}

function closeSide() {
  $("shell").classList.remove("open");
  $("open-side").setAttribute("aria-expanded", "false");
}

const page = new Page();

$("banner").hidden = sessionStorage.getItem("banner") === "hidden";
$("hide-banner").addEventListener("click", () => {
  sessionStorage.setItem("banner", "hidden");
  $("banner").hidden = true;
  document.getElementById("composer").focus();
});

$("person").addEventListener("change", (event) => page.become(event.target.value));
$("profile").addEventListener("change", async (event) => {
  await post("profile", { profile: event.target.value });
  $("live").textContent = `Runflow today: ${event.target.value}`;
});
$("open-side").addEventListener("click", () => {
  const open = $("shell").classList.toggle("open");
  $("open-side").setAttribute("aria-expanded", String(open));
  if (open) $("channels").querySelector("button")?.focus();
});
$("shell").addEventListener("click", (event) => event.target === $("shell") && closeSide());
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && $("shell").classList.contains("open")) {
    closeSide();
    $("open-side").focus();
  }
  const typing = event.target.matches("input, textarea, select, [role=option]") || document.querySelector("dialog[open]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) document.getElementById("composer-input")?.focus();
});
