"""An HTTP endpoint on loopback that answers as a test wants it, well or badly, and writes down what it got.

    http_endpoint.py FOLDER BEHAVIOUR [--certificate PEM --key PEM] [--client-ca PEM]

It writes FOLDER/port when it listens, and one JSON object for each request into FOLDER/requests: path, fields, and the
body, gunzipped, in Base64. A behaviour is a name, or a name and an argument: `status:401`. Those that are named after a
service read the body with the vendor's own types, answer 400 with the error where that fails, and write what they have
read into FOLDER/events.
"""

import argparse
import base64
import gzip
import http.server
import json
import os
import ssl
import sys
import threading
import time


def sequence_of(identity):
    return int(identity.rsplit("/", 1)[1].split("-")[0])


# Readers of the vendors: each gives the sequence numbers, or raises.


def read_cloudevents(request):
    from cloudevents.v1.http import from_http, from_json

    kind = request["fields"].get("content-type", "")
    if kind == "application/cloudevents-batch+json":
        events = [from_json(json.dumps(event)) for event in json.loads(request["data"])]
    else:
        events = [from_http(request["fields"], request["data"])]
    for event in events:
        assert event["specversion"] == "1.0" and event["source"].startswith("/gateways/"), event
    return [{"id": event["id"], "subject": event.get("subject"), "data": repr(event.data)} for event in events]


def read_event_grid(request):
    from azure.core.messaging import CloudEvent
    from azure.eventgrid._legacy import _constants
    from azure.eventgrid._legacy._helpers import _is_cloud_event

    assert request["path"] == "/api/events?api-version=" + _constants.DEFAULT_API_VERSION, request["path"]
    assert request["fields"]["content-type"].startswith("application/cloudevents-batch+json"), request["fields"]
    assert len(request["data"]) <= 1024 * 1024, "Event Grid takes a megabyte"
    key = "topic-key-of-sixteen-bytes".encode()
    token = request["fields"].get(_constants.EVENTGRID_TOKEN_HEADER)
    if token:
        check_event_grid_token(token, base64.b64encode(key).decode(), request["fields"]["host"])
    else:
        assert request["fields"][_constants.EVENTGRID_KEY_HEADER] == base64.b64encode(key).decode()
    events = json.loads(request["data"])
    assert all(_is_cloud_event(event) for event in events)
    return [{"id": CloudEvent.from_dict(event).id} for event in events]


def check_event_grid_token(token, key, host):
    """Makes the token again with the vendor's own code."""
    import datetime
    import urllib.parse

    from azure.eventgrid import generate_sas

    parts = {name: urllib.parse.unquote(value) for name, value in (part.split("=", 1) for part in token.split("&"))}
    expiry = datetime.datetime.strptime(parts["e"], "%Y-%m-%d %H:%M:%S")
    assert expiry > datetime.datetime.utcnow(), "the token is expired"
    theirs = generate_sas(f"http://{host}/api/events", key, expiry)
    assert parts["s"] == urllib.parse.unquote(theirs.split("&s=")[1]), (token, theirs)


def read_event_hubs(request):
    import urllib.parse

    from azure.eventhub import EventData
    from azure.eventhub._pyamqp.utils import generate_sas_token

    assert request["path"].startswith("/hub/messages?"), request["path"]
    assert request["fields"]["content-type"] == "application/vnd.microsoft.servicebus.json", request["fields"]
    scheme, token = request["fields"]["authorization"].split(" ", 1)
    parts = {name: urllib.parse.unquote(value) for name, value in (part.split("=", 1) for part in token.split("&"))}
    assert scheme == "SharedAccessSignature" and parts["skn"] == "send" and int(parts["se"]) > time.time(), token
    theirs = generate_sas_token(f"http://{request['fields']['host']}/hub", "send", "a+b/c=", int(parts["se"]))
    assert f"sig={urllib.parse.quote_plus(parts['sig'])}" in theirs, (token, theirs)
    events = []
    for message in json.loads(request["data"]):
        event = EventData(message["Body"])
        event.properties = message["UserProperties"]
        key = message.get("BrokerProperties", {}).get("PartitionKey")
        assert key is None or key == json.loads(request["fields"]["brokerproperties"])["PartitionKey"]
        events.append({
            "id": event.properties.get("cloudEvents_id"), "key": key, "data": event.body_as_str(),
            "encoding": event.properties.get("payloadencoding"), "type": event.properties.get("contenttype"),
        })
    return events


def read_influx(request):
    from line_protocol_parser import parse_line

    assert request["path"] == "/api/v2/write?org=plant%207&bucket=sensors&precision=ns", request["path"]
    assert request["fields"]["authorization"] == "Token geheim", request["fields"]
    points = [parse_line(line) for line in request["data"].decode().splitlines() if line]
    return [{"id": f"x/{point['fields']['sequence']}", "time": point["time"]} for point in points]


def read_solace(request):
    fields = request["fields"]
    assert request["path"].startswith("/TOPIC/gateways/"), request["path"]
    assert fields["solace-delivery-mode"] == "Persistent", fields
    assert fields["authorization"] == "Basic " + base64.b64encode(b"gw:geheim").decode()
    assert fields["solace-message-id"] == fields["solace-user-property-ce-id"]
    return [{"id": fields["solace-message-id"], "path": request["path"], "data": request["data"].decode()}]


def read_confluent(request):
    """One ProduceRequest of confluentinc/kafka-rest's openapi.yaml after the other."""
    assert request["path"] == "/kafka/v3/clusters/lkc-1/topics/telemetry/records", request["path"]
    assert request["fields"].get("transfer-encoding") == "chunked", request["fields"]
    decoder = json.JSONDecoder()
    text = request["data"].decode()
    events = []
    while text.strip():
        message, end = decoder.raw_decode(text.lstrip())
        text = text.lstrip()[end:]
        assert set(message) <= {"partition_id", "headers", "key", "value", "timestamp"}, message
        assert message["value"]["type"] == "BINARY"
        headers = {header["name"]: base64.b64decode(header["value"]).decode() for header in message["headers"]}
        events.append({
            "id": headers.get("ce_id", ""), "time": message["timestamp"], "type": headers.get("content-type"),
            "key": base64.b64decode(message["key"]["data"]).decode() if "key" in message else None,
            "data": base64.b64decode(message["value"]["data"]).decode(),
        })
    return events


def read_pubsub(request):
    from google.pubsub_v1.types import PublishRequest

    assert request["fields"]["authorization"] == "Bearer ya29.token", request["fields"]
    topic, _, verb = request["path"].removeprefix("/v1/").rpartition(":")
    assert topic.startswith("projects/plant7/topics/") and verb == "publish", request["path"]
    publish = PublishRequest.from_json(request["data"], ignore_unknown_fields=False)
    assert 0 < len(publish.messages) <= 1000 and len(request["data"]) <= 10_000_000
    assert len({message.ordering_key for message in publish.messages}) == 1, "one ordering key for each request"
    events = []
    for message in publish.messages:
        attributes = dict(message.attributes)
        assert len(attributes) <= 100 and len(message.ordering_key.encode()) <= 1024
        assert all(len(name.encode()) <= 256 and len(value.encode()) <= 1024 for name, value in attributes.items())
        kind = attributes.get("content-type")
        event = json.loads(message.data) if kind == "application/cloudevents+json" else {
            name.removeprefix("ce-"): value for name, value in attributes.items() if name.startswith("ce-")}
        events.append({
            "id": event.get("id", ""), "subject": event.get("subject"), "key": message.ordering_key, "type": kind,
            "path": topic, "data": message.data.decode(errors="replace"),
        })
    return events


def token_for(assertion, public_key):
    """What Google's token server does, with Google's own code."""
    from google.auth import jwt

    form = dict(part.split("=", 1) for part in assertion.decode().split("&"))
    assert form["grant_type"] == "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer", form
    claims = jwt.decode(form["assertion"], certs=open(public_key).read())
    assert claims["iss"] == "gw@plant7.iam.gserviceaccount.com", claims
    assert claims["scope"] == "https://www.googleapis.com/auth/pubsub", claims
    return {"access_token": "ya29.token", "expires_in": 3599, "token_type": "Bearer"}


READERS = {
    "cloudevents": read_cloudevents, "event-grid": read_event_grid, "event-hubs": read_event_hubs,
    "influx": read_influx, "solace": read_solace, "confluent": read_confluent, "pubsub": read_pubsub,
}


class Endpoint(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Answers leave at once, not with the next acknowledgement of TCP.
    disable_nagle_algorithm = True

    def log_message(self, *arguments):
        pass

    def do_POST(self):
        name, _, argument = self.server.behaviour.partition(":")
        if name == "close-early":
            self.connection.close()
            self.close_connection = True
            return
        request = self.read_request()
        if name in READERS:
            return self.answer_as_service(name, argument, request)
        getattr(self, "answer_" + name.replace("-", "_"))(request, argument)

    def read_request(self):
        if self.headers.get("transfer-encoding") == "chunked":
            body = b""
            while (size := int(self.rfile.readline(), 16)) > 0:
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
        fields = {name.lower(): value for name, value in self.headers.items()}
        if fields.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        request = {"path": self.path, "fields": fields, "body": base64.b64encode(body).decode()}
        self.server.write("requests", request)
        request["data"] = body
        return request

    def respond(self, status, body=b"", fields={}):
        self.send_response(status)
        for name, value in fields.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def answer_as_service(self, name, argument, request):
        if name == "pubsub" and request["path"] == "/token":
            try:
                return self.respond(200, json.dumps(token_for(request["data"], argument)).encode())
            except Exception as error:
                return self.respond(400, json.dumps({"error": f"{type(error).__name__}: {error}"}).encode())
        try:
            events = READERS[name](request)
        except Exception as error:
            return self.respond(400, f"{type(error).__name__}: {error}".encode())
        for event in events:
            self.server.write("events", event)
        if name == "confluent":
            # Kafka does not take, the first time, every fifth message; and never one that says so.
            reports = [self.confluent_report(event) for event in events]
            return self.respond(200, "\r\n".join(json.dumps(report) for report in reports).encode())
        if name == "pubsub":
            return self.respond(200, json.dumps({"messageIds": [str(index) for index in range(len(events))]}).encode())
        self.respond({"event-hubs": 201, "influx": 204, "solace": 200}.get(name, 200))

    def confluent_report(self, event):
        if "poison" in event["data"]:
            return {"error_code": 42206, "message": "Produce failed: poison."}
        if event["id"] and sequence_of(event["id"]) % 5 == 0 and event["id"] not in self.server.seen:
            self.server.seen.add(event["id"])
            return {"error_code": 50003, "message": "NOT_LEADER_OR_FOLLOWER"}
        return {"error_code": 200, "cluster_id": "lkc-1", "topic_name": "telemetry", "partition_id": 0, "offset": 1}

    # Behaviours.

    def answer_status(self, request, argument):
        self.respond(int(argument), b"" if argument == "204" else b"because I say so")

    def answer_file(self, request, argument):
        """The status in a file, which the test may change."""
        self.respond(int(open(argument).read()))

    def answer_authorization(self, request, argument):
        """200 for one token in a file, which the test may change."""
        wanted = open(argument).read().strip()
        self.respond(200 if request["fields"].get("authorization") == f"Bearer {wanted}" else 401)

    def answer_poison(self, request, argument):
        poisoned = argument.encode() in request["data"]
        self.respond(400 if poisoned else 200, b"no such unit" if poisoned else b"")

    def answer_large(self, request, argument):
        self.respond(413 if len(request["data"]) > int(argument) else 202)

    def answer_busy(self, request, argument):
        self.respond(429, fields={"retry-after": argument})

    def answer_redirect(self, request, argument):
        self.respond(307, fields={"location": f"http://{self.headers['host']}{self.path}x"})

    def answer_slow_headers(self, request, argument):
        for byte in b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 10_000:
            self.wfile.write(bytes([byte]))
            time.sleep(0.2)

    def answer_drip(self, request, argument):
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
        while True:
            self.wfile.write(b"x")
            time.sleep(0.2)

    def answer_silence(self, request, argument):
        time.sleep(3600)

    def answer_half_body(self, request, argument):
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf of it")
        self.close_connection = True

    def answer_garbage(self, request, argument):
        self.wfile.write(os.urandom(4096))
        self.close_connection = True

    def answer_close(self, request, argument):
        self.close_connection = True

    def answer_huge(self, request, argument):
        self.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 104857600\r\n\r\n")
        try:
            for _ in range(1600):
                self.wfile.write(bytes(65536))
        except OSError:
            pass
        self.close_connection = True

    def answer_huge_headers(self, request, argument):
        self.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"x-a: " + b"b" * 10_000_000 + b"\r\n\r\n")
        self.close_connection = True

    def answer_once(self, request, argument):
        """One response for each connection, which is closed behind it without a word of warning."""
        self.respond(200)
        self.close_connection = True


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    # A client that leaves in the middle is part of the game.
    def handle_error(self, request, address):
        pass

    def __init__(self, folder, behaviour):
        super().__init__(("127.0.0.1", 0), Endpoint)
        self.folder, self.behaviour, self.seen = folder, behaviour, set()
        self.lock = threading.Lock()

    def write(self, name, entry):
        with self.lock, open(os.path.join(self.folder, name), "a") as file:
            file.write(json.dumps(entry) + "\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("behaviour")
    parser.add_argument("--certificate")
    parser.add_argument("--key")
    parser.add_argument("--client-ca")
    arguments = parser.parse_args()
    server = Server(arguments.folder, arguments.behaviour)
    if arguments.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(arguments.certificate, arguments.key)
        if arguments.client_ca:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(arguments.client_ca)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    path = os.path.join(arguments.folder, "port")
    with open(path + ".new", "w") as file:
        file.write(str(server.server_address[1]))
    os.rename(path + ".new", path)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
