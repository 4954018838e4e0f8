"""Child processes: started with their output in files, watched through /proc, always ended."""

import ctypes
import json
import os
import signal
import subprocess
import threading
import time

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PR_SET_PDEATHSIG = 1
MEMORY_KEYS = ("VmRSS", "VmHWM", "RssAnon")
_libc = ctypes.CDLL(None)


class MeasurementFailed(Exception):
    """A run that cannot be counted, and why."""


def _die_with_parent():
    _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Process:
    """One child. Standard output goes to `<name>.out` and standard error to `<name>.err` in the run's folder."""

    def __init__(self, name, arguments, folder):
        self.name = name
        self._out = os.path.join(folder, name + ".out")
        self._err = os.path.join(folder, name + ".err")
        self._final_cpu_seconds = None
        self.started_ns = time.monotonic_ns()
        with open(self._out, "wb") as out, open(self._err, "wb") as err:
            self._child = subprocess.Popen(
                [str(argument) for argument in arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                preexec_fn=_die_with_parent)
        self.pid = self._child.pid

    @property
    def is_running(self):
        self._reap(os.WNOHANG)
        return self._final_cpu_seconds is None

    def _reap(self, flags):
        """Collects the child when it has ended, and what it used: wait4 knows to the microsecond."""
        if self._final_cpu_seconds is not None:
            return
        pid, status, usage = os.wait4(self.pid, flags)
        if pid == self.pid:
            self._final_cpu_seconds = usage.ru_utime + usage.ru_stime
            self._child.returncode = os.waitstatus_to_exitcode(status)

    def cpu_seconds(self):
        """User and system time used so far; to 10 ms while it runs, exact when it has ended."""
        if not self.is_running:
            return self._final_cpu_seconds
        fields = self._read("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    def memory(self):
        """Bytes resident now (VmRSS), at most since its start (VmHWM), and private now (RssAnon)."""
        lines = dict(line.split(":", 1) for line in self._read("status").splitlines())
        if "VmRSS" not in lines:
            raise self._ended()
        return {key: int(lines[key].split()[0]) * 1024 for key in MEMORY_KEYS}

    def threads(self):
        """How many threads it has now."""
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def io(self):
        """The kernel's account: bytes moved by read and write calls (rchar, wchar), to the disk (write_bytes), ..."""
        return {key: int(value) for key, value in (line.split(": ") for line in self._read("io").splitlines())}

    def disk_bytes(self):
        """Bytes that it has caused to be written to the disk so far, without what was deleted before that."""
        account = self.io()
        return account["write_bytes"] - account["cancelled_write_bytes"]

    def _read(self, name):
        try:
            with open(f"/proc/{self.pid}/{name}", encoding="ascii", errors="replace") as file:
                return file.read()
        except OSError as error:
            raise self._ended() from error

    def _ended(self):
        return MeasurementFailed(f"{self.name} has ended: {self.errors() or 'it said nothing'}")

    def output(self):
        """The JSON objects that it has printed so far, one per line."""
        with open(self._out, encoding="utf-8") as file:
            return [json.loads(line) for line in file if line.startswith("{") and line.endswith("}\n")]

    def errors(self):
        """The end of what it wrote to standard error."""
        with open(self._err, encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:].strip()

    def error_lines(self, needle):
        """How many lines of its standard error hold these words."""
        with open(self._err, encoding="utf-8", errors="replace") as file:
            return sum(needle in line for line in file)

    def wait_until(self, condition, what, timeout=30.0):
        """Waits for something about this process; fails with its own words when it ends or the time is up."""
        deadline = time.monotonic() + timeout
        while not condition():
            if not self.is_running and not condition():
                raise MeasurementFailed(f"{self.name} ended before {what}: {self.errors() or 'it said nothing'}")
            if time.monotonic() > deadline:
                raise MeasurementFailed(f"{self.name}: no {what} within {timeout:.0f} s. {self.errors()}")
            time.sleep(0.02)

    def wait_for_output(self, count, what, timeout=30.0):
        """Waits until it has printed `count` JSON lines, and returns the last."""
        self.wait_until(lambda: len(self.output()) >= count, what, timeout)
        return self.output()[count - 1]

    def stop(self, timeout=60.0):
        """SIGTERM, and SIGKILL when that does not help; says whether the first was enough."""
        if not self.is_running:
            return True
        os.kill(self.pid, signal.SIGTERM)
        deadline = time.monotonic() + timeout
        while self.is_running and time.monotonic() < deadline:
            time.sleep(0.01)
        if not self.is_running:
            return True
        os.kill(self.pid, signal.SIGKILL)
        self._reap(0)
        return False


class MemoryWatch:
    """Samples a process's memory the whole time between entering and leaving a `with` block; keeps the largest."""

    def __init__(self, process, interval=0.02):
        self._process, self._interval = process, interval
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.largest = dict.fromkeys(MEMORY_KEYS, 0)
        self.samples = 0

    def _run(self):
        while not self._done.is_set():
            try:
                sample = self._process.memory()
            except MeasurementFailed:
                return  # the process has ended; who waits for it will say so
            self.largest = {key: max(value, sample[key]) for key, value in self.largest.items()}
            self.samples += 1
            self._done.wait(self._interval)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._done.set()
        self._thread.join()


def wait_until_quiet(process, quiet=1.0, timeout=600.0, threshold=4096):
    """Waits until a process has done next to nothing for `quiet` seconds; returns when it last did, in monotonic ns.

    A subscriber without an uplink tells nobody that it is done, so this is how its end is seen: by the last time the
    kernel counted `threshold` more bytes that it has read from its sockets or written to its files.
    """
    def moved():
        account = process.io()
        return account["rchar"] + account["wchar"]

    mark, last, deadline = moved(), time.monotonic_ns(), time.monotonic() + timeout
    while time.monotonic() < deadline:
        time.sleep(0.005)
        if not process.is_running:
            raise MeasurementFailed(f"{process.name} ended: {process.errors()}")
        count, now = moved(), time.monotonic_ns()
        if count - mark >= threshold:
            mark, last = count, now
        elif now - last > quiet * 1e9:
            return last
    raise MeasurementFailed(f"{process.name} is still busy after {timeout:.0f} s")
