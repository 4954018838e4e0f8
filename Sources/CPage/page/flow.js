// The pipeline as one picture: sources on the left, the ring log in the middle, uplinks on the right; on a phone from
// top to bottom. The boxes are HTML, so that the browser sets the text; the channels between them are SVG.

import { Ring } from "./charts.js";
import { List, byID, element, say, set, shape } from "./dom.js";
import { counted, duration, listed, rate, spokenRate } from "./words.js";

// More of a kind than this are drawn as one box.
const BOXES = 7;
// Narrower than this, the picture runs from top to bottom.
const NARROW = 720;

/** The picture and its words. */
export class Flow {
  #picture = byID("flow-picture");
  #channels = shape("svg", { class: "channels", "aria-hidden": "true" });
  #sources = column("in", makeBox);
  #streams = column("ring-log", makeStream);
  #uplinks = column("out", makeBox);
  #ends = [];
  #drawn = "";

  constructor() {
    const log = element("div", { class: "basin" }, element("p", { class: "basin-name" }, "Ring log"), this.#streams.node);
    this.#picture.append(this.#channels, this.#sources.node, log, this.#uplinks.node);
    new ResizeObserver(() => this.#draw()).observe(this.#picture);
  }

  /** Shows a status. */
  show(status) {
    const sources = gathered(sourcesOf(status), "source");
    const uplinks = gathered(status.uplinks.map(uplinkEnd), "uplink");
    this.#sources.list.show(sources, (end) => end.key);
    this.#streams.list.show(status.log.streams.map((stream) => streamView(stream, status)), (view) => view.name);
    this.#uplinks.list.show(uplinks, (end) => end.key);
    this.#ends = [...sources.map((end) => ({ ...end, side: "in" })), ...uplinks.map((end) => ({ ...end, side: "out" }))];
    say(byID("flow-words"), words(status, sources, uplinks));
    this.#draw();
  }

  /** Draws the channels between the boxes as they stand now. */
  #draw() {
    const frame = this.#picture.getBoundingClientRect();
    if (frame.width === 0 || this.#ends.length === 0) return;
    const isNarrow = frame.width < NARROW;
    const basin = inside(this.#streams.node.parentElement, frame);
    const places = this.#ends.map((end) => inside(this.#box(end), frame));
    const drawn = JSON.stringify([basin, places]);
    if (drawn !== this.#drawn) {
      this.#drawn = drawn;
      set(this.#channels, "viewBox", `0 0 ${frame.width} ${frame.height}`);
      this.#channels.replaceChildren(...this.#ends.flatMap((end, index) => {
        const path = isNarrow ? down(end, places[index], basin) : across(end, places[index], basin, this.#share(end));
        return [shape("path", { class: "bed", d: path }), shape("path", { class: "water", d: path })];
      }));
    }
    this.#ends.forEach((end, index) => {
      const [bed, water] = [this.#channels.children[index * 2], this.#channels.children[index * 2 + 1]];
      const flows = (end.perSecond ?? 0) > 0;
      set(bed, "data-tone", end.tone);
      set(water, "visibility", flows ? null : "hidden");
      set(water, "data-pace", flows ? pace(end.perSecond) : null);
    });
  }

  #box(end) {
    const list = end.side === "in" ? this.#sources.node : this.#uplinks.node;
    return list.children[this.#ends.filter((other) => other.side === end.side).indexOf(end)];
  }

  /** Where along the basin's side a channel meets it, 0 to 1. */
  #share(end) {
    const side = this.#ends.filter((other) => other.side === end.side);
    return (side.indexOf(end) + 1) / (side.length + 1);
  }
}

function column(name, make) {
  const node = element("div", { class: name });
  return { node, list: new List(node, make) };
}

function makeBox() {
  const name = element("span", { class: "box-name" });
  const state = element("span", { class: "box-state" });
  const speed = element("span", { class: "box-rate" });
  return {
    node: element("div", { class: "box" }, element("span", { class: "box-text" }, name, state), speed),
    update(end) {
      set(this.node, "data-tone", end.tone);
      say(name, end.name);
      say(state, end.state);
      say(speed, rate(end.perSecond));
    },
  };
}

function makeStream() {
  const ring = new Ring();
  const name = element("span", { class: "box-name" });
  const waiting = element("span", { class: "box-state" });
  const lasts = element("span", { class: "box-state" });
  return {
    node: element("div", { class: "stream" }, ring.node,
      element("span", { class: "box-text" }, name, waiting, lasts)),
    update(view) {
      ring.show(view.used, view.waitingShare);
      say(name, view.name);
      say(waiting, view.problem !== null ? "takes nothing" : waitingWords(view.waiting));
      set(waiting, "data-tone", view.problem !== null ? "error" : null);
      say(lasts, view.lasts === null ? "" : `holds ${duration(view.lasts)}`);
    },
  };
}

const waitingWords = (records) => (records === 0 ? "nothing waits" : `${counted(records, "record")} to go`);

/** How a stream stands towards all uplinks: the one that lags most counts. */
export function streamView(stream, status) {
  const waiting = Math.max(0, ...status.uplinks.flatMap((uplink) =>
    uplink.streams.filter((part) => part.name === stream.name).map((part) => part.held)));
  const delay = Math.max(0, ...status.uplinks.filter((uplink) => uplink.streams.some((part) =>
    part.name === stream.name && part.held > 0)).map((uplink) => uplink.delay_seconds));
  const used = stream.capacity_bytes > 0 ? Math.min(1, stream.size_bytes / stream.capacity_bytes) : 0;
  const waitingShare = stream.held > 0 ? used * Math.min(1, waiting / stream.held) : 0;
  return { name: stream.name, problem: stream.problem, lasts: stream.lasts_seconds, waiting, delay, used, waitingShare };
}

function sourcesOf(status) {
  return [
    ...status.sources.mqtt.map((source) => ({
      key: `mqtt.${source.name}`, name: source.name, perSecond: source.messages_per_second, ...mqttState(source),
    })),
    ...status.sources.serial.map((source) => ({
      key: `serial.${source.name}`, name: source.name, perSecond: source.records_per_second, ...serialState(source),
    })),
  ];
}

/** The state of a broker that is read from. */
export function mqttState(source) {
  if (!source.connected) return { state: "not connected", tone: "error" };
  if (!source.subscribed) return { state: "not subscribed", tone: "error" };
  return { state: "MQTT", tone: source.problem === null ? "good" : "warning" };
}

/** The state of a serial source: that of its worst line. */
export function serialState(source) {
  const bad = source.lines.filter((line) => line.state !== "open");
  if (bad.length === 0) return { state: "serial", tone: source.lines.length === 0 ? "quiet" : "good" };
  const state = bad[0].state === "absent" ? "port absent" : "port unavailable";
  return { state: source.lines.length === 1 ? state : `${bad.length} of ${source.lines.length} ports missing`, tone: "error" };
}

const uplinkEnd = (uplink) => ({
  key: `uplink.${uplink.name}`, name: uplink.name, perSecond: uplink.records_per_second, ...uplinkState(uplink),
});

/** The state of an uplink in words. */
export function uplinkState(uplink) {
  switch (uplink.state) {
    case "delivering": return { state: "delivering", tone: "good" };
    case "failing": return { state: uplink.alarm ? "needs you" : "no link", tone: uplink.alarm ? "error" : "warning" };
    case "waiting": return { state: "waiting", tone: "quiet" };
    case "paused": return { state: "paused", tone: "warning" };
    default: return { state: "idle", tone: "quiet" };
  }
}

/** At most so many boxes: what is not well first, the rest as one. */
function gathered(ends, noun) {
  if (ends.length <= BOXES) return ends;
  const rank = { error: 0, warning: 1 };
  const shown = ends.toSorted((a, b) => (rank[a.tone] ?? 2) - (rank[b.tone] ?? 2)).slice(0, BOXES - 1);
  const rest = ends.filter((end) => !shown.includes(end));
  const known = rest.map((end) => end.perSecond).filter((value) => value !== null);
  return [...shown, {
    key: "rest", name: counted(rest.length, `more ${noun}`), state: "together", tone: rest.some((end) => end.tone === "error") ?
      "error" : "quiet", perSecond: known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0),
  }];
}

/** The picture for ears. */
function words(status, sources, uplinks) {
  const into = sources.map((end) => `${end.name} (${end.state}) brings ${spokenRate(end.perSecond)}`);
  const out = uplinks.map((end) => `${end.name} (${end.state}) takes ${spokenRate(end.perSecond)}`);
  const held = status.log.streams.map((stream) => {
    const view = streamView(stream, status);
    return `${view.name}, ${Math.round(view.used * 100)} % full, ${waitingWords(view.waiting)}`;
  });
  return `Records flow from ${counted(sources.length, "source")} through the ring log to ` +
    `${counted(uplinks.length, "uplink")}. Sources: ${listed(into) || "none"}. Log: ${listed(held) || "empty"}. ` +
    `Uplinks: ${listed(out) || "none"}.`;
}

function inside(node, frame) {
  const box = node.getBoundingClientRect();
  const round = Math.round;
  return { left: round(box.left - frame.left), right: round(box.right - frame.left), top: round(box.top - frame.top),
    bottom: round(box.bottom - frame.top) };
}

/** A channel from left to right. */
function across(end, place, basin, share) {
  const height = basin.bottom - basin.top;
  const meets = basin.top + 16 + (height - 32) * share;
  const [x1, y1, x2, y2] = end.side === "in"
    ? [place.right, (place.top + place.bottom) / 2, basin.left, meets]
    : [basin.right, meets, place.left, (place.top + place.bottom) / 2];
  const bend = (x2 - x1) / 2;
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
}

/** A channel along the left edge, from top to bottom. */
function down(end, place, basin) {
  const y = (place.top + place.bottom) / 2;
  const x = basin.left + 14;
  return end.side === "in"
    ? `M${place.left} ${y}H${x + 10}Q${x} ${y} ${x} ${y + 10}V${basin.top}`
    : `M${x} ${basin.bottom}V${y - 10}Q${x} ${y} ${x + 10} ${y}H${place.left}`;
}

/** How strong the current is, in five steps; each is ten times the one before. */
const pace = (perSecond) => Math.max(1, Math.min(5, Math.floor(Math.log10(perSecond)) + 3));
