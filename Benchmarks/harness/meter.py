"""A line that counts: bytes of TCP payload both ways, whatever is spoken over it."""

import selectors
import socket
import threading
import time


class Meter:
    """Takes connections on a port of its own, hands them on to another, and counts. Nobody gets through before `open`.
    """

    def __init__(self, port, target):
        self.port, self._target = port, target
        self._counts = {"up": 0, "down": 0}
        self._is_closed = False
        self._listener = None
        self._thread = None
        self.last_change = time.monotonic()

    @property
    def bytes_up(self):
        """Bytes towards the target."""
        return self._counts["up"]

    @property
    def bytes_down(self):
        """Bytes from the target."""
        return self._counts["down"]

    def open(self):
        """Lets connections through."""
        self._listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", self.port))
        self._listener.listen()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        """Ends all connections."""
        self._is_closed = True
        if self._thread:
            self._thread.join()

    def wait_until_quiet(self, seconds=2, timeout=120):
        """Waits until something has come through, and nothing more has for so long."""
        end = time.monotonic() + timeout
        while self.bytes_up == 0 or time.monotonic() - self.last_change < seconds:
            if time.monotonic() > end:
                raise TimeoutError(f"the line was not quiet within {timeout} s")
            time.sleep(0.05)

    def _run(self):
        selector = selectors.DefaultSelector()
        selector.register(self._listener, selectors.EVENT_READ)
        while not self._is_closed:
            for key, _ in selector.select(timeout=0.1):
                if key.fileobj is self._listener:
                    self._accept(selector)
                else:
                    self._carry(selector, key.fileobj, *key.data)
        selector.close()
        self._listener.close()

    def _accept(self, selector):
        near, _ = self._listener.accept()
        far = socket.create_connection(("127.0.0.1", self._target))
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(near, selectors.EVENT_READ, (far, "up"))
        selector.register(far, selectors.EVENT_READ, (near, "down"))

    def _carry(self, selector, source, sink, way):
        try:
            content = source.recv(1 << 16)
            sink.sendall(content)
        except OSError:
            content = b""
        if not content:
            for end in (source, sink):
                selector.unregister(end)
                end.close()
            return
        self._counts[way] += len(content)
        self.last_change = time.monotonic()
