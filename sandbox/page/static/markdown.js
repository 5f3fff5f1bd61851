// A small, safe part of Discord's markdown, built as nodes.

import { h } from "./dom.js";
import { link } from "./links.js";
import { timestamp } from "./time.js";

const INLINE = [
  [/^\\([^0-9A-Za-z\s])/, (m) => m[1]], // whatever the sign, @ and : included
  [/^``([^]+?)``/, (m) => h("code", {}, m[1].trim())],
  [/^`([^`]+)`/, (m) => h("code", {}, m[1])],
  [/^<t:(-?\d{1,13})(?::([tTdDfFR]))?>/, (m) => timestamp(Number(m[1]), m[2] ?? "f")],
  [/^<@!?(\d{1,20})>/, (m, on) => h("span", { class: "mention" }, `@${on.personName(m[1])}`)],
  [/^<@&(\d{1,20})>/, (m, on) => h("span", { class: "mention" }, `@${on.roleName(m[1])}`)],
  [/^<#(\d{1,20})>/, (m, on) => mention(`#${on.channelName(m[1])}`, on.jump && (() => on.jump(m[1], null)))],
  [/^<\/([-_ \p{L}\p{N}]{1,100}):\d{1,20}>/u, (m, on) => mention(`/${m[1]}`, on.command && (() => on.command(m[1])))],
  [/^<a?:(\w{2,32}):\d{1,20}>/, (m) => `:${m[1]}:`],
  [/^\[([^\]]+)\]\(<?(https?:\/\/[^\s<>)]+)>?\)/, (m, on) => link(m[2], inline(m[1], on), on)],
  [/^<(https?:\/\/[^\s<>]+)>/, (m, on) => link(m[1], [m[1]], on)],
  [/^https?:\/\/[^\s<>]*[^\s<>.,:;"')\]]/, (m, on) => link(m[0], [m[0]], on)],
  [/^\*\*\*(?=\S)([^]+?\S)\*\*\*(?!\*)/, (m, on) => h("strong", {}, h("em", {}, inline(m[1], on)))],
  [/^\*\*(?=\S)([^]*?[^\s\\])\*\*(?!\*)/, (m, on) => h("strong", {}, inline(m[1], on))],
  [/^__(?=\S)([^]*?[^\s\\])__(?!_)/, (m, on) => h("u", {}, inline(m[1], on))],
  [/^\*(?=\S)([^*]*?[^\s\\*])\*(?!\*)/, (m, on) => h("em", {}, inline(m[1], on))],
  [/^_(?=\S)([^_]*?[^\s\\_])_(?!\w)/, (m, on) => h("em", {}, inline(m[1], on))],
  [/^~~(?=\S)([^]*?[^\s\\])~~/, (m, on) => h("s", {}, inline(m[1], on))],
  [/^\|\|([^]+?)\|\|/, (m, on) => hiddenText(m[1], on)],
];

// What leads somewhere in the page can be pressed.
function mention(text, act) {
  return act ? h("button", { type: "button", class: "mention", onclick: act }, text) : h("span", { class: "mention" }, text);
}

function hiddenText(text, on) {
  const button = h("button", { type: "button", class: "text-spoiler", "aria-label": "Spoiler, press to reveal" }, "spoiler");
  button.addEventListener("click", () => button.replaceWith(h("span", { class: "revealed" }, inline(text, on))));
  return button;
}

export function inline(text, on) {
  const nodes = [];
  let plain = "";
  let at = 0;
  while (at < text.length) {
    const found = matchAt(text, at);
    if (!found) {
      plain += text[at];
      at += 1;
      continue;
    }
    if (plain) nodes.push(plain);
    plain = "";
    nodes.push(found.make(found.match, on));
    at += found.match[0].length;
  }
  if (plain) nodes.push(plain);
  return nodes;
}

function matchAt(text, at) {
  const char = text[at];
  if (!"\\`<[*_~|h".includes(char)) return null;
  if (char === "_" && at > 0 && /\w/.test(text[at - 1])) return null;
  const rest = text.slice(at);
  for (const [pattern, make] of INLINE) {
    const match = pattern.exec(rest);
    if (match) return { match, make };
  }
  return null;
}

const BLOCK = [
  [/^(#{1,3}) +(.+)$/, (m, on) => h(`h${m[1].length + 2}`, { class: `md-h${m[1].length}` }, inline(m[2], on))],
  [/^-# +(.+)$/, (m, on) => h("p", { class: "subtext" }, inline(m[1], on))],
  [/^> ?(.*)$/, (m, on) => h("blockquote", {}, inline(m[1], on))],
  [/^(\s*)[-*] +(.+)$/, (m, on) => h("p", { class: m[1].length ? "bullet deep" : "bullet" }, inline(m[2], on))],
];

// Blocks of `text`. `on` answers personName, roleName and channelName for mentions.
export function markdown(text, on) {
  const out = [];
  for (const [index, part] of text.split(/```(?:[\w+-]*\n)?/).entries()) {
    if (index % 2) out.push(h("pre", {}, h("code", {}, part.replace(/\n$/, ""))));
    else out.push(...lines(part, on));
  }
  return out;
}

function lines(text, on) {
  const out = [];
  let paragraph = [];
  const flush = () => {
    while (paragraph.length && paragraph[0].trim() === "") paragraph.shift();
    while (paragraph.length && paragraph.at(-1).trim() === "") paragraph.pop();
    if (paragraph.length) out.push(h("p", { class: "text" }, inline(paragraph.join("\n"), on)));
    paragraph = [];
  };
  for (const line of text.split("\n")) {
    const rule = BLOCK.find(([pattern]) => pattern.test(line));
    if (!rule) {
      paragraph.push(line);
      continue;
    }
    flush();
    out.push(rule[1](rule[0].exec(line), on));
  }
  flush();
  return out;
}
