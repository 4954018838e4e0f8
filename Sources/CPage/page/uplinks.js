// One card for each destination: how it stands, what the last error was, when it tries again, what is still to go.

import { Hour } from "./charts.js";
import { List, Terms, badge, byID, element, say, set, show, tell } from "./dom.js";
import { uplinkState } from "./flow.js";
import { bytes, count, counted, daysLong, duration, rate, sentence } from "./words.js";

// From here on a certificate that ends is worth a colour: the agent warns from the same day.
const CERTIFICATE_DAYS = 30;

/** The cards. */
export class Uplinks {
  #list = new List(byID("uplinks-list"), makeCard);
  #none = byID("uplinks").appendChild(element("p", { class: "muted" }, "No uplink is configured."));

  /** Shows a status. */
  show(status) {
    show(this.#none, status.uplinks.length === 0);
    this.#list.show(status.uplinks.map((uplink) => ({ uplink, streams: status.log.streams })), (item) => item.uplink.name);
  }
}

function makeCard() {
  const name = element("h3");
  const address = element("p", { class: "address muted" });
  const state = badge("", "quiet");
  const problem = element("p", { class: "trouble" });
  const terms = new Terms(element("dl", { class: "terms" }));
  const hour = new Hour();
  const certificates = element("ul", { class: "plain" });
  const list = new List(certificates, makeCertificate);
  return {
    node: element("article", { class: "card uplink" },
      element("div", { class: "card-head" }, name, state), address, problem, hour.node, terms.node, certificates),
    update({ uplink, streams }) {
      const view = uplinkState(uplink);
      say(name, uplink.name);
      tell(state, sentence(view.state), view.tone);
      say(address, `${uplink.kind} · ${uplink.address}`);
      const words = trouble(uplink, streams);
      show(problem, words !== null);
      say(problem, words ?? "");
      set(problem, "data-tone", view.tone);
      hour.show(uplink.records_per_minute, "records confirmed");
      terms.show(facts(uplink));
      show(certificates, uplink.certificates.length > 0);
      list.show(uplink.certificates, (certificate) => `${certificate.role} ${certificate.file}`);
    },
  };
}

function makeCertificate() {
  const words = element("span");
  const file = element("span", { class: "address muted" });
  return {
    node: element("li", {}, words, " ", file),
    update(certificate) {
      const days = certificate.days_left;
      const when = days < 0 ? `ended ${daysLong(days)}` : `ends in ${daysLong(days)}`;
      say(words, `${sentence(certificate.role)} certificate ${when}`);
      set(words, "class", days < 0 ? "bad" : days < CERTIFICATE_DAYS ? "warn" : null);
      say(file, certificate.file);
    },
  };
}

/** Why nothing or little goes out, when it is tried again, and how long that may go on. */
function trouble(uplink, streams) {
  const parts = [];
  if (uplink.problem !== null) parts.push(`${sentence(uplink.problem)}.`);
  if (uplink.waiting !== null) parts.push(`${sentence(uplink.waiting)}.`);
  if (uplink.next_try_seconds !== null && uplink.state !== "paused") {
    parts.push(uplink.next_try_seconds < 1 ? "Trying again now." : `Next try in ${duration(uplink.next_try_seconds)}.`);
  }
  if (parts.length === 0 && uplink.state !== "paused") return null;
  if (uplink.state === "paused") parts.unshift("Paused by hand; records stay in the log.");
  const room = roomLeft(uplink, streams);
  if (room !== null) {
    parts.push(room > 0 ? `The log has room for another ${duration(room)}.` : "The log is full: the oldest records are being lost.");
  }
  return parts.join(" ").replaceAll("..", ".");
}

/** Seconds until the ring comes round to the oldest record that still has to go out, at the rate of the last hour. */
export function roomLeft(uplink, streams) {
  const waiting = new Set(uplink.streams.filter((part) => part.held > 0).map((part) => part.name));
  const rings = streams.filter((stream) => waiting.has(stream.name) && stream.lasts_seconds !== null);
  if (rings.length === 0) return null;
  return Math.max(0, Math.min(...rings.map((stream) => stream.lasts_seconds)) - uplink.delay_seconds);
}

function facts(uplink) {
  const sum = (name) => uplink.streams.reduce((total, part) => total + part[name], 0);
  const [held, lost, rejected] = [sum("held"), sum("lost"), sum("rejected")];
  const budget = uplink.budget;
  return [
    ["Confirmed", rate(uplink.records_per_second)],
    ["Delay", held === 0 ? "none" : duration(uplink.delay_seconds)],
    ["To go", held === 0 ? "nothing" : counted(held, "record")],
    ["Forwarded", count(sum("forwarded"))],
    ["Lost", count(lost), lost > 0 ? "error" : undefined],
    ["Rejected", rejected > 0 ? count(rejected) : null, "warning"],
    ["Sent", bytes(uplink.wire.sent_bytes)],
    ["Limit", uplink.limit],
    ["Budget", budget === null ? null : `${bytes(budget.used_bytes)} of ${bytes(budget.limit_bytes)} a ${budget.period}`,
      budget !== null && budget.used_bytes >= budget.limit_bytes ? "warning" : undefined],
    ["Windows", uplink.windows.length === 0 ? null : uplink.windows.join("; ")],
  ];
}
