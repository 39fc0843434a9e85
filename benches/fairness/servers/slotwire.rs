//! The crate's public API. Beside the flood it runs a timer, calls that it queues itself, and calls of another thread.

use std::cell::RefCell;
use std::io;
use std::time::{Duration, Instant};

use slotwire::prelude::*;
use slotwire::{EventLoopHandle, PeerVerifyMode, SslCertificate, SslConfiguration, SslKey, TimerType};

use super::identity::Identity;

const TICK: Duration = Duration::from_millis(1);

#[derive(Default)]
struct Measured {
    timer: Vec<Duration>,
    queued: Vec<Duration>,
    remote: Vec<Duration>,
}

thread_local! {
    static MEASURED: RefCell<Measured> = RefCell::default();
}

pub fn serve(slot: Duration) {
    flooded(WebSocketServer::new("Flooded Server", SslMode::NonSecure), slot);
}

pub fn serve_secure(slot: Duration) {
    let server = WebSocketServer::new("Flooded Server", SslMode::Secure);
    let Identity { certificate, key } = Identity::new();
    let mut configuration = SslConfiguration::new();
    configuration.set_local_certificate(SslCertificate::from_der(certificate).expect("a certificate"));
    configuration.set_private_key(SslKey::from_der(key).expect("a key"));
    configuration.set_peer_verify_mode(PeerVerifyMode::None);
    server.set_ssl_configuration(configuration);
    flooded(server, slot);
}

fn flooded(server: WebSocketServer, slot: Duration) {
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            socket.binary_message_received().connect(move |_| super::work(slot));
            socket.disconnected().connect(move |()| socket.delete_later());
        }
    });
    server.listen(HostAddress::LocalHost, 0).expect("a free port");
    println!("{}", server.server_port());
    answer_requests();
    let timer = Timer::new();
    timer.set_timer_type(TimerType::Precise);
    let last = RefCell::new(Instant::now());
    timer.timeout().connect(move |()| {
        let late = last.replace(Instant::now()).elapsed().saturating_sub(TICK);
        MEASURED.with_borrow_mut(|measured| measured.timer.push(late));
        Application::invoke_later(queued_at(Instant::now()));
    });
    timer.start(TICK);
    call_from_another_thread();
    std::process::exit(Application::exec());
}

fn queued_at(begin: Instant) -> impl FnOnce() {
    move || MEASURED.with_borrow_mut(|measured| measured.queued.push(begin.elapsed()))
}

fn call_from_another_thread() {
    let event_loop = EventLoopHandle::current();
    std::thread::spawn(move || {
        loop {
            let begin = Instant::now();
            let _ = event_loop.invoke_blocking(|| ());
            let waited = begin.elapsed();
            event_loop.invoke(move || MEASURED.with_borrow_mut(|measured| measured.remote.push(waited)));
            std::thread::sleep(3 * TICK);
        }
    });
}

/// Tells the parent what was measured, whenever it asks.
fn answer_requests() {
    let event_loop = EventLoopHandle::current();
    std::thread::spawn(move || {
        for _ in io::stdin().lines().map_while(Result::ok) {
            event_loop.invoke(|| {
                let Measured { timer, queued, remote } = MEASURED.take();
                let figures =
                    [("timer of 1 ms", timer), ("queued call", queued), ("call of a thread", remote)];
                for (name, waits) in figures {
                    print!("{name}:");
                    waits.iter().for_each(|wait| print!("{} ", wait.as_micros()));
                    print!(";");
                }
                println!();
            });
        }
        std::process::exit(0);
    });
}
