"""Peer on Qt's QWebSocket and QWebSocketServer (PySide6); README.md says what it does."""

import collections
import contextlib
import sys
import time

from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, QTimer, QUrl
from PySide6.QtNetwork import QAbstractSocket, QHostAddress, QSslCertificate, QSslConfiguration, QSslKey, QSsl
from PySide6.QtWebSockets import QWebSocket, QWebSocketProtocol, QWebSocketServer

import common

CloseCode = QWebSocketProtocol.CloseCode


def unnamed_close_code(cls, value):
    """The enum of PySide6 knows the named codes only; in C++ any number is a value of it."""
    member = object.__new__(cls)
    member._name_ = str(value)
    member._value_ = value
    return member


CloseCode._missing_ = classmethod(unnamed_close_code)


def serve(tls, credentials):
    if credentials:
        sys.exit("Qt has no server that asks")
    mode = QWebSocketServer.SslMode
    server = QWebSocketServer("interop", mode.SecureMode if tls else mode.NonSecureMode)
    if tls:
        server.setSslConfiguration(identity(*tls))
    server.newConnection.connect(lambda: Session(server.nextPendingConnection(), server))
    if not server.listen(QHostAddress(QHostAddress.SpecialAddress.LocalHost), 0):
        sys.exit(server.errorString())
    common.say("port", server.serverPort())
    QCoreApplication.exec()


def identity(certificate, key):
    configuration = QSslConfiguration.defaultConfiguration()
    configuration.setLocalCertificateChain(QSslCertificate.fromPath(certificate))
    with open(key, "rb") as file:
        configuration.setPrivateKey(QSslKey(file.read(), QSsl.KeyAlgorithm.Ec))
    return configuration


class Session(QObject):
    """The server's side of one connection."""

    def __init__(self, socket, parent):
        super().__init__(parent)
        self.socket = socket
        socket.setParent(self)
        socket.textMessageReceived.connect(self.answer)
        socket.binaryMessageReceived.connect(lambda data: socket.sendBinaryMessage(data))
        socket.pong.connect(lambda _, payload: socket.sendTextMessage(f"pong:{payload.data().decode()}"))
        socket.disconnected.connect(self.finish)

    def answer(self, text):
        match common.parse_command(text):
            case ("fragment", size, text):
                send_fragmented(self.socket, text, size)
            case ("ping", payload):
                self.socket.ping(payload)
            case ("close", code, reason):
                self.socket.close(CloseCode(code), reason)
            case None:
                self.socket.sendTextMessage(text)

    def finish(self):
        common.say("closed", self.socket.closeCode().value, self.socket.closeReason())
        self.deleteLater()


def send_fragmented(socket, message, size):
    whole = socket.outgoingFrameSize()
    socket.setOutgoingFrameSize(size)
    send(socket, message)
    socket.setOutgoingFrameSize(whole)


def send(socket, message):
    if isinstance(message, str):
        socket.sendTextMessage(message)
    else:
        socket.sendBinaryMessage(message)


@contextlib.contextmanager
def connect(url, trust):
    connection = Connection(url, trust)
    yield connection
    if not connection.is_closed():
        connection.close(1000, "")


class Connection:
    def __init__(self, url, trust):
        self.messages = collections.deque()
        self.pongs = collections.deque()
        self.socket = QWebSocket()
        self.socket.textMessageReceived.connect(self.messages.append)
        self.socket.binaryMessageReceived.connect(lambda data: self.messages.append(data.data()))
        self.socket.pong.connect(lambda _, payload: self.pongs.append(payload.data()))
        # waiting for events ends once a second, so that time is looked at even if none come
        self.heartbeat = QTimer()
        self.heartbeat.start(1000)
        if trust:
            configuration = QSslConfiguration.defaultConfiguration()
            configuration.setCaCertificates(QSslCertificate.fromPath(trust))
            self.socket.setSslConfiguration(configuration)
        self.socket.open(QUrl(url))
        self.wait(lambda: self.socket.state() == QAbstractSocket.SocketState.ConnectedState)

    def is_closed(self):
        return self.socket.state() == QAbstractSocket.SocketState.UnconnectedState

    def wait(self, done):
        deadline = time.monotonic() + common.TIMEOUT
        while not done():
            if self.is_closed():
                raise ConnectionError(f"{self.socket.closeCode().value} {self.socket.errorString()}")
            if time.monotonic() > deadline:
                raise TimeoutError("timed out")
            QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)

    def send(self, message):
        send(self.socket, message)

    def send_fragmented(self, message, size):
        send_fragmented(self.socket, message, size)

    def receive(self):
        self.wait(lambda: self.messages)
        return self.messages.popleft()

    def ping(self, payload):
        self.socket.ping(payload)
        self.wait(lambda: self.pongs)
        common.expect(self.pongs.popleft(), payload)

    def close(self, code, reason):
        self.socket.close(CloseCode(code), reason)
        return self.wait_closed()

    def wait_closed(self):
        self.wait(self.is_closed)
        return self.socket.closeCode().value, self.socket.closeReason()


if __name__ == "__main__":
    application = QCoreApplication(sys.argv)
    common.main(serve, connect)
