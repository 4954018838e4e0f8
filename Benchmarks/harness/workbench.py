"""Where a run happens: its folder, its tools, its ports, and everything it has started."""

import os
import shutil
import socket
import subprocess
import tempfile
import time

from .agent import Agent
from .broker import Broker
from .processes import MeasurementFailed, Process

SOURCES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "load")
TOOLS = {"publish": [], "sink": ["-lzstd"], "bare_subscriber": ["-lmosquitto"], "kafka_cluster": ["-lrdkafka"]}
DEVICES = 100
CONNECTIONS = 4


def build_tools(folder):
    """Compiles the load programs into the folder, when they are older than their sources."""
    os.makedirs(folder, exist_ok=True)
    newest = max(os.stat(os.path.join(SOURCES, name)).st_mtime for name in os.listdir(SOURCES))
    for name, libraries in TOOLS.items():
        target = os.path.join(folder, name)
        if os.path.exists(target) and os.stat(target).st_mtime > newest:
            continue
        command = [os.environ.get("CC", "cc"), "-O2", "-std=gnu11", "-Wall", "-Wextra", "-Werror", "-D_GNU_SOURCE",
                   os.path.join(SOURCES, "mqtt.c"), os.path.join(SOURCES, name + ".c"), *libraries, "-o", target]
        if subprocess.run(command, check=False).returncode != 0:
            raise SystemExit(f"cannot compile {name}: apt install gcc libc6-dev libmosquitto-dev librdkafka-dev "
                             "libzstd-dev")


def filesystem_of(folder):
    """The type of the file system that holds the folder, from /proc/mounts."""
    best, kind = "", "unknown"
    with open("/proc/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            point, name = line.split()[1:3]
            if os.path.commonpath([os.path.realpath(folder), point]) == point and len(point) >= len(best):
                best, kind = point, name
    return kind


def fdatasync_ms(folder, rounds=100, size=16384):
    """Median milliseconds of appending 16 KiB to a file and fdatasync: the pace that the disk itself allows."""
    times = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(rounds):
            start = time.perf_counter()
            os.write(file.fileno(), bytes(size))
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - start) * 1000)
    return sorted(times)[rounds // 2]


class Workbench:
    """One run: a fresh folder and the processes in it; leaving the `with` block ends and removes all of them."""

    def __init__(self, setup):
        self.setup = setup
        self.folder = None
        self._processes = []
        self._ports = []

    def program_figures(self, columns, name, *arguments):
        """Runs `millrace-bench NAME` on one processor; its last line has a figure for each of the columns."""
        pinned = ["taskset", "-c", "0"] if shutil.which("taskset") else []
        process = self.start(name, *pinned, self.setup.append, name, *arguments)
        process.wait_for_output(1, "result", timeout=600)
        process.wait_until(lambda: not process.is_running, "end", timeout=60)
        result = process.output()[-1]
        missing = [column.key for column in columns if column.key not in result]
        if missing:
            raise MeasurementFailed(f"{self.setup.append} said nothing of {', '.join(missing)}")
        return {column.key: result[column.key] for column in columns}

    def __enter__(self):
        os.makedirs(self.setup.directory, exist_ok=True)
        self.folder = tempfile.mkdtemp(prefix="run-", dir=self.setup.directory)
        return self

    def __exit__(self, kind, *_):
        for process in reversed(self._processes):
            process.stop(timeout=5 if kind else 60)
        for held in self._ports:
            held.close()
        if not self.setup.keep:
            shutil.rmtree(self.folder, ignore_errors=True)

    def start(self, name, *arguments):
        """Starts a program whose end is this run's care."""
        process = Process(name, arguments, self.folder)
        self._processes.append(process)
        return process

    def reserve_port(self):
        """A port that nobody else gets, and on which nobody listens: a bound socket holds it while the run lasts."""
        held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        self._ports.append(held)
        return held.getsockname()[1]

    def tool(self, name):
        """Where a load program is."""
        return os.path.join(self.setup.tools, name)

    def broker(self, name, port=None, **options):
        """Starts a mosquitto; see `Broker`."""
        return Broker(self, name, port or self.reserve_port(), **options)

    def agent(self, name, **options):
        """Starts the millrace under test; see `Agent`."""
        return Agent(self, name, **options)

    def sink(self, broker, records, timeout=60):
        """Starts the centre's consumer and waits until it is subscribed."""
        process = self.start("sink", self.tool("sink"), "--port", broker.port, "--topic",
                             "central/#", "--records", records, "--timeout", timeout)
        process.wait_for_output(1, "subscription")
        return process

    def bare_subscriber(self, broker, records, receive_maximum):
        """Starts the subscriber that drops everything and waits until it is subscribed."""
        process = self.start("bare_subscriber", self.tool("bare_subscriber"), "--port",
                             broker.port, "--topic", "sensors/#", "--records", records, "--receive-maximum",
                             receive_maximum)
        process.wait_for_output(1, "subscription")
        return process

    def publish(self, broker, records, rate=0, timeout=900):
        """Lets the devices publish, so many a second or as fast as they can, and returns what they saw."""
        process = self.start("publish", self.tool("publish"), "--port", broker.port, "--count", records, "--devices",
                             DEVICES, "--connections", CONNECTIONS, "--rate", rate)
        return process.wait_for_output(1, "end of the load", timeout)

    def result(self, process, timeout=900):
        """Waits for the last word of the sink; a run in which records did not arrive is no measurement."""
        result = process.wait_for_output(2, "result", timeout)
        if result["missing"] > 0:
            raise MeasurementFailed(f"{result['records']} records arrived and {result['missing']} did not; "
                                    f"{result['unreadable']} messages were unreadable")
        return result
