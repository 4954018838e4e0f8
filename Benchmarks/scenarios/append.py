"""The log alone: `millrace-bench append` writes records, and says what each cost."""

import shutil

from harness.processes import MeasurementFailed
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
    per_commit = leg.split()[0]
    pinned = ["taskset", "-c", "0"] if shutil.which("taskset") else []
    with Workbench(setup) as bench:
        latency = fdatasync_ms(bench.folder)
        process = bench.start("append", *pinned, setup.append, "append", "--directory", bench.folder, "--records",
                              count, "--per-commit", per_commit)
        process.wait_for_output(1, "result", timeout=600)
        process.wait_until(lambda: not process.is_running, "end", timeout=60)
        result = process.output()[-1]
        missing = [column.key for column in COLUMNS[:3] if column.key not in result]
        if missing:
            raise MeasurementFailed(f"{setup.append} said nothing of {', '.join(missing)}")
        return {column.key: result[column.key] for column in COLUMNS[:3]} | {"fdatasync_ms": latency}
