"""Framing and decoding: `millrace-bench decoding` cuts what a sensor sends into frames and reads their fields."""

import shutil

from harness.processes import MeasurementFailed
from harness.report import Column
from harness.workbench import Workbench

NAME = "decoding"
TITLE = "Framing and decoding, one core"
LEGS = {"line": True, "fixed": True, "modbus": True}
BASELINE = None
COLUMNS = [
    Column("MB/s", "megabytes_per_second"),
    Column("frames/s", "frames_per_second"),
    Column("ns per frame", "nanoseconds_per_frame"),
    Column("values/s", "values_per_second"),
]


def records(setup):
    """How many frames one run reads."""
    return 1_000_000 if setup.quick else 20_000_000


def measure(setup, leg, count):
    """One run of one kind, on one processor."""
    pinned = ["taskset", "-c", "0"] if shutil.which("taskset") else []
    with Workbench(setup) as bench:
        process = bench.start("decoding", *pinned, setup.append, "decoding", "--kind", leg, "--frames", count)
        process.wait_for_output(1, "result", timeout=600)
        process.wait_until(lambda: not process.is_running, "end", timeout=60)
        result = process.output()[-1]
        missing = [column.key for column in COLUMNS if column.key not in result]
        if missing:
            raise MeasurementFailed(f"{setup.append} said nothing of {', '.join(missing)}")
        return {column.key: result[column.key] for column in COLUMNS}
