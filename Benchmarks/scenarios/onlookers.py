"""Taking in while others look on: a hundred readers of live records, and a monitoring system that scrapes."""

import os
import sys
import time

from harness.processes import MeasurementFailed, MemoryWatch
from harness.report import Column
from harness.workbench import SOURCES, Workbench

NAME = "onlookers"
TITLE = "What onlookers cost"
ALONE = "nobody looks on"
READERS = {ALONE: 0, "1 reader of live records": 1, "100 readers of live records": 100}
LEGS = {name: True for name in READERS}
BASELINE = (ALONE, "rate")
COLUMNS = [
    Column("taken in/s", "rate"),
    Column("against nobody", "ratio", "{:.3f}×"),
    Column("CPU s per 100 k", "cpu", "{:.2f}"),
    Column("MB to readers", "read_megabytes", "{:.0f}"),
    Column("readers at the end", "readers"),
    Column("RssAnon max, MB", "anonymous", "{:.1f}"),
]


def records(setup):
    """How many readings one run carries."""
    return 40_000 if setup.quick else 400_000


def measure(setup, leg, count):
    """One run with so many readers."""
    with Workbench(setup) as bench:
        local = bench.broker("local")
        agent = bench.agent("agent", local=local)
        readers = None
        if READERS[leg]:
            readers = bench.start("readers", sys.executable, os.path.join(SOURCES, "live_readers.py"),
                                  os.path.join(agent.log, "admin.sock"), READERS[leg])
            readers.wait_for_output(1, "readers")
        before = agent.process.cpu_seconds()
        with MemoryWatch(agent.process) as memory:
            load = bench.publish(local, count)
            end_ns = max(_end_of_writing(agent.process), load["last_ns"])
        used = agent.process.cpu_seconds() - before
        result = {"rate": count / ((end_ns - load["first_ns"]) / 1e9), "cpu": used * 100_000 / count,
                  "read_megabytes": 0, "readers": 0, "anonymous": memory.largest["RssAnon"] / 1e6}
        if readers is not None:
            readers.stop()
            said = readers.output()[-1]
            result["read_megabytes"], result["readers"] = said["bytes"] / 1e6, said["readers"]
        agent.stop()
        held = agent.held_records()
        if held != count:
            raise MeasurementFailed(f"{leg}: the log holds {held} of {count} records")
        return result


def _end_of_writing(process, quiet=1.0):
    """When the agent last sent something to the disk, in monotonic ns. Readers are served for longer, which is no part
    of taking in."""
    written, last = process.disk_bytes(), time.monotonic_ns()
    while time.monotonic_ns() - last < quiet * 1e9:
        time.sleep(0.01)
        now = process.disk_bytes()
        if now > written + 4096:
            written, last = now, time.monotonic_ns()
    return last
