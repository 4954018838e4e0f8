"""Asks an admin server over TLS: admin_tls.py PORT CA [CERTIFICATE KEY] [-- TOKEN]. Prints the status code."""

import http.client
import ssl
import sys

arguments = sys.argv[1:]
token = arguments[arguments.index("--") + 1] if "--" in arguments else None
arguments = arguments[: arguments.index("--")] if token else arguments
context = ssl.create_default_context(cafile=arguments[1])
if len(arguments) > 2:
    context.load_cert_chain(arguments[2], arguments[3])
connection = http.client.HTTPSConnection("localhost", int(arguments[0]), context=context, timeout=20)
try:
    connection.request("GET", "/status", headers={"Authorization": f"Bearer {token}"} if token else {})
    print(connection.getresponse().status)
except (ssl.SSLError, ConnectionError) as error:
    print("refused", type(error).__name__)
