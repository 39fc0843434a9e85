"""Asks real Qt again what it makes of the texts in recorded.tsv, and writes that there.

Run by hand, with the interpreter that tests/interop/setup.sh installs:
    QT_NO_GLIB=1 target/interop/venv/bin/python tests/websocket/urls/record.py
"""

import pathlib
import re
import sys

from PySide6.QtCore import QCoreApplication, QEventLoop, QTimer, QUrl
from PySide6.QtNetwork import QHostAddress, QNetworkProxy, QTcpServer
from PySide6.QtWebSockets import QWebSocket

PLACE = pathlib.Path(__file__).with_name("recorded.tsv")
ESCAPES = {"\\\\": "\\", "\\t": "\t", "\\n": "\n", "\\r": "\r", "\\0": "\0"}


def unescaped(column):
    text = column[1:-1]
    of = lambda m: chr(int(m[1], 16)) if m[1] else ESCAPES[m[0]]
    return re.sub(r"\\u\{([0-9a-f]+)\}|\\.", of, text)


def record(text):
    heads = []
    loop = QEventLoop()
    proxy = QTcpServer()
    proxy.listen(QHostAddress.LocalHost, 0)

    def accept():
        connection = proxy.nextPendingConnection()
        received = bytearray()

        def read():
            received.extend(bytes(connection.readAll()))
            while b"\r\n\r\n" in received:
                end = received.index(b"\r\n\r\n")
                heads.append(received[:end].decode("latin1").split("\r\n"))
                del received[: end + 4]
                if len(heads) == 1:
                    connection.write(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    QTimer.singleShot(0, loop.quit)

        connection.readyRead.connect(read)

    proxy.newConnection.connect(accept)
    socket = QWebSocket()
    socket.setProxy(QNetworkProxy(QNetworkProxy.HttpProxy, "127.0.0.1", proxy.serverPort()))
    errors = []
    socket.errorOccurred.connect(lambda _: (errors.append(socket.errorString()), QTimer.singleShot(0, loop.quit)))
    socket.open(QUrl(text))
    refused = errors[0] if errors else "-"
    if not errors:
        QTimer.singleShot(1000, loop.quit)
        loop.exec()
    fields = [line[6:] for line in heads[1] if line.startswith("Host: ")] if len(heads) > 1 else []
    columns = [socket.resourceName(), "".join(fields), socket.peerName(), refused]
    socket.abort()
    return [column or "-" for column in columns]


def main():
    app = QCoreApplication(sys.argv)
    lines = PLACE.read_text(encoding="utf-8").split("\n")
    for index, line in enumerate(lines):
        if line.startswith('"'):
            text = line.split("\t")[0]
            lines[index] = "\t".join([text, *record(unescaped(text))])
    PLACE.write_text("\n".join(lines), encoding="utf-8")
    del app


main()
