"""Peer on the Python package websockets; README.md says what it does."""

import contextlib
import ssl

import websockets
from websockets.sync import client, server

import common


def serve(tls, credentials):
    check = server.basic_auth("interop", credentials) if credentials else None
    context = None
    if tls:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(*tls)
    with server.serve(handle, "127.0.0.1", 0, max_size=None, process_request=check, ssl=context) as listening:
        common.say("port", listening.socket.getsockname()[1])
        listening.serve_forever()


def handle(connection):
    try:
        while True:
            answer(connection, connection.recv())
    except websockets.ConnectionClosed:
        common.say("closed", connection.close_code, connection.close_reason)


def answer(connection, message):
    match common.parse_command(message):
        case ("fragment", size, text):
            connection.send(common.fragments(text.encode(), size), text=True)
        case ("ping", payload):
            ping(connection, payload)
            connection.send(f"pong:{payload.decode()}")
        case ("close", code, reason):
            connection.close(code, reason)
        case None:
            connection.send(message)


def ping(connection, payload):
    if not connection.ping(payload).wait(common.TIMEOUT):
        raise TimeoutError("no pong")


@contextlib.contextmanager
def connect(url, trust):
    context = ssl.create_default_context(cafile=trust) if trust else None
    with client.connect(url, max_size=None, open_timeout=common.TIMEOUT, ssl=context) as socket:
        yield Connection(socket)


class Connection:
    def __init__(self, socket):
        self.socket = socket

    def send(self, message):
        self.socket.send(message)

    def send_fragmented(self, message, size):
        data = message.encode() if isinstance(message, str) else message
        self.socket.send(common.fragments(data, size), text=isinstance(message, str))

    def receive(self):
        return self.socket.recv(timeout=common.TIMEOUT)

    def ping(self, payload):
        ping(self.socket, payload)

    def close(self, code, reason):
        self.socket.close(code, reason)
        return self.socket.close_code, self.socket.close_reason

    def wait_closed(self):
        try:
            message = self.receive()
        except websockets.ConnectionClosed:
            return self.socket.close_code, self.socket.close_reason
        raise AssertionError(f"a message instead of a close: {common.shorten(message)}")


if __name__ == "__main__":
    common.main(serve, connect)
