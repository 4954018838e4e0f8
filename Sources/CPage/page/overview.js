// What is seen first, and what is read last: the verdict, what is wrong, the figures, lost ranges, events, the facts.

import { List, Terms, badge, byID, element, say, set, show, tell } from "./dom.js";
import { streamView } from "./flow.js";
import { roomLeft } from "./uplinks.js";
import { bytes, count, counted, daysLong, duration, listed, moment, rate, sentence } from "./words.js";

const EVENTS = 12;
const REASONS = {
  overwritten: "overwritten before it was forwarded", expired: "older than the log may keep it",
  damaged: "damaged on the medium",
};

/** The whole in two or three words, with a tone. */
export function verdict(status) {
  const errors = status.problems.filter((problem) => problem.severity === "error").length;
  const warnings = status.problems.length - errors;
  const words = [];
  if (errors > 0) words.push(counted(errors, "error"));
  if (warnings > 0) words.push(counted(warnings, "warning"));
  const tone = errors > 0 || !status.ready ? "error" : warnings > 0 ? "warning" : "good";
  return { words: words.length > 0 ? listed(words) : status.ready ? "All is well" : "Not ready", tone };
}

/** What is wrong, errors first. */
export class Problems {
  #list = new List(byID("problems-list"), () => {
    const mark = badge("", "quiet");
    const part = element("span", { class: "strong" });
    const text = element("span");
    return {
      node: element("li", {}, mark, element("span", {}, part, " ", text)),
      update(problem) {
        tell(mark, problem.severity === "error" ? "Error" : "Warning", problem.severity);
        say(part, problem.part);
        say(text, problem.text);
      },
    };
  });

  /** Shows a status. */
  show(status) {
    show(byID("problems"), status.problems.length > 0);
    this.#list.show(status.problems, (problem, index) => `${index} ${problem.part}`);
  }
}

/** The figures. */
export class Glance {
  #terms = new Terms(byID("glance-list"));

  /** Shows a status. */
  show(status) {
    const sum = (numbers) => (numbers.length === 0 || numbers.includes(null) ? null : numbers.reduce((a, b) => a + b, 0));
    const views = status.log.streams.map((stream) => streamView(stream, status));
    const waiting = views.reduce((total, view) => total + view.waiting, 0);
    const delay = Math.max(0, ...views.map((view) => view.delay));
    const rings = views.map((view) => view.lasts).filter((lasts) => lasts !== null);
    const rooms = status.uplinks.map((uplink) => roomLeft(uplink, status.log.streams)).filter((room) => room !== null);
    const lost = status.uplinks.flatMap((uplink) => uplink.streams).reduce((total, part) => total + part.lost, 0);
    const medium = status.log.medium;
    const isLow = rings.length > 0 && rooms.length > 0 && Math.min(...rooms) < Math.min(...rings) / 4;
    this.#terms.show([
      ["Comes in", rate(sum(status.log.streams.map((stream) => stream.records_per_second)))],
      [status.uplinks.length > 1 ? `Goes out, ${status.uplinks.length} uplinks` : "Goes out", rate(sum(status.uplinks.map((uplink) => uplink.records_per_second)))],
      ["Backlog", waiting === 0 ? "none" : `${count(waiting)} · ${duration(delay)}`, isLow ? "warning" : undefined],
      ["Ring holds", rings.length === 0 ? "–" : duration(Math.min(...rings))],
      ["Lost", lost === 0 ? "nothing" : count(lost), lost > 0 ? "error" : undefined],
      ["Flash", medium.written_bytes_per_day === null ? "–" : `${bytes(medium.written_bytes_per_day)}/day`],
      ["Flash life", medium.life_days === null ? "–" : daysLong(medium.life_days)],
      ["Clock", status.clock.synchronised ? "in step" : "not set", status.clock.synchronised ? undefined : "warning"],
    ]);
  }
}

/** Ranges that will never arrive. */
export class Lost {
  #list = new List(byID("lost-rows"), () => {
    const cells = Array.from({ length: 6 }, (_, index) =>
      element("td", index === 3 || index === 4 ? { class: "number" } : {}));
    const time = element("time");
    return {
      node: element("tr", {}, element("th", { scope: "row" }, time), ...cells),
      update(range) {
        say(time, moment(range.time));
        set(time, "datetime", range.time);
        const sequences = range.first === range.last ? count(range.first) : `${count(range.first)} – ${count(range.last)}`;
        [range.uplink, range.stream, sequences, count(range.records), bytes(range.bytes),
          REASONS[range.reason] ?? range.reason].forEach((text, index) => say(cells[index], text));
        set(cells[2], "title", `epoch ${range.epoch}`);
      },
    };
  });

  /** Shows a status. */
  show(status) {
    const lost = status.uplinks.flatMap((uplink) => uplink.streams).reduce((total, part) => total + part.lost, 0);
    const isSome = lost > 0 || status.lost.length > 0;
    const words = byID("lost-words");
    const until = status.lost.length >= 100 ? " The newest hundred ranges are shown." : "";
    say(words, isSome
      ? `${counted(lost, "record")} will never arrive. Each range was counted, and told upstream.${until}`
      : "None. What was accepted is forwarded, or still held.");
    set(words, "class", isSome ? "bad" : "muted");
    show(byID("lost-scroll"), status.lost.length > 0);
    this.#list.show(status.lost, (range) => `${range.uplink} ${range.stream} ${range.epoch} ${range.first} ${range.reason}`);
  }
}

/** What the log said lately. */
export class Events {
  #all = false;
  #latest = [];
  #more = byID("events-more");
  #list = new List(byID("events-list"), () => {
    const time = element("time", { class: "muted" });
    const level = badge("", "quiet");
    const part = element("span", { class: "strong" });
    const text = element("span");
    return {
      node: element("li", {}, time, level, element("span", {}, part, " ", text)),
      update(event) {
        say(time, moment(event.time));
        set(time, "datetime", event.time);
        const tone = { notice: "quiet", warning: "warning" }[event.level] ?? "error";
        tell(level, sentence(event.level), tone);
        say(part, event.part ?? "");
        say(text, event.text);
      },
    };
  });

  constructor() {
    this.#more.addEventListener("click", () => {
      this.#all = true;
      this.#draw();
    });
  }

  /** Shows a status. */
  show(status) {
    this.#latest = status.events;
    this.#draw();
  }

  #draw() {
    const shown = this.#all ? this.#latest : this.#latest.slice(0, EVENTS);
    show(byID("events-list"), shown.length > 0);
    show(this.#more, shown.length < this.#latest.length);
    say(this.#more, `Show all ${this.#latest.length} events`);
    // Two events may be alike in all; counted from the oldest, each keeps its key while newer ones come.
    this.#list.show(shown, (event, index) => `${event.time} ${event.text} ${repeats(shown, index)}`);
  }
}

function repeats(events, index) {
  const like = (event) => event.time === events[index].time && event.text === events[index].text;
  return events.slice(index + 1).filter(like).length;
}

/** The gateway and its agent, in one line. */
export function facts(status) {
  const { process, clock } = status;
  return [
    `Millrace ${status.version}`, `runs for ${duration(status.uptime_seconds)}`,
    `${bytes(process.anonymous_bytes)} of private memory, ${bytes(process.resident_bytes)} resident`,
    `${counted(process.threads, "thread")}, ${counted(process.descriptors, "descriptor")}`,
    `${duration(process.processor_seconds)} of processor time`,
    clock.synchronised ? "clock kept by a time source" : "no time source keeps the clock",
    `booted ${duration(clock.boot_seconds)} ago (boot ${clock.boot})`,
  ].join(" · ");
}
