"""Devices → local mosquitto → subscriber: millrace without an uplink, against a subscriber that drops everything."""

from harness.processes import MeasurementFailed, wait_until_quiet
from harness.report import Column
from harness.workbench import Workbench

NAME = "taking-in"
TITLE = "Taking in only"
BARE = "bare libmosquitto, MQTT 5, window 2000"
RECEIVE_MAXIMUM = {"bare libmosquitto, as it comes": 0, BARE: 2000}
LEGS = {name: False for name in RECEIVE_MAXIMUM} | {"millrace": True}
BASELINE = (BARE, "rate")
COLUMNS = [
    Column("taken in/s", "rate"),
    Column("against bare", "ratio", "{:.2f}×"),
    Column("PUBACK/s at the devices", "puback_rate"),
    Column("CPU s per 100 k", "cpu", "{:.2f}"),
    Column("CPU s per 100 k of the broker", "broker_cpu", "{:.2f}"),
    Column("bytes to disk per record", "disk_bytes"),
    Column("largest RSS, MB", "rss", "{:.1f}"),
]


def records(setup):
    """How many readings one run carries."""
    return 40_000 if setup.quick else 400_000


def measure(setup, leg, count):
    """One run of one leg."""
    with Workbench(setup) as bench:
        local = bench.broker("local")
        if leg in RECEIVE_MAXIMUM:
            agent = None
            # One more than there will be, so that it is still there to be looked at when the last has arrived.
            process = bench.bare_subscriber(local, count + 1, RECEIVE_MAXIMUM[leg])
        else:
            agent = bench.agent("agent", local=local)
            process = agent.process
        subjects = [process, local.process]
        before, written = [subject.cpu_seconds() for subject in subjects], process.disk_bytes()
        load = bench.publish(local, count)
        end_ns = max(wait_until_quiet(process), load["last_ns"])
        used = [subject.cpu_seconds() - start for subject, start in zip(subjects, before)]
        seconds, per_100k = (end_ns - load["first_ns"]) / 1e9, 100_000 / count
        result = {
            "rate": count / seconds,
            "puback_rate": load["rate"],
            "cpu": used[0] * per_100k,
            "broker_cpu": used[1] * per_100k,
            "disk_bytes": (process.disk_bytes() - written) / count,
            "rss": process.memory()["VmHWM"] / 1e6,
        }
        arrived = _count(process, agent)
        if arrived is not None and arrived != count:
            raise MeasurementFailed(f"{leg} took in {arrived} of {count} records")
        return result


def _count(process, agent):
    """How many records arrived, by the subject's own word."""
    if agent is not None:
        agent.stop()
        return agent.held_records()
    process.stop()
    return process.output()[-1]["records"]
