//! sockudo-ws: each message is sent at once, as in its example.

use futures_util::{SinkExt, StreamExt};
use sockudo_ws::deflate::DeflateConfig;
use sockudo_ws::{CompressedWebSocketStream, Config, DeflateWindowBits, Message};
use tokio::net::TcpStream;

use crate::{LEVEL, WINDOW_BITS};

pub async fn echo(stream: TcpStream) {
    let bits = DeflateWindowBits::try_from(WINDOW_BITS).expect("9 to 15");
    let deflate = DeflateConfig {
        server_max_window_bits: bits,
        client_max_window_bits: bits,
        server_no_context_takeover: false,
        client_no_context_takeover: false,
        compression_level: LEVEL.into(),
        compression_threshold: 0,
    };
    let config = Config::builder().auto_ping(false).build();
    let mut socket = CompressedWebSocketStream::server(stream, config, deflate);
    while let Some(Ok(message)) = socket.next().await {
        if matches!(message, Message::Text(_)) && socket.send(message).await.is_err() {
            return;
        }
    }
}
