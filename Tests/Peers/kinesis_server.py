"""Amazon Kinesis on loopback: moto's, behind a front that checks signatures with AWS's own code and can refuse.

    kinesis_server.py FOLDER [--refuse N] [--throttle N] [--fail N] [--old-key N]

It writes FOLDER/port when the stream `telemetry` is there, and one JSON object for each PutRecords of Millrace into
FOLDER/requests. The key is that of AWS's documentation.

--refuse N    the first N requests are answered 400 ProvisionedThroughputExceededException
--throttle N  a Kinesis record with a sequence number that N divides is not taken the first time
--fail N      likewise, by InternalFailure
--poison      a Kinesis record with the word is a ValidationException for the whole request
"""

import argparse
import base64
import datetime
import io
import json
import os
import sys
import threading

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
import boto3
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

KEY = ("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
REGION = "eu-central-1"


def client(port):
    return boto3.client(
        "kinesis", endpoint_url=f"http://127.0.0.1:{port}", region_name=REGION,
        aws_access_key_id=KEY[0], aws_secret_access_key=KEY[1])


def sequences_in(value):
    """The sequence numbers of a CloudEvent or a batch."""
    events = json.loads(value)
    events = events if isinstance(events, list) else [events]
    return [int(event["id"].rsplit("/", 1)[1].split("-")[0]) for event in events]


class Front:
    def __init__(self, application, folder, arguments):
        self.application, self.folder, self.arguments = application, folder, arguments
        self.count, self.seen, self.lock = 0, set(), threading.Lock()

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        if environ.get("HTTP_USER_AGENT") != "millrace":
            return self.application(environ, start_response)
        with self.lock:
            return self.answer(environ, start_response, body)

    def answer(self, environ, start_response, body):
        problem = self.problem_of_signature(environ, body)
        if problem:
            return self.error(start_response, "InvalidSignatureException", problem)
        assert environ["HTTP_X_AMZ_TARGET"] == "Kinesis_20131202.PutRecords"
        assert environ["CONTENT_TYPE"] == "application/x-amz-json-1.1"
        request = json.loads(body)
        records = request["Records"]
        self.count += 1
        with open(os.path.join(self.folder, "requests"), "a") as file:
            file.write(json.dumps({
                "path": environ["PATH_INFO"], "fields": {"count": str(len(records))},
                "body": base64.b64encode(body).decode()}) + "\n")
        if self.count <= self.arguments.refuse:
            return self.error(start_response, "ProvisionedThroughputExceededException", "Rate exceeded for shard")
        data = [base64.b64decode(record["Data"]) for record in records]
        sizes = [len(value) + len(record["PartitionKey"].encode()) for value, record in zip(data, records)]
        if len(records) > 500 or max(sizes) > 1 << 20 or sum(sizes) > 5 << 20:
            return self.error(start_response, "ValidationException", "too many, or too large")
        if self.arguments.poison and any(self.arguments.poison.encode() in value for value in data):
            return self.error(start_response, "ValidationException", "no such unit")
        codes = [self.code_for(value) for value in data]
        request["Records"] = [record for record, code in zip(records, codes) if code is None]
        answer = self.put(environ, request) if request["Records"] else {"Records": []}
        if "Records" not in answer:
            return self.error(start_response, answer["__type"], answer["message"])
        taken = iter(answer["Records"])
        results = [
            next(taken) if code is None else {"ErrorCode": code, "ErrorMessage": "Rate exceeded for shard 0"}
            for code in codes]
        failed = sum(code is not None for code in codes)
        text = json.dumps({"FailedRecordCount": failed, "Records": results}).encode()
        start_response("200 OK", [("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(text)))])
        return [text]

    def code_for(self, value):
        numbers = sequences_in(value)
        for divisor, code in (
            (self.arguments.throttle, "ProvisionedThroughputExceededException"),
            (self.arguments.fail, "InternalFailure")):
            if divisor and any(number % divisor == 0 and (number, code) not in self.seen for number in numbers):
                self.seen.update((number, code) for number in numbers)
                return code
        return None

    def put(self, environ, request):
        body = json.dumps(request).encode()
        environ.update({"wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))})
        return json.loads(b"".join(self.application(environ, lambda line, headers, problem=None: None)))

    def error(self, start_response, name, message):
        text = json.dumps({"__type": name, "message": message}).encode()
        start_response("400 Bad Request", [
            ("Content-Type", "application/x-amz-json-1.1"), ("Content-Length", str(len(text)))])
        return [text]

    def problem_of_signature(self, environ, body):
        """Signs the request again, with AWS's own code."""
        proof = environ["HTTP_AUTHORIZATION"]
        parts = dict(part.strip().split("=", 1) for part in proof.split(" ", 1)[1].split(","))
        names = parts["SignedHeaders"].split(";")
        fields = {name: environ.get("HTTP_" + name.upper().replace("-", "_")) for name in names}
        fields["content-type"] = environ["CONTENT_TYPE"]
        url = f"http://{environ['HTTP_HOST']}{environ['PATH_INFO']}"
        theirs = AWSRequest(method=environ["REQUEST_METHOD"], url=url, data=body, headers=fields)
        theirs.context["timestamp"] = environ["HTTP_X_AMZ_DATE"]
        sent = datetime.datetime.strptime(environ["HTTP_X_AMZ_DATE"], "%Y%m%dT%H%M%SZ")
        if abs((datetime.datetime.utcnow() - sent).total_seconds()) > 300:
            return "Signature not yet current, or expired"
        if parts["Credential"].split("/")[0] != KEY[0]:
            return "no such key"
        signer = SigV4Auth(Credentials(*KEY), "kinesis", REGION)
        text = signer.string_to_sign(theirs, signer.canonical_request(theirs))
        if signer.signature(text, theirs) != parts["Signature"]:
            return "The request signature we calculated does not match the signature you provided."
        return None


class QuietRequests(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log(self, *arguments):
        pass


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    for name in ["refuse", "throttle", "fail"]:
        parser.add_argument(f"--{name}", type=int, default=0)
    parser.add_argument("--poison")
    arguments = parser.parse_args()
    application = Front(DomainDispatcherApplication(create_backend_app), arguments.folder, arguments)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=QuietRequests)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    client(server.server_port).create_stream(StreamName="telemetry", ShardCount=3)
    path = os.path.join(arguments.folder, "port")
    with open(path + ".new", "w") as file:
        file.write(str(server.server_port))
    os.rename(path + ".new", path)
    threading.Event().wait()


if __name__ == "__main__":
    sys.exit(main())
