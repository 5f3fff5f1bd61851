// Modals, as a dialog with the fields the bot asked for.

import { h } from "./dom.js";
import { markdown } from "./markdown.js";
import { Refused, post } from "./api.js";

let count = 0;

export function openModal(modal, person, on) {
  const fields = [];
  const error = h("p", { class: "form-error", role: "alert" });
  const form = h("form", { method: "dialog", novalidate: true }, h("h2", {}, modal.title ?? "…"),
    (modal.components ?? []).map((component) => part(component, fields, on)), error,
    h("div", { class: "row end" },
      h("button", { type: "button", class: "button secondary", onclick: () => dialog.close() }, "Cancel"),
      h("button", { type: "submit", class: "button primary" }, "Submit")));
  const dialog = h("dialog", { class: "modal", "aria-label": modal.title ?? "Form" }, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wrong = fields.find((field) => field.problem());
    if (wrong) {
      error.textContent = wrong.problem();
      wrong.node.focus();
      return;
    }
    const values = Object.fromEntries(fields.map((field) => [field.customId, field.value()]));
    try {
      await post("modal", { as: person, interaction_id: modal.interaction_id ?? modal.id, custom_id: modal.custom_id, values });
      dialog.close();
    } catch (refused) {
      if (!(refused instanceof Refused)) throw refused;
      error.textContent = refused.message;
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

function part(component, fields, on) {
  if (component.type === 10) return h("div", { class: "md" }, markdown(component.content ?? "", on));
  if (component.type === 1) return (component.components ?? []).map((inner) => labelled(inner.label, null, inner, fields));
  if (component.type === 18) return labelled(component.label, component.description, component.component ?? {}, fields);
  return h("p", { class: "subtext" }, "This part of the form cannot be shown here.");
}

function labelled(label, description, component, fields) {
  const id = `field-${++count}`;
  const field = component.type === 4 ? textField(component, id, label) : component.type === 3 ? choiceField(component, id, label) : null;
  if (!field) return h("p", { class: "subtext" }, `“${label}” cannot be filled in here.`);
  fields.push(field);
  return h("div", { class: "field" },
    h("label", { for: id }, label, component.required === false ? null : h("span", { class: "required" }, " required")),
    description ? h("p", { class: "subtext", id: `${id}-about` }, description) : null, field.node);
}

function textField(component, id, label) {
  const long = component.style === 2;
  const node = h(long ? "textarea" : "input", {
    id, rows: long ? 4 : null, type: long ? null : "text", placeholder: component.placeholder,
    maxlength: component.max_length ?? 4000, value: component.value ?? "",
  });
  const problem = () => {
    const length = node.value.length;
    if (!length && component.required !== false) return `“${label}” is required.`;
    if (length && length < (component.min_length ?? 0)) return `“${label}” needs at least ${component.min_length} characters.`;
    return "";
  };
  return { node, customId: component.custom_id, value: () => node.value, problem };
}

function choiceField(component, id, label) {
  const many = (component.max_values ?? 1) > 1;
  const required = component.required !== false;
  const node = h("select", { id, multiple: many },
    many ? null : h("option", { value: "" }, component.placeholder || "Make a selection"),
    (component.options ?? []).map((option) => h("option", { value: option.value, selected: option.default }, option.label)));
  const value = () => [...node.selectedOptions].map((option) => option.value).filter(Boolean);
  return { node, customId: component.custom_id, value, problem: () => (required && !value().length ? `Choose something for “${label}”.` : "") };
}
