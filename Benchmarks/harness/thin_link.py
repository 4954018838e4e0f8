"""A link between an uplink and the centre: thin if asked, closed until opened, and every byte counted by the second."""

import selectors
import socket
import threading
import time


class ThinLink:
    """A TCP relay on loopback in a thread. `rate`: bytes a second towards the centre; None: as they come."""

    def __init__(self, bench, target_port, rate=None):
        self.port = bench.reserve_port()
        self._target, self._rate = target_port, rate
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen(16)
        self._listener.setblocking(False)
        self._is_open = threading.Event()
        self._is_over = threading.Event()
        self._counts, self._credit, self._last = {}, 0.0, time.monotonic()
        self._peers, self._waiting = {}, {}
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def open(self):
        """Lets connections through from now on."""
        self._is_open.set()

    def close(self):
        """Cuts connections, and new ones, until `open`."""
        self._is_open.clear()

    def stop(self):
        """Ends the thread."""
        self._is_over.set()
        self._thread.join(5)

    def bytes_between(self, first, last):
        """Bytes of both directions in each second of time.monotonic() from `first` on, before `last`."""
        return [self._counts.get(second, 0) for second in range(int(first), int(last))]

    def _run(self):
        with selectors.DefaultSelector() as selector:
            selector.register(self._listener, selectors.EVENT_READ)
            while not self._is_over.is_set():
                for key, _ in selector.select(0.005):
                    if key.fileobj is self._listener:
                        self._accept(selector)
                    elif key.fileobj in self._peers:
                        self._take(selector, key.fileobj)
                if not self._is_open.is_set():
                    for end in list(self._peers):
                        self._drop(selector, end)
                self._give(selector)
        self._listener.close()

    def _accept(self, selector):
        client, _ = self._listener.accept()
        if not self._is_open.is_set():
            client.close()
            return
        server = socket.create_connection(("127.0.0.1", self._target))
        for end, peer, is_server in ((client, server, False), (server, client, True)):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.setblocking(False)
            self._peers[end] = (peer, is_server)
            self._waiting[end] = bytearray()
            selector.register(end, selectors.EVENT_READ)

    def _take(self, selector, end):
        peer, _ = self._peers[end]
        if len(self._waiting[peer]) > 65536:
            return
        try:
            data = end.recv(16384)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._waiting[peer] += data
        else:
            self._drop(selector, end)

    def _give(self, selector):
        now = time.monotonic()
        if self._rate:
            self._credit = min(self._rate / 50 + 1, self._credit + self._rate * (now - self._last))
        self._last = now
        for end in list(self._peers):
            if end not in self._peers or not self._waiting[end]:
                continue
            is_server, allowed = self._peers[end][1], len(self._waiting[end])
            if is_server and self._rate:
                allowed = min(allowed, int(self._credit))
            try:
                sent = end.send(self._waiting[end][:allowed]) if allowed else 0
            except BlockingIOError:
                continue
            except OSError:
                self._drop(selector, end)
                continue
            del self._waiting[end][:sent]
            self._counts[int(now)] = self._counts.get(int(now), 0) + sent
            if is_server:
                self._credit -= sent

    def _drop(self, selector, end):
        peer, _ = self._peers[end]
        for one in (end, peer):
            selector.unregister(one)
            del self._peers[one], self._waiting[one]
            one.close()
