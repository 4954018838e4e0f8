// The page: asks for the status, shows it, and says so when nothing answers.

import { byID, say, set, show, tell } from "./dom.js";
import { Devices } from "./devices.js";
import { Feed } from "./feed.js";
import { Flow } from "./flow.js";
import { Log } from "./log.js";
import { Events, Glance, Lost, Problems, facts, verdict } from "./overview.js";
import { Sources } from "./sources.js";
import { Uplinks } from "./uplinks.js";
import { duration, sentence, timeOfDay } from "./words.js";

// A screen reader is told of a change that lasts, not of each flutter.
const CALM = 4_000;

const views = [Problems, Glance, Flow, Uplinks, Log, Lost, Devices, Sources, Events].map((View) => new View());
const content = byID("content");
let version = null;
let away = null;
let ticking = 0;
let announced = "";
let announcing = 0;

const feed = new Feed({
  status(status) {
    // After an upgrade this page is the old one.
    if (version !== null && version !== status.version) return location.reload();
    version = status.version;
    const isBack = away !== null;
    if (isBack) comeBack();
    show(byID("lock"), false);
    showContent(true);
    for (const view of views) view.show(status);
    const { words, tone } = verdict(status);
    tell(byID("verdict"), words, tone);
    say(byID("gateway"), status.gateway);
    say(byID("about"), `Millrace ${status.version}, up ${duration(status.uptime_seconds)}`);
    say(byID("facts"), facts(status));
    say(byID("freshness"), `As of ${timeOfDay(feed.since)}.`);
    document.title = `${tone === "good" ? "" : `${words}: `}${status.gateway} · Millrace`;
    const worst = status.problems.slice(0, 3).map((problem) => `${problem.part}: ${problem.text}`);
    announce([words, ...worst].join(". "), isBack ? "The agent answers again. " : "");
  },

  away(reason) {
    away ??= feed.since;
    show(byID("away"), true);
    set(content, "data-stale", true);
    tell(byID("verdict"), "Away", "warning");
    document.title = "Away: Millrace";
    say(byID("away-title"), version === null ? "The agent does not answer" : `The agent is away since ${timeOfDay(away)}`);
    tick(reason);
    clearInterval(ticking);
    ticking = setInterval(() => tick(reason), 1_000);
    announce(`The agent is away since ${timeOfDay(away)}: ${reason}`);
  },

  locked(isWrong) {
    if (away !== null) comeBack();
    showContent(false);
    show(byID("lock"), true);
    tell(byID("verdict"), "Locked", "quiet");
    say(byID("lock-complaint"), isWrong ? "This token does not fit." : "");
    byID("token").focus();
  },
});

function showContent(isShown) {
  show(content, isShown);
  show(byID("parts"), isShown);
}

function comeBack() {
  away = null;
  clearInterval(ticking);
  show(byID("away"), false);
  set(content, "data-stale", null);
}

/** Counts down to the next attempt. */
function tick(reason) {
  if (document.hidden) return;
  const what = version === null ? "" : " What is shown below is how it stood then.";
  const left = feed.next === null ? null : Math.max(0, Math.ceil((feed.next - Date.now()) / 1000));
  const next = left === null ? "" : left === 0 ? " Trying now." : ` Next try in ${left} s.`;
  say(byID("away-reason"), `${sentence(reason)}.${what}${next}`);
}

/** Tells a screen reader, once things have settled, and only what is new. */
function announce(text, before = "") {
  if (text === announced) return;
  announced = text;
  clearTimeout(announcing);
  announcing = setTimeout(() => say(byID("announcer"), before + text), CALM);
}

byID("away-retry").addEventListener("click", () => feed.ask());
byID("lock-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = byID("token");
  feed.unlock(field.value.trim());
  field.value = "";
});
feed.ask();
