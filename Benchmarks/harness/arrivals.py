"""The centre's consumer where delays matter: when each reading arrived, and when its device had sent it."""

import re
import socket
import struct
import threading
import time

TIME = re.compile(rb'"time":(\d{13})')


def _packet(kind, body):
    length, encoded = len(body), b""
    while True:
        length, digit = divmod(length, 128)
        encoded += bytes([digit | (0x80 if length else 0)])
        if not length:
            return bytes([kind]) + encoded + body


class Arrivals:
    """An MQTT 3.1.1 subscriber at QoS 0 in a thread; `readings`: (sent, arrived), milliseconds since 1970."""

    def __init__(self, port, topic="central/#"):
        self.readings = []
        self._socket = socket.create_connection(("127.0.0.1", port))
        self._stream = self._socket.makefile("rb")
        name = struct.pack(">H", 8) + b"arrivals"
        self._socket.sendall(_packet(0x10, b"\0\4MQTT\4\2\0\0" + name))
        self._receive()
        text = topic.encode()
        self._socket.sendall(_packet(0x82, b"\0\1" + struct.pack(">H", len(text)) + text + b"\0"))
        self._receive()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self):
        """Leaves."""
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)

    def _receive(self):
        kind = self._stream.read(1)
        if not kind:
            raise EOFError
        length = shift = 0
        while True:
            byte = self._stream.read(1)[0]
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return kind[0], self._stream.read(length)

    def _run(self):
        try:
            while True:
                kind, body = self._receive()
                if kind & 0xF0 == 0x30:
                    now = int(time.time() * 1000)
                    self.readings += [(int(sent), now) for sent in TIME.findall(body)]
        except (EOFError, OSError, IndexError):
            return
