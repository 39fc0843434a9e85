"""What the real Qt says of chains: each is served to, or shown to, a QSslSocket on loopback.

Called by the test `record` with a folder; reads cases.tsv there and writes qt.tsv. Python's `ssl` is the peer: it sends what it
is given. The case is chosen by a line in clear before the handshake.
"""

import pathlib
import socket
import ssl
import sys
import threading

from PySide6.QtCore import QCoreApplication
from PySide6.QtNetwork import QSsl, QSslCertificate, QSslConfiguration, QSslKey, QSslSocket

folder = pathlib.Path(sys.argv[1])
cases = [line.split("\t") for line in (folder / "cases.tsv").read_text().splitlines()]


def context(number, role):
    protocol = ssl.PROTOCOL_TLS_SERVER if role == "server" else ssl.PROTOCOL_TLS_CLIENT
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    # Weak keys are for the other side to refuse.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.load_cert_chain(folder / f"{number}-sent.pem", folder / f"{number}-key.pem")
    return context


def play(connection):
    with connection:
        line = b""
        while not line.endswith(b"\n"):
            line += connection.recv(1)
        number = int(line)
        role = cases[number][1]
        try:
            peer = context(number, role).wrap_socket(connection, server_side=role == "server")
            peer.recv(1)
        except (ssl.SSLError, OSError):
            pass


def serve(listener):
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=play, args=(connection,), daemon=True).start()


def trusting(number):
    configuration = QSslConfiguration()
    trusted = (folder / f"{number}-trusted.pem").read_bytes()
    configuration.setCaCertificates(QSslCertificate.fromData(trusted))
    return configuration


def verify(number, host):
    """Of a chain that Python does not send. This looks at less than a handshake does: that it finds nothing says nothing."""
    sent = QSslCertificate.fromData((folder / f"{number}-sent.pem").read_bytes())
    QSslConfiguration.setDefaultConfiguration(trusting(number))
    errors = QSslCertificate.verify(sent, "" if host == "-" else host) if sent else []
    return " ".join(error.error().name for error in errors) or "-"


def ask(number, role, host, port):
    try:
        context(number, role)
    except (ssl.SSLError, OSError):
        return None
    configuration = trusting(number)
    configuration.setPeerVerifyMode(QSslSocket.PeerVerifyMode.VerifyPeer)
    if role == "client":
        own = (folder / "own.pem").read_bytes()
        configuration.setLocalCertificateChain(QSslCertificate.fromData(own))
        configuration.setPrivateKey(QSslKey(own, QSsl.KeyAlgorithm.Ec))
    qt = QSslSocket()
    qt.setSslConfiguration(configuration)
    qt.connectToHost("127.0.0.1", port)
    qt.waitForConnected(5000)
    qt.write(f"{number}\n".encode())
    qt.waitForBytesWritten(5000)
    if role == "server":
        qt.setPeerVerifyName(host)
        qt.startClientEncryption()
    else:
        qt.startServerEncryption()
    is_good = qt.waitForEncrypted(5000)
    errors = [error.error().name for error in qt.sslHandshakeErrors()]
    if is_good:
        verdict = "OK" if not errors else "errors in spite of success"
    else:
        verdict = " ".join(errors) or f"failed: {qt.errorString()}"
    qt.abort()
    return verdict


application = QCoreApplication([])
listener = socket.create_server(("127.0.0.1", 0))
threading.Thread(target=serve, args=(listener,), daemon=True).start()
port = listener.getsockname()[1]
verdicts = [ask(number, role, host, port) for number, (_, role, host) in enumerate(cases)]
# Afterwards: OpenSSL does not connect any more in a thread in which this has failed.
verdicts = [verdict or verify(number, cases[number][2]) for number, verdict in enumerate(verdicts)]
(folder / "qt.tsv").write_text("\n".join(verdicts) + "\n")
