"""The log alone: `millrace-bench append` writes records, and says what each cost."""

from harness.report import Column
from harness.workbench import Workbench, fdatasync_ms

NAME = "append"
TITLE = "Appending alone, one core"
LEGS = {"500 per commit": True, "50 per commit": True}
BASELINE = None
COLUMNS = [
    Column("CPU µs per record", "cpu_us_per_record", "{:.2f}"),
    Column("records/s", "records_per_second"),
    Column("bytes to disk per record", "disk_bytes_per_record"),
    Column("fdatasync of 16 KiB, ms", "fdatasync_ms", "{:.2f}"),
]


def records(setup):
    """How many records one run appends."""
    return 100_000 if setup.quick else 1_000_000


def measure(setup, leg, count):
    """One run of one commit size, on one processor."""
    with Workbench(setup) as bench:
        latency = fdatasync_ms(bench.folder)
        figures = bench.program_figures(COLUMNS[:3], NAME, "--directory", bench.folder, "--records", count,
                                        "--per-commit", leg.split()[0])
        return figures | {"fdatasync_ms": latency}
