// Small pictures: a line of what was, a ring of how full. Each has a text alternative.

import { set, shape } from "./dom.js";
import { measured } from "./words.js";

const WIDTH = 72;
const HEIGHT = 22;

/** The line that numbers draw, without axes: it shows the shape, the text beside it the value. */
export class Sparkline {
  node;
  #line = shape("path", { class: "line" });
  #end = shape("circle", { r: 1.8, class: "end" });
  #drawn = null;

  constructor() {
    this.node = shape("svg", { class: "spark", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" }, this.#line, this.#end);
  }

  /** Draws these numbers, the newest last; fewer than two draw nothing. */
  show(numbers, unit) {
    const drawn = numbers.join();
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    if (numbers.length < 2) return;
    const low = Math.min(...numbers);
    const high = Math.max(...numbers);
    // What hardly moves is a flat line in the middle, not noise blown up to full height.
    const span = Math.max(high - low, Math.abs(high) * 0.002) || 1;
    const middle = (low + high) / 2;
    const x = (index) => 2 + (index / (numbers.length - 1)) * (WIDTH - 5);
    const y = (number) => HEIGHT / 2 - ((number - middle) / span) * (HEIGHT - 6);
    set(this.#line, "d", numbers.map((n, i) => `${i ? "L" : "M"}${x(i).toFixed(1)} ${y(n).toFixed(1)}`).join(""));
    set(this.#end, "cx", x(numbers.length - 1).toFixed(1));
    set(this.#end, "cy", y(numbers.at(-1)).toFixed(1));
    set(this.node, "aria-label", `lately between ${measured(low, unit)} and ${measured(high, unit)}`);
  }
}

/** An hour in bars, a minute each. */
export class Hour {
  node;
  #path = shape("path");
  #drawn = "";

  constructor() {
    this.node = shape(
      "svg", { class: "hour", viewBox: "0 0 240 36", preserveAspectRatio: "none", role: "img" }, this.#path);
  }

  /** Draws counts per minute, the newest last, at most 60. */
  show(counts, what) {
    const drawn = counts.join();
    set(this.node, "display", counts.some((c) => c > 0) ? null : "none");
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const recent = counts.slice(-60);
    const high = Math.max(1, ...recent);
    const bars = recent.map((value, index) => {
      const height = value > 0 ? Math.max(1, (value / high) * 35) : 0;
      return `M${(60 - recent.length + index) * 4 + 0.5} 36v${-height.toFixed(1)}h3v${height.toFixed(1)}z`;
    });
    set(this.#path, "d", bars.join(""));
    set(this.node, "aria-label",
      `${what} in each of the last ${recent.length} minutes: ${Math.round(Math.min(...recent))} to ${Math.round(high)}`);
  }
}

/** The ring log as a ring: how much of it is used, and how much of that still has to go out. */
export class Ring {
  node;
  #used = arc("used");
  #waiting = arc("waiting");

  constructor() {
    this.node = shape("svg", { class: "ring", viewBox: "0 0 64 64" },
      shape("circle", { cx: 32, cy: 32, r: 26, class: "track" }), this.#used, this.#waiting);
  }

  /** Both as a share of the ring, 0 to 1. */
  show(used, waiting) {
    turn(this.#used, used);
    turn(this.#waiting, Math.min(waiting, used));
  }
}

const arc = (name) => shape(
  "circle", { cx: 32, cy: 32, r: 26, class: name, pathLength: 100, transform: "rotate(-90 32 32)" });

function turn(circle, share) {
  // A little that is there must be seen.
  const percent = share <= 0 ? 0 : Math.min(100, Math.max(1, share * 100));
  set(circle, "stroke-dasharray", `${percent.toFixed(1)} 200`);
  set(circle, "visibility", percent === 0 ? "hidden" : null);
}
