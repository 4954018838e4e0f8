"""The centre is away while a backlog grows; the agent is restarted, the centre comes back, the backlog drains."""

import time

from harness.agent import FORMATS
from harness.processes import MemoryWatch, MeasurementFailed, wait_until_quiet
from harness.report import Column
from harness.workbench import Workbench

NAME = "backlog"
TITLE = "A backlog"
BRIDGE = "mosquitto bridge"
LEGS = {BRIDGE: False} | {"millrace " + name: True for name in FORMATS}
BASELINE = (BRIDGE, "drain_rate")
MEGABYTE = 1e6
COLUMNS = [
    Column("records", "records"),
    Column("RSS max, MB", "rss_max", "{:.1f}"),
    Column("RssAnon idle, MB", "anon_idle", "{:.1f}"),
    Column("filling", "anon_filling", "{:.1f}"),
    Column("held", "anon_held", "{:.1f}"),
    Column("draining", "anon_draining", "{:.1f}"),
    Column("most above idle", "anon_growth", "{:.1f}"),
    Column("taken in/s", "fill_rate"),
    Column("bytes to disk per record", "disk_bytes"),
    Column("start to first record, s", "first_record_seconds", "{:.2f}"),
    Column("drained/s", "drain_rate"),
    Column("against bridge", "ratio", "{:.2f}×"),
    Column("missing", "missing"),
    Column("duplicates", "duplicates"),
    Column("out of order", "out_of_order"),
]


def records(setup):
    """How large the backlog grows."""
    return 50_000 if setup.quick else 1_000_000


class Gateway:
    """The part that holds the backlog: an agent beside a broker, or a broker with a bridge."""

    def __init__(self, bench, leg, central_port):
        if leg == BRIDGE:
            self.local = bench.broker("local", persistent=True, bridge_to=central_port)
            self._holder = self.local
        else:
            self.local = bench.broker("local", persistent=True)
            self._holder = bench.agent("agent", local=self.local, central_port=central_port,
                                       leg=leg.removeprefix("millrace "))
        self.is_bridge = leg == BRIDGE

    @property
    def process(self):
        return self._holder.process

    def wait_until_held(self, load):
        """When the last record was taken in; a bridge has it when the device has its PUBACK."""
        return load["last_ns"] if self.is_bridge else max(wait_until_quiet(self.process), load["last_ns"])

    def stop(self, count):
        """Ends the holder in order, and checks that it holds everything, where it can say so."""
        self._holder.stop()
        held = None if self.is_bridge else self._holder.held_records()
        if held is not None and held != count:
            raise MeasurementFailed(f"the log holds {held} of {count} records")

    def start(self):
        """Starts the holder again; does not wait."""
        self._holder.start()


def _fill(setup, bench, gateway, count):
    pause = 0.5 if setup.quick else 2
    time.sleep(pause)
    idle, written = gateway.process.memory(), gateway.process.disk_bytes()
    with MemoryWatch(gateway.process) as filling:
        load = bench.publish(gateway.local, count)
        end_ns = gateway.wait_until_held(load)
        written = gateway.process.disk_bytes() - written
    with MemoryWatch(gateway.process) as holding:
        time.sleep(pause)
    # The largest resident set is the kernel's own mark; private memory has none and is sampled all the time.
    return {
        "anon_idle": idle["RssAnon"] / MEGABYTE,
        "anon_filling": filling.largest["RssAnon"] / MEGABYTE,
        "anon_held": holding.largest["RssAnon"] / MEGABYTE,
        "rss_idle": idle["VmRSS"] / MEGABYTE,
        "rss_held": holding.largest["VmRSS"] / MEGABYTE,
        "rss_max": gateway.process.memory()["VmHWM"] / MEGABYTE,
        "fill_rate": count / ((end_ns - load["first_ns"]) / 1e9),
        "disk_bytes": written / count,
    }


def _drain(bench, gateway, sink):
    gateway.start()
    process = gateway.process
    with MemoryWatch(process) as draining:
        arrival = bench.result(sink)
    return {
        "rss_draining": process.memory()["VmHWM"] / MEGABYTE,
        "anon_draining": draining.largest["RssAnon"] / MEGABYTE,
        "first_record_seconds": (arrival["first_ns"] - process.started_ns) / 1e9,
        "drain_rate": arrival["rate"],
        "drain_cpu": process.cpu_seconds() * 100_000 / arrival["records"],
    } | {key: arrival[key] for key in ("missing", "duplicates", "out_of_order", "unreadable")}


def measure(setup, leg, count):
    """One run of one leg."""
    with Workbench(setup) as bench:
        central_port = bench.reserve_port()
        gateway = Gateway(bench, leg, central_port)
        result = {"records": count} | _fill(setup, bench, gateway, count)
        gateway.stop(count)
        central = bench.broker("central", port=central_port)
        sink = bench.sink(central, count, timeout=60)
        result |= _drain(bench, gateway, sink)
        result["rss_max"] = max(result["rss_max"], result["rss_draining"])
        result["anon_growth"] = (max(result["anon_filling"], result["anon_held"], result["anon_draining"])
                                 - result["anon_idle"])
        return result
