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
url = "mqtt://127.0.0.1:{central}"
topic = "{topic}"
format = "{format}"
"""

# Legs: what is written into the uplink's table. One reading per message keeps its own topic; a batch has one for all.
FORMATS = {
    "raw": {"format": "raw", "topic": "central/{topic}"},
    "cloudevents": {"format": "cloudevents", "topic": "central/{gateway}/{stream}", "batch": 500},
    "cloudevents+zstd": {
        "format": "cloudevents", "topic": "central/{gateway}/{stream}", "batch": 500, "compression": "zstd"},
}


def configuration(log, local, central=None, leg=None, more=""):
    """The TOML text for a leg, and `more` lines behind it; without an uplink when `central` is None."""
    text = CONFIGURATION.format(log=log, local=local)
    if central is None:
        return text
    values = FORMATS[leg]
    text += UPLINK.format(central=central, topic=values["topic"], format=values["format"])
    if "compression" in values:
        text += f'compression = "{values["compression"]}"\n'
    if "batch" in values:
        text += f'batch = {{ records = {values["batch"]} }}\n'
    return text + more


class Agent:
    """A running `millrace run`. `leg` is one of FORMATS, or None for an agent without an uplink."""

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

    def held_records(self):
        """How many records the log holds; see `held_records`. Only for a stopped agent: a running one owns its log."""
        return held_records(self._workbench.setup, self.log)


def held_records(setup, log):
    """How many records a log holds, by `millrace log stat --json`; None when that cannot be read."""
    command = [setup.millrace, "log", "stat", "--log", log, "--json"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        streams = json.loads(answer.stdout)["streams"]
        return sum(stream["records"] for stream in streams)
    except (ValueError, KeyError, TypeError):
        return None
