//! TLS: the commands and signals of sockets and servers that have to do with it.

use std::rc::Rc;

use serde_json::{Value, json};
use slotwire::{
    AlertLevel, AlertType, PeerVerifyMode, SslCertificate, SslConfiguration, SslError, SslErrorKind, SslKey,
    SslSocket, SubjectInfo, WebSocket, WebSocketServer,
};

use super::{Actor, Stage, failed, list, text};

pub(super) fn socket_command(socket: WebSocket, name: &str, command: &Value) -> Value {
    match name {
        "set_ssl" => match configuration(socket.ssl_configuration(), command) {
            Ok(configuration) => socket.set_ssl_configuration(configuration),
            Err(why) => return failed(&why),
        },
        "ignore_ssl_errors" if command.get("errors").is_some() => match errors(command) {
            Ok(errors) => socket.ignore_ssl_errors_for(&errors),
            Err(why) => return failed(&why),
        },
        "ignore_ssl_errors" => socket.ignore_ssl_errors(),
        "continue_interrupted_handshake" => socket.continue_interrupted_handshake(),
        _ => return failed("unknown command"),
    }
    Value::Null
}

pub(super) fn query(socket: WebSocket, what: &str) -> Value {
    let configuration = socket.ssl_configuration();
    match what {
        "ssl_verify" => match configuration.peer_verify_mode() {
            PeerVerifyMode::None => "VerifyNone".into(),
            PeerVerifyMode::Auto => "AutoVerifyPeer".into(),
            mode => format!("{mode:?}").into(),
        },
        "ssl_peer_cn" => {
            let certificate = configuration.peer_certificate();
            let names = certificate.map(|certificate| certificate.subject_info(SubjectInfo::CommonName));
            names.into_iter().flatten().next().unwrap_or_default().into()
        }
        _ => failed("unknown"),
    }
}

/// Of a new server, or by `set_ssl`.
pub(super) fn configure_server(server: WebSocketServer, command: &Value) -> Value {
    match configuration(server.ssl_configuration(), command) {
        Ok(configuration) => server.set_ssl_configuration(configuration),
        Err(why) => return failed(&why),
    }
    Value::Null
}

pub(super) fn configuration(base: SslConfiguration, command: &Value) -> Result<SslConfiguration, String> {
    let mut configuration = base;
    if let Some(path) = command["cert"].as_str() {
        configuration.set_local_certificate_chain(certificates(path)?);
        configuration
            .set_private_key(SslKey::from_path(text(command, "key")).map_err(|error| error.to_string())?);
    }
    match command["ca"].as_str() {
        None => {}
        Some("none") => configuration.set_ca_certificates([]),
        Some(path) => configuration.set_ca_certificates(certificates(path)?),
    }
    match command["verify"].as_str() {
        None => {}
        Some("none") => configuration.set_peer_verify_mode(PeerVerifyMode::None),
        Some("query") => configuration.set_peer_verify_mode(PeerVerifyMode::QueryPeer),
        Some("peer") => configuration.set_peer_verify_mode(PeerVerifyMode::VerifyPeer),
        Some("auto") => configuration.set_peer_verify_mode(PeerVerifyMode::Auto),
        Some(mode) => return Err(format!("unknown mode {mode}")),
    }
    if command["interrupt"].as_bool().unwrap_or_default() {
        configuration.set_handshake_must_interrupt_on_error(true);
    }
    Ok(configuration)
}

pub(super) fn errors(command: &Value) -> Result<Vec<SslError>, String> {
    let certificate = certificates(text(command, "cert"))?.into_iter().next();
    let certificate = certificate.ok_or("there is no certificate")?;
    let error = |name: &Value| {
        let name = name.as_str().unwrap_or_default();
        let kind = kind(name).ok_or_else(|| format!("unknown error {name}"))?;
        Ok(SslError::with_certificate(kind, certificate.clone()))
    };
    list(command, "errors").iter().map(error).collect()
}

fn kind(name: &str) -> Option<SslErrorKind> {
    use SslErrorKind::*;
    let known = [
        CertificateExpired,
        HostNameMismatch,
        SelfSignedCertificate,
        UnableToGetLocalIssuerCertificate,
        UnableToVerifyFirstCertificate,
    ];
    known.into_iter().find(|kind| format!("{kind:?}") == name)
}

fn certificates(path: &str) -> Result<Vec<SslCertificate>, String> {
    SslCertificate::from_path(path).map_err(|error| error.to_string())
}

pub(super) fn names(errors: &[SslError]) -> Value {
    errors.iter().map(|error| format!("{:?}", error.kind())).collect()
}

pub(super) fn alert((level, kind, description): (AlertLevel, AlertType, &str)) -> Value {
    json!([format!("{level:?}"), alert_name(kind), description])
}

/// As Qt's enumerator: `CloseNotify` for `CLOSE_NOTIFY`.
fn alert_name(kind: AlertType) -> String {
    let words = format!("{kind:?}");
    let word = |word: &str| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_owned() + &rest.to_lowercase()
    };
    words.split('_').map(word).collect()
}

impl Stage {
    pub(super) fn watch_ssl_of_socket(self: &Rc<Self>, actor: &Rc<Actor>, socket: WebSocket) {
        let on = |signal| self.reporter(actor, signal);

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

    pub(super) fn watch_ssl_of_server(self: &Rc<Self>, actor: &Rc<Actor>, server: WebSocketServer) {
        let on = |signal| self.reporter(actor, signal);

        let report = on("peerVerifyError");
        server.peer_verify_error().connect(move |error| report(names(std::slice::from_ref(error))));
        let report = on("sslErrors");
        server.ssl_errors().connect(move |errors| report(json!([names(errors)])));
        let (stage, occurred) = (self.clone(), actor.clone());
        server.ssl_errors_occurred().connect(move |(socket, errors)| {
            let arguments = json!([names(errors)]);
            stage.report_signal(&occurred, "sslErrorsOccurred", &arguments);
            stage.ssl_socket.replace(Some(*socket));
            stage.react(&occurred, "sslErrorsOccurred", &arguments);
            stage.ssl_socket.take();
        });
        let report = on("handshakeInterruptedOnError");
        server
            .handshake_interrupted_on_error()
            .connect(move |error| report(names(std::slice::from_ref(error))));
        let report = on("alertSent");
        server.alert_sent().connect(move |sent| report(alert(sent)));
        let report = on("alertReceived");
        server.alert_received().connect(move |received| report(alert(received)));
    }

    pub(super) fn ignore_on_socket(&self) -> Value {
        match *self.ssl_socket.borrow() {
            Some(socket) => SslSocket::ignore_ssl_errors(socket),
            None => return failed("only in a slot of sslErrorsOccurred"),
        }
        Value::Null
    }
}
