#!/usr/bin/env python3
"""Stands before the brokers of a Kafka cluster with TLS and SASL, which librdkafka's mock brokers do not have.

    kafka_front.py LOG UPSTREAM[,UPSTREAM...] [--mechanism NAME --user NAME --password TEXT | --token-file FILE]
                   [--certificate FILE --key FILE [--client-ca FILE]]

LOG gets "ready HOST:PORT,..." with one listener for each upstream broker, and then one line for each login: "accepted
MECHANISM NAME" or "refused MECHANISM". What the brokers say of their addresses is rewritten to those of the front. It
ends with whoever has started it.
"""

import argparse
import base64
import hashlib
import hmac
import os
import secrets
import socket
import ssl
import struct
import threading
import time

API_METADATA, API_SASL_HANDSHAKE, API_VERSIONS, API_SASL_AUTHENTICATE = 3, 17, 18, 36
UNSUPPORTED_SASL_MECHANISM, SASL_AUTHENTICATION_FAILED = 33, 58


class Closed(Exception):
    """The other side has hung up."""


def receive(connection, count):
    """Exactly so many bytes."""
    data = b""
    while len(data) < count:
        piece = connection.recv(count - len(data))
        if not piece:
            raise Closed
        data += piece
    return data


def receive_frame(connection):
    """One request or response, without its length."""
    return receive(connection, struct.unpack(">i", receive(connection, 4))[0])


def framed(body):
    """A request or response with its length."""
    return struct.pack(">i", len(body)) + body


class Login:
    """The server's side of one SASL exchange; `step` gives the answer, or None when the client is refused."""

    def __init__(self, options):
        self.options, self.is_done, self.name, self._scram = options, False, "", None

    def step(self, message):
        """Takes the client's next message."""
        if self.options.mechanism == "PLAIN":
            _, name, password = message.split(b"\0")
            return self._finish(name, (name, password) == (self.options.user.encode(), self.options.password.encode()))
        if self.options.mechanism == "OAUTHBEARER":
            with open(self.options.token_file, "rb") as file:
                token = file.read().strip()
            return self._finish(b"token", message.startswith(b"n,") and b"\1auth=Bearer " + token + b"\1" in message)
        return self._scram_last(message) if self._scram else self._scram_first(message)

    def _finish(self, name, is_right, answer=b""):
        self.is_done, self.name = is_right, name.decode()
        return answer if is_right else None

    def _scram_first(self, message):
        """RFC 5802, section 7: client-first-message."""
        bare = message.partition(b",,")[2]
        fields = dict(part.split(b"=", 1) for part in bare.split(b","))
        nonce, salt = secrets.token_hex(8).encode(), secrets.token_bytes(16)
        first = b"r=" + fields[b"r"] + nonce + b",s=" + base64.b64encode(salt) + b",i=4096"
        self._scram = (fields[b"n"], bare, first, salt, nonce)
        return first

    def _scram_last(self, message):
        """RFC 5802, section 3: the proof shows that the client knows the password, and the answer that we do.

        Like Kafka's own brokers it asks only that the nonce ends with the server's part: librdkafka before 2.6.1 sends
        the client's part twice.
        """
        name, bare, first, salt, nonce = self._scram
        digest = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}[self.options.mechanism]
        without_proof, _, proof = message.rpartition(b",p=")
        if not without_proof.endswith(nonce) or name != self.options.user.encode():
            return None

        def sign(key, text):
            return hmac.new(key, text, digest).digest()

        salted = hashlib.pbkdf2_hmac(digest, self.options.password.encode(), salt, 4096)
        client_key, text = sign(salted, b"Client Key"), bare + b"," + first + b"," + without_proof
        signature = sign(hashlib.new(digest, client_key).digest(), text)
        expected = bytes(one ^ other for one, other in zip(client_key, signature))
        answer = b"v=" + base64.b64encode(sign(sign(salted, b"Server Key"), text))
        return self._finish(name, hmac.compare_digest(base64.b64decode(proof), expected), answer)


class Front:
    """All listeners, and what they have in common."""

    def __init__(self, options):
        self.options = options
        self.log = open(options.log, "w", encoding="utf-8", buffering=1)
        self.ports = {}
        self.context = None
        if options.certificate:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(options.certificate, options.key)
            if options.client_ca:
                self.context.load_verify_locations(options.client_ca)
                self.context.verify_mode = ssl.CERT_REQUIRED

    def start(self):
        """Listens for each upstream broker."""
        for upstream in self.options.upstream.split(","):
            host, _, port = upstream.rpartition(":")
            listener = socket.create_server(("127.0.0.1", 0))
            self.ports[int(port)] = listener.getsockname()[1]
            threading.Thread(target=self._accept, args=(listener, (host, int(port))), daemon=True).start()
        print("ready " + ",".join(f"127.0.0.1:{port}" for port in self.ports.values()), file=self.log)

    def _accept(self, listener, upstream):
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=self._serve, args=(connection, upstream), daemon=True).start()

    def _serve(self, connection, upstream):
        try:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            with connection, socket.create_connection(upstream) as broker:
                Conversation(self, connection, broker).run()
        except (Closed, OSError, ValueError, KeyError):
            pass  # the client sees its connection end, which is what a broker does too


class Conversation:
    """One connection of a client and the one to its broker."""

    def __init__(self, front, client, broker):
        self.front, self.client, self.broker = front, client, broker
        self.login = Login(front.options) if front.options.mechanism else None
        self.asked = {}

    def run(self):
        """Passes requests on until either side hangs up."""
        threading.Thread(target=self._answers, daemon=True).start()
        while True:
            request = receive_frame(self.client)
            key, _, number = struct.unpack_from(">hhi", request)
            if key in (API_SASL_HANDSHAKE, API_SASL_AUTHENTICATE):
                self._log_in(key, number, request)
                continue
            if self.login and not self.login.is_done and key != API_VERSIONS:
                raise Closed
            self.asked[number] = (key, struct.unpack_from(">h", request, 2)[0])
            self.broker.sendall(framed(request))

    def _log_in(self, key, number, request):
        name_length = max(0, struct.unpack_from(">h", request, 8)[0])
        body = request[10 + name_length:]
        mechanism = self.front.options.mechanism.encode()
        if key == API_SASL_HANDSHAKE:
            wanted = body[2:2 + struct.unpack_from(">h", body)[0]]
            code = 0 if wanted == mechanism else UNSUPPORTED_SASL_MECHANISM
            answer = struct.pack(">ihih", number, code, 1, len(mechanism)) + mechanism
        else:
            result = self.login.step(body[4:4 + struct.unpack_from(">i", body)[0]])
            is_over = result is None or self.login.is_done
            if is_over:
                word = "refused" if result is None else "accepted"
                print(f"{word} {mechanism.decode()} {self.login.name}".strip(), file=self.front.log)
            code = SASL_AUTHENTICATION_FAILED if result is None else 0
            text = b"who are you?" if code else b""
            answer = struct.pack(">ihh", number, code, len(text)) + text + framed(result or b"")
            if struct.unpack_from(">h", request, 2)[0] > 0:
                answer += struct.pack(">q", 0)
        self.client.sendall(framed(answer))

    def _answers(self):
        try:
            while True:
                response = receive_frame(self.broker)
                key, version = self.asked.pop(struct.unpack_from(">i", response)[0], (None, 0))
                if key == API_METADATA:
                    response = self._with_our_ports(response)
                elif key == API_VERSIONS and self.login:
                    response = with_sasl(response, version)
                self.client.sendall(framed(response))
        except (Closed, OSError):
            self.client.close()

    def _with_our_ports(self, response):
        for old, new in self.front.ports.items():
            for mark in (b"\x00\x09127.0.0.1", b"\x0a127.0.0.1"):
                response = response.replace(mark + struct.pack(">i", old), mark + struct.pack(">i", new))
        return response


def with_sasl(response, version):
    """What a broker says it can do, and SASL with it."""
    code = struct.unpack_from(">h", response, 4)[0]
    own = [(API_SASL_HANDSHAKE, 0, 1), (API_SASL_AUTHENTICATE, 0, 1)]
    if version >= 3 and code == 0:
        # A compact array: a count in one byte, up to 126 entries, and each entry ends with its tags.
        entries = b"".join(struct.pack(">hhhB", *entry, 0) for entry in own)
        return response[:6] + bytes([response[6] + len(own)]) + entries + response[7:]
    count = struct.unpack_from(">i", response, 6)[0] + len(own)
    return response[:6] + struct.pack(">i", count) + b"".join(struct.pack(">hhh", *entry) for entry in own) \
        + response[10:]


def main():
    """Listens until the parent goes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("log")
    parser.add_argument("upstream")
    for name in ("mechanism", "user", "password", "token-file", "certificate", "key", "client-ca"):
        parser.add_argument("--" + name)
    parent = os.getppid()
    Front(parser.parse_args()).start()
    while os.getppid() == parent:
        time.sleep(0.1)


if __name__ == "__main__":
    main()
