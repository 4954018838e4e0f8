"""One uplink alone, and beside a dead one and a slow one that want the same records: what it carries then."""

from harness.processes import MeasurementFailed
from harness.report import Column
from harness.thin_link import ThinLink
from harness.workbench import Workbench

NAME = "neighbours"
TITLE = "Neighbours of an uplink"
ALONE, BESIDE = "alone", "beside a dead and a slow one"
LEGS = {ALONE: True, BESIDE: True}
BASELINE = (ALONE, "end_to_end_rate")
COLUMNS = [
    Column("end to end/s", "end_to_end_rate"),
    Column("against alone", "ratio", "{:.2f}×"),
    Column("CPU s per 100 k of the agent", "agent_cpu", "{:.2f}"),
    Column("missing", "missing"),
]
OTHER = """
[uplinks.{name}]
url = "mqtt://127.0.0.1:{port}"
topic = "{name}/{{topic}}"
"""
SLOW_RATE = 20_000  # bytes a second


def records(setup):
    """How many readings one run carries."""
    return 40_000 if setup.quick else 400_000


def measure(setup, leg, count):
    """One run of one leg."""
    with Workbench(setup) as bench:
        central, local = bench.broker("central"), bench.broker("local", persistent=True)
        sink = bench.sink(central, count)
        agent = bench.agent("agent", local=local, central_port=central.port, leg="raw")
        if leg == BESIDE:
            agent.stop()
            link = ThinLink(bench, central.port, SLOW_RATE)
            link.open()
            agent.configure(central.port, OTHER.format(name="dead", port=bench.reserve_port())
                            + OTHER.format(name="slow", port=link.port))
            agent.start()
            local.wait_for_subscription("sensors/#", times=2)
        central.wait_for_clients(3 if leg == BESIDE else 2)
        before = agent.process.cpu_seconds()
        load = bench.publish(local, count)
        arrival = bench.result(sink)
        if leg == BESIDE:
            link.stop()
        if arrival["missing"]:
            raise MeasurementFailed(f"{arrival['missing']} records are missing")
        seconds = (arrival["last_ns"] - load["first_ns"]) / 1e9
        return {
            "end_to_end_rate": arrival["records"] / seconds, "missing": arrival["missing"],
            "agent_cpu": (agent.process.cpu_seconds() - before) * 100_000 / count,
        }
