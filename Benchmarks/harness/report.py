"""Medians, Markdown tables, and the README section that holds them."""

import os
import platform
import re
import statistics
import subprocess
import time

from .broker import mosquitto_path
from .workbench import fdatasync_ms, filesystem_of

README = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "README.md")


class Column:
    """One column of a table: its heading, where its number is in a leg's medians, and how it is written."""

    def __init__(self, heading, key, form="{:,.0f}"):
        self.heading, self.key, self._form = heading, key, form

    def cell(self, values):
        """The text for one row."""
        value = values.get(self.key)
        return "-" if value is None else self._form.format(value)


def medians(runs):
    """The median of each number over all runs of one leg; of what only some runs know, over those."""
    keys = {key: None for run in runs for key in run}
    known = {key: [run[key] for run in runs if run.get(key) is not None] for key in keys}
    return {key: statistics.median(values) if values else None for key, values in known.items()}


def table(columns, rows):
    """A Markdown table with one row per leg; `rows` maps the leg's name to its medians."""
    headings = [""] + [column.heading for column in columns]
    lines = ["| " + " | ".join(headings) + " |", "|---" + "|---:" * len(columns) + "|"]
    for name, values in rows.items():
        lines.append("| " + " | ".join([name] + [column.cell(values) for column in columns]) + " |")
    return "\n".join(lines)


def _first_line(command):
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return "unknown"
    return ((answer.stdout + answer.stderr).strip().splitlines() or ["unknown"])[0]


def _processor():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        found = re.search(r"^(?:model name|Model|Hardware)\s*:\s*(.+)$", file.read(), re.MULTILINE)
    return found.group(1) if found else platform.machine()


def environment(setup):
    """What a figure means nothing without."""
    os.makedirs(setup.directory, exist_ok=True)
    has_agent = os.access(setup.millrace, os.X_OK)
    return {
        "date": time.strftime("%Y-%m-%d"),
        "commit": _first_line(["git", "describe", "--always", "--dirty"]),
        "processor": _processor(),
        "processors": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "filesystem": filesystem_of(setup.directory),
        "fdatasync_ms": round(fdatasync_ms(setup.directory), 3),
        "mosquitto": _first_line([mosquitto_path(), "-h"]),
        "millrace": _first_line([setup.millrace, "--version"]) if has_agent else "absent",
        "load_average": os.getloadavg()[0],
    }


def environment_line(facts):
    """The facts, in two lines of prose."""
    return (f"{facts['date']}, commit {facts['commit']}; {facts['processors']} × {facts['processor']}, "
            f"Linux {facts['kernel']}, {facts['filesystem']};\nfdatasync of 16 KiB {facts['fdatasync_ms']:.2f} ms; "
            f"{facts['mosquitto']}; load before the start {facts['load_average']:.2f}.")


def write_readme(scenario, text):
    """Puts the text between the README's two markers of this scenario."""
    begin, end = f"<!-- begin {scenario} -->", f"<!-- end {scenario} -->"
    with open(README, encoding="utf-8") as file:
        before = file.read()
    head, found, rest = before.partition(begin)
    _, closed, tail = rest.partition(end)
    if not found or not closed:
        raise SystemExit(f"{README} has no place for {scenario}: it needs the lines '{begin}' and '{end}'")
    with open(README, "w", encoding="utf-8") as file:
        file.write(f"{head}{begin}\n{text.strip()}\n{end}{tail}")
