"""What the agent takes of a small machine: while nothing comes, with its page open, and with everything configured."""

import gzip
import http.client
import os
import re
import socket
import sys
import threading
import time

from harness.endpoint import Endpoint
from harness.kafka import Cluster
from harness.processes import MeasurementFailed, MemoryWatch
from harness.report import Column
from harness.workbench import SOURCES, Workbench

NAME = "footprint"
TITLE = "What it takes of the machine"
UNIT = "seconds"
IDLE, WATCHED, BUSY = "idle", "idle, the page open", "everything configured, 5,000 records/s, the page open"
LEGS = {IDLE: True, WATCHED: True, BUSY: True}
BASELINE = None
COLUMNS = [
    Column("start to ready, s", "ready_seconds", "{:.2f}"),
    Column("RssAnon max, MB", "anonymous", "{:.1f}"),
    Column("RSS max, MB", "resident", "{:.1f}"),
    Column("% of a core", "cpu_percent", "{:.1f}"),
    Column("records/s", "rate"),
    Column("threads", "threads"),
]
# Lines of 64 bytes at 115200 baud: 180 a second on each port.
PORTS, LINE_SIZE, RATE_OF_PORT = {IDLE: 2, WATCHED: 2, BUSY: 5}, 64, 180
RATE = 5000
# How often a browser asks that shows the page, at least.
PAGE_INTERVAL = 2.0

SERIAL = """
[serial.line{number}]
port = "{port}"
format = "csv"
columns = ["number", "temperature:Cel", "humidity:%RH", "pressure:hPa"]
baud = 115200
silent_after = "1m"
alarms = {{ temperature = {{ above = 80, below = -20, hysteresis = 1 }} }}
"""
UPLINK = """
[uplinks.central]
url = "mqtt://127.0.0.1:{central}"
topic = "central/{{topic}}"
"""
EVERYTHING = """
[streams.telemetry]
[streams.millrace]

[mqtt.second]
url = "mqtt://127.0.0.1:{local}"
topics = [{{ filter = "other/#", silent_after = "1h" }}]

[uplinks.batches]
url = "mqtt://127.0.0.1:{central}"
topic = "batches/{{gateway}}/{{stream}}"
format = "cloudevents"
compression = "zstd"
streams = ["telemetry", "millrace"]
limit = {{ bytes_per_second = "10MiB" }}

[uplinks.lake]
url = "kafka://{kafka}"
topic = "telemetry"
key = "{{device}}"
compression = "lz4"

[uplinks.hook]
url = "http://127.0.0.1:{http}/events"
format = "json"
compression = "gzip"
filters = [{{ topics = "sensors/#", keep = "changes", deadband = 0.5, at_least = "1m" }}]
"""


def records(setup):
    """How many seconds are watched."""
    return 5 if setup.quick else 30


def measure(setup, leg, seconds):
    """One run."""
    with Workbench(setup) as bench:
        central, local = bench.broker("central"), bench.broker("local", persistent=True)
        begin = os.path.join(bench.folder, "begin")
        lines = bench.start("serial_lines", sys.executable, os.path.join(SOURCES, "serial_lines.py"), "--ports",
                            PORTS[leg], "--seconds", seconds, "--kind", "text", "--size", LINE_SIZE, "--start", begin)
        tables = UPLINK.format(central=central.port) + "".join(
            SERIAL.format(number=number, port=port)
            for number, port in enumerate(lines.wait_for_output(1, "ports")["ports"]))
        endpoint = Endpoint() if leg == BUSY else None
        if leg == BUSY:
            cluster = Cluster(bench, "cluster")
            cluster.tell("topic telemetry 12 3")
            tables += EVERYTHING.format(local=local.port, central=central.port, kafka=cluster.bootstrap,
                                        http=endpoint.port)
        agent = bench.agent("agent", local=local)
        agent.stop()
        agent.add(tables)
        ready = _start(agent, bench.folder)
        agent.process.wait_until(lambda: agent.process.error_lines("reading /dev/pts/") >= PORTS[leg], "all ports")
        central.wait_for_clients(2 if leg == BUSY else 1)
        page = None if leg == IDLE else Page(os.path.join(agent.log, "admin.sock"))
        time.sleep(1)
        used, started = agent.process.cpu_seconds(), time.monotonic()
        with MemoryWatch(agent.process) as memory:
            if leg == BUSY:
                with open(begin, "w", encoding="ascii"):
                    pass
                rate = RATE - PORTS[leg] * RATE_OF_PORT
                bench.publish(local, rate * seconds, rate=rate)
                lines.wait_for_output(2, "end of the lines")
            else:
                time.sleep(seconds)
        used, seconds = agent.process.cpu_seconds() - used, time.monotonic() - started
        result = {
            "ready_seconds": ready, "anonymous": memory.largest["RssAnon"] / 1e6,
            "resident": memory.largest["VmHWM"] / 1e6, "cpu_percent": used / seconds * 100,
            "threads": agent.process.threads(),
        }
        for reader in (page, endpoint):
            if reader is not None:
                reader.close()
        agent.stop()
        result["rate"] = agent.held_records() / seconds
        if leg == BUSY and not 0.95 * RATE < result["rate"] < 1.1 * RATE:
            raise MeasurementFailed(f"{result['rate']:.0f} records came in each second instead of {RATE}")
        return result


def _start(agent, folder):
    """Starts it as systemd does, and gives the seconds until it says that it is ready (sd_notify)."""
    path = os.path.join(folder, "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
        notify.bind(path)
        notify.settimeout(30)
        os.environ["NOTIFY_SOCKET"] = path
        try:
            agent.start()
        finally:
            del os.environ["NOTIFY_SOCKET"]
        while b"READY=1" not in notify.recv(4096):
            pass
        return (time.monotonic_ns() - agent.process.started_ns) / 1e9


class Page:
    """A browser that shows the page: it fetches the page and what it names once, and then the status again and again,
    over one connection, compressed."""

    def __init__(self, path):
        self._connection = http.client.HTTPConnection("localhost")
        self._connection.sock = socket.socket(socket.AF_UNIX)
        self._connection.sock.connect(path)
        self._is_closed = threading.Event()
        for part in re.findall('(?:href|src)="(page/[^"]+)"', gzip.decompress(self._get("/")).decode()):
            self._get("/" + part)
        self._get("/status")
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _get(self, path):
        self._connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != 200 or not body:
            raise MeasurementFailed(f"GET {path} is answered with {answer.status}")
        return body

    def _run(self):
        while not self._is_closed.wait(PAGE_INTERVAL):
            self._get("/status")

    def close(self):
        """Leaves it."""
        self._is_closed.set()
        self._thread.join()
        self._connection.close()
