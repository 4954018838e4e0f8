#!/usr/bin/env python3
"""Readers of live records: live_readers.py SOCKET READERS. Each follows the stream through the admin socket and drops
what comes. Says "ready" when all have an answer, and at SIGTERM how many bytes came. As unimportant as can be: what is
measured is what readers cost the agent, not what their programs cost the machine."""

import json
import os
import selectors
import signal
import socket
import sys

REQUEST = b"GET /records/live HTTP/1.1\r\nHost: localhost\r\n\r\n"


def main():
    """Reads until it is told to stop."""
    path, count = sys.argv[1], int(sys.argv[2])
    os.nice(19)
    is_stopping = []
    signal.signal(signal.SIGTERM, lambda *_: is_stopping.append(True))
    selector = selectors.DefaultSelector()
    waiting = set()
    for _ in range(count):
        reader = socket.socket(socket.AF_UNIX)
        reader.connect(path)
        reader.sendall(REQUEST)
        reader.setblocking(False)
        selector.register(reader, selectors.EVENT_READ)
        waiting.add(reader)
    received, is_ready = 0, False
    while not is_stopping:
        for key, _ in selector.select(timeout=0.2):
            data = key.fileobj.recv(1 << 18)
            if not data:
                selector.unregister(key.fileobj)
                key.fileobj.close()
            received += len(data)
            waiting.discard(key.fileobj)
        if not waiting and not is_ready:
            is_ready = True
            print(json.dumps({"event": "ready"}), flush=True)
    print(json.dumps({"event": "result", "bytes": received, "readers": len(selector.get_map())}), flush=True)


main()
