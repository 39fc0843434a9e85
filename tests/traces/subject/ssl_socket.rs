//! `QSslSocket`, and a server of them: their commands, queries and signals.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use slotwire::{PauseMode, SslSocket, SslSocketMode, SubjectInfo, TcpServer};

use super::ssl::{alert, configuration, errors, names};
use super::{ActorHandle, Stage, answer, failed, number, tcp, text};

pub(super) fn snapshot(socket: SslSocket) -> String {
    let encryption = if socket.is_encrypted() { "encrypted" } else { "plain" };
    format!("{}|{:?}|{encryption}", tcp::snapshot(*socket), socket.mode())
}

pub(super) fn command(socket: SslSocket, name: &str, command: &Value) -> Value {
    match name {
        "connect_encrypted" => {
            let port = u16::try_from(number(command, "port")).unwrap_or_default();
            match command["verify_name"].as_str() {
                Some(name) => socket.connect_to_host_encrypted_as(text(command, "host"), port, name),
                None => socket.connect_to_host_encrypted(text(command, "host"), port),
            }
        }
        "start_client_encryption" => socket.start_client_encryption(),
        "start_server_encryption" => socket.start_server_encryption(),
        "set_ssl" => match configuration(socket.ssl_configuration(), command) {
            Ok(configuration) => socket.set_ssl_configuration(configuration),
            Err(why) => return failed(&why),
        },
        "set_verify_name" => socket.set_peer_verify_name(text(command, "name")),
        "ignore_ssl_errors" if command.get("errors").is_some() => match errors(command) {
            Ok(errors) => socket.ignore_ssl_errors_for(&errors),
            Err(why) => return failed(&why),
        },
        "ignore_ssl_errors" => socket.ignore_ssl_errors(),
        "continue_interrupted_handshake" => socket.continue_interrupted_handshake(),
        "set_pause_mode" => {
            let is_on = command["on"].as_bool().unwrap_or_default();
            socket.set_pause_mode(if is_on { PauseMode::OnSslErrors } else { PauseMode::Never });
        }
        "resume" => socket.resume(),
        "wait_for" if command["what"] == "encrypted" => {
            let time = Duration::from_millis(number(command, "ms").unsigned_abs());
            return socket.wait_for_encrypted(time).into();
        }
        "query" => return answer(command, &tcp::QUERIES, |what| query(socket, what)),
        _ => return tcp::command(*socket, name, command),
    }
    Value::Null
}

fn query(socket: SslSocket, what: &str) -> Value {
    match what {
        "mode" => mode(socket.mode()).into(),
        "is_encrypted" => socket.is_encrypted().into(),
        "peer_verify_name" => socket.peer_verify_name().into(),
        "ssl_peer_cn" => {
            let certificate = socket.peer_certificate();
            let names = certificate.map(|certificate| certificate.subject_info(SubjectInfo::CommonName));
            names.into_iter().flatten().next().unwrap_or_default().into()
        }
        "ssl_protocol" => {
            let protocol = socket.session_protocol();
            protocol.map_or_else(|| "UnknownProtocol".into(), |protocol| format!("{protocol:?}")).into()
        }
        "ssl_handshake_errors" => names(&socket.ssl_handshake_errors()),
        _ => tcp::query(*socket, what),
    }
}

fn mode(mode: SslSocketMode) -> String {
    match mode {
        SslSocketMode::Unencrypted => "UnencryptedMode".to_owned(),
        mode => format!("Ssl{mode:?}Mode"),
    }
}

impl Stage {
    /// Takes a socket into the scenario, and reports all its signals.
    pub(super) fn adopt_ssl_socket(self: &Rc<Self>, name: &str, socket: SslSocket) {
        let actor = self.adopt(name, ActorHandle::SslSocket(socket));
        self.watch_tcp_socket(&actor, *socket);
        let on = |signal| self.reporter(&actor, signal);

        let report = on("encrypted");
        socket.encrypted().connect(move |()| report(json!([])));
        let report = on("modeChanged");
        socket.mode_changed().connect(move |changed| report(json!([mode(changed)])));
        let report = on("peerVerifyError");
        socket.peer_verify_error().connect(move |error| report(names(std::slice::from_ref(error))));
        let report = on("sslErrors");
        socket.ssl_errors().connect(move |errors| report(json!([names(errors)])));
        let report = on("handshakeInterruptedOnError");
        socket
            .handshake_interrupted_on_error()
            .connect(move |error| report(names(std::slice::from_ref(error))));
        let report = on("alertSent");
        socket.alert_sent().connect(move |sent| report(alert(sent)));
        let report = on("alertReceived");
        socket.alert_received().connect(move |received| report(alert(received)));
    }

    /// The next connection of a server whose connections can be encrypted.
    pub(super) fn next_ssl_socket(self: &Rc<Self>, server: TcpServer) -> Value {
        let next = server.next_pending_connection().and_then(SslSocket::from_tcp_socket);
        let Some(socket) = next else { return Value::Null };
        let name = self.next_accepted("xa", &self.accepted_ssl);
        self.adopt_ssl_socket(&name, socket);
        name.into()
    }
}
