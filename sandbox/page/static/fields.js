// The fields of a form: native controls with their names, so that keyboard, touch and screen readers know them.
// Each gives { node, focus, value, problem }: what is drawn, where to go when it is wrong, what is sent, what is wrong.

import { upload } from "./api.js";
import { choicesOf } from "./components.js";
import { h } from "./dom.js";

const KINDS = { 3: pickField, 4: textField, 5: pickField, 6: pickField, 7: pickField, 8: pickField, 19: fileField, 21: radioField, 22: boxesField, 23: boxField };
const MANY_FROM = 7; // from so many on a list scrolls by itself

let count = 0;

// A field for `component` under `label`, or null where the page knows none. `on` answers people, roles and channels.
export function field(component, label, description, on) {
  const make = KINDS[component.type];
  if (!make) return null;
  const id = `field-${++count}`;
  const about = { id, label, description, required: component.required !== false, on };
  return { customId: component.custom_id, ...make(component, about) };
}

// --- what stands around a control -----------------------------------------------------------------------------------

function marked(about) {
  return about.required ? h("span", { class: "required" }, " required") : null;
}

function explained(about) {
  return about.description ? h("p", { class: "subtext", id: `${about.id}-about` }, about.description) : null;
}

function described(about) {
  return about.description ? `${about.id}-about` : null;
}

function single(about, ...control) {
  return h("div", { class: "field" }, h("label", { for: about.id }, about.label, marked(about)), explained(about), control);
}

function group(about, role, ...controls) {
  return h("fieldset", { class: "field", role, "aria-describedby": described(about), "aria-required": role === "radiogroup" && about.required ? "true" : null },
    h("legend", {}, about.label, marked(about)), explained(about), controls);
}

// --- words ----------------------------------------------------------------------------------------------------------

function textField(component, about) {
  const long = component.style === 2;
  const most = component.max_length ?? 4000;
  const node = h(long ? "textarea" : "input", {
    id: about.id, rows: long ? 4 : null, type: long ? null : "text", placeholder: component.placeholder, maxlength: most,
    value: component.value ?? "", "aria-describedby": described(about), "aria-required": about.required ? "true" : null,
  });
  const problem = () => {
    const { length } = node.value;
    if (!length && about.required) return `“${about.label}” is required.`;
    if (length && length < (component.min_length ?? 0)) return `“${about.label}” needs at least ${component.min_length} characters.`;
    return length > most ? `“${about.label}” takes at most ${most} characters.` : "";
  };
  return { node: single(about, node), focus: node, value: () => node.value, problem };
}

// --- one of several, several of several -----------------------------------------------------------------------------

function bounds(component, about, most) {
  const least = component.min_values ?? 1;
  const top = component.max_values ?? most;
  return (chosen, things) => {
    if (!chosen) return about.required ? `“${about.label}” is required.` : "";
    if (chosen < least) return `“${about.label}”: choose at least ${least} ${things}.`;
    return chosen > top ? `“${about.label}”: choose at most ${top} ${things}.` : "";
  };
}

function offers(component, about) {
  const proposed = new Set((component.default_values ?? []).map((one) => String(one.id)));
  return choicesOf(component, about.on).map((one) => ({ ...one, default: one.default || proposed.has(one.value) }));
}

function pickField(component, about) {
  if ((component.max_values ?? 1) > 1) return boxesField({ ...component, options: offers(component, about) }, about);
  const node = h("select", { id: about.id, "aria-describedby": described(about), "aria-required": about.required ? "true" : null },
    h("option", { value: "" }, component.placeholder || "Make a selection"),
    offers(component, about).map((one) => h("option", { value: one.value, selected: one.default, title: one.description },
      [one.emoji?.id ? null : one.emoji?.name, one.label].filter(Boolean).join(" "))));
  const value = () => (node.value ? [node.value] : []);
  return { node: single(about, node), focus: node, value, problem: () => (about.required && !node.value ? `“${about.label}” is required.` : "") };
}

function option(type, name, one, index) {
  const id = `${name}-${index}`;
  return h("div", { class: "choice" },
    h("input", { type, name, id, value: one.value, checked: one.default, "aria-describedby": one.description ? `${id}-about` : null }),
    h("label", { for: id }, one.label, one.description ? h("span", { class: "subtext", id: `${id}-about` }, one.description) : null));
}

function radioField(component, about) {
  const options = component.options.map((one, index) => option("radio", about.id, one, index));
  const inputs = options.map((one) => one.querySelector("input"));
  const none = h("button", { type: "button", class: "text-button", onclick: () => inputs.forEach((one) => (one.checked = false)) }, "Choose none");
  const chosen = () => inputs.find((one) => one.checked);
  return {
    node: group(about, "radiogroup", options, about.required ? null : none),
    focus: inputs[0],
    value: () => chosen()?.value ?? null,
    problem: () => (about.required && !chosen() ? `“${about.label}” is required.` : ""),
  };
}

function boxesField(component, about) {
  const options = component.options.map((one, index) => option("checkbox", about.id, one, index));
  const inputs = options.map((one) => one.querySelector("input"));
  const value = () => inputs.filter((one) => one.checked).map((one) => one.value);
  const wrong = bounds(component, about, component.type === 22 ? options.length : 1);
  const list = h("div", { class: `choices${options.length >= MANY_FROM ? " many" : ""}` }, options);
  return { node: group(about, "group", list), focus: inputs[0], value, problem: () => wrong(value().length, "options") };
}

function boxField(component, about) {
  const input = h("input", { type: "checkbox", id: about.id, checked: component.default === true, "aria-describedby": described(about) });
  return {
    node: h("div", { class: "field" }, h("div", { class: "choice" }, input, h("label", { for: about.id }, about.label)), explained(about)),
    focus: input,
    value: () => input.checked,
    problem: () => "",
  };
}

// --- files ----------------------------------------------------------------------------------------------------------

function fileField(component, about) {
  const most = component.max_values ?? 1;
  const wrong = bounds(component, about, 1);
  let files = [];
  const list = h("ul", { class: "chosen-files", "aria-label": "Chosen files" });
  const input = h("input", {
    type: "file", id: about.id, multiple: most > 1, "aria-describedby": [described(about), `${about.id}-limit`].filter(Boolean).join(" "),
    "aria-required": about.required ? "true" : null,
    onchange: () => {
      const fresh = [...input.files].filter((one) => !files.includes(one));
      files = most > 1 ? [...files, ...fresh] : fresh;
      draw();
    },
  });
  const limit = h("p", { class: "subtext", id: `${about.id}-limit` }, most > 1 ? `Up to ${most} files` : "One file");
  function draw() {
    const held = new DataTransfer(); // the control says how many there are, also after some were taken out
    for (const file of files) held.items.add(file);
    input.files = held.files;
    for (const old of list.querySelectorAll("img")) URL.revokeObjectURL(old.src);
    list.replaceChildren(...files.map((file) => h("li", {},
      file.type.startsWith("image/") ? h("img", { src: URL.createObjectURL(file), alt: "" }) : h("span", { class: "file-mark", "aria-hidden": "true" }, "▤"),
      h("span", { class: "file-name" }, file.name),
      h("button", { type: "button", class: "text-button", "aria-label": `Remove ${file.name}`, onclick: () => remove(file) }, "Remove"))));
  }
  function remove(file) {
    files = files.filter((one) => one !== file);
    draw();
    input.focus();
  }
  return {
    node: single(about, input, limit, list),
    focus: input,
    value: () => files,
    sent: (person) => Promise.all(files.map((file) => upload(person, file))),
    problem: () => wrong(files.length, "files"),
  };
}
