"""What the Python peers share: the checks, the commands and the command line.

A peer supplies a function `serve(tls, credentials)`: the files of certificate and
key, if it is to use TLS, and user and password, if it is to ask for them; and a
context manager `connect(url, trust)`, given the file of a trusted certificate for
`wss`, whose connection is open inside and closed after, and has these methods.
Each of them waits until it is done, and raises if that takes longer than TIMEOUT.

    send(message)                   str is sent as text, bytes as binary
    send_fragmented(message, size)  in frames of at most `size` bytes
    receive()                       the next message, as str or bytes
    ping(payload)                   sends a ping and waits for its pong
    close(code, reason)             closes; returns the code and reason that came back
    wait_closed()                   waits for the server to close; returns code and reason
"""

import argparse
import os
import sys
import threading

TIMEOUT = 60  # seconds

# The pattern is 16 bytes of UTF-8 that end in a character of three.
BIG_TEXT = "0123456789abc✓" * (1 << 20)
BIG_BINARY = bytes(range(256)) * (1 << 16)
UNICODE = "Grüße, 世界, 🦀"


def check_echo(connection, message):
    connection.send(message)
    expect(connection.receive(), message)


def check_fragmented(connection, message, size):
    connection.send_fragmented(message, size)
    expect(connection.receive(), message)


def check_close(connection, code, reason):
    expect(connection.close(code, reason), (code, reason))


def check_server_close(connection, code, reason):
    connection.send(f"close:{code}:{reason}")
    expect(connection.wait_closed(), (code, reason))


def check_command(connection, command, answer):
    connection.send(command)
    expect(connection.receive(), answer)


CHECKS = {
    "text": lambda c: check_echo(c, "Hello, world!"),
    "unicode text": lambda c: check_echo(c, UNICODE),
    "empty text": lambda c: check_echo(c, ""),
    "binary": lambda c: check_echo(c, bytes(range(256))),
    "empty binary": lambda c: check_echo(c, b""),
    "text of 16 MiB": lambda c: check_echo(c, BIG_TEXT),
    "binary of 16 MiB": lambda c: check_echo(c, BIG_BINARY),
    "fragmented text": lambda c: check_fragmented(c, UNICODE, 3),
    "fragmented binary": lambda c: check_fragmented(c, bytes(range(256)), 100),
    "ping": lambda c: c.ping(b"are you there?"),
    "close": lambda c: check_close(c, 4001, "going home ✓"),
}

COMMAND_CHECKS = {
    "fragments from the server": lambda c: check_command(c, f"fragment:3:{UNICODE}", UNICODE),
    "ping from the server": lambda c: check_command(c, "ping:and you?", "pong:and you?"),
    "close from the server": lambda c: check_server_close(c, 4002, "not today ✓"),
}


def expect(actual, expected):
    if actual != expected:
        raise AssertionError(f"expected {shorten(expected)}, got {shorten(actual)}")


def shorten(value):
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:60]}… ({len(value)} long)"


def say(*words):
    # one write, as several threads of a peer may have something to say
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def run_checks(connect, url, trust, checks):
    """Runs each check on a connection of its own; returns the exit code."""
    failures = 0
    for name, check in checks.items():
        try:
            with connect(url, trust) as connection:
                check(connection)
            say("ok", name)
        except Exception as error:  # whatever goes wrong is the result of this check, not the end of all
            failures += 1
            say(f"failed {name}: {type(error).__name__}: {error}")
    return 1 if failures else 0


def parse_command(message):
    """Splits a command into its name and arguments; None for a message to be echoed."""
    if not isinstance(message, str):
        return None
    name, *rest = message.split(":", 1)
    if name == "ping" and rest:
        return name, rest[0].encode()
    if name in ("fragment", "close") and rest:
        number, text = rest[0].split(":", 1)
        return name, int(number), text
    return None


def fragments(data, size):
    """The pieces of `data`; one empty piece if there is nothing."""
    return [data[start : start + size] for start in range(0, len(data), size)] or [data]


def main(serve, connect):
    parser = argparse.ArgumentParser()
    modes = parser.add_subparsers(dest="mode", required=True)
    server = modes.add_parser("server")
    for option in ("--certificate", "--key", "--user", "--password"):
        server.add_argument(option)
    client = modes.add_parser("client")
    client.add_argument("url")
    client.add_argument("--trust")
    client.add_argument("--commands", action="store_true")
    arguments = parser.parse_args()
    if arguments.mode == "server":
        threading.Thread(target=exit_with_stdin, daemon=True).start()
        serve(
            (arguments.certificate, arguments.key) if arguments.certificate else None,
            (arguments.user, arguments.password) if arguments.user else None,
        )
    else:
        checks = CHECKS | COMMAND_CHECKS if arguments.commands else CHECKS
        sys.exit(run_checks(connect, arguments.url, arguments.trust, checks))


def exit_with_stdin():
    """Ends the process with the one that started it, however that one ended."""
    sys.stdin.buffer.read()
    os._exit(0)
