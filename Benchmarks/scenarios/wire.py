"""How many bytes a reading takes on the line to the centre: headers and acknowledgements included, both ways."""

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


def _batched(name, way, records):
    keys = {"format": name, **TOPIC, **WAYS[way], "batch.records": records, "batch.bytes": "4MiB"}
    return f"MQTT {name} {way or 'uncompressed'}, {records} in a message", keys


# What each leg is called, and the keys of its uplink. Other protocols add theirs here, with their own `measure`.
UPLINKS = dict(
    [("MQTT raw", {"format": "raw", "topic": "central/{topic}", "retry_max": "1s"})]
    + [_batched("cloudevents", way, records) for way in WAYS for records in (1, 10, 50, 500)]
    + [_batched(name, way, records) for name in ("json", "senml", "senml-cbor", "influx")
       for way in ("zstd", "zstd with dictionary") for records in (1, 10, 50, 500)]
    + [(f"MQTT {name} {way}, in messages of the default size", {"format": name, **TOPIC, **WAYS[way]})
       for name in ("cloudevents", "json", "senml") for way in ("zstd", "zstd at level 9")])
LEGS = {name: True for name in UPLINKS}


def records(setup):
    """How many readings one run carries."""
    return 5_000 if setup.quick else 20_000


def measure(setup, leg, count):
    """One run of one leg: the log is filled while the line is down, so that messages are as large as they may be."""
    with Workbench(setup) as bench:
        central = bench.broker("central")
        local = bench.broker("local", persistent=True)
        meter = Meter(bench.reserve_port(), central.port)
        agent = bench.agent("agent", local=local, central_port=meter.port, leg=UPLINKS[leg])
        bench.publish(local, count)
        wait_until_quiet(agent.process)
        meter.open()
        try:
            meter.wait_until_quiet()
            agent.stop()
        finally:
            meter.close()
        forwarded = agent.forwarded_records()
        if forwarded != count:
            raise MeasurementFailed(f"{forwarded} of {count} readings were forwarded")
        return {
            "bytes_per_reading": (meter.bytes_up + meter.bytes_down) / count,
            "up_per_reading": meter.bytes_up / count,
            "down_per_reading": meter.bytes_down / count,
        }
