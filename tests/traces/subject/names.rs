//! The names of Qt's enumerators.

use slotwire::{PauseMode, ProxyType, SocketError, SocketState, SslMode};

pub(super) fn state(state: SocketState) -> String {
    format!("{state:?}State")
}

pub(super) fn error(error: SocketError) -> String {
    match error {
        SocketError::Unknown => "UnknownSocketError".to_owned(),
        error => format!("{error:?}Error"),
    }
}

pub(super) fn ssl_mode(mode: SslMode) -> String {
    format!("{mode:?}Mode")
}

pub(super) fn pause_mode(mode: PauseMode) -> String {
    format!("Pause{mode:?}")
}

pub(super) fn proxy_type(proxy_type: ProxyType) -> String {
    format!("{proxy_type:?}Proxy")
}
