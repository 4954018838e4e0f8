"""A Kafka cluster in memory, in a process of its own, and what it holds in the end."""

import os
import shutil
import subprocess

from .processes import MeasurementFailed


class Cluster:
    """librdkafka's mock brokers; see load/kafka_cluster.c."""

    def __init__(self, workbench, name, brokers=3):
        self._commands = os.path.join(workbench.folder, name + ".commands")
        self._log = os.path.join(workbench.folder, name + ".log")
        with open(self._commands, "w", encoding="utf-8"):
            pass
        self._told = 0
        self.process = workbench.start(name, os.path.join(workbench.setup.tools, "kafka_cluster"), brokers,
                                       self._commands, self._log)
        self.process.wait_until(lambda: len(self._answers()) == 1, "listening brokers")
        self.bootstrap = self._answers()[0].removeprefix("ready ")

    def _answers(self):
        """The lines of the log that are whole."""
        if not os.path.exists(self._log):
            return []
        with open(self._log, encoding="utf-8") as file:
            return [line.rstrip("\n") for line in file if line.endswith("\n")]

    def tell(self, command):
        """Says a command, and waits until it is obeyed."""
        self._told += 1
        with open(self._commands, "a", encoding="utf-8") as file:
            file.write(command + "\n")
        self.process.wait_until(lambda: len(self._answers()) > self._told, f"answer to '{command}'")
        if (answer := self._answers()[self._told]) != "ok":
            raise MeasurementFailed(f"the cluster refuses '{command}': {answer}")

    def count(self, topic, partitions):
        """How many messages the topic has taken: the sum of the offsets that come next."""
        if shutil.which("kcat") is None:
            raise SystemExit("no kcat: apt install kcat")
        asked = [word for number in range(partitions) for word in ("-t", f"{topic}:{number}:-1")]
        answer = subprocess.run(["kcat", "-Q", "-b", self.bootstrap, *asked], capture_output=True, text=True,
                                timeout=60, check=False)
        return sum(int(line.rsplit(" ", 1)[1]) for line in answer.stdout.splitlines() if line.startswith(topic))

    def first_payload(self, topic):
        """The first message that is still there, as text."""
        answer = subprocess.run(["kcat", "-C", "-b", self.bootstrap, "-t", topic, "-c", "1", "-q"], capture_output=True,
                                timeout=60, check=False)
        return answer.stdout.decode(errors="replace")
