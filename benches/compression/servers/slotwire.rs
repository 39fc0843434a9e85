//! The crate's public API.

use slotwire::prelude::*;

use crate::{LEVEL, WINDOW_BITS};

pub fn serve() {
    let server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
    let compression = Compression::new()
        .with_level(LEVEL)
        .with_server_max_window_bits(WINDOW_BITS)
        .with_client_max_window_bits(WINDOW_BITS);
    server.set_compression(compression);
    server.set_max_pending_connections(1000);
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            socket.text_message_received().connect(move |text| {
                socket.send_text_message(text);
            });
            socket.disconnected().connect(move |()| socket.delete_later());
        }
    });
    server.listen(HostAddress::LocalHost, 0).expect("a free port");
    super::announce(server.server_port());
    std::process::exit(Application::exec());
}
