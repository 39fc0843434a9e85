//! yawc: each frame is sent at once, as its documentation shows it.

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use yawc::{CompressionLevel, Frame, OpCode, Options, Role, WebSocket};

use crate::load::extension;
use crate::{LEVEL, WINDOW_BITS};

pub async fn echo(stream: TcpStream) {
    let options = Options::default()
        .with_compression_level(CompressionLevel::new(LEVEL.into()))
        .with_server_max_window_bits(WINDOW_BITS)
        .with_client_max_window_bits(WINDOW_BITS)
        .with_utf8();
    let socket = WebSocket::from_stream_with_extensions(stream, Role::Server, Some(&extension()), options);
    let mut socket = socket.expect("these settings are possible");
    while let Some(frame) = socket.next().await {
        let (op_code, _, payload) = frame.into_parts();
        if op_code == OpCode::Text && socket.send(Frame::text(payload)).await.is_err() {
            return;
        }
    }
}
