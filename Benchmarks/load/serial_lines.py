#!/usr/bin/env python3
"""Devices on pseudo-terminals that speak as fast as 115200 baud allow; says what it sent as JSON.

Prints {"ports": [...]} when the ports are there, waits for a file, writes frames to all ports at the pace of the line,
prints {"frames": ..., ...} and holds the ports open until it is ended. A port whose buffer is full loses what does not
fit, as a UART does: that is counted.
"""

import argparse
import json
import os
import pty
import resource
import struct
import sys
import time
import tty

BYTES_PER_SECOND = 11520  # 115200 baud, 8N1: ten bits a byte
TURN = 0.01


def frame_text(number, size):
    """A line of text with the frame's number."""
    text = f"{number % 1000000},{21 + number % 7 / 10:.1f},{40 + number % 11},{1013 + number % 5}"
    return text.ljust(size - 1, " ").encode() + b"\n" if len(text) < size else text.encode()[:size - 1] + b"\n"


def frame_binary(number, size):
    """42 4D, the number, values that wander, and the sum of all bytes."""
    values = [(number * 7 + index * 131) % 1000 for index in range((size - 8) // 2)]
    body = b"\x42\x4d" + struct.pack(">I", number & 0xFFFFFFFF) + struct.pack(f">{len(values)}H", *values)
    return body + struct.pack(">H", sum(body) & 0xFFFF)


FRAMES = {"text": frame_text, "binary": frame_binary}


def speak(masters, frames, size, seconds):
    """Writes whole frames to all ports, so many that the pace is kept; returns what was sent and what did not fit."""
    per_port = int(BYTES_PER_SECOND * seconds / size)
    sent, lost_bytes, turns_late = 0, 0, 0
    begin = time.monotonic()
    done = 0
    while done < per_port:
        due = min(per_port, int((time.monotonic() - begin) * BYTES_PER_SECOND / size))
        if due > done:
            chunk = b"".join(frames[number % len(frames)] for number in range(done, due))
            for master in masters:
                try:
                    written = os.write(master, chunk)
                except BlockingIOError:
                    written = 0
                lost_bytes += len(chunk) - written
            sent += (due - done) * len(masters)
            done = due
        wait = TURN - (time.monotonic() - begin) % TURN
        time.sleep(wait)
        turns_late += 1
    return {"frames": sent, "bytes": sent * size, "lost_bytes": lost_bytes, "seconds": time.monotonic() - begin}


def main():
    """Opens the ports, speaks, and waits for its end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ports", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--kind", choices=sorted(FRAMES), default="binary")
    parser.add_argument("--size", type=int, default=32, help="bytes of a frame")
    parser.add_argument("--start", required=True, metavar="FILE", help="it begins when this file is there")
    options = parser.parse_args()
    masters, ports = [], []
    for _ in range(options.ports):
        master, slave = pty.openpty()
        tty.setraw(slave)
        ports.append(os.ttyname(slave))
        os.close(slave)
        os.set_blocking(master, False)
        masters.append(master)
    frames = [FRAMES[options.kind](number, options.size) for number in range(4096)]
    print(json.dumps({"ports": ports}), flush=True)
    while not os.path.exists(options.start):
        time.sleep(0.02)
    result = speak(masters, frames, options.size, options.seconds)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps(result | {"cpu_seconds": usage.ru_utime + usage.ru_stime}), flush=True)
    while True:
        time.sleep(60)


if __name__ == "__main__":
    sys.exit(main())
