//! Our server, obeying the commands that `peers/README.md` lists.

use std::cell::RefCell;
use std::rc::Rc;

use slotwire::prelude::*;

/// How each connection ended, as the server saw it.
pub(crate) type Closes = Rc<RefCell<Vec<(CloseCode, String)>>>;

/// Listens on a free port and serves as long as the event loop of this thread runs.
pub(crate) fn listen(is_secure: bool) -> (Scoped<WebSocketServer>, Closes) {
    let mode = if is_secure { SslMode::Secure } else { SslMode::NonSecure };
    let server = WebSocketServer::new("interop", mode);
    #[cfg(feature = "_tls")]
    if is_secure {
        server.set_ssl_configuration(crate::certificates::serving());
    }
    let closes = Closes::default();
    server.new_connection().connect({
        let closes = Rc::clone(&closes);
        move |()| {
            while let Some(socket) = server.next_pending_connection() {
                serve(socket, Rc::clone(&closes));
            }
        }
    });
    server.listen(HostAddress::LocalHost, 0).expect("a free port on loopback");
    (server.scoped(), closes)
}

fn serve(socket: WebSocket, closes: Closes) {
    socket.text_message_received().connect(move |text| answer(socket, text));
    socket.binary_message_received().connect(move |data| {
        socket.send_binary_message(data);
    });
    socket.pong().connect(move |(_, payload)| {
        socket.send_text_message(format!("pong:{}", String::from_utf8_lossy(payload)));
    });
    socket.disconnected().connect(move |()| {
        closes.borrow_mut().push((socket.close_code(), socket.close_reason()));
        socket.delete_later();
    });
}

fn answer(socket: WebSocket, text: &str) {
    if let Some(payload) = text.strip_prefix("ping:") {
        socket.ping_with(payload.as_bytes());
    } else if let Some((size, text)) = numbered(text, "fragment:") {
        send_fragmented(socket, text, size.into());
    } else if let Some((code, reason)) = numbered(text, "close:") {
        socket.close_with(CloseCode::from(code), reason);
    } else {
        socket.send_text_message(text);
    }
}

/// Splits `command` + `NUMBER:REST`.
fn numbered<'a>(text: &'a str, command: &str) -> Option<(u16, &'a str)> {
    let (number, rest) = text.strip_prefix(command)?.split_once(':')?;
    Some((number.parse().ok()?, rest))
}

fn send_fragmented(socket: WebSocket, text: &str, size: u64) {
    let whole = socket.outgoing_frame_size();
    socket.set_outgoing_frame_size(size);
    socket.send_text_message(text);
    socket.set_outgoing_frame_size(whole);
}
