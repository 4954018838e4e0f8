// Each device with its last readings: value, unit, age and the line of the last minutes. Devices with readings out of
// their range come first, then silent ones.

import { Sparkline } from "./charts.js";
import { List, badge, byID, element, say, set, show, tell } from "./dom.js";
import { ago, counted, listed, measured, sentence } from "./words.js";

// Cards and readings that are shown until somebody asks for all.
const CARDS = matchMedia("(max-width: 760px)").matches ? 12 : 48;
const READINGS = 8;
// A reading that is older than its device's latest by this is shown with its own age.
const STALE = 60;

const ORDER = { silent: 1, unknown: 2, alive: 3 };
const STATES = { silent: ["Silent", "warning"], unknown: ["Not heard yet", "quiet"], alive: ["Alive", "good"] };
const names = new Intl.Collator("en", { numeric: true });
const rank = (device) => (device.alarms.length > 0 ? 0 : ORDER[device.state] ?? 2);

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
      rank(a) - rank(b) || names.compare(a.name, b.name));
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
    if (this.#devices.length === 0) return "None behind serial ports, and no topic is watched.";
    if (isSearch) return `${found} of ${counted(this.#devices.length, "device")}`;
    const silent = this.#devices.filter((device) => device.state === "silent").length;
    const alarmed = this.#devices.filter((device) => device.alarms.length > 0).length;
    return counted(this.#devices.length, "device") + (alarmed > 0 ? `, ${alarmed} out of range` : "") +
      (silent > 0 ? `, ${silent} silent` : "");
  }
}

const searched = (device) =>
  [device.name, device.source, device.port ?? "", device.profile ?? "", device.state, ...device.readings.map((r) => r.name)]
    .join(" ").toLowerCase();

function makeCard() {
  const name = element("h3");
  const state = badge("", "quiet");
  const place = element("p", { class: "address muted" });
  const alarm = element("p", { class: "trouble small", "data-tone": "error" });
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
      element("div", { class: "card-head" }, name, state), place, alarm, table, more),
    update(device) {
      latest = device;
      const [word, tone] = STATES[device.state] ?? [sentence(device.state), "quiet"];
      const alarms = device.alarms;
      set(card.node, "data-tone", alarms.length > 0 ? "error" : tone);
      show(alarm, alarms.length > 0);
      say(alarm, alarms.length === 0 ? "" : `${sentence(listed(alarms.map((one) => outside(one, device))))}.`);
      say(name, device.name);
      tell(state, device.state === "alive" ? ago(device.age_seconds) : silence(word, device), tone);
      say(place, [device.profile ?? (device.port === null ? "topic" : "plain lines"), device.source].join(" · "));
      set(place, "title", device.port);
      say(caption, `Last readings of ${device.name}`);
      show(table, device.readings.length > 0);
      const shown = isOpen ? device.readings : device.readings.slice(0, READINGS);
      list.show(shown.map((reading) => ({
        ...reading, isStale: reading.age_seconds - device.age_seconds > STALE,
        isOutside: alarms.some((one) => one.reading === reading.name),
      })), (reading) => reading.name);
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

/** A reading that is out of its range, in words. */
function outside(alarm, device) {
  const symbol = device.readings.find((reading) => reading.name === alarm.reading)?.unit ?? null;
  return `${alarm.reading} is ${alarm.side} ${measured(alarm.limit, symbol)}`;
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
      set(value, "data-kind", typeof reading.value);
      set(value, "data-tone", reading.isOutside ? "error" : null);
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
