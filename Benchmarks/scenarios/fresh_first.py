"""A backlog of an hour, new readings, and a link of twice the rate of the new ones: how late they are, what drains."""

import time

from harness.arrivals import Arrivals
from harness.processes import MeasurementFailed
from harness.report import Column
from harness.thin_link import ThinLink
from harness.workbench import Workbench

NAME = "fresh-first"
TITLE = "Fresh first"
UNIT = "records of backlog"
FRESH = 'order = "fresh-first"\n'
RETRY = 'retry_max = "1s"\n'
LIMIT = 'limit = {{ bytes_per_second = "{rate}B" }}\n'
# Leg: what is written into the uplink's table, and whether the link itself is thin.
OPTIONS = {
    "fresh first, limit": (FRESH + LIMIT, False),
    "fresh first, thin link": (FRESH, True),
    "oldest first, limit": (LIMIT, False),
}
LEGS = {name: True for name in OPTIONS}
BASELINE = None
RATE = 100  # new readings a second
COLUMNS = [
    Column("link, B/s", "link_rate"),
    Column("live delay p50, ms", "p50"),
    Column("p99, ms", "p99"),
    Column("largest, ms", "largest"),
    Column("live, sent but not there at the end", "waiting"),
    Column("drained/s", "drain_rate"),
    Column("of the link used", "used", "{:.3f}"),
    Column("largest deviation over a minute", "deviation", "{:.3f}"),
]


def records(setup):
    """An hour of readings."""
    return 20_000 if setup.quick else 3600 * RATE


def _live(bench, local, seconds):
    return bench.start("live", bench.tool("publish"), "--port", local.port, "--seconds", seconds, "--rate", RATE)


def _live_bytes(bench, local, agent, link):
    """Bytes a second that new readings take on the link, when nothing else is on it."""
    seconds = 12
    load = _live(bench, local, seconds)
    begun = time.monotonic()
    load.wait_for_output(1, "end of the load", 60)
    agent.stop()
    taken = link.bytes_between(begun + 2, begun + seconds - 1)
    return sum(taken) / len(taken)


def _percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] if values else None


def _result(link, arrivals, rate, opened, opened_ms, seconds, sent):
    end_ms = opened_ms + seconds * 1000
    readings = list(arrivals.readings)
    live = [arrived - sent for sent, arrived in readings if opened_ms <= sent and arrived <= end_ms]
    drained = [1 for sent, arrived in readings if sent < opened_ms and opened_ms <= arrived <= end_ms]
    # The first seconds are those in which sizes are learned.
    counts = link.bytes_between(opened + 10, opened + seconds)
    span = min(60, len(counts))
    minutes = [sum(counts[start:start + span]) / (rate * span) for start in range(len(counts) - span + 1)]
    return {
        "link_rate": rate, "p50": _percentile(live, 0.5), "p99": _percentile(live, 0.99),
        "largest": max(live, default=None), "waiting": sent - len(live), "drain_rate": len(drained) / seconds,
        "used": sum(counts) / (rate * len(counts)), "deviation": max(abs(part - 1) for part in minutes),
    }


def measure(setup, leg, count):
    """One run of one leg."""
    text, is_thin = OPTIONS[leg]
    seconds = 40 if setup.quick else 180
    with Workbench(setup) as bench:
        central, local = bench.broker("central"), bench.broker("local", persistent=True)
        link = ThinLink(bench, central.port)
        link.open()
        agent = bench.agent("agent", local=local, central_port=link.port, leg="raw")
        central.wait_for_clients(1)
        rate = 2 * int(_live_bytes(bench, local, agent, link))
        link.stop()
        link = ThinLink(bench, central.port, rate if is_thin else None)
        # How soon a link is noticed is another matter than what is sent over it first.
        agent.configure(link.port, RETRY + text.format(rate=rate))
        agent.start()
        bench.publish(local, count)
        # What has waited for less than ten seconds is no backlog.
        time.sleep(15)
        arrivals = Arrivals(central.port)
        load = _live(bench, local, seconds + 5)
        time.sleep(2)
        link.open()
        opened, opened_ms = time.monotonic(), time.time() * 1000
        time.sleep(seconds)
        sent = RATE * seconds
        result = _result(link, arrivals, rate, opened, opened_ms, seconds, sent)
        load.wait_for_output(1, "end of the load", 60)
        arrivals.stop()
        link.stop()
        if not result["drain_rate"]:
            raise MeasurementFailed("nothing of the backlog arrived")
        return result
