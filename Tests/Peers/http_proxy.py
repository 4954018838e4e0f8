"""A proxy on loopback that connects where it is asked to (CONNECT, RFC 9110, 9.3.6).

    http_proxy.py FOLDER [USER:PASSWORD]

It writes FOLDER/port when it listens, and each target that it was asked for into FOLDER/targets.
"""

import base64
import os
import socket
import sys
import threading


def pump(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def serve(client, folder, login):
    head = b""
    while b"\r\n\r\n" not in head:
        data = client.recv(65536)
        if not data:
            return
        head += data
    lines = head.decode().split("\r\n")
    method, target, _ = lines[0].split(" ")
    fields = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines[1:] if ":" in line}
    with open(os.path.join(folder, "targets"), "a") as file:
        file.write(f"{method} {target}\n")
    wanted = "Basic " + base64.b64encode(login.encode()).decode() if login else None
    if wanted and fields.get("proxy-authorization") != wanted:
        client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
        client.close()
        return
    host, port = target.rsplit(":", 1)
    upstream = socket.create_connection((host, int(port)))
    client.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
    threading.Thread(target=pump, args=(upstream, client), daemon=True).start()
    pump(client, upstream)


def main():
    folder, login = sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else None
    listener = socket.create_server(("127.0.0.1", 0))
    path = os.path.join(folder, "port")
    with open(path + ".new", "w") as file:
        file.write(str(listener.getsockname()[1]))
    os.rename(path + ".new", path)
    while True:
        client, _ = listener.accept()
        threading.Thread(target=serve, args=(client, folder, login), daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
