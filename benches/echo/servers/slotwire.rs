//! The crate's public API, as in `examples/echo.rs`.

use slotwire::prelude::*;

pub fn serve() {
    let server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
    server.set_max_pending_connections(1000);
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            socket.text_message_received().connect(move |text| {
                socket.send_text_message(text);
            });
            socket.binary_message_received().connect(move |bytes| {
                socket.send_binary_message(bytes);
            });
            socket.disconnected().connect(move |()| socket.delete_later());
        }
    });
    server.listen(HostAddress::LocalHost, 0).expect("a free port");
    super::announce(server.server_port());
    std::process::exit(Application::exec());
}
