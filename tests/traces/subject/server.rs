//! Servers: their commands, queries and signals.

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use slotwire::{CorsAuthenticator, HostAddress, SslMode, WebSocketServer};

use super::{ActorHandle, OriginPolicy, Stage, answer, failed, names, number, proxy, text, texts};

const QUERIES: [&str; 15] = [
    "server_url",
    "server_port",
    "server_address",
    "server_name",
    "secure_mode",
    "is_listening",
    "error",
    "error_string",
    "supported_versions",
    "supported_subprotocols",
    "has_pending",
    "max_pending",
    "handshake_timeout",
    "has_descriptor",
    "proxy_type",
];

pub(super) fn create(command: &Value) -> WebSocketServer {
    let is_secure = command["secure"].as_bool().unwrap_or_default();
    let mode = if is_secure { SslMode::Secure } else { SslMode::NonSecure };
    WebSocketServer::new(text(command, "name"), mode)
}

pub(super) fn snapshot(server: WebSocketServer) -> String {
    let listening = if server.is_listening() { "listening" } else { "idle" };
    let pending = if server.has_pending_connections() { "pending" } else { "none" };
    format!("{listening}|{pending}|{}", u16::from(server.error()))
}

impl Stage {
    /// Takes a server into the scenario, and reports all its signals.
    pub(super) fn adopt_server(self: &Rc<Self>, name: &str, server: WebSocketServer) {
        let actor = self.adopt(name, ActorHandle::Server(server));
        let on = |signal| self.reporter(&actor, signal);

        let report = on("newConnection");
        server.new_connection().connect(move |()| report(json!([])));
        let report = on("closed");
        server.closed().connect(move |()| report(json!([])));
        let report = on("acceptError");
        server.accept_error().connect(move |error| report(json!([names::error(error)])));
        let report = on("serverError");
        server.server_error().connect(move |code| report(json!([u16::from(code)])));
        let (stage, asked) = (self.clone(), actor.clone());
        server.origin_authentication_required().connect(move |authenticator| {
            let signal = "originAuthenticationRequired";
            let arguments = json!([authenticator.origin(), authenticator.allowed()]);
            stage.report_signal(&asked, signal, &arguments);
            stage.policy.borrow().apply(authenticator);
            stage.react(&asked, signal, &arguments);
        });
        #[cfg(feature = "_tls")]
        self.watch_ssl_of_server(&actor, server);
        self.watch_destroyed(&actor);
    }

    pub(super) fn server_command(
        self: &Rc<Self>,
        server: WebSocketServer,
        name: &str,
        command: &Value,
    ) -> Value {
        match name {
            "listen" => {
                let port = u16::try_from(number(command, "port")).unwrap_or_default();
                return server.listen(address(command), port).is_ok().into();
            }
            "close" => server.close(),
            "pause_accepting" => server.pause_accepting(),
            "resume_accepting" => server.resume_accepting(),
            "set_max_pending" => {
                server.set_max_pending_connections(number(command, "n").try_into().unwrap_or_default());
            }
            "set_handshake_timeout" => {
                // A negative time is none in Qt.
                let timeout = u64::try_from(number(command, "ms")).ok().map(Duration::from_millis);
                server.set_handshake_timeout(timeout);
            }
            "set_subprotocols" => server.set_supported_subprotocols(texts(command, "list")),
            "set_name" => server.set_server_name(text(command, "name")),
            "origin_policy" => self.set_origin_policy(command),
            "next_pending" => {
                let Some(socket) = server.next_pending_connection() else { return Value::Null };
                let name = self.next_accepted("a", &self.accepted);
                self.adopt_socket(&name, socket);
                return name.into();
            }
            "query" => return answer(command, &QUERIES, |what| query(server, what)),
            "set_proxy" => server.set_proxy(proxy(command)),
            #[cfg(feature = "_tls")]
            "set_ssl" => return super::ssl::configure_server(server, command),
            #[cfg(feature = "_tls")]
            "ignore_on_socket" => return self.ignore_on_socket(),
            _ => return failed("unknown command"),
        }
        Value::Null
    }

    fn set_origin_policy(&self, command: &Value) {
        let origins = texts(command, "list");
        self.policy.replace(match text(command, "mode") {
            "allow" => OriginPolicy::AllowOnly(origins),
            "deny" => OriginPolicy::Deny(origins),
            _ => OriginPolicy::Undecided,
        });
    }
}

impl OriginPolicy {
    fn apply(&self, authenticator: &CorsAuthenticator) {
        let is_listed = |origins: &[String]| origins.iter().any(|origin| origin == authenticator.origin());
        match self {
            Self::Undecided => {}
            Self::AllowOnly(origins) => authenticator.set_allowed(is_listed(origins)),
            Self::Deny(origins) => authenticator.set_allowed(!is_listed(origins)),
        }
    }
}

pub(super) fn address(command: &Value) -> HostAddress {
    match command["addr"].as_str() {
        None => HostAddress::LocalHost,
        Some("any") => HostAddress::Any,
        Some("any4") => HostAddress::AnyIPv4,
        Some("any6") => HostAddress::AnyIPv6,
        Some("localhost") => HostAddress::LocalHost,
        Some("localhost6") => HostAddress::LocalHostIPv6,
        Some("broadcast") => HostAddress::Broadcast,
        // "null", too: what is no address is the null address.
        Some(text) => text.parse().unwrap_or_default(),
    }
}

fn query(server: WebSocketServer, what: &str) -> Value {
    match what {
        "server_url" => server_url(server).into(),
        "server_port" => server.server_port().into(),
        "server_address" => server.server_address().to_string().into(),
        "server_name" => server.server_name().into(),
        "secure_mode" => names::ssl_mode(server.secure_mode()).into(),
        "is_listening" => server.is_listening().into(),
        "error" => u16::from(server.error()).into(),
        "error_string" => server.error_string().into(),
        "supported_versions" => {
            server.supported_versions().into_iter().map(|version| version.number()).collect()
        }
        "supported_subprotocols" => server.supported_subprotocols().into(),
        "has_pending" => server.has_pending_connections().into(),
        "max_pending" => server.max_pending_connections().into(),
        "handshake_timeout" => {
            server.handshake_timeout().map_or(-1, |timeout| timeout.as_millis() as i64).into()
        }
        "has_descriptor" => server.socket_descriptor().is_some().into(),
        "proxy_type" => names::proxy_type(server.proxy().proxy_type()).into(),
        _ => failed("unknown"),
    }
}

/// As Qt writes it: a `Url` always has a path, and is never empty.
fn server_url(server: WebSocketServer) -> String {
    match server.server_url().as_str() {
        "about:blank" => String::new(),
        url => url.trim_end_matches('/').to_owned(),
    }
}
