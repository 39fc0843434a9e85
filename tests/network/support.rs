use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use slotwire::{Application, Args, EventLoop, HostAddress, Signal, SignalSpy, TcpServer, TcpSocket, Timer};

/// Longer than anything here takes, unless it hangs.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);

/// Runs the loop until that is so.
pub(crate) fn run_until(condition: impl Fn() -> bool + 'static) {
    let condition = Rc::new(condition);
    if condition() {
        return;
    }
    let wait = EventLoop::new().scoped();
    let event_loop = *wait;
    let poll = Timer::new().scoped();
    poll.timeout().connect(move |()| {
        if condition() {
            event_loop.quit();
        }
    });
    poll.restart();
    let limit = Timer::new().scoped();
    limit.timeout().connect(|()| panic!("what the test waits for does not happen"));
    limit.start(LIMIT);
    wait.exec();
}

/// Runs the loop until that signal is emitted.
pub(crate) fn run_until_emitted<A: Args + ?Sized>(signal: Signal<A>) {
    assert!(SignalSpy::new(signal).wait(LIMIT), "{signal:?} is not emitted");
}

/// Gives everything that is under way in this process the time to happen.
pub(crate) fn settle() {
    let mut quiet = 0;
    while quiet < 20 {
        quiet = if Application::process_events() { 0 } else { quiet + 1 };
        std::thread::yield_now();
    }
}

/// A server on the loopback interface.
pub(crate) fn server() -> TcpServer {
    let server = TcpServer::new();
    server.listen(HostAddress::LocalHost, 0).unwrap();
    server
}

/// Both ends of a connection: the client's and the server's.
pub(crate) fn connection() -> (TcpSocket, TcpSocket) {
    connection_to(server())
}

pub(crate) fn connection_to(server: TcpServer) -> (TcpSocket, TcpSocket) {
    let client = TcpSocket::new();
    client.connect_to_host(HostAddress::LocalHost, server.server_port());
    run_until(move || server.has_pending_connections() && client.local_port() != 0);
    (client, server.next_pending_connection().unwrap())
}

/// What a socket emitted, in order, each as a word.
#[derive(Clone, Default)]
pub(crate) struct Log(Rc<RefCell<Vec<String>>>);

impl Log {
    pub(crate) fn of(socket: TcpSocket) -> Self {
        let log = Self::default();
        log.record(socket.host_found(), |()| "host_found".into());
        log.record(socket.connected(), |()| "connected".into());
        log.record(socket.disconnected(), |()| "disconnected".into());
        log.record(socket.state_changed(), |state| format!("{state:?}"));
        log.record(socket.error_occurred(), |error| format!("error {error:?}"));
        log.record(socket.ready_read(), |()| "ready_read".into());
        log.record(socket.bytes_written(), |bytes| format!("bytes_written {bytes}"));
        log.record(socket.about_to_close(), |()| "about_to_close".into());
        log.record(socket.read_channel_finished(), |()| "read_channel_finished".into());
        log
    }

    fn record<A: Args + ?Sized>(&self, signal: Signal<A>, name: impl Fn(A::Ref<'_>) -> String + 'static) {
        let entries = Rc::clone(&self.0);
        signal.connect(move |args| entries.borrow_mut().push(name(args)));
    }

    /// What was emitted since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        self.0.take()
    }
}
