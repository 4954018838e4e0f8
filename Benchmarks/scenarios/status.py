"""The status of a gateway with a thousand devices, as metrics and as JSON: `millrace-bench status`."""

from harness.report import Column
from harness.workbench import Workbench

NAME = "status"
TITLE = "Status of many devices, one core"
DEVICES = {"10 devices": 10, "1,000 devices": 1000}
LEGS = {name: True for name in DEVICES}
BASELINE = None
COLUMNS = [
    Column("metrics, ms", "metrics_milliseconds", "{:.2f}"),
    Column("kB", "metrics_kilobytes", "{:.0f}"),
    Column("JSON, ms", "json_milliseconds", "{:.2f}"),
    Column("kB of JSON", "json_kilobytes", "{:.0f}"),
]


def records(setup):
    """How often one run writes it."""
    return 20 if setup.quick else 500


def measure(setup, leg, count):
    """One run, on one processor."""
    with Workbench(setup) as bench:
        return bench.program_figures(COLUMNS, NAME, "--devices", DEVICES[leg], "--rounds", count)
