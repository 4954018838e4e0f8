"""The millrace under test: its configuration for a leg, its start, its end."""

import json
import os
import subprocess

from .processes import MeasurementFailed

CONFIGURATION = """\
[gateway]
id = "bench"

[log]
path = "{log}"
capacity = "1GiB"
commit_linger = "50ms"

[mqtt.local]
url = "mqtt://127.0.0.1:{local}"
topics = ["sensors/#"]
"""

UPLINK = """
[uplinks.central]
url = "{scheme}://127.0.0.1:{central}"
"""

BATCH = {"topic": "central/{gateway}/{stream}", "batch.records": 500}

# Legs: what is written into the uplink's table. One reading per message keeps its own topic; a batch has one for all.
FORMATS = {
    "raw": {"format": "raw", "topic": "central/{topic}"},
    "cloudevents": {"format": "cloudevents", **BATCH},
    "cloudevents+zstd": {"format": "cloudevents", "compression": "zstd", **BATCH},
}


def configuration(log, local, central=None, leg=None, more=""):
    """The TOML text for a leg, by its name or as the keys of its table, and `more` lines behind it; without an uplink
    when `central` is None.

    The key `scheme` is none of the table: it says what is spoken at the port, MQTT where it is not there."""
    text = CONFIGURATION.format(log=log, local=local)
    if central is None:
        return text
    keys = dict(FORMATS[leg] if isinstance(leg, str) else leg)
    scheme = keys.pop("scheme", "mqtt")
    # JSON's strings and integers are TOML's.
    return text + UPLINK.format(scheme=scheme, central=central) + "".join(
        f"{key} = {json.dumps(value)}\n" for key, value in keys.items()) + more


class Agent:
    """A running `millrace run`. `leg` is as for `configuration`, or None for an agent without an uplink."""

    def __init__(self, workbench, name, local, central_port=None, leg=None):
        self._workbench, self._name, self._local, self._leg = workbench, name, local, leg
        self.log = os.path.join(workbench.folder, name + "-log")
        self._configuration = os.path.join(workbench.folder, name + ".toml")
        self.configure(central_port)
        self._starts = 0
        self.process = None
        self.start()
        local.wait_for_subscription("sensors/#")

    def configure(self, central_port, more=""):
        """Writes the configuration that the next start reads; `more` lines go to the uplink's table, or follow it."""
        with open(self._configuration, "w", encoding="utf-8") as file:
            file.write(configuration(self.log, self._local.port, central_port, self._leg, more))

    def start(self):
        """Starts it, again after `stop`; does not wait for anything."""
        self._starts += 1
        self.process = self._workbench.start(f"{self._name}-{self._starts}", self._workbench.setup.millrace, "run",
                                             "--config", self._configuration)

    def stop(self):
        """Ends it in order: SIGTERM, at most 10 s of its own and some grace."""
        if not self.process.stop(timeout=30):
            raise MeasurementFailed(f"{self._name} did not end within 30 s of SIGTERM")

    def add(self, text):
        """Adds tables to the configuration, for the next start."""
        with open(self._configuration, "a", encoding="utf-8") as file:
            file.write(text)

    def forwarded_records(self, uplink):
        """How many records an uplink has confirmed, by the log itself. Only for a stopped agent."""
        streams = log_state(self._workbench.setup, self.log)["streams"]
        return sum(state["forwarded"] for stream in streams for state in stream["uplinks"] if state["uplink"] == uplink)

    def held_records(self):
        """How many records the log holds; see `held_records`. Only for a stopped agent: a running one owns its log."""
        return held_records(self._workbench.setup, self.log)


def log_state(setup, log):
    """What `millrace log stat --json` says of a log that nobody has open."""
    command = [setup.millrace, "log", "stat", "--log", log, "--json"]
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=False).stdout)


def held_records(setup, log):
    """How many records a log holds; None when that cannot be read."""
    try:
        return sum(stream["records"] for stream in log_state(setup, log)["streams"])
    except (ValueError, KeyError, TypeError):
        return None
