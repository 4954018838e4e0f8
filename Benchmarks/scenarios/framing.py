"""Framing alone: `millrace-bench framing` cuts what a sensor sends into frames."""

from harness.report import Column
from harness.workbench import Workbench

NAME = "framing"
TITLE = "Framing alone, one core"
LEGS = {"line": True, "fixed": True, "length": True, "modbus": True}
BASELINE = None
COLUMNS = [
    Column("MB/s", "megabytes_per_second"),
    Column("frames/s", "frames_per_second"),
    Column("ns per frame", "nanoseconds_per_frame"),
    Column("bytes of content", "content_bytes_per_frame"),
]


def records(setup):
    """How many frames one run cuts."""
    return 1_000_000 if setup.quick else 20_000_000


def measure(setup, leg, count):
    """One run of one kind, on one processor."""
    with Workbench(setup) as bench:
        return bench.program_figures(COLUMNS, NAME, "--kind", leg, "--frames", count)
