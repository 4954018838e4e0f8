"""A backlog is drained into a Kafka cluster of three brokers in memory, in a process of its own."""

import json
import subprocess
import time

from harness.kafka import Cluster
from harness.processes import MeasurementFailed, wait_until_quiet
from harness.report import Column
from harness.workbench import Workbench

NAME = "kafka"
TITLE = "A backlog into Kafka"
TOPIC, PARTITIONS = "telemetry", 12
# Legs: what is written into the uplink's table.
FORMATS = {
    "raw": {"compression": "none"},
    "raw+lz4": {"compression": "lz4"},
    "raw+zstd": {"compression": "zstd"},
    "cloudevents+lz4": {"format": "cloudevents", "compression": "lz4"},
    "cloudevents+zstd": {"format": "cloudevents", "compression": "zstd"},
}
LEGS = {"millrace " + name: True for name in FORMATS}
BASELINE = None
COLUMNS = [
    Column("records", "records"),
    Column("start to first record, s", "first_record_seconds", "{:.2f}"),
    Column("drained/s", "drain_rate"),
    Column("CPU s per 100 k of the agent", "agent_cpu", "{:.2f}"),
    Column("of the cluster", "cluster_cpu", "{:.2f}"),
    Column("bytes on the wire per record", "wire_bytes", "{:.1f}"),
    Column("of them acknowledgements", "wire_bytes_received", "{:.1f}"),
    Column("RSS max, MB", "rss_max", "{:.1f}"),
    Column("duplicates", "duplicates"),
]


def records(setup):
    """How large the backlog is."""
    return 50_000 if setup.quick else 1_000_000


def _uplink(bootstrap, values):
    lines = ["", "[uplinks.lake]", f'url = "kafka://{bootstrap}"', f'topic = "{TOPIC}"']
    lines += [f'{key} = "{value}"' for key, value in values.items()]
    if "format" not in values:
        lines.append('key = "{device}"')
    else:
        # One gateway has one key, so that its batches stay in order: one partition takes them all.
        lines += ['key = "{gateway}"', "batch = { records = 500 }"]
    return "\n".join(lines) + "\n"


def _wire_bytes(process):
    """Bytes of TCP payload sent and received so far, over the process's open connections, as the kernel counts them."""
    listing = subprocess.run(["ss", "-tinpH", "state", "established"], capture_output=True, text=True, check=True)
    sent = received = 0
    lines = listing.stdout.splitlines()
    for head, facts in zip(lines[::2], lines[1::2]):
        if f"pid={process.pid}," not in head:
            continue
        words = dict(word.split(":", 1) for word in facts.split() if ":" in word)
        sent += int(words.get("bytes_sent", 0))
        received += int(words.get("bytes_received", 0))
    return sent, received


def measure(setup, leg, count):
    """One run of one leg."""
    values = FORMATS[leg.removeprefix("millrace ")]
    with Workbench(setup) as bench:
        local = bench.broker("local", persistent=True)
        agent = bench.agent("agent", local=local)
        load = bench.publish(local, count)
        wait_until_quiet(agent.process, quiet=3.0)
        agent.stop()
        if agent.held_records() != count:
            raise MeasurementFailed(f"the log holds {agent.held_records()} of {count} records")
        local.stop()
        cluster = Cluster(bench, "cluster")
        cluster.tell(f"topic {TOPIC} {PARTITIONS} 3")
        agent.add(_uplink(cluster.bootstrap, values))
        cluster_cpu = cluster.process.cpu_seconds()
        agent.start()
        return {"records": count} | _drain(agent, cluster, values, count, cluster_cpu)


def _wait_until_drained(process, quiet=1.0, timeout=600):
    """When the first and the last byte went out or came in, to some hundredths of a second, and how many in all."""
    process.wait_until(lambda: process.error_lines("connected to"), "connection")
    first = last = time.monotonic_ns()
    moved, deadline = _wire_bytes(process), time.monotonic() + timeout
    while time.monotonic_ns() - last < quiet * 1e9:
        time.sleep(0.02)
        if (now := _wire_bytes(process)) != moved:
            moved, last = now, time.monotonic_ns()
        if time.monotonic() > deadline:
            raise MeasurementFailed(f"{process.name} is still busy after {timeout} s")
    return first, last, moved


def _drain(agent, cluster, values, count, cluster_cpu):
    """Waits until all has been drained; the log says whether it was confirmed, the topic how much came twice."""
    process = agent.process
    first, last, (sent, received) = _wait_until_drained(process)
    result = {
        "first_record_seconds": (first - process.started_ns) / 1e9,
        "drain_rate": count / ((last - first) / 1e9),
        "agent_cpu": process.cpu_seconds() * 100_000 / count,
        "cluster_cpu": (cluster.process.cpu_seconds() - cluster_cpu) * 100_000 / count,
        "wire_bytes": (sent + received) / count,
        "wire_bytes_received": received / count,
        "rss_max": process.memory()["VmHWM"] / 1e6,
    }
    agent.stop()
    confirmed = agent.forwarded_records("lake")
    if confirmed != count:
        raise MeasurementFailed(f"{confirmed} of {count} records are confirmed")
    taken = cluster.count(TOPIC, PARTITIONS)
    if "format" not in values:
        result["duplicates"] = taken - count
    elif taken * len(json.loads(cluster.first_payload(TOPIC))) < count:
        raise MeasurementFailed(f"the topic has only {taken} messages")
    return result
