// The typed fields of a slash command, with the checks Discord's own client makes before it sends anything.

import { h } from "./dom.js";

export const KIND = { subcommand: 1, group: 2, string: 3, integer: 4, boolean: 5, user: 6, channel: 7, role: 8, mentionable: 9, number: 10, attachment: 11 };

// Commands with subcommands become one entry for each of those: "name group sub".
export function leaves(command, prefix = "", top = command) {
  const name = prefix ? `${prefix} ${command.name}` : command.name;
  const subs = (command.options ?? []).filter((option) => option.type === KIND.subcommand || option.type === KIND.group);
  if (subs.length) return subs.flatMap((sub) => leaves(sub, name, top));
  return [{ name, description: command.description, options: command.options ?? [], top }];
}

export function rangeOf(option) {
  const { min_value: min, max_value: max, max_length: longest } = option;
  if (min !== undefined && min !== null && max !== undefined && max !== null) return `${min} to ${max}`;
  if (min !== undefined && min !== null) return `at least ${min}`;
  if (max !== undefined && max !== null) return `at most ${max}`;
  if (longest) return `up to ${longest} characters`;
  return "";
}

// What is wrong with `text` for `option`, in words; "" when nothing is.
export function problemOf(option, text) {
  if (text === "") return option.required ? `${option.name}: this option is required. Specify a value.` : "";
  if (option.type === KIND.integer && !/^[-+]?\d{1,16}$/.test(text)) return `${option.name}: enter a whole number${within(option)}.`;
  if (option.type === KIND.number && !Number.isFinite(Number(text))) return `${option.name}: enter a number${within(option)}.`;
  if (option.type === KIND.integer || option.type === KIND.number) {
    const value = Number(text);
    if (value < (option.min_value ?? -Infinity) || value > (option.max_value ?? Infinity)) return `${option.name}: enter a number${within(option)}.`;
  }
  if (option.type === KIND.string && !option.choices?.length) {
    const length = [...text].length;
    if (length > (option.max_length ?? 6000)) return `${option.name}: at most ${option.max_length ?? 6000} characters, this has ${length}.`;
    if (length < (option.min_length ?? 0)) return `${option.name}: at least ${option.min_length} characters.`;
  }
  return "";
}

function within(option) {
  const range = rangeOf(option);
  return range ? ` (${range})` : "";
}

// The value as the wire has it: numbers as numbers, ids as strings.
export function wireValue(option, text) {
  if (option.type === KIND.integer || option.type === KIND.number) return Number(text);
  if (option.type === KIND.boolean) return text === "true";
  if (option.choices?.length) return option.choices.find((choice) => String(choice.value) === text)?.value ?? text;
  return text;
}

export function control(option, id, lists) {
  const common = { id, class: "option-input", data: { option: option.name }, "aria-required": option.required ? "true" : null };
  const choices = choicesOf(option, lists);
  if (choices) {
    return h("select", common, h("option", { value: "" }, "choose…"),
      choices.map((choice) => h("option", { value: String(choice.value) }, choice.name)));
  }
  if (option.type === KIND.attachment) return h("input", { ...common, type: "file" });
  if (option.type === KIND.string && !option.autocomplete) return h("textarea", { ...common, rows: 1, enterkeyhint: "send" });
  const numeric = option.type === KIND.integer || option.type === KIND.number;
  return h("input", {
    ...common, type: "text", inputmode: numeric ? "numeric" : null, placeholder: numeric ? rangeOf(option) : null, size: numeric ? 9 : 16,
    role: option.autocomplete ? "combobox" : null, "aria-autocomplete": option.autocomplete ? "list" : null,
    "aria-controls": option.autocomplete ? "picker" : null, "aria-expanded": option.autocomplete ? "false" : null,
  });
}

function fits(channel, option) {
  return !option.channel_types?.length || option.channel_types.includes(channel.type);
}

function choicesOf(option, lists) {
  if (option.choices?.length) return option.choices;
  const people = lists.people.map((person) => ({ value: person.id, name: person.name }));
  const roles = lists.roles.map((role) => ({ value: role.id, name: `@${role.name}` }));
  switch (option.type) {
    case KIND.boolean: return [{ value: "true", name: "True" }, { value: "false", name: "False" }];
    case KIND.user: return people;
    case KIND.channel: return lists.channels.filter((channel) => channel.guild_id && fits(channel, option)).map((channel) => ({ value: channel.id, name: `#${channel.name}` }));
    case KIND.role: return roles;
    case KIND.mentionable: return [...people, ...roles];
    default: return null;
  }
}
