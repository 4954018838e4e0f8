// The ring log: each stream, how full it is and how long it lasts, and what all the writing does to the medium.

import { Hour } from "./charts.js";
import { List, Terms, badge, byID, element, say, set, show, tell } from "./dom.js";
import { streamView } from "./flow.js";
import { ago, bytes, count, counted, daysLong, duration, moment, rate, sentence } from "./words.js";

// Older than this, a look at the log says that the disk does not answer.
const LOOK_AGE = 10;
// What waits for no longer than this is on its way, in seconds.
const BACKLOG = 10;

/** The cards. */
export class Log {
  #list = new List(byID("log-list"), (item) => (item.stream ? makeStream() : makeMedium()));

  /** Shows a status. */
  show(status) {
    const streams = status.log.streams.map((stream) => ({ key: `stream ${stream.name}`, stream, status }));
    this.#list.show([...streams, { key: "medium", status }], (item) => item.key);
  }
}

function makeStream() {
  const name = element("h3");
  const state = badge("", "quiet");
  const problem = element("p", { class: "trouble", "data-tone": "error" });
  const meter = element("div", { class: "meter", role: "img" });
  const used = meter.appendChild(element("span", { class: "used" }));
  const waiting = meter.appendChild(element("span", { class: "waiting" }));
  const terms = new Terms(element("dl", { class: "terms" }));
  const hour = new Hour();
  return {
    node: element("article", { class: "card" },
      element("div", { class: "card-head" }, name, state), problem, meter, hour.node, terms.node),
    update({ stream, status }) {
      const view = streamView(stream, status);
      say(name, stream.name);
      if (stream.problem !== null) tell(state, "Takes nothing", "error");
      else tell(state, ...(view.delay > BACKLOG ? ["Holds a backlog", "quiet"] : ["Keeps up", "good"]));
      show(problem, stream.problem !== null);
      say(problem, stream.problem === null ? "" : `${sentence(stream.problem)}.`);
      used.style.width = `${view.used * 100}%`;
      waiting.style.width = `${view.waitingShare * 100}%`;
      set(meter, "aria-label", `${Math.round(view.used * 100)} % of the ring is used, ` +
        `${Math.round(view.waitingShare * 100)} % still has to go out`);
      hour.show(stream.records_per_minute, "records taken in");
      terms.show([
        ["Comes in", rate(stream.records_per_second)],
        ["Holds, at this rate", stream.lasts_seconds === null ? "not known yet" : duration(stream.lasts_seconds)],
        ["Backlog", view.waiting === 0 ? "none" : counted(view.waiting, "record")],
        ["Held", count(stream.held)],
        ["Oldest", stream.oldest_time === null ? null : `${ago(stream.oldest_age_seconds)}, ${moment(stream.oldest_time)}`],
        ["Used", `${bytes(stream.size_bytes)} of ${bytes(stream.capacity_bytes)}`],
        ["Accepted ever", count(stream.accepted)],
      ]);
    },
  };
}

function makeMedium() {
  const name = element("h3", {}, "Flash wear");
  const state = badge("", "quiet");
  const problem = element("p", { class: "trouble", "data-tone": "error" }, "The disk does not answer.");
  const terms = new Terms(element("dl", { class: "terms" }));
  const basis = element("p", { class: "muted small" });
  return {
    node: element("article", { class: "card" },
      element("div", { class: "card-head" }, name, state), problem, terms.node, basis),
    update({ status }) {
      const medium = status.log.medium;
      tell(state, ...wear(medium));
      show(problem, (status.log.look_age_seconds ?? status.uptime_seconds) > LOOK_AGE);
      terms.show([
        ["Written", medium.written_bytes_per_day === null ? "not known yet" : `${bytes(medium.written_bytes_per_day)} a day`],
        ["Estimated life", medium.life_days === null ? "not known yet" : daysLong(medium.life_days)],
        ["Used up", medium.life_used_percent === null ? null : `${medium.life_used_percent} %, says the medium`],
        ["Since the start", bytes(medium.written_bytes)],
        ["Free", medium.free_bytes === null ? null : `${bytes(medium.free_bytes)} of ${bytes(medium.size_bytes)}`],
        ["Medium", medium.device],
        ["Folder", status.log.path],
      ]);
      say(basis, medium.life_basis === null ? "" : `Worked out from ${medium.life_basis}.`);
    },
  };
}

function wear(medium) {
  if (medium.life_used_percent !== null && medium.life_used_percent >= 90) return ["Worn", "error"];
  if (medium.life_days === null) return ["Measuring", "quiet"];
  if (medium.life_days < 365) return ["Wears fast", "error"];
  return medium.life_days < 5 * 365 ? ["Watch it", "warning"] : ["Lasts long", "good"];
}
