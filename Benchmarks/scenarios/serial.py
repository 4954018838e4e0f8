"""A hundred serial ports at 115200 baud, all speaking without a pause, into one agent."""

import os
import sys
import time

from harness.agent import held_records
from harness.processes import MeasurementFailed
from harness.report import Column
from harness.workbench import SOURCES, Workbench

NAME = "serial"
TITLE = "A hundred serial ports at 115200 baud"
TEXT, EACH, REDUCED = "lines of text, each a record", "binary frames, each a record", "binary frames, a record a second"
LEGS = {TEXT: True, EACH: True, REDUCED: True}
BASELINE = None
UNIT = "seconds"
PORTS = 100
SIZES = {TEXT: 64, EACH: 32, REDUCED: 32}
COLUMNS = [
    Column("bytes/s", "byte_rate"),
    Column("frames/s", "frame_rate"),
    Column("frames sent", "frames"),
    Column("records", "records"),
    Column("frames lost", "lost_frames"),
    Column("bytes that found the port full", "lost_bytes"),
    Column("CPU s per second", "cpu", "{:.2f}"),
    Column("CPU µs per frame", "cpu_per_frame", "{:.2f}"),
    Column("bytes to disk per second", "disk_rate"),
    Column("RSS max, MB", "rss", "{:.1f}"),
]

PROFILE = """\
format = 1
title = "Sensor of the benchmark"
source = "Benchmarks/load/serial_lines.py"

[link]
baud = 115200

[framing]
kind = "fixed"
start = "42 4D"
size = 32

[checksum]
kind = "sum16"

[[message]]
fields = [
  {{ name = "number", at = 2, type = "u32be" }},
  {{ name = "pm1", at = 6, type = "u16be", unit = "ug/m3" }},
  {{ name = "pm2_5", at = 8, type = "u16be", unit = "ug/m3" }},
  {{ name = "pm10", at = 10, type = "u16be", unit = "ug/m3" }},
]

[[sample]]
frame = "{frame}"
expect = {{ number = 1 }}

[[sample]]
title = "a flipped bit"
frame = "{damaged}"
rejected = true
"""


def records(setup):
    """How many seconds the devices speak: what they say follows from the speed of the line."""
    return 3 if setup.quick else 20


def measure(setup, leg, seconds):
    """One run of one kind of frames."""
    with Workbench(setup) as bench:
        start = os.path.join(bench.folder, "start")
        load = bench.start("serial_lines", sys.executable, os.path.join(SOURCES, "serial_lines.py"), "--ports", PORTS,
                           "--seconds", seconds, "--kind", "text" if leg == TEXT else "binary", "--size", SIZES[leg],
                           "--start", start)
        ports = load.wait_for_output(1, "ports")["ports"]
        log = os.path.join(bench.folder, "log")
        agent = bench.start("agent", setup.millrace, "run", "--config", _configuration(bench.folder, log, leg, ports))
        agent.wait_until(lambda: agent.error_lines(": reading /dev/pts/") >= PORTS
                         or agent.error_lines("reading /dev/pts/") >= PORTS, "all ports", timeout=60)
        time.sleep(1)
        used, written = agent.cpu_seconds(), agent.disk_bytes()
        with open(start, "w", encoding="ascii"):
            pass
        sent = load.wait_for_output(2, "end of the load", timeout=seconds * 5 + 60)
        # The last interval, and the last commit.
        time.sleep(1.6 if leg == REDUCED else 0.5)
        used, written = agent.cpu_seconds() - used, agent.disk_bytes() - written
        rss = agent.memory()["VmHWM"] / 1e6
        if not agent.stop(timeout=30):
            raise MeasurementFailed("the agent did not end within 30 s of SIGTERM")
        held = held_records(setup, log)
        if held is None:
            raise MeasurementFailed("the log cannot be counted")
        return {
            "byte_rate": sent["bytes"] / sent["seconds"],
            "frame_rate": sent["frames"] / sent["seconds"],
            "frames": sent["frames"],
            "records": held,
            # Where many frames make a record, what is lost is not seen in the number of records.
            "lost_frames": None if leg == REDUCED else sent["frames"] - held,
            "lost_bytes": sent["lost_bytes"],
            "cpu": used / sent["seconds"],
            "cpu_per_frame": used / sent["frames"] * 1e6,
            "disk_rate": written / sent["seconds"],
            "rss": rss,
            "load_cpu": sent["cpu_seconds"] / sent["seconds"],
        }


def _configuration(folder, log, leg, ports):
    path = os.path.join(folder, "millrace.toml")
    lines = ['[gateway]', 'id = "bench"', '[log]', f'path = "{log}"', 'capacity = "1GiB"', 'commit_linger = "50ms"']
    device = 'format = "csv"\ncolumns = ["number", "temperature:Cel", "humidity:%RH", "pressure:hPa"]\nbaud = 115200'
    if leg != TEXT:
        profile = os.path.join(folder, "bench-sensor.toml")
        with open(profile, "w", encoding="utf-8") as file:
            file.write(_profile())
        device = f'profile = "{profile}"'
    if leg == REDUCED:
        device += '\nevery = "1s"\nkeep = ["mean", "min", "max"]'
    for number, port in enumerate(ports):
        lines += [f'[serial.line{number}]', f'port = "{port}"', device]
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


def _profile():
    body = b"\x42\x4d" + (1).to_bytes(4, "big") + bytes(24)
    frame = body + (sum(body) & 0xFFFF).to_bytes(2, "big")
    damaged = frame[:10] + bytes([frame[10] ^ 1]) + frame[11:]
    return PROFILE.format(frame=frame.hex(" ").upper(), damaged=damaged.hex(" ").upper())
