"""The part of the trace suite's Qt subject that is QtNetwork: QTcpSocket, QTcpServer, addresses, URLs, header fields."""
import ctypes
import os
import socket as sockets

import shiboken6
from PySide6 import QtCore
from PySide6.QtNetwork import (
    QAbstractSocket, QHostAddress, QHostInfo, QHttpHeaders, QNetworkCookie, QNetworkProxy, QNetworkRequest, QTcpServer,
    QTcpSocket)


# ---- what is asked while an object is being destroyed, and its wrapper is dead already

def library():
    with open("/proc/self/maps") as maps:
        path = next(line.split()[-1] for line in maps if "libQt6Network" in line)
    return ctypes.CDLL(path)


def function(symbol, result):
    found = getattr(LIBRARY, symbol)
    found.restype, found.argtypes = result, [ctypes.c_void_p]
    return found


LIBRARY = library()
state = function("_ZNK15QAbstractSocket5stateEv", ctypes.c_int)
error = function("_ZNK15QAbstractSocket5errorEv", ctypes.c_int)
is_valid = function("_ZNK15QAbstractSocket7isValidEv", ctypes.c_bool)
bytes_available = function("_ZNK15QAbstractSocket14bytesAvailableEv", ctypes.c_longlong)
bytes_to_write = function("_ZNK15QAbstractSocket12bytesToWriteEv", ctypes.c_longlong)
is_listening = function("_ZNK10QTcpServer11isListeningEv", ctypes.c_bool)
has_pending = function("_ZNK10QTcpServer21hasPendingConnectionsEv", ctypes.c_bool)
server_error = function("_ZNK10QTcpServer11serverErrorEv", ctypes.c_int)

STATES = {value.value: value.name for value in QAbstractSocket.SocketState}
ERRORS = {value.value: value.name for value in QAbstractSocket.SocketError}


def name(enumerator):
    return enumerator.name


def many(count):
    """How much of a lot the system takes is up to it."""
    return "many" if count > 65536 else str(count)


def latin1(data):
    return bytes(data).decode("latin-1")


# ---- parameters

def address(text):
    special = QHostAddress.SpecialAddress
    named = {"any": special.Any, "any4": special.AnyIPv4, "any6": special.AnyIPv6, "localhost": special.LocalHost,
             "localhost6": special.LocalHostIPv6, "null": special.Null, "broadcast": special.Broadcast}
    return QHostAddress(named.get(text, text))


def proxy(given):
    types = QNetworkProxy.ProxyType
    made = QNetworkProxy({"none": types.NoProxy, "default": types.DefaultProxy, "http": types.HttpProxy,
                          "socks5": types.Socks5Proxy}[given["type"]])
    if "host" in given:
        made.setHostName(given["host"])
        made.setPort(given["port"])
    if "user" in given:
        made.setUser(given["user"])
        made.setPassword(given["password"])
    return made


def descriptor(given):
    """One that is not Qt's."""
    kind, stream = given["of"], sockets.SOCK_STREAM
    if kind == "file":
        return os.open("/dev/null", os.O_RDWR)
    if kind == "connected":
        return sockets.create_connection(("127.0.0.1", given["port"])).detach()
    made = sockets.socket(sockets.AF_INET, sockets.SOCK_DGRAM if kind == "udp" else stream)
    if kind == "listening":
        made.bind(("127.0.0.1", 0))
        made.listen()
    return made.detach()


# ---- objects

class Actor:
    def __init__(self, name, qt):
        self.name, self.qt, self.alive = name, qt, True
        self.address = shiboken6.getCppPointer(qt)[0]

    def ask(self, what):
        return {key: self.answers[key](self) for key in what or self.answers}


class TcpSocket(Actor):
    signals = {
        "stateChanged": lambda state: [name(state)],
        "errorOccurred": lambda error: [name(error)],
        "bytesWritten": lambda count: [int(count)],
        "hostFound": lambda: [],
        "connected": lambda: [],
        "disconnected": lambda: [],
        "readyRead": lambda: [],
        "aboutToClose": lambda: [],
        "readChannelFinished": lambda: [],
    }
    answers = {
        "state": lambda self: name(self.qt.state()),
        "is_valid": lambda self: self.qt.isValid(),
        "error": lambda self: ERRORS[error(self.address)],
        "error_string": lambda self: self.qt.errorString(),
        "available": lambda self: self.qt.bytesAvailable(),
        "to_write": lambda self: self.qt.bytesToWrite(),
        "at_end": lambda self: self.qt.atEnd(),
        "can_read_line": lambda self: self.qt.canReadLine(),
        "peer_name": lambda self: self.qt.peerName(),
        "peer_address": lambda self: self.qt.peerAddress().toString(),
        "peer_port": lambda self: self.qt.peerPort(),
        "local_address": lambda self: self.qt.localAddress().toString(),
        "local_port": lambda self: self.qt.localPort(),
        "read_buffer_size": lambda self: self.qt.readBufferSize(),
        "has_descriptor": lambda self: int(self.qt.socketDescriptor()) >= 0,
        "proxy_type": lambda self: name(self.qt.proxy().type()),
        "parent": lambda self: self.qt.parent() is not None,
    }

    # Asked by name only.
    more_answers = {
        "is_open": lambda self: self.qt.isOpen(),
        "is_readable": lambda self: self.qt.isReadable(),
        "is_writable": lambda self: self.qt.isWritable(),
        "is_transaction_started": lambda self: self.qt.isTransactionStarted(),
    }

    def ask(self, what):
        known = self.answers | self.more_answers
        return {key: known[key](self) for key in what or self.answers}

    def snapshot(self):
        at = self.address
        return "|".join([STATES[state(at)].removesuffix("State"), "valid" if is_valid(at) else "invalid",
                         str(bytes_available(at)), many(bytes_to_write(at)), ERRORS[error(at)]])

    def run(self, name, given, subject):
        qt, n = self.qt, given.get("n", 0)
        if name == "connect":
            return qt.connectToHost(given["host"], given.get("port", 0))
        if name == "write":
            data = given["text"].encode() if "text" in given else bytes.fromhex(given["hex"])
            # -1 is nothing, too.
            return max(qt.write(data * given.get("repeat", 1)), 0)
        if name == "bind":
            modes = QAbstractSocket.BindFlag
            mode = {"default": modes.DefaultForPlatform, "share": modes.ShareAddress,
                    "dont_share": modes.DontShareAddress, "reuse": modes.ReuseAddressHint}[given.get("mode", "default")]
            return qt.bind(address(given.get("addr", "127.0.0.1")), given.get("port", 0), mode)
        if name == "set_descriptor":
            return qt.setSocketDescriptor(descriptor(given))
        if name == "echo":
            return max(qt.write(qt.readAll()), 0)
        if name == "set_option":
            return qt.setSocketOption(QAbstractSocket.SocketOption[given["option"]], n)
        if name == "set_proxy":
            return qt.setProxy(proxy(given))
        if name in ("read", "peek"):
            return latin1(getattr(qt, name)(n))
        if name == "read_line" and n:
            return latin1(qt.readLine(n))
        if name in ("read_all", "read_line"):
            return latin1({"read_all": qt.readAll, "read_line": qt.readLine}[name]())
        if name == "get_char":
            there, byte = qt.getChar()
            return latin1(bytes([ord(byte) if isinstance(byte, (str, bytes)) else byte & 255])) if there else None
        if name in ("put_char", "unget_char"):
            return {"put_char": qt.putChar, "unget_char": qt.ungetChar}[name](given["text"])
        if name == "option":
            value = qt.socketOption(QAbstractSocket.SocketOption[given["option"]])
            if value is None or value == -1:
                return None
            return value if given["option"] == "TypeOfServiceOption" else bool(value)
        if name == "wait_for":
            wait = {"connected": qt.waitForConnected, "ready_read": qt.waitForReadyRead,
                    "bytes_written": qt.waitForBytesWritten, "disconnected": qt.waitForDisconnected}[given["what"]]
            return wait(given["ms"])
        if name == "skip":
            return max(qt.skip(n), 0)
        if name == "transaction":
            return {"start": qt.startTransaction, "commit": qt.commitTransaction,
                    "rollback": qt.rollbackTransaction}[given["what"]]()
        if name == "set_read_buffer_size":
            return qt.setReadBufferSize(n)
        return {"disconnect": qt.disconnectFromHost, "close": qt.close, "abort": qt.abort, "flush": qt.flush}[name]()


class TcpServer(Actor):
    signals = {
        "newConnection": lambda: [],
        "pendingConnectionAvailable": lambda: [],
        "acceptError": lambda error: [name(error)],
    }
    answers = {
        "is_listening": lambda self: self.qt.isListening(),
        "server_address": lambda self: self.qt.serverAddress().toString(),
        "server_port": lambda self: self.qt.serverPort(),
        "has_pending": lambda self: self.qt.hasPendingConnections(),
        "max_pending": lambda self: self.qt.maxPendingConnections(),
        "error": lambda self: name(self.qt.serverError()),
        "error_string": lambda self: self.qt.errorString(),
        "has_descriptor": lambda self: int(self.qt.socketDescriptor()) >= 0,
        "proxy_type": lambda self: name(self.qt.proxy().type()),
    }

    def ask(self, what):
        # That one is asked by name only.
        known = self.answers | {"backlog": lambda self: self.qt.listenBacklogSize()}
        return {key: known[key](self) for key in what or self.answers}

    def snapshot(self):
        at = self.address
        return "|".join(["listening" if is_listening(at) else "idle", "pending" if has_pending(at) else "none",
                         ERRORS[server_error(at)]])

    def run(self, name, given, subject):
        qt = self.qt
        if name == "listen":
            return qt.listen(address(given.get("addr", "127.0.0.1")), given.get("port", 0))
        if name == "next_pending":
            socket = qt.nextPendingConnection()
            return socket and subject.adopt_accepted("ta", TcpSocket, socket)
        if name == "wait_for":
            waited = qt.waitForNewConnection(given["ms"])
            return waited[0] if isinstance(waited, tuple) else waited
        if name == "set_max_pending":
            return qt.setMaxPendingConnections(given["n"])
        if name == "set_backlog":
            return qt.setListenBacklogSize(given["n"])
        if name == "incoming":
            qt.handler = lambda descriptor: self.incoming(descriptor, given["as"], subject)
            return None
        if name == "add_pending":
            return qt.addPendingConnection(subject.actors[given["socket"]].qt)
        if name == "set_proxy":
            return qt.setProxy(proxy(given))
        return {"close": qt.close, "pause_accepting": qt.pauseAccepting,
                "resume_accepting": qt.resumeAccepting}[name]()


    def incoming(self, descriptor, what, subject):
        subject.emitted(self, "incomingConnection", [], [])
        if what == "drop":
            os.close(descriptor)
        elif what == "keep":
            self.kept = descriptor
        else:
            socket = QTcpSocket(self.qt if what == "child" else None)
            socket.setSocketDescriptor(descriptor)
            self.qt.addPendingConnection(socket)
            self.kept = socket


class ListeningServer(QTcpServer):
    """A server whose handler of incoming connections can be replaced."""
    handler = None

    def incomingConnection(self, descriptor):
        if self.handler:
            return self.handler(descriptor)
        return super().incomingConnection(descriptor)


OBJECTS = {"new_tcp": lambda name: TcpSocket(name, QTcpSocket()),
           "new_tcp_server": lambda name: TcpServer(name, ListeningServer())}


# ---- values

def read_address(text):
    made = QHostAddress(text)
    is_so = {"null": made.isNull(), "loopback": made.isLoopback(), "global": made.isGlobal(),
             "link local": made.isLinkLocal(), "site local": made.isSiteLocal(), "unique local": made.isUniqueLocalUnicast(),
             "private": made.isPrivateUse(), "multicast": made.isMulticast(), "broadcast": made.isBroadcast()}
    return [text, made.toString(), " ".join(word for word, holds in is_so.items() if holds), made.scopeId()]


MODES = QHostAddress.ConversionModeFlag
MODES = {"V4Mapped": MODES.ConvertV4MappedToIPv4, "V4Compat": MODES.ConvertV4CompatToIPv4,
         "Unspecified": MODES.ConvertUnspecifiedAddress, "LocalHost": MODES.ConvertLocalHost,
         "Tolerant": MODES.TolerantConversion, "Strict": MODES.StrictConversion}


def is_equal(pair):
    one, other = map(address, pair)
    return [*pair, " ".join(word for word, mode in MODES.items() if one.isEqual(other, mode))]


def subnet(text):
    made, length = QHostAddress.parseSubnet(text)
    return [text, made.toString(), length]


def url(text):
    made = QNetworkRequest(QtCore.QUrl(text)).url()
    return [text, made.toString(QtCore.QUrl.ComponentFormattingOption.FullyEncoded) if made.isValid() else ""]


def look_up(name):
    host = QHostInfo.fromName(name)
    return [host.hostName(), sorted(address.toString() for address in host.addresses()), host.errorString()]


def headers(steps):
    request = QNetworkRequest()

    def run(step):
        header = step.get("name", "")
        if step["c"] == "set":
            return request.setRawHeader(header.encode("latin-1"), step["value"].encode("latin-1"))
        if step["c"] == "get":
            return latin1(request.rawHeader(header))
        if step["c"] == "has":
            return request.hasRawHeader(header)
        names = [latin1(header) for header in request.rawHeaderList()]
        return [header + ": " + latin1(request.rawHeader(header)) for header in names]

    return [run(step) for step in steps]


def http_headers(steps):
    fields = QHttpHeaders()

    def run(step):
        name, given, index = step.get("name", ""), step.get("value", ""), step.get("index", 0)
        match step["c"]:
            case "append" | "replaceOrAppend" as method:
                return getattr(fields, method)(name, given)
            case "insert" | "replace" as method:
                return getattr(fields, method)(index, name, given)
            case "removeAll":
                fields.removeAll(name)
            case "removeAt":
                fields.removeAt(index)
            case "value":
                return latin1(fields.value(name))
            case "combinedValue":
                return latin1(fields.combinedValue(name))
            case "values":
                return [latin1(field) for field in fields.values(name)]
            case "contains":
                return fields.contains(name)
            case "raw":
                request = QNetworkRequest()
                request.setHeaders(fields)
                names = [latin1(header) for header in request.rawHeaderList()]
                return [header + ": " + latin1(request.rawHeader(header)) for header in names]
        return [latin1(field) + ": " + latin1(given) for field, given in fields.toListOfPairs()]

    return [run(step) for step in steps]


def cookie_record(cookie):
    end = cookie.expirationDate()
    return {"name": latin1(cookie.name()), "value": latin1(cookie.value()), "domain": cookie.domain(),
            "path": cookie.path(), "expires": max(0, end.toSecsSinceEpoch()) if end.isValid() else None,
            "secure": cookie.isSecure(), "httpOnly": cookie.isHttpOnly(),
            "sameSite": cookie.sameSitePolicy().name.strip("_"), "raw": latin1(cookie.toRawForm())}


def made_cookie(fields):
    cookie = QNetworkCookie(fields["name"].encode(), fields["value"].encode())
    cookie.setDomain(fields.get("domain", ""))
    cookie.setPath(fields.get("path", ""))
    cookie.setSecure(fields.get("secure", False))
    cookie.setHttpOnly(fields.get("httpOnly", False))
    if "expires" in fields:
        cookie.setExpirationDate(QtCore.QDateTime.fromSecsSinceEpoch(fields["expires"], QtCore.QTimeZone.utc()))
    if "url" in fields:
        cookie.normalize(QtCore.QUrl(fields["url"]))
    return cookie_record(cookie)


def known_header(pair):
    kind, text, name = pair
    which = getattr(QNetworkRequest.KnownHeaders, kind + "Header")
    request = QNetworkRequest()
    request.setRawHeader(name.encode(), text.encode("latin-1"))
    made = request.header(which)
    if kind in ("Cookie", "SetCookie"):
        return [kind, text, [latin1(cookie.toRawForm()) for cookie in made]]
    if isinstance(made, QtCore.QDateTime):
        return [kind, text, made.toSecsSinceEpoch()]
    return [kind, text, made.toString() if isinstance(made, QtCore.QUrl) else made]


VALUES = {
    "cookies": lambda text: [cookie_record(cookie) for cookie in QNetworkCookie.parseCookies(text.encode("latin-1"))],
    "made_cookies": made_cookie,
    "known_headers": known_header,
    "addresses": read_address,
    "equal": lambda pair: QHostAddress(pair[0]) == QHostAddress(pair[1]),
    "is_equal": is_equal,
    "subnets": subnet,
    "in_subnet": lambda pair: QHostAddress(pair[0]).isInSubnet(*QHostAddress.parseSubnet(pair[1])),
    "urls": url,
    "look_up": look_up,
}


def value(command, items):
    if command == "headers":
        return headers(items)
    if command == "http_headers":
        return http_headers(items)
    return [VALUES[command](item) for item in items]
