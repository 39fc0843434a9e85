//! tungstenite over tokio-rustls, on tokio's current-thread runtime. Echoes are collected with `feed` and flushed once
//! nothing more has come.

use std::sync::Arc;

use futures_util::{FutureExt, SinkExt, StreamExt};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::{Ticketer, default_provider};
use rustls::pki_types::PrivateKeyDer;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::{Error, protocol::WebSocketConfig};

use super::identity::Identity;

/// As in `tungstenite.rs`.
const READ_BUFFER: usize = 16 << 10;

pub fn serve() {
    let Identity { certificate, key } = Identity::new();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], PrivateKeyDer::try_from(key).expect("a key"))
        .expect("a certificate");
    config.ticketer = Ticketer::new().expect("random keys");
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("a runtime");
    runtime.block_on(async {
        let listener = super::listen();
        listener.set_nonblocking(true).expect("a listener");
        let listener = TcpListener::from_std(listener).expect("a listener");
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            tokio::spawn(echo(acceptor.clone(), stream));
        }
    });
}

async fn echo(acceptor: TlsAcceptor, stream: TcpStream) -> Result<(), Error> {
    let stream = acceptor.accept(stream).await?;
    let config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    let mut socket = tokio_tungstenite::accept_async_with_config(stream, Some(config)).await?;
    loop {
        let message = match socket.next().now_or_never() {
            Some(message) => message,
            None => {
                socket.flush().await?;
                socket.next().await
            }
        };
        let Some(message) = message.transpose()? else { return Ok(()) };
        if message.is_text() || message.is_binary() {
            socket.feed(message).await?;
        }
    }
}
