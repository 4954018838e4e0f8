// Numbers, times and units in words that people read. Pure functions; `null` is what is not known yet.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { maximumSignificantDigits: 3 });
const precise = new Intl.NumberFormat("en", { maximumSignificantDigits: 7 });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const calendar = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
const UNKNOWN = "–";

/** A count: 12,345. */
export const count = (value) => (value === null ? UNKNOWN : whole.format(value));

/** A count with its noun: 1 record, 2 records. */
export const counted = (value, noun) => `${count(value)} ${noun}${value === 1 ? "" : "s"}`;

/** Events per second as a rate of which one can think: 412/s, 12/min, 3/h. */
export function rate(perSecond) {
  if (perSecond === null) return UNKNOWN;
  if (perSecond === 0) return "0/s";
  if (perSecond >= 1000) return `${whole.format(perSecond)}/s`;
  if (perSecond >= 1) return `${short.format(perSecond)}/s`;
  if (perSecond >= 1 / 60) return `${short.format(perSecond * 60)}/min`;
  return `${short.format(perSecond * 3600)}/h`;
}

/** A rate for ears. */
export const spokenRate = (perSecond) =>
  rate(perSecond).replace("/s", " a second").replace("/min", " a minute").replace("/h", " an hour");

/** Bytes in the units that the configuration uses. */
export function bytes(value) {
  if (value === null) return UNKNOWN;
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let step = 0;
  while (value >= 1024 && step < units.length - 1) {
    value /= 1024;
    step += 1;
  }
  // 1,023 of a unit are four digits; three would say 1,020.
  return `${value >= 100 ? whole.format(value) : short.format(value)} ${units[step]}`;
}

/** A length of time, its two biggest parts. */
export function duration(seconds) {
  if (seconds === null) return UNKNOWN;
  if (seconds < 1) return "under 1 s";
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 5) return parts(minutes, "min", Math.floor(seconds % 60), "s");
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return parts(hours, "h", minutes % 60, "min");
  const days = Math.floor(hours / 24);
  if (days < 14) return parts(days, "d", hours % 24, "h");
  return daysLong(days);
}

/** Days as days, months or years. */
export function daysLong(days) {
  if (days === null) return UNKNOWN;
  if (days < 0) return `${counted(-days, "day")} ago`;
  if (days < 90) return counted(days, "day");
  if (days < 730) return `${whole.format(days / 30.44)} months`;
  return days < 36_500 ? `${whole.format(days / 365.25)} years` : "over 100 years";
}

const parts = (big, bigUnit, small, smallUnit) =>
  small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;

/** How long ago. */
export function ago(seconds) {
  if (seconds === null) return "never";
  return seconds < 2 ? "now" : `${duration(seconds)} ago`;
}

/** The time of day of a `Date`. */
export const timeOfDay = (date) => clock.format(date);

/** The time of day, with the day where it is not today. */
export function moment(text) {
  const date = new Date(text);
  if (Number.isNaN(date.getTime())) return text;
  return date.toDateString() === new Date().toDateString() ? clock.format(date) : calendar.format(date);
}

/** A reading's value. */
export function value(reading) {
  if (typeof reading === "number") return precise.format(reading);
  if (typeof reading === "boolean") return reading ? "yes" : "no";
  return reading === null ? UNKNOWN : String(reading);
}

// SenML's symbols (RFC 8428, 12.1; RFC 8798) that people write otherwise.
const UNITS = {
  Cel: "°C", degC: "°C", K: "K", "%RH": "% RH", "%EL": "%", "/": "", "count": "", "m3": "m³", "m2": "m²", "m3/s": "m³/s",
  "m3/h": "m³/h", "m/s2": "m/s²", "ug/m3": "µg/m³", "mg/m3": "mg/m³", "kg/m3": "kg/m³", "W/m2": "W/m²", Ohm: "Ω",
  "S/m": "S/m", uS: "µS", "1/min": "/min", deg: "°",
};

/** A unit as people write it. */
export const unit = (symbol) => (symbol === null ? "" : (Object.hasOwn(UNITS, symbol) ? UNITS[symbol] : symbol));

/** A value with its unit. */
export function measured(reading, symbol) {
  const suffix = unit(symbol);
  return suffix === "" ? value(reading) : `${value(reading)}\u202F${suffix}`;
}

/** A text that begins as a sentence does. */
export const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** `a`, `a and b`, `a, b and c`. */
export function listed(words) {
  return words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
