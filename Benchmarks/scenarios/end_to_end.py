"""Devices → local mosquitto → agent → central mosquitto → sink, against mosquitto's own bridge as the agent."""

from harness.agent import FORMATS
from harness.report import Column
from harness.workbench import Workbench

NAME = "end-to-end"
TITLE = "End to end"
BRIDGE = "mosquitto bridge"
LEGS = {BRIDGE: False} | {"millrace " + name: True for name in FORMATS}  # name: whether it needs millrace
BASELINE = (BRIDGE, "end_to_end_rate")
COLUMNS = [
    Column("end to end/s", "end_to_end_rate"),
    Column("against bridge", "ratio", "{:.2f}×"),
    Column("PUBACK/s at the devices", "puback_rate"),
    Column("CPU s per 100 k on the gateway", "gateway_cpu", "{:.2f}"),
    Column("of it the agent", "agent_cpu", "{:.2f}"),
    Column("CPU s per 100 k at the centre", "central_cpu", "{:.2f}"),
    Column("payload bytes per record", "central_bytes"),
    Column("missing", "missing"),
    Column("duplicates", "duplicates"),
    Column("out of order", "out_of_order"),
]


def records(setup):
    """How many readings one run carries."""
    return 40_000 if setup.quick else 400_000


def measure(setup, leg, count):
    """One run of one leg."""
    with Workbench(setup) as bench:
        central = bench.broker("central")
        sink = bench.sink(central, count)
        if leg == BRIDGE:
            local = bench.broker("local", persistent=True, bridge_to=central.port)
            gateway = [local.process]
        else:
            local = bench.broker("local", persistent=True)
            agent = bench.agent("agent", local=local, central_port=central.port, leg=leg.removeprefix("millrace "))
            gateway = [local.process, agent.process]
        central.wait_for_clients(2)

        watched = gateway + [central.process]
        before = [process.cpu_seconds() for process in watched]
        load = bench.publish(local, count)
        arrival = bench.result(sink)
        used = [process.cpu_seconds() - start for process, start in zip(watched, before)]
        per_100k = 100_000 / count
        seconds = (arrival["last_ns"] - load["first_ns"]) / 1e9
        return {
            "end_to_end_rate": arrival["records"] / seconds,
            "puback_rate": load["rate"],
            "gateway_cpu": sum(used[:-1]) * per_100k,
            "agent_cpu": used[1] * per_100k if len(gateway) > 1 else None,
            "central_cpu": used[-1] * per_100k,
            "central_bytes": arrival["payload_bytes"] / arrival["records"],
            "load_cpu": load["cpu_seconds"] * per_100k,
            "sink_cpu": arrival["cpu_seconds"] * per_100k,
        } | {key: arrival[key] for key in ("missing", "duplicates", "out_of_order", "unreadable")}
