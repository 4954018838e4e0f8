#!/usr/bin/env python3
"""A host of Sparkplug B that reads with Eclipse Tahu's definition and holds nodes to the standard.

    sparkplug_host.py read FOLDER      FOLDER/messages.json lists [topic, file] in the order of arrival
    sparkplug_host.py rebirth FILE     writes the command that asks a node for its births

`read` prints one line per message; exits with 1, and the reason, at the first that breaks a rule of Sparkplug 3.0.
"""

import json
import os
import sys

os.environ["PROTOCOL_BUFFERS_PYTHON_IMPLEMENTATION"] = "python"

from tahu import sparkplug_b_pb2  # noqa: E402

NULL = {4: "int64", 10: "double", 11: "boolean", 12: "string", 17: "bytes"}
FIELDS = {4: "long_value", 10: "double_value", 11: "boolean_value", 12: "string_value", 17: "bytes_value"}


class Node:
    """What a host knows of one node."""

    def __init__(self):
        self.is_born = False
        self.birth_number = None
        self.next_sequence = 0
        self.names = {}
        self.kinds = {}
        self.devices = set()

    def check_sequence(self, payload):
        assert payload.seq == self.next_sequence, f"seq {payload.seq} instead of {self.next_sequence}"
        self.next_sequence = (self.next_sequence + 1) % 256


def value_of(metric):
    if metric.is_null:
        return "null"
    assert metric.HasField(FIELDS[metric.datatype]), metric
    value = getattr(metric, FIELDS[metric.datatype])
    if metric.datatype == 4 and value >= 1 << 63:
        value -= 1 << 64
    return value.hex() if isinstance(value, bytes) else json.dumps(value)


def unit_of(metric):
    properties = dict(zip(metric.properties.keys, metric.properties.values))
    return " " + properties["engUnit"].string_value if "engUnit" in properties else ""


def birth(node, device, payload):
    """Takes note of names and aliases; an alias is unique in a node."""
    words = []
    for metric in payload.metrics:
        assert metric.name and metric.timestamp, metric
        node.kinds[device, metric.name] = metric.datatype
        if metric.HasField("alias"):
            owner = node.names.setdefault(metric.alias, (device, metric.name))
            assert owner == (device, metric.name), f"alias {metric.alias} twice: {owner}, {(device, metric.name)}"
        words.append(f"{metric.name}={value_of(metric)}{unit_of(metric)}")
    return words


def values(node, device, payload):
    """Values of metrics that were born, with the kind that they were born with."""
    words = []
    for metric in payload.metrics:
        if metric.HasField("alias"):
            assert not metric.name, "name and alias"
            owner, name = node.names[metric.alias]
            assert owner == device, (owner, device)
        else:
            name = metric.name
        assert node.kinds[device, name] == metric.datatype, (name, metric.datatype)
        mark = " historical" if metric.is_historical else ""
        words.append(f"{name}={value_of(metric)}@{metric.timestamp}{mark}")
    return words


def receive(nodes, topic, body):
    namespace, group, kind, name, *rest = topic.split("/")
    assert namespace == "spBv1.0" and len(rest) == (1 if kind[0] == "D" else 0), topic
    payload = sparkplug_b_pb2.Payload()
    payload.ParseFromString(body)
    node = nodes.setdefault((group, name), Node())
    device = rest[0] if rest else None
    if kind == "NDEATH":
        (metric,) = payload.metrics
        assert metric.name == "bdSeq" and not payload.HasField("seq")
        if metric.long_value == node.birth_number:
            node.is_born = False
        return f"NDEATH bdSeq={metric.long_value}"
    if kind == "NBIRTH":
        assert payload.seq == 0
        node.__init__()
        node.is_born = True
        node.next_sequence = 1
        words = birth(node, None, payload)
        node.birth_number = [m.long_value for m in payload.metrics if m.name == "bdSeq"][0]
        assert (None, "Node Control/Rebirth") in node.kinds
        return f"NBIRTH {words[0]}"
    assert node.is_born, f"{kind} before the birth of the node"
    node.check_sequence(payload)
    if kind == "DBIRTH":
        node.devices.add(device)
        return f"DBIRTH {device} " + ", ".join(birth(node, device, payload))
    if kind == "DDEATH":
        node.devices.remove(device)
        return f"DDEATH {device}"
    assert device is None or device in node.devices, f"{kind} before the birth of {device}"
    return f"{kind} {device or ''} ".replace("  ", " ") + ", ".join(values(node, device, payload))


def main():
    if sys.argv[1] == "rebirth":
        payload = sparkplug_b_pb2.Payload(timestamp=1)
        metric = payload.metrics.add(name="Node Control/Rebirth", timestamp=1, datatype=11)
        metric.boolean_value = True
        with open(sys.argv[2], "wb") as file:
            file.write(payload.SerializeToString())
        return
    folder = sys.argv[2]
    with open(os.path.join(folder, "messages.json"), encoding="utf-8") as file:
        messages = json.load(file)
    nodes = {}
    for topic, name in messages:
        with open(os.path.join(folder, name), "rb") as file:
            print(receive(nodes, topic, file.read()))


if __name__ == "__main__":
    main()
