"""The part of the trace suite's Qt subject that is TLS: its signals, configurations, QSslSocket."""
import ctypes

from PySide6 import QtCore, QtNetwork
from PySide6.QtNetwork import QSslCertificate, QSslConfiguration, QSslError, QSslKey, QSslSocket, QTcpServer
from qt_network import ERRORS, STATES, TcpServer, TcpSocket, error, function, is_valid, latin1, many, name, state


# ---- what the signals say

def kind(ssl_error):
    return name(ssl_error.error())


def kinds(ssl_errors):
    return [kind(ssl_error) for ssl_error in ssl_errors]


TLS_SIGNALS = {
    "sslErrors": lambda errors: [kinds(errors)],
    "peerVerifyError": lambda error: [kind(error)],
    "alertSent": lambda level, type, text: [name(level), name(type), text],
    "alertReceived": lambda level, type, text: [name(level), name(type), text],
    "handshakeInterruptedOnError": lambda error: [kind(error)],
    "preSharedKeyAuthenticationRequired": lambda authenticator: [],
}


# ---- parameters

def configured(base, given):
    made = QSslConfiguration(base)
    if "cert" in given:
        made.setLocalCertificateChain(QSslCertificate.fromPath(given["cert"]))
        with open(given["key"], "rb") as key:
            made.setPrivateKey(QSslKey(QtCore.QByteArray(key.read()), QtNetwork.QSsl.KeyAlgorithm.Ec))
    if "ca" in given:
        made.setCaCertificates([] if given["ca"] == "none" else QSslCertificate.fromPath(given["ca"]))
    if "verify" in given:
        modes = QSslSocket.PeerVerifyMode
        made.setPeerVerifyMode({"none": modes.VerifyNone, "query": modes.QueryPeer, "peer": modes.VerifyPeer,
                                "auto": modes.AutoVerifyPeer}[given["verify"]])
    if given.get("interrupt"):
        made.setHandshakeMustInterruptOnError(True)
    return made


def ssl_errors(given):
    certificate = QSslCertificate.fromPath(given["cert"])[:1] if "cert" in given else []
    return [QSslError(QSslError.SslError[error], *certificate) for error in given["errors"]]


# ---- QSslSocket

mode = function("_ZNK10QSslSocket4modeEv", ctypes.c_int)
is_encrypted = function("_ZNK10QSslSocket11isEncryptedEv", ctypes.c_bool)
bytes_available = function("_ZNK10QSslSocket14bytesAvailableEv", ctypes.c_longlong)
bytes_to_write = function("_ZNK10QSslSocket12bytesToWriteEv", ctypes.c_longlong)

MODES = {value.value: value.name.removesuffix("Mode").removeprefix("Ssl") for value in QSslSocket.SslMode}


class SslSocket(TcpSocket):
    signals = TcpSocket.signals | TLS_SIGNALS | {
        "encrypted": lambda: [],
        "modeChanged": lambda mode: [name(mode)],
    }
    more_answers = TcpSocket.more_answers | {
        "mode": lambda self: name(self.qt.mode()),
        "is_encrypted": lambda self: self.qt.isEncrypted(),
        "peer_verify_name": lambda self: self.qt.peerVerifyName(),
        "ssl_peer_cn": lambda self: (self.qt.peerCertificate().subjectInfo(
            QSslCertificate.SubjectInfo.CommonName) or [""])[0],
        "ssl_cipher": lambda self: self.qt.sessionCipher().name(),
        "ssl_protocol": lambda self: name(self.qt.sessionProtocol()),
        "ssl_handshake_errors": lambda self: kinds(self.qt.sslHandshakeErrors()),
    }

    def snapshot(self):
        at = self.address
        return "|".join([STATES[state(at)].removesuffix("State"), "valid" if is_valid(at) else "invalid",
                         str(bytes_available(at)), many(bytes_to_write(at)), ERRORS[error(at)],
                         MODES[mode(at)], "encrypted" if is_encrypted(at) else "plain"])

    def run(self, name, given, subject):
        qt = self.qt
        if name == "connect_encrypted":
            host, port = given["host"], given.get("port", 0)
            if "verify_name" in given:
                return qt.connectToHostEncrypted(host, port, given["verify_name"])
            return qt.connectToHostEncrypted(host, port)
        if name == "set_ssl":
            return qt.setSslConfiguration(configured(qt.sslConfiguration(), given))
        if name == "ignore_ssl_errors":
            return qt.ignoreSslErrors(ssl_errors(given)) if "errors" in given else qt.ignoreSslErrors()
        if name == "set_verify_name":
            return qt.setPeerVerifyName(given["name"])
        if name == "set_pause_mode":
            modes = QSslSocket.PauseMode
            return qt.setPauseMode(modes.PauseOnSslErrors if given["on"] else modes.PauseNever)
        if name == "wait_for" and given["what"] == "encrypted":
            return qt.waitForEncrypted(given["ms"])
        own = {"start_client_encryption": qt.startClientEncryption, "start_server_encryption": qt.startServerEncryption,
               "continue_interrupted_handshake": qt.continueInterruptedHandshake, "resume": qt.resume}
        return own[name]() if name in own else super().run(name, given, subject)


class EncryptingServer(QTcpServer):
    """Its connections are QSslSockets, which are not encrypted yet."""

    def incomingConnection(self, descriptor):
        socket = QSslSocket(self)
        socket.setSocketDescriptor(descriptor)
        self.addPendingConnection(socket)


class SslTcpServer(TcpServer):
    def run(self, name, given, subject):
        if name == "next_pending":
            socket = self.qt.nextPendingConnection()
            return socket and subject.adopt_accepted("xa", SslSocket, socket)
        return super().run(name, given, subject)


OBJECTS = {"new_ssl": lambda name: SslSocket(name, QSslSocket()),
           "new_ssl_server": lambda name: SslTcpServer(name, EncryptingServer())}
