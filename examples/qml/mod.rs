//! QML's element `WebSocket`, made of the class, and clicks, made of lines of the standard input.
#![allow(dead_code, reason = "no example uses all of it")]

use std::io::BufRead;
use std::thread;

use slotwire::prelude::*;

/// `WebSocket.Status`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Connecting,
    Open,
    Closing,
    Closed,
    Error,
}

/// `WebSocket { url: …; active: … }`
pub(crate) struct WebSocketElement {
    pub(crate) socket: WebSocket,
    url: String,
    /// `onStatusChanged`
    pub(crate) status_changed: Emitter<Status>,
}

impl WebSocketElement {
    /// It is not active.
    pub(crate) fn new(url: impl Into<String>) -> Handle<Self> {
        let socket = WebSocket::new();
        let this = Handle::new(Self { socket, url: url.into(), status_changed: Emitter::new() });
        socket.set_parent(this);
        socket.state_changed().connect_to(this, |this, state| {
            let status = match state {
                SocketState::Connected => Status::Open,
                SocketState::Closing => Status::Closing,
                SocketState::Unconnected => Status::Closed,
                _ => Status::Connecting,
            };
            this.status_changed.emit(status);
        });
        socket.error_occurred().connect_to(this, |this, _| this.status_changed.emit(Status::Error));
        this
    }

    /// `active`
    pub(crate) fn is_active(&self) -> bool {
        self.socket.state() != SocketState::Unconnected
    }

    /// `active = …`: opens the connection, or closes it.
    pub(crate) fn set_active(&self, active: bool) {
        match active {
            true if !self.is_active() => self.socket.open(self.url.as_str()),
            true => {}
            false => self.socket.close(),
        }
    }
}

/// `MouseArea { onClicked: … }`: for each line of the standard input. At its end `closed` is called.
///
/// A thread reads, because the standard input may be a file, which no poller takes.
pub(crate) fn on_clicked(clicked: impl Fn() + 'static, closed: impl Fn() + 'static) {
    struct Clicks {
        clicked: Emitter<()>,
        closed: Emitter<()>,
    }
    let clicks = Handle::new(Clicks { clicked: Emitter::new(), closed: Emitter::new() });
    clicks.signal(|clicks| &clicks.clicked).connect(move |()| clicked());
    clicks.signal(|clicks| &clicks.closed).connect(move |()| closed());
    let clicks = clicks.remote();
    thread::spawn(move || {
        for _ in std::io::stdin().lock().lines().map_while(Result::ok) {
            clicks.invoke(|clicks| clicks.clicked.emit(()));
        }
        clicks.invoke(|clicks| clicks.closed.emit(()));
    });
}
