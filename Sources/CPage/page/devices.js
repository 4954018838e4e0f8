// Each device with its last readings: value, unit, age and the line of the last minutes. Silent devices come first.

import { Sparkline } from "./charts.js";
import { List, badge, byID, element, say, set, show, tell } from "./dom.js";
import { ago, counted, measured, sentence } from "./words.js";

// Cards and readings that are shown until somebody asks for all.
const CARDS = matchMedia("(max-width: 760px)").matches ? 12 : 48;
const READINGS = 8;
// A reading that is older than its device's latest by this is shown with its own age.
const STALE = 60;

const ORDER = { silent: 0, unknown: 1, alive: 2 };
const STATES = { silent: ["Silent", "warning"], unknown: ["Not heard yet", "quiet"], alive: ["Alive", "good"] };
const names = new Intl.Collator("en", { numeric: true });

/** The cards, and the field to find one. */
export class Devices {
  #list = new List(byID("devices-list"), makeCard);
  #find = byID("devices-find");
  #more = byID("devices-more");
  #devices = [];
  #limit = CARDS;

  constructor() {
    this.#find.addEventListener("input", () => this.#draw());
    this.#more.addEventListener("click", () => {
      const first = byID("devices-list").children.length;
      this.#limit = Infinity;
      this.#draw();
      // Whoever works with the keyboard goes on where the list went on.
      byID("devices-list").children[first]?.focus();
    });
  }

  /** Shows a status. */
  show(status) {
    this.#devices = status.devices.toSorted((a, b) =>
      (ORDER[a.state] ?? 1) - (ORDER[b.state] ?? 1) || names.compare(a.name, b.name));
    this.#draw();
  }

  #draw() {
    const words = this.#find.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    const found = words.length === 0 ? this.#devices : this.#devices.filter((device) => {
      const text = searched(device);
      return words.every((word) => text.includes(word));
    });
    const shown = found.slice(0, this.#limit);
    this.#list.show(shown, (device) => `${device.source}\n${device.port}\n${device.name}`);
    show(byID("devices-search"), this.#devices.length > 6);
    show(this.#more, shown.length < found.length);
    say(this.#more, `Show all ${found.length} devices`);
    say(byID("devices-count"), this.#count(found.length, words.length > 0));
  }

  #count(found, isSearch) {
    if (this.#devices.length === 0) return "None behind serial ports.";
    if (isSearch) return `${found} of ${counted(this.#devices.length, "device")}`;
    const silent = this.#devices.filter((device) => device.state === "silent").length;
    return counted(this.#devices.length, "device") + (silent > 0 ? `, ${silent} silent` : "");
  }
}

const searched = (device) =>
  [device.name, device.source, device.port, device.profile ?? "", device.state, ...device.readings.map((r) => r.name)]
    .join(" ").toLowerCase();

function makeCard() {
  const name = element("h3");
  const state = badge("", "quiet");
  const place = element("p", { class: "address muted" });
  const caption = element("caption", { class: "unseen" });
  const head = element("thead", { class: "unseen" }, element("tr", {}, ...["Reading", "Lately", "Value"].map((text) =>
    element("th", { scope: "col" }, text))));
  const rows = element("tbody");
  const list = new List(rows, makeReading);
  const table = element("table", {}, caption, head, rows);
  const more = element("button", { type: "button", class: "quiet", "aria-expanded": "false" });
  let isOpen = false;
  let latest = null;
  const card = {
    node: element("article", { class: "card device", tabindex: "-1" },
      element("div", { class: "card-head" }, name, state), place, table, more),
    update(device) {
      latest = device;
      const [word, tone] = STATES[device.state] ?? [sentence(device.state), "quiet"];
      set(card.node, "data-tone", tone);
      say(name, device.name);
      tell(state, device.state === "alive" ? ago(device.age_seconds) : silence(word, device), tone);
      say(place, [device.profile ?? "plain lines", device.source].join(" · "));
      set(place, "title", device.port);
      say(caption, `Last readings of ${device.name}`);
      show(table, device.readings.length > 0);
      const shown = isOpen ? device.readings : device.readings.slice(0, READINGS);
      list.show(shown.map((reading) => ({ ...reading, isStale: reading.age_seconds - device.age_seconds > STALE })),
        (reading) => reading.name);
      show(more, device.readings.length > READINGS);
      say(more, isOpen ? "Fewer readings" : `All ${device.readings.length} readings`);
      set(more, "aria-expanded", String(isOpen));
    },
  };
  more.addEventListener("click", () => {
    isOpen = !isOpen;
    card.update(latest);
  });
  return card;
}

const silence = (word, device) => (device.age_seconds === null ? word : `${word}, heard ${ago(device.age_seconds)}`);

function makeReading() {
  const name = element("th", { scope: "row" });
  const line = new Sparkline();
  const place = element("td", { class: "line-cell" }, line.node);
  const value = element("td", { class: "number value" });
  const age = element("span", { class: "muted small" });
  const text = element("span");
  value.append(text, age);
  return {
    node: element("tr", {}, name, place, value),
    update(reading) {
      say(name, reading.name);
      say(text, measured(reading.value, reading.unit));
      say(age, reading.isStale ? ` ${ago(reading.age_seconds)}` : "");
      const isNumber = typeof reading.value === "number";
      const numbers = isNumber && reading.history.length > 0 ? [...reading.history, reading.value] : [];
      line.show(numbers, reading.unit);
      // Where there is no line, the value has its room.
      show(place, numbers.length > 1);
      set(value, "colspan", numbers.length > 1 ? null : 2);
    },
  };
}
