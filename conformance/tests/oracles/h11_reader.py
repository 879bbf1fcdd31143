"""Reads responses with h11, as conformance/tests/oracles/h11.rs asks it to.

A line in is a response: 1 if the stream ends behind it and 0 if it stays open, a space, its bytes in hex. A line
out is what it came to, as JSON: null if it isn't whole, or is none.
"""

import json
import sys

import h11

print(h11.__version__, flush=True)


def read(response, ends):
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    connection.send(h11.EndOfMessage())
    head, body = None, b""
    feed = [response] + [b""] * ends
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            if not feed:
                return None
            connection.receive_data(feed.pop(0))
        elif isinstance(event, h11.Response):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            return {
                "status": head.status_code,
                "reason": head.reason.hex(),
                "headers": fields(head.headers),
                "body": body.hex(),
                "trailers": fields(event.headers),
                "length": len(response) - len(connection.trailing_data[0]),
            }
        elif not isinstance(event, h11.InformationalResponse):
            return None


def fields(headers):
    return [[name.hex(), value.hex()] for name, value in headers.raw_items()]


for line in sys.stdin:
    ends, response = line.split(" ", 1)
    try:
        message = read(bytes.fromhex(response), int(ends))
    except h11.RemoteProtocolError:
        message = None
    print(json.dumps(message), flush=True)
