// Brings the status, as often as is worth it: every two seconds, more seldom where the status is big, never while
// nobody looks. When the agent goes away it tries again with a growing pause, for ever.

const PAUSE_MIN = 2_000;
const PAUSE_MAX = 15_000;
const RETRY_MIN = 1_000;
const RETRY_MAX = 30_000;
const PATIENCE = 10_000;
const TOKEN = "millrace-token";

/** Asks for the status, and tells what came of it. */
export class Feed {
  /** The last answer, or the beginning. */
  since = new Date();
  /** When the next attempt is made. */
  next = null;
  #told;
  #timer = 0;
  #attempt = null;
  #failures = 0;

  /** `told` has the functions `status(value)`, `away(reason)` and `locked(isWrong)`. */
  constructor(told) {
    this.#told = told;
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#rest() : this.ask()));
    window.addEventListener("online", () => this.ask());
    window.addEventListener("pageshow", (event) => event.persisted && this.ask());
  }

  /** Uses this token from now on; it goes with the tab. */
  unlock(token) {
    sessionStorage.setItem(TOKEN, token);
    this.ask();
  }

  /** Asks now. */
  async ask() {
    this.#rest();
    if (document.hidden) return;
    const attempt = new AbortController();
    this.#attempt = attempt;
    const began = performance.now();
    const patience = setTimeout(() => attempt.abort(new Error("no answer within 10 s")), PATIENCE);
    try {
      const answer = await fetch("status", { headers: headers(), cache: "no-store", signal: attempt.signal });
      if (answer.status === 401) return this.#lock();
      if (!answer.ok) throw new Error(`it answers ${answer.status} ${answer.statusText}`.trim());
      const text = await answer.text();
      const status = read(text);
      if (this.#attempt !== attempt) return;
      this.#failures = 0;
      this.since = new Date();
      this.#told.status(status);
      const pause = Math.max(PAUSE_MIN + text.length / 100, 5 * (performance.now() - began));
      this.#after(Math.min(PAUSE_MAX, pause));
    } catch (error) {
      // An attempt that another one has replaced, or that a hidden tab has ended, tells nothing.
      if (this.#attempt !== attempt) return;
      const pause = Math.min(RETRY_MAX, RETRY_MIN * 2 ** this.#failures);
      this.#failures += 1;
      this.#after(pause * (0.75 + Math.random() / 4));
      this.#told.away(reason(error));
    } finally {
      clearTimeout(patience);
    }
  }

  /** A token is needed: nothing is asked until there is one. */
  #lock() {
    const isWrong = sessionStorage.getItem(TOKEN) !== null;
    sessionStorage.removeItem(TOKEN);
    this.#told.locked(isWrong);
  }

  #after(milliseconds) {
    this.next = new Date(Date.now() + milliseconds);
    this.#timer = setTimeout(() => this.ask(), milliseconds);
  }

  #rest() {
    clearTimeout(this.#timer);
    this.next = null;
    const attempt = this.#attempt;
    this.#attempt = null;
    attempt?.abort();
  }
}

function headers() {
  const token = sessionStorage.getItem(TOKEN);
  return token === null ? {} : { Authorization: `Bearer ${token}` };
}

function read(text) {
  let status = null;
  try {
    status = JSON.parse(text);
  } catch {
    // Told below, as is JSON that is something else.
  }
  if (!Array.isArray(status?.log?.streams)) throw new Error("what answers there is not Millrace");
  return status;
}

function reason(error) {
  // What fetch says of a connection is written for programmers, and differs by browser.
  return error instanceof TypeError ? "nothing answers at its address" : error.message;
}
