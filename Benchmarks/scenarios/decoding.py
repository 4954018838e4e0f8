"""Framing and decoding: `millrace-bench decoding` cuts what a sensor sends into frames and reads their fields."""

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
    with Workbench(setup) as bench:
        return bench.program_figures(COLUMNS, NAME, "--kind", leg, "--frames", count)
