#!/usr/bin/env python3
"""Reads what the encoders wrote with parsers that are not ours, and checks it against the records.

    read_formats.py FOLDER

FOLDER holds `N.records.json`, and the same records as `N.json`, `N.senml`, `N.senml-cbor` and `N.influx`. Prints the
number of records that were read; exits with 1, and the reason, at the first that is not what it should be.
"""

import base64
import glob
import json
import math
import os
import re
import sys

import cbor2
from line_protocol_parser import parse_line

LABELS = {-1: "bver", -2: "bn", -3: "bt", -4: "bu", -5: "bv", -6: "bs", 0: "n", 1: "u", 2: "v", 3: "vs", 4: "vb",
          5: "s", 6: "t", 7: "ut", 8: "vd"}
NUMBER, TEXT, BOOLEAN = (int, float), str, bool
TYPES = {"bn": TEXT, "bt": NUMBER, "n": TEXT, "u": TEXT, "v": NUMBER, "vs": TEXT, "vb": BOOLEAN, "t": NUMBER,
         "ct": TEXT, "gateway": TEXT, "stream": TEXT, "epoch": TEXT, "sequence": int, "topic": TEXT,
         "historical": BOOLEAN, "replay": BOOLEAN, "retained": BOOLEAN, "timequality": TEXT, "bootid": TEXT,
         "boottime": int}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9\-:./_]*\Z")
OURS = {"epoch", "sequence", "previous", "timequality", "bootid", "boottime", "historical", "replay", "retained"}


def refuse(constant):
    """NaN and Infinity are no JSON."""
    raise ValueError(f"{constant} is no JSON")


def parse(text):
    """JSON (RFC 8259), strictly."""
    return json.loads(text, parse_constant=refuse)


def payload_json(record):
    """The payload as JSON; raises ValueError where it is none."""
    return parse(record["payload"].decode("utf-8"))


def check_flat(body, records, log):
    objects = parse(body.decode("utf-8"))
    assert len(objects) == len(records), (len(objects), len(records))
    for item, record in zip(objects, records):
        assert item["sequence"] == record["sequence"] and item["topic"] == record["topic"], item
        assert (item["gateway"], item["stream"], item["epoch"]) == log, item
        forms = [name for name in ("payload", "payload_base64", "readings") if name in item]
        assert len(forms) == 1, item
        if forms == ["payload_base64"]:
            assert base64.b64decode(item["payload_base64"], validate=True) == record["payload"], item
        elif forms == ["payload"]:
            text = record["payload"].decode("utf-8")
            assert item["payload"] == text or item["payload"] == parse(text), item


def resolve(pack):
    """The resolved records of a pack (RFC 8428, 4.6), each with its fields of ours; asserts the standard's rules."""
    base_name, base_time, resolved = "", 0, []
    assert isinstance(pack, list) and pack
    for item in pack:
        for label, value in item.items():
            if label == "vd":
                assert isinstance(value, (str, bytes)), item
                continue
            assert isinstance(value, TYPES[label]), (label, item)
            assert TYPES[label] is BOOLEAN or not isinstance(value, bool), (label, item)
            assert not isinstance(value, float) or math.isfinite(value), item
        base_name, base_time = item.get("bn", base_name), item.get("bt", base_time)
        values = [label for label in ("v", "vs", "vb", "vd") if label in item]
        assert len(values) == 1, item
        name = base_name + item.get("n", "")
        assert NAME.match(name), name
        value = item[values[0]]
        if values[0] == "vd" and isinstance(value, str):
            assert "=" not in value and "+" not in value and "/" not in value
            value = base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))
        resolved.append({"name": name, "kind": values[0], "value": value, "time": base_time + item.get("t", 0),
                         "fields": item})
    return resolved


def flatten(value, path=""):
    """The values of a JSON document with the ways to them: docs/formats.md, rule 2."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from flatten(inner, f"{path}/{name}" if path != "" else name)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from flatten(inner, f"{path}/{index}" if path != "" else str(index))
    elif value is not None:
        yield path, value


def plain_values(record):
    """The values of a payload that is a JSON object with plain names; None where it is not that simple."""
    if not record["isPlain"]:
        return None
    return list(flatten(payload_json(record)))


def check_pack(pack, records, log):
    resolved = resolve(pack)
    head = resolved[0]["fields"]
    assert (head["gateway"], head["stream"], head["epoch"]) == log, head
    groups = []
    for item in resolved:
        if "sequence" in item["fields"]:
            groups.append((item["fields"]["sequence"], []))
        groups[-1][1].append(item)
    assert [sequence for sequence, _ in groups] == [record["sequence"] for record in records]
    for (_, items), record in zip(groups, records):
        expected = plain_values(record)
        if expected is not None:
            found = [item["value"] for item in items]
            assert [item["name"].split("/")[-1] for item in items] == [n.split("/")[-1] for n, _ in expected], items
            assert found == [value for _, value in expected], (found, expected)
            for item in items:
                assert abs(item["time"] - record["milliseconds"] / 1000) < 1e-6, item
        if items[0]["kind"] == "vd" and len(items) == 1 and not record["isSenML"]:
            assert items[0]["value"] == record["payload"], items
    return resolved


def check_senml(body, records, log):
    return check_pack(parse(body.decode("utf-8")), records, log)


def check_senml_cbor(body, records, log):
    def named(item):
        assert all(label in LABELS or isinstance(label, str) for label in item), item
        return {LABELS.get(label, label): value for label, value in item.items()}
    return check_pack([named(item) for item in cbor2.loads(body)], records, log)


def same(left, right):
    """The two notations of SenML must not differ in anything."""
    assert len(left) == len(right)
    for one, other in zip(left, right):
        for key in ("name", "kind", "value", "time"):
            assert one[key] == other[key] or float(one[key]) == float(other[key]), (one, other)


def check_influx(body, records, log):
    text = body.decode("utf-8")
    assert text.endswith("\n")
    lines = text[:-1].split("\n")
    sequences = []
    expected = {record["sequence"]: record for record in records}
    for line in lines:
        point = parse_line(line)
        assert point["measurement"] == "readings", point
        assert (point["tags"]["gateway"], point["tags"]["stream"], point["fields"]["epoch"]) == log, point
        sequence = point["fields"]["sequence"]
        assert point["time"] % 1000 == sequence % 1000, point
        if not sequences or sequences[-1] != sequence:
            sequences.append(sequence)
        record = expected[sequence]
        assert [n for n in point["fields"] if n not in OURS], line
        plain = plain_values(record)
        if plain is not None:
            fields = {name: value for name, value in point["fields"].items() if name not in OURS}
            assert fields == dict(plain), (fields, plain)
            assert point["time"] == record["milliseconds"] * 1000000 + sequence % 1000000, point
    assert sequences == [record["sequence"] for record in records], sequences


def read(path):
    with open(path, "rb") as file:
        return file.read()


def main():
    count = 0
    for path in sorted(glob.glob(os.path.join(sys.argv[1], "*.records.json"))):
        case = parse(read(path).decode("utf-8"))
        log = (case["gateway"], case["stream"], case["epoch"])
        records = case["records"]
        for record in records:
            record["payload"] = base64.b64decode(record["payload"])
        stem = path.removesuffix(".records.json")
        try:
            check_flat(read(stem + ".json"), records, log)
            same(check_senml(read(stem + ".senml"), records, log),
                 check_senml_cbor(read(stem + ".senml-cbor"), records, log))
            check_influx(read(stem + ".influx"), records, log)
        except Exception as failure:
            print(f"{stem}: {type(failure).__name__}: {failure}")
            raise
        count += len(records)
    print(count)


if __name__ == "__main__":
    main()
