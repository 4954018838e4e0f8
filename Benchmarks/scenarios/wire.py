"""How many bytes a reading takes on the line to the centre: headers and acknowledgements included, both ways."""

from harness.endpoint import Endpoint
from harness.meter import Meter
from harness.processes import MeasurementFailed, wait_until_quiet
from harness.report import Column
from harness.workbench import Workbench

NAME = "wire"
TITLE = "Bytes on the wire"
UNIT = "readings of 140 bytes"
BASELINE = None
COLUMNS = [
    Column("bytes per reading", "bytes_per_reading", "{:.1f}"),
    Column("of it to the centre", "up_per_reading", "{:.1f}"),
    Column("from the centre", "down_per_reading", "{:.2f}"),
]

# The size bound is out of the way, so that a message has as many records as its leg says; but for the default.
TOPIC = {"topic": "central/{gateway}/{stream}", "retry_max": "1s"}
WAYS = {
    "": {},
    "zstd": {"compression": "zstd"},
    "zstd at level 9": {"compression": "zstd", "compression_level": 9},
    "zstd with dictionary": {"compression": "zstd", "compression_level": 3, "dictionary": "built-in"},
}


HTTP_WAYS = {
    "uncompressed": {},
    "gzip": {"compression": "gzip"},
    "zstd": {"compression": "zstd"},
    "zstd at level 6": {"compression": "zstd", "compression_level": 6},
}


def _batched(name, way, records):
    keys = {"format": name, **TOPIC, **WAYS[way], "batch.records": records, "batch.bytes": "4MiB"}
    return f"MQTT {name} {way or 'uncompressed'}, {records} in a message", keys


def _requested(name, way, records=None):
    keys = {"scheme": "http", "format": name, "retry_max": "1s", **HTTP_WAYS[way]}
    if records:
        keys |= {"batch.records": records, "batch.bytes": "4MiB"}
    return f"HTTP {name} {way}, " + (f"{records} in a request" if records else "as it comes"), keys


# What each leg is called, and the keys of its uplink. Other protocols add theirs here, with their own `measure`.
RAW = {"format": "raw", "topic": "central/{topic}", "retry_max": "1s"}
UPLINKS = dict(
    [("MQTT raw", RAW)]
    + [(f"MQTT raw, at a broker that takes {count or 'no'} topic aliases", {**RAW, "topic_aliases": count})
       for count in (0, 1000)]
    + [_batched("cloudevents", way, records) for way in WAYS for records in (1, 10, 50, 500)]
    + [_batched(name, way, records) for name in ("json", "senml", "senml-cbor", "influx")
       for way in ("zstd", "zstd with dictionary") for records in (1, 10, 50, 500)]
    + [(f"MQTT {name} {way}, in messages of the default size", {"format": name, **TOPIC, **WAYS[way]})
        for name in ("cloudevents", "json", "senml") for way in ("zstd", "zstd at level 9")]
    + [_requested("cloudevents", way, records) for way in HTTP_WAYS for records in (10, 100, 500)]
    + [_requested(name, way) for way in HTTP_WAYS for name in ("cloudevents", "json", "senml", "influx")
       if name != "influx" or way == "gzip"])
LEGS = {name: True for name in UPLINKS}


def records(setup):
    """How many readings one run carries."""
    return 5_000 if setup.quick else 20_000


def measure(setup, leg, count):
    """One run of one leg: the log is filled while the line is down, so that messages are as large as they may be."""
    keys = dict(UPLINKS[leg])
    # Not of the uplink's table: how many the broker allows.
    aliases = keys.pop("topic_aliases", 10)
    with Workbench(setup) as bench:
        central = Endpoint() if keys.get("scheme") == "http" else bench.broker("central", topic_aliases=aliases)
        local = bench.broker("local", persistent=True)
        meter = Meter(bench.reserve_port(), central.port)
        agent = bench.agent("agent", local=local, central_port=meter.port, leg=keys)
        bench.publish(local, count)
        wait_until_quiet(agent.process)
        meter.open()
        try:
            meter.wait_until_quiet()
            agent.stop()
        finally:
            meter.close()
        forwarded = agent.forwarded_records("central")
        if forwarded != count:
            raise MeasurementFailed(f"{forwarded} of {count} readings were forwarded")
        return {
            "bytes_per_reading": (meter.bytes_up + meter.bytes_down) / count,
            "up_per_reading": meter.bytes_up / count,
            "down_per_reading": meter.bytes_down / count,
        }
