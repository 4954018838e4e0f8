// Elements and what changes in them. Text of devices and brokers goes in as text only: nothing here parses HTML, and
// the page's Content-Security-Policy (require-trusted-types-for) makes the browser refuse it.

const SVG = "http://www.w3.org/2000/svg";

/** Of the document, by id. */
export const byID = (id) => document.getElementById(id);

/** A new HTML element with attributes and children, which are nodes or text. */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/** A new SVG element with attributes and children. */
export function shape(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) set(node, name, value);
  node.append(...children);
  return node;
}

/** Gives an attribute a value, or takes it away with `null`; touches nothing where it is so already. */
export function set(node, name, value) {
  if (value === null || value === undefined || value === false) {
    if (node.hasAttribute(name)) node.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (node.getAttribute(name) !== text) node.setAttribute(name, text);
}

/** Makes this the node's text; touches nothing where it is so already, so that selections and readers stay calm. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Shows or hides. */
export function show(node, isShown) {
  if (node.hidden === isShown) node.hidden = !isShown;
}

/** Children of a node, one for each item: made once, updated in place, moved only where the order changes. */
export class List {
  #parent;
  #make;
  #rows = new Map();

  /** `make` returns the `node` of an item and a function that brings it up to date. */
  constructor(parent, make) {
    this.#parent = parent;
    this.#make = make;
  }

  /** Shows these items in this order; `key` tells one from the other. */
  show(items, key) {
    const gone = new Map(this.#rows);
    let next = this.#parent.firstElementChild;
    for (const [index, item] of items.entries()) {
      const name = key(item, index);
      let row = this.#rows.get(name);
      if (row === undefined) {
        row = this.#make(item);
        this.#rows.set(name, row);
      }
      gone.delete(name);
      if (row.node === next) next = next.nextElementSibling;
      else this.#parent.insertBefore(row.node, next);
      row.update(item);
    }
    for (const [name, row] of gone) {
      row.node.remove();
      this.#rows.delete(name);
    }
  }
}

/** A list of terms and what they are; a term whose text is `null` is not shown. */
export class Terms {
  node;
  #list;

  constructor(node) {
    this.node = node;
    this.#list = new List(node, () => {
      const term = element("dt");
      const text = element("dd");
      return {
        node: element("div", {}, term, text),
        update: (item) => {
          say(term, item.term);
          say(text, item.text);
          set(text, "data-tone", item.tone ?? null);
        },
      };
    });
  }

  /** Shows `[term, text, tone?]`. */
  show(terms) {
    const shown = terms.filter(([, text]) => text !== null);
    this.#list.show(shown.map(([term, text, tone]) => ({ term, text, tone })), (item) => item.term);
  }
}

/** A word in a coloured frame; the word says what the colour says. */
export function badge(text, tone) {
  return element("span", { class: "badge", "data-tone": tone }, text);
}

/** Brings a badge up to date. */
export function tell(node, text, tone) {
  say(node, text);
  set(node, "data-tone", tone);
}
