"""Reads a stream back as a consumer does, with AWS's SDK: one JSON object for each CloudEvent, in the order of its
shard.

    kinesis_read.py PORT
"""

import json
import sys

from kinesis_server import client


def main():
    kinesis = client(sys.argv[1])
    for shard in kinesis.list_shards(StreamName="telemetry")["Shards"]:
        iterator = kinesis.get_shard_iterator(
            StreamName="telemetry", ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
        while True:
            answer = kinesis.get_records(ShardIterator=iterator, Limit=1000)
            for record in answer["Records"]:
                events = json.loads(record["Data"])
                is_batch = isinstance(events, list)
                for event in events if is_batch else [events]:
                    print(json.dumps({
                        "id": event["id"], "key": record["PartitionKey"], "subject": event.get("subject"),
                        "path": shard["ShardId"], "type": "batch" if is_batch else "event",
                        "data": json.dumps(event.get("data")), "encoding": record["SequenceNumber"]}))
            iterator = answer.get("NextShardIterator")
            if not answer["Records"] or not iterator:
                break


main()
