// Where records come from: brokers and serial ports, and what went wrong there since the agent started.

import { List, badge, byID, element, say, set, show, tell } from "./dom.js";
import { mqttState, serialState } from "./flow.js";
import { bytes, count, counted, listed, rate, sentence } from "./words.js";

/** The table. */
export class Sources {
  #list = new List(byID("sources-rows"), makeRow);

  /** Shows a status. */
  show(status) {
    this.#list.show([...status.sources.mqtt.map(ofBroker), ...status.sources.serial.flatMap(ofPort)], (row) => row.key);
  }
}

function makeRow() {
  const name = element("span", { class: "strong" });
  const address = element("span", { class: "address muted" });
  const state = badge("", "quiet");
  const problem = element("p", { class: "trouble small" });
  const speed = element("td", { class: "number" });
  const received = element("td", { class: "number" });
  const faults = element("td", { class: "faults" });
  return {
    node: element("tr", {}, element("th", { scope: "row" }, name, address), element("td", {}, state, problem), speed,
      received, faults),
    update(row) {
      say(name, row.name);
      say(address, row.address);
      tell(state, sentence(row.state), row.tone);
      show(problem, row.problem !== null);
      say(problem, row.problem ?? "");
      set(problem, "data-tone", row.tone);
      say(speed, row.perSecond === undefined ? "" : rate(row.perSecond));
      say(received, row.received);
      say(faults, row.faults.length === 0 ? "Nothing" : sentence(listed(row.faults)));
      set(faults, "data-tone", row.faults.length === 0 ? "quiet" : null);
    },
  };
}

function ofBroker(source) {
  const view = mqttState(source);
  return {
    key: `mqtt.${source.name}`, name: source.name, address: source.address, tone: view.tone,
    state: view.tone === "error" ? view.state : "connected", problem: source.problem,
    perSecond: source.messages_per_second, received: counted(source.received, "record"), faults: troubles(source),
  };
}

function ofPort(source) {
  const view = serialState(source);
  const lines = source.lines.map((line) => ofLine(source, line));
  // With one line, what befell it belongs into the source's own row.
  if (lines.length === 1) {
    return [{
      ...lines[0], name: source.name, perSecond: source.records_per_second,
      received: counted(source.received, "record"), faults: [...troubles(source), ...lines[0].faults],
    }];
  }
  return [{
    key: `serial.${source.name}`, name: source.name, address: source.port, tone: view.tone, problem: null,
    state: view.tone === "error" ? view.state : view.tone === "quiet" ? "no port" : "open",
    perSecond: source.records_per_second, received: counted(source.received, "record"), faults: troubles(source),
  }, ...lines];
}

function ofLine(source, line) {
  return {
    key: `serial.${source.name} ${line.port}`, name: `${source.name}, one line`,
    address: line.path === null || line.path === line.port ? line.port : `${line.port} → ${line.path}`,
    state: line.state, tone: line.state === "open" ? "good" : "error", problem: line.problem,
    received: counted(line.frames, "frame"), faults: lineTroubles(line),
  };
}

const some = (number, noun) => (number > 0 ? [counted(number, noun)] : []);
const many = (number, words) => (number > 0 ? [`${count(number)} ${words}`] : []);

const troubles = (source) => [
  ...many(source.refused, "refused"), ...many(source.dropped, "dropped"), ...many(source.rejected, "not understood"),
  ...many(source.looped, "our own"), ...some(source.commit_failures, "failed commit"),
];

const lineTroubles = (line) => [
  ...some(line.checksum_errors, "checksum error"), ...some(line.malformed_frames, "malformed frame"),
  ...some(line.oversized_frames, "oversized frame"), ...some(line.unfinished_frames, "unfinished frame"),
  ...(line.timeouts > 0 ? [`${counted(line.timeouts, "time-out")} of ${counted(line.requests, "request")}`] : []),
  ...(line.skipped_bytes > 0 ? [`${bytes(line.skipped_bytes)} skipped`] : []),
  ...some(line.overruns, "overrun"), ...some(line.framing_errors, "framing error"),
  ...some(line.parity_errors, "parity error"), ...some(line.hang_ups, "hang-up"),
];
