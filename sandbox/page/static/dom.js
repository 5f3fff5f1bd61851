// Building nodes. Text always becomes text nodes: nothing in this page is parsed as HTML.

export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name === "value") node.value = value;
    else if (name === "data") Object.assign(node.dataset, value);
    else if (name === "style") for (const [key, v] of Object.entries(value)) node.style.setProperty(key, v);
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

// Ids are snowflakes: too long for a number, ordered by length and then by digits.
export function compareIds(a, b) {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

const FACES = ["#e38b6b", "#7db8a4", "#b49be0", "#d9b45f", "#7fa8dc", "#d685a8"];

export function face(person, node = h("span", { class: "face", "aria-hidden": "true" })) {
  const name = displayName(person);
  node.textContent = person?.bot ? "✦" : name.slice(0, 1).toUpperCase();
  node.style.setProperty("--face", person?.bot ? "#ffb86b" : FACES[Number(BigInt(person?.id ?? 0) % 5n)]);
  return node;
}

export function displayName(person) {
  return person?.nick || person?.global_name || person?.username || person?.name || "someone";
}
