// Modals, as a dialog with the fields the bot asked for.

import { Refused, post } from "./api.js";
import { h } from "./dom.js";
import { field } from "./fields.js";
import { markdown } from "./markdown.js";

let count = 0;

export function openModal(modal, person, on) {
  const fields = [];
  const title = `form-title-${++count}`;
  const error = h("p", { class: "form-error", role: "alert", id: `form-error-${count}` });
  const submit = h("button", { type: "submit", class: "button primary" }, "Submit");
  const form = h("form", { method: "dialog", novalidate: true }, h("h2", { id: title }, modal.title ?? "Form"),
    (modal.components ?? []).map((component) => part(component, fields, on)), error,
    h("div", { class: "row end" }, h("button", { type: "button", class: "button secondary", onclick: () => dialog.close() }, "Cancel"), submit));
  const dialog = h("dialog", { class: "modal", "aria-labelledby": title }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.getAttribute("aria-busy") || refuse(fields, error)) return;
    submit.setAttribute("aria-busy", "true");
    try {
      const values = Object.fromEntries(await Promise.all(fields.map(async (one) => [one.customId, await (one.sent?.(person) ?? one.value())])));
      await post("modal", { as: person, interaction_id: modal.interaction_id ?? modal.id, custom_id: modal.custom_id, values });
      dialog.close();
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      error.textContent = refused.message;
    } finally {
      submit.removeAttribute("aria-busy");
    }
  });
  const from = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (from?.isConnected) from.focus();
  });
  document.body.append(dialog);
  dialog.showModal();
}

// Says what is wrong with the first field that is, and goes there. Gives whether there is one.
function refuse(fields, error) {
  for (const one of fields) one.focus?.removeAttribute("aria-invalid");
  const wrong = fields.find((one) => one.problem());
  error.textContent = wrong?.problem() ?? "";
  wrong?.focus?.setAttribute("aria-invalid", "true");
  wrong?.focus?.focus();
  return Boolean(wrong);
}

function part(component, fields, on) {
  if (component.type === 10) return h("div", { class: "md" }, markdown(component.content ?? "", on));
  if (component.type === 1) return (component.components ?? []).map((inner) => add(inner, inner.label, null, fields, on));
  if (component.type === 18) return add(component.component ?? {}, component.label, component.description, fields, on);
  return h("p", { class: "subtext" }, "This part of the form cannot be shown here.");
}

function add(component, label, description, fields, on) {
  const made = field(component, label, description, on);
  if (!made) return h("p", { class: "subtext" }, `“${label}” cannot be filled in here.`);
  fields.push(made);
  return made.node;
}
