"""mosquitto, as a broker and as a bridge: the peer, configured as its manual advises for durability."""

import os
import pwd
import shutil
import socket

from .processes import MeasurementFailed

# The same for every broker of every leg, so that only the way from one to the other differs.
COMMON = """\
listener {port} 127.0.0.1
allow_anonymous true
user {user}
# Nothing may be dropped, and no window may hold back either side: the defaults are 20 in flight and 1000 queued.
max_inflight_messages 1000
max_queued_messages 0
log_dest stderr
log_type error
log_type warning
log_type notice
log_type subscribe
connection_messages true
"""

# What mosquitto offers against a power cut: its whole state is written every second.
PERSISTENT = """\
persistence true
persistence_location {folder}/
autosave_interval 1
autosave_on_changes false
"""

BRIDGE = """\
connection bridge
address 127.0.0.1:{port}
topic sensors/# out 1 "" central/
cleansession false
bridge_protocol_version mqttv311
notifications false
restart_timeout 1 5
"""


def mosquitto_path():
    """Where the broker is; Debian puts it where a user's PATH may not look."""
    path = shutil.which("mosquitto", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if path is None:
        raise SystemExit("no mosquitto: apt install mosquitto")
    return path


class Broker:
    """A running mosquitto on a loopback port. `bridge_to` is the port of the broker that it forwards to, `topic_aliases`
    how many a client may use."""

    def __init__(self, workbench, name, port, persistent=False, bridge_to=None, topic_aliases=10):
        self._workbench, self.name, self.port = workbench, name, port
        folder = os.path.join(workbench.folder, name)
        os.makedirs(folder, exist_ok=True)
        text = COMMON.format(port=port, user=pwd.getpwuid(os.getuid()).pw_name)
        text += f"max_topic_alias {topic_aliases}\n"
        if persistent:
            text += PERSISTENT.format(folder=folder)
        if bridge_to is not None:
            text += BRIDGE.format(port=bridge_to)
        self._configuration = os.path.join(folder, "mosquitto.conf")
        with open(self._configuration, "w", encoding="utf-8") as file:
            file.write(text)
        self._starts = 0
        self.process = None
        self.start()
        self.wait_until_listening()

    def start(self):
        """Starts it, again after `stop`; does not wait for anything."""
        self._starts += 1
        self.process = self._workbench.start(f"{self.name}-{self._starts}", mosquitto_path(), "-c",
                                             self._configuration)

    def wait_until_listening(self, timeout=120):
        """Waits until it takes connections: after it has read its state, when it has one."""
        self.process.wait_until(self._is_listening, "open port", timeout)

    def _is_listening(self):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self):
        """Ends it in order; it then saves its state."""
        if not self.process.stop():
            raise MeasurementFailed(f"{self.name} did not end at SIGTERM")

    def wait_for_subscription(self, topic, timeout=30, times=1):
        """Waits until clients have subscribed to the topic so many times."""
        self.process.wait_until(lambda: self.process.error_lines(f" 1 {topic}") >= times,
                                f"subscription to {topic}", timeout)

    @property
    def clients_seen(self):
        """How many clients, bridges included, have connected so far."""
        return (self.process.error_lines("New client connected")
                + self.process.error_lines("New bridge connected"))

    def wait_for_clients(self, count, timeout=30):
        """Waits until this many clients have connected."""
        self.process.wait_until(lambda: self.clients_seen >= count, f"connection number {count}", timeout)
