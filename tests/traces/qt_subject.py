#!/usr/bin/env python3
"""The subject of the trace suite that is the real Qt: PySide6's QtWebSockets.

README.md describes the protocol. Usage: qt_subject.py client|server
"""
import ctypes
import json
import os
import sys
import time

import qt_network
import qt_tls
import shiboken6
from PySide6 import QtCore, QtNetwork, QtWebSockets
from PySide6.QtNetwork import QAbstractSocket, QHostAddress, QNetworkProxy, QNetworkRequest, QSslConfiguration
from PySide6.QtWebSockets import QWebSocket, QWebSocketHandshakeOptions, QWebSocketProtocol, QWebSocketServer
from qt_network import address, proxy
from qt_tls import TLS_SIGNALS, configured, kinds, ssl_errors

# Signals can only deliver arguments of types that PySide has loaded, which it does when they are first named.
TYPES = [
    QAbstractSocket.SocketState, QAbstractSocket.SocketError, QHostAddress, QNetworkProxy, QtNetwork.QAuthenticator,
    QtNetwork.QSsl.AlertLevel, QtNetwork.QSsl.AlertType, QtNetwork.QSslCertificate, QtNetwork.QSslError.SslError,
    QtNetwork.QSslPreSharedKeyAuthenticator, QtNetwork.QSslSocket, QSslConfiguration,
    QtWebSockets.QWebSocketCorsAuthenticator, QWebSocketProtocol.CloseCode, QWebSocketProtocol.Version,
]


# ---- what PySide cannot do, called in the library itself
#
# A close code that is no enumerator cannot be passed or returned; error() is hidden by the signal of that name; and an
# object's wrapper is dead already while the destructor emits.

def library():
    with open("/proc/self/maps") as maps:
        path = next(line.split()[-1] for line in maps if "libQt6WebSockets" in line)
    return ctypes.CDLL(path)


class QString(ctypes.Structure):
    _fields_ = [("header", ctypes.c_void_p), ("units", ctypes.c_void_p), ("size", ctypes.c_ssize_t)]

    @classmethod
    def of(cls, text):
        encoded = text.encode("utf-16-le", "surrogatepass")
        buffer = ctypes.create_string_buffer(encoded + b"\0\0")
        string = cls(None, ctypes.addressof(buffer), len(encoded) // 2)
        string.buffer = buffer
        return string

    def text(self):
        return ctypes.string_at(self.units, 2 * self.size).decode("utf-16-le", "surrogatepass") if self.size else ""


def function(symbol, result, *parameters):
    found = getattr(LIBRARY, symbol)
    found.restype, found.argtypes = result, [ctypes.c_void_p, *parameters]
    return found


LIBRARY = library()
close = function("_ZN10QWebSocket5closeEN18QWebSocketProtocol9CloseCodeERK7QString", None, ctypes.c_int,
                 ctypes.POINTER(QString))
send_text = function("_ZN10QWebSocket15sendTextMessageERK7QString", ctypes.c_longlong, ctypes.POINTER(QString))
close_code = function("_ZNK10QWebSocket9closeCodeEv", ctypes.c_int)
error = function("_ZNK10QWebSocket5errorEv", ctypes.c_int)
state = function("_ZNK10QWebSocket5stateEv", ctypes.c_int)
is_valid = function("_ZNK10QWebSocket7isValidEv", ctypes.c_bool)
server_error = function("_ZNK16QWebSocketServer5errorEv", ctypes.c_int)
is_listening = function("_ZNK16QWebSocketServer11isListeningEv", ctypes.c_bool)
has_pending = function("_ZNK16QWebSocketServer21hasPendingConnectionsEv", ctypes.c_bool)


def close_reason(socket):
    # An object is returned through a pointer that goes in front.
    returned = QString()
    function("_ZNK10QWebSocket11closeReasonEv", None, ctypes.c_void_p)(ctypes.addressof(returned), socket)
    return returned.text()


STATES = {value.value: value.name for value in QAbstractSocket.SocketState}
ERRORS = {value.value: value.name for value in QAbstractSocket.SocketError}


# ---- what the signals say

def name(enumerator):
    return enumerator.name


def hexed(data):
    return bytes(data).hex()


SOCKET_SIGNALS = TLS_SIGNALS | {
    "stateChanged": lambda state: [name(state)],
    "connected": lambda: [],
    "disconnected": lambda: [],
    "aboutToClose": lambda: [],
    "readChannelFinished": lambda: [],
    "textFrameReceived": lambda text, is_last: [text, is_last],
    "binaryFrameReceived": lambda data, is_last: [hexed(data), is_last],
    "textMessageReceived": lambda text: [text],
    "binaryMessageReceived": lambda data: [hexed(data)],
    "pong": lambda elapsed, data: [int(elapsed), hexed(data)],
    "bytesWritten": lambda count: [int(count)],
    "errorOccurred": lambda error: [name(error)],
    "proxyAuthenticationRequired": lambda proxy, authenticator: [proxy.hostName(), authenticator.realm()],
    "authenticationRequired": lambda authenticator: [authenticator.realm()],
}
SERVER_SIGNALS = TLS_SIGNALS | {
    "newConnection": lambda: [],
    "closed": lambda: [],
    "acceptError": lambda error: [name(error)],
    "serverError": lambda code: [int(getattr(code, "value", code))],
    "originAuthenticationRequired": lambda authenticator: [authenticator.origin(), authenticator.allowed()],
    "sslErrorsOccurred": lambda socket, errors: [kinds(errors)],
}


# ---- objects

class Actor:
    """An object of the scenario, under its name there."""

    def __init__(self, name, qt):
        self.name, self.qt, self.alive = name, qt, True
        self.address = shiboken6.getCppPointer(qt)[0]

    def ask(self, what):
        return {key: self.answers[key](self) for key in what or self.answers}


class Mask(QtWebSockets.QMaskGenerator):
    def __init__(self, mask):
        super().__init__()
        self.mask = mask

    def seed(self):
        return True

    def nextMask(self):
        return self.mask


class Socket(Actor):
    signals = SOCKET_SIGNALS
    answers = {
        "state": lambda self: STATES[state(self.address)],
        "is_valid": lambda self: self.qt.isValid(),
        "close_code": lambda self: close_code(self.address),
        "close_reason": lambda self: self.qt.closeReason(),
        "error": lambda self: ERRORS[error(self.address)],
        "error_string": lambda self: self.qt.errorString(),
        "origin": lambda self: self.qt.origin(),
        "resource_name": lambda self: self.qt.resourceName(),
        "request_url": lambda self: self.qt.requestUrl().toString(QtCore.QUrl.ComponentFormattingOption.FullyEncoded),
        "request_headers": lambda self: [
            [header, bytes(self.qt.request().rawHeader(header)).decode("latin-1")]
            for header in (bytes(header).decode("latin-1") for header in self.qt.request().rawHeaderList())],
        "peer_address": lambda self: self.qt.peerAddress().toString(),
        "peer_port": lambda self: self.qt.peerPort(),
        "peer_name": lambda self: self.qt.peerName(),
        "local_address": lambda self: self.qt.localAddress().toString(),
        "local_port": lambda self: self.qt.localPort(),
        "subprotocol": lambda self: self.qt.subprotocol(),
        "requested_subprotocols": lambda self: list(self.qt.handshakeOptions().subprotocols()),
        "version": lambda self: self.qt.version().value,
        "bytes_to_write": lambda self: self.qt.bytesToWrite(),
        "read_buffer_size": lambda self: self.qt.readBufferSize(),
        "outgoing_frame_size": lambda self: self.qt.outgoingFrameSize(),
        "max_outgoing_frame_size": lambda self: self.qt.maxOutgoingFrameSize(),
        "max_frame": lambda self: self.qt.maxAllowedIncomingFrameSize(),
        "max_message": lambda self: self.qt.maxAllowedIncomingMessageSize(),
        "max_incoming_frame_limit": lambda self: self.qt.maxIncomingFrameSize(),
        "max_incoming_message_limit": lambda self: self.qt.maxIncomingMessageSize(),
        "pause_mode": lambda self: name(self.qt.pauseMode()),
        "proxy_type": lambda self: name(self.qt.proxy().type()),
        "ssl_verify": lambda self: name(self.qt.sslConfiguration().peerVerifyMode()),
        "ssl_peer_cn": lambda self: (self.qt.sslConfiguration().peerCertificate().subjectInfo(
            QtNetwork.QSslCertificate.SubjectInfo.CommonName) or [""])[0],
    }

    def snapshot(self):
        fields = [STATES[state(self.address)].removesuffix("State"),
                  "valid" if is_valid(self.address) else "invalid",
                  str(close_code(self.address)), close_reason(self.address), ERRORS[error(self.address)]]
        return "|".join(fields)

    def run(self, name, given, subject):
        qt, count = self.qt, given.get("repeat", 1)
        if name == "open":
            return self.open(given)
        if name == "send_text":
            return send_text(self.address, QString.of(given["text"] * count))
        if name == "send_binary":
            return qt.sendBinaryMessage(bytes.fromhex(given["hex"]) * count)
        if name == "ping":
            return qt.ping(bytes.fromhex(given["hex"]) * count) if "hex" in given else qt.ping()
        if name == "close":
            if "code" not in given:
                return qt.close()
            return close(self.address, given["code"], QString.of(given.get("reason", "") * count))
        if name == "set_mask":
            self.mask = Mask(given["mask"])
            return qt.setMaskGenerator(self.mask)
        if name == "set_proxy":
            return qt.setProxy(proxy(given))
        if name == "set_auth":
            subject.authenticator.setUser(given["user"])
            return subject.authenticator.setPassword(given["password"])
        if name == "set_ssl":
            return qt.setSslConfiguration(configured(qt.sslConfiguration(), given))
        if name == "ignore_ssl_errors":
            return self.ignore_ssl_errors(given)
        if name == "set_pause_mode":
            modes = QAbstractSocket.PauseMode
            return qt.setPauseMode(modes.PauseOnSslErrors if given["on"] else modes.PauseNever)
        setters = {"set_max_frame": qt.setMaxAllowedIncomingFrameSize,
                   "set_max_message": qt.setMaxAllowedIncomingMessageSize,
                   "set_outgoing_frame_size": qt.setOutgoingFrameSize,
                   "set_read_buffer_size": qt.setReadBufferSize}
        if name in setters:
            return setters[name](given["n"])
        return {"abort": qt.abort, "flush": qt.flush, "resume": qt.resume,
                "continue_interrupted_handshake": qt.continueInterruptedHandshake}[name]()

    def open(self, given):
        target = QtCore.QUrl(given["url"])
        if "headers" in given:
            target = QNetworkRequest(target)
            for header, value in given["headers"]:
                target.setRawHeader(header.encode("latin-1"), value.encode("latin-1"))
        if "subprotocols" not in given:
            return self.qt.open(target)
        options = QWebSocketHandshakeOptions()
        options.setSubprotocols(given["subprotocols"])
        return self.qt.open(target, options)

    def ignore_ssl_errors(self, given):
        if "errors" not in given:
            return self.qt.ignoreSslErrors()
        return self.qt.ignoreSslErrors(ssl_errors(given))


class Server(Actor):
    signals = SERVER_SIGNALS
    answers = {
        "server_url": lambda self: self.qt.serverUrl().toString(),
        "server_port": lambda self: self.qt.serverPort(),
        "server_address": lambda self: self.qt.serverAddress().toString(),
        "server_name": lambda self: self.qt.serverName(),
        "secure_mode": lambda self: name(self.qt.secureMode()),
        "is_listening": lambda self: self.qt.isListening(),
        "error": lambda self: server_error(self.address),
        "error_string": lambda self: self.qt.errorString(),
        "supported_versions": lambda self: [version.value for version in self.qt.supportedVersions()],
        "supported_subprotocols": lambda self: list(self.qt.supportedSubprotocols()),
        "has_pending": lambda self: self.qt.hasPendingConnections(),
        "max_pending": lambda self: self.qt.maxPendingConnections(),
        "handshake_timeout": lambda self: self.qt.handshakeTimeoutMS(),
        "has_descriptor": lambda self: self.qt.socketDescriptor() >= 0,
        "proxy_type": lambda self: name(self.qt.proxy().type()),
    }

    def snapshot(self):
        return "|".join(["listening" if is_listening(self.address) else "idle",
                         "pending" if has_pending(self.address) else "none", str(server_error(self.address))])

    def run(self, name, given, subject):
        qt = self.qt
        if name == "listen":
            return qt.listen(address(given.get("addr", "127.0.0.1")), given.get("port", 0))
        if name == "next_pending":
            return subject.accept(qt.nextPendingConnection())
        if name == "origin_policy":
            subject.policy = given
            return None
        if name == "set_proxy":
            return qt.setProxy(proxy(given))
        if name == "set_ssl":
            return qt.setSslConfiguration(configured(qt.sslConfiguration(), given))
        if name == "ignore_on_socket":
            return subject.tls_socket.ignoreSslErrors()
        setters = {"set_max_pending": (qt.setMaxPendingConnections, "n"), "set_name": (qt.setServerName, "name"),
                   "set_handshake_timeout": (qt.setHandshakeTimeout, "ms"),
                   "set_subprotocols": (qt.setSupportedSubprotocols, "list")}
        if name in setters:
            setter, parameter = setters[name]
            return setter(given[parameter])
        return {"close": qt.close, "pause_accepting": qt.pauseAccepting,
                "resume_accepting": qt.resumeAccepting}[name]()


OBJECTS = qt_network.OBJECTS | qt_tls.OBJECTS


# ---- the subject

class Subject(QtCore.QObject):
    def __init__(self, role):
        super().__init__()
        self.actors, self.reactions, self.loops = {}, [], []
        self.accepted, self.last_accepted = {"a": 0, "ta": 0, "xa": 0}, None
        self.policy = self.authenticator = self.tls_socket = None
        self.rest = b""
        write({"t": "ready", "role": role, "impl": "Qt %s, PySide6 %s, %s" % (
            QtCore.qVersion(), sys.modules["PySide6"].__version__, QtNetwork.QSslSocket.sslLibraryVersionString())})
        os.set_blocking(0, False)
        self.input = QtCore.QSocketNotifier(0, QtCore.QSocketNotifier.Type.Read, self)
        self.input.activated.connect(self.read)

    def read(self):
        try:
            data = os.read(0, 1 << 16)
        except BlockingIOError:
            return
        if not data:
            os._exit(0)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            command = json.loads(line)
            self.run(command, command.pop("id", None))

    # -- commands

    def run(self, command, id):
        given = dict(command)
        object, what = given.pop("o", None), given.pop("c")
        record = {"o": object, "c": what, "id": id}
        write({"t": "call"} | record)
        try:
            value = self.dispatch(object, what, given)
        except Exception as trouble:  # noqa: BLE001: whatever it is, the runner has to know
            value = {"failed": repr(trouble)}
        write({"t": "ret"} | record | {"v": value})

    def dispatch(self, object, what, given):
        if what == "quit":
            os._exit(0)
        if what == "objects":
            return [actor.name for actor in self.actors.values() if actor.alive]
        if what == "process_events":
            return QtCore.QCoreApplication.processEvents()
        if what == "batch":
            for command in given["do"]:
                self.run(command, None)
            return None
        if what == "on":
            self.reactions.append({"object": object, "left": given.get("times", -1)} | given)
            return None
        if what == "loop":
            return self.run_loop(object, given)
        if what == "block":
            return time.sleep(given["ms"] / 1000)
        if what in OBJECTS:
            self.adopt(OBJECTS[what](object))
            return None
        if what in qt_network.VALUES or what in ("headers", "http_headers"):
            return qt_network.value(what, given["list"])
        if what == "new":
            plain = "origin" not in given and "version" not in given
            version = QWebSocketProtocol.Version(given.get("version", 13))
            self.adopt(Socket(object, QWebSocket() if plain else QWebSocket(given.get("origin", ""), version)))
            return None
        if what == "new_server":
            modes = QWebSocketServer.SslMode
            mode = modes.SecureMode if given.get("secure") else modes.NonSecureMode
            server = self.adopt(Server(object, QWebSocketServer(given.get("name", ""), mode)))
            if "cert" in given:
                server.qt.setSslConfiguration(configured(QSslConfiguration.defaultConfiguration(), given))
            return None
        actor = self.actors.get(object)
        if actor is None or not actor.alive:
            return {"failed": "deleted" if actor else "no such object"}
        if what == "delete_later":
            return actor.qt.deleteLater()
        if what == "delete":
            return shiboken6.delete(actor.qt)
        if what == "query":
            return actor.ask(given.get("what"))
        return actor.run(what, given, self)

    def adopt(self, actor):
        self.actors[actor.name] = actor
        for signal, arguments in actor.signals.items():
            getattr(actor.qt, signal).connect(self.slot(actor, signal, arguments))
        actor.qt.destroyed.connect(lambda: self.destroyed(actor))
        return actor

    def run_loop(self, object, given):
        """Runs a nested loop until an object emits a signal, or that much time has passed."""
        loop = QtCore.QEventLoop()
        self.loops.append((object, given["until"], loop))
        time_out = QtCore.QTimer()
        time_out.timeout.connect(lambda: loop.exit(1))
        time_out.start(given["ms"])
        code = loop.exec()
        self.loops = [awaited for awaited in self.loops if awaited[2] is not loop]
        return ["emitted", "timed out"][code]

    def accept(self, socket):
        if socket is None:
            return None
        if socket.parent() is None:
            # PySide takes the server for the owner and lets the wrapper die with it. In C++ nobody owns the socket.
            socket.setParent(None)
        return self.adopt_accepted("a", Socket, socket)

    def adopt_accepted(self, kind, actor_class, socket):
        self.last_accepted = "%s%d" % (kind, self.accepted[kind])
        self.accepted[kind] += 1
        return self.adopt(actor_class(self.last_accepted, socket)).name

    # -- signals

    def slot(self, actor, signal, convert):
        def emitted(*arguments):
            try:
                self.emitted(actor, signal, convert(*arguments), arguments)
            except Exception as trouble:  # noqa: BLE001
                write({"t": "bug", "o": actor.name, "s": signal, "m": repr(trouble)})
        # PySide passes as many arguments as the slot has parameters.
        return [lambda: emitted(), lambda a: emitted(a), lambda a, b: emitted(a, b),
                lambda a, b, c: emitted(a, b, c)][convert.__code__.co_argcount]

    def emitted(self, actor, signal, arguments, raw):
        write({"t": "sig", "o": actor.name, "s": signal, "a": arguments, "q": actor.snapshot()})
        self.end_loops(actor, signal)
        if signal == "originAuthenticationRequired" and self.policy:
            listed = raw[0].origin() in self.policy.get("list", [])
            raw[0].setAllowed(listed == (self.policy["mode"] == "allow"))
        if signal.endswith("uthenticationRequired"):
            self.authenticator = raw[-1]
        if signal == "sslErrorsOccurred":
            self.tls_socket = raw[0]
        self.react(actor, signal, arguments)
        self.authenticator = self.tls_socket = None

    def end_loops(self, actor, signal):
        for awaited, until, loop in self.loops:
            if (awaited, until) == (actor.name, signal):
                loop.exit(0)

    def destroyed(self, actor):
        actor.alive = False
        write({"t": "sig", "o": actor.name, "s": "destroyed", "a": [], "q": None})
        self.end_loops(actor, "destroyed")
        self.react(actor, "destroyed", [])

    def react(self, actor, signal, arguments):
        any_of_kind = actor.name.rstrip("0123456789") + "*"
        for reaction in list(self.reactions):
            is_meant = reaction["object"] in (actor.name, any_of_kind)
            if not is_meant or reaction["signal"] != signal or reaction["left"] == 0:
                continue
            if "when" in reaction and reaction["when"] != arguments[0]:
                continue
            reaction["left"] -= 1
            for command in reaction["do"]:
                command = {"o": actor.name} | command
                if command["o"] == "$last":
                    command["o"] = self.last_accepted
                if "arg" in command:
                    command["text" if command["c"] == "send_text" else "hex"] = arguments[command.pop("arg")]
                self.run(command, None)


def write(record):
    rest = (json.dumps(record, separators=(",", ":")) + "\n").encode()
    while rest:
        try:
            rest = rest[os.write(1, rest):]
        except BlockingIOError:
            pass


def main():
    if sys.argv[1] == "core":
        import qt_core
        qt_core.main()
    application = QtCore.QCoreApplication(sys.argv[:1])
    # Kept: its destructor would emit.
    application.subject = Subject(sys.argv[1])
    application.exec()


main()
