// Backstage: each interaction, how far it is and how soon the bot acknowledged it.

import { displayName, h } from "./dom.js";

const WORDS = {
  sent: "waiting for the bot", deferred: "acknowledged, answer to come", answered: "answered", modal: "opened a form",
  failed: "no answer in time",
};
const KEPT = 40;

export function drawActivity(list, interaction, page) {
  const id = `activity-${interaction.id}`;
  const what = interaction.name ? `${interaction.command_type > 1 ? "" : "/"}${interaction.name}` : "a button";
  const ack = interaction.ack_ms === undefined || interaction.ack_ms === null ? "" : ` in ${Math.round(interaction.ack_ms)} ms`;
  const item = h("li", { id, class: `activity is-${interaction.state}` },
    h("p", { class: "activity-what" }, h("strong", {}, what), ` by ${displayName(page.person(interaction.user_id))}`),
    h("p", { class: "activity-how" }, `${WORDS[interaction.state] ?? interaction.state}${ack}`));
  const old = document.getElementById(id);
  if (old) old.replaceWith(item);
  else list.prepend(item);
  while (list.children.length > KEPT) list.lastElementChild.remove();
}
