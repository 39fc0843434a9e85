//! Those who flood, and the one who waits.

use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use mio::{Events, Interest, Poll, Token};

use crate::stream::{self, Stream};

const BETWEEN_PINGS: Duration = Duration::from_millis(3);
/// Longer than this nobody waits for a pong: that is what counts then, and the last to be measured.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long somebody waited, time after time.
#[derive(Default)]
pub struct Waits(Vec<Duration>);

impl Waits {
    pub fn add(&mut self, wait: Duration) {
        self.0.push(wait);
    }

    /// The longest of that part of them which waited least.
    pub fn quantile(&mut self, part: f64) -> Duration {
        self.0.sort();
        let count = (self.0.len() as f64 * part).ceil() as usize;
        self.0.get(count.saturating_sub(1)).copied().unwrap_or_default()
    }
}

/// Floods a server for that long, and measures how long pings wait meanwhile. `report` is called when the flood is under way,
/// and at its end for what it returns.
pub fn flood<R>(
    server: SocketAddr,
    tls: bool,
    flooders: usize,
    time: Duration,
    mut report: impl FnMut() -> R,
) -> (Waits, R) {
    let mut pinging = Pinging::begin(server, tls);
    let streams: Vec<_> = (0..flooders).map(|_| stream::open(server, tls).expect("a connection")).collect();
    let is_over = Arc::new(AtomicBool::new(false));
    let flooding = thread::spawn({
        let is_over = is_over.clone();
        move || write_until(&is_over, streams)
    });
    thread::sleep(Duration::from_millis(300));
    report();
    let (begin, mut waits) = (Instant::now(), Waits::default());
    while begin.elapsed() < time {
        waits.add(pinging.ping());
        thread::sleep(BETWEEN_PINGS);
    }
    let inside = report();
    is_over.store(true, Ordering::Relaxed);
    flooding.join().expect("the flood ends");
    (waits, inside)
}

/// Writes messages of one byte to all of these, as much as they take.
fn write_until(is_over: &AtomicBool, mut streams: Vec<Stream>) {
    let frames = b"\x82\x81\x01\x02\x03\x04x".repeat(9000);
    let mut poll = Poll::new().expect("a poller");
    let mut events = Events::with_capacity(64);
    for (index, stream) in streams.iter_mut().enumerate() {
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(stream.source(), Token(index), interest).expect("a new stream");
    }
    let mut positions = vec![0; streams.len()];
    while !is_over.load(Ordering::Relaxed) {
        let mut is_taken = false;
        for (stream, position) in streams.iter_mut().zip(&mut positions) {
            if let Ok(count) = stream.write(&frames[*position..]) {
                *position = (*position + count) % frames.len();
                is_taken |= count > 0;
            }
            let _ = stream.flush_some();
        }
        if !is_taken {
            poll.poll(&mut events, Some(Duration::from_millis(5))).expect("a poller");
        }
    }
}

struct Pinging {
    stream: Stream,
    poll: Poll,
    events: Events,
    number: u64,
}

impl Pinging {
    fn begin(server: SocketAddr, tls: bool) -> Self {
        let mut stream = stream::open(server, tls).expect("a connection");
        let poll = Poll::new().expect("a poller");
        let interest = Interest::READABLE | Interest::WRITABLE;
        poll.registry().register(stream.source(), Token(0), interest).expect("a new stream");
        Self { stream, poll, events: Events::with_capacity(4), number: 0 }
    }

    fn ping(&mut self) -> Duration {
        self.number += 1;
        let payload = self.number.to_be_bytes();
        let begin = Instant::now();
        // Masked with zeros.
        self.stream.write_all(&[&[0x89, 0x88, 0, 0, 0, 0][..], &payload].concat()).expect("a ping is short");
        self.stream.flush_some().expect("the server reads");
        let (mut pong, mut filled) = ([0; 10], 0);
        while filled < pong.len() && begin.elapsed() < PATIENCE {
            match self.stream.read(&mut pong[filled..]) {
                Ok(0) => panic!("the server has closed the connection"),
                Ok(count) => filled += count,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.poll.poll(&mut self.events, Some(PATIENCE)).expect("a poller");
                }
                Err(error) => panic!("{error}"),
            }
        }
        assert!(filled < pong.len() || pong[2..] == payload, "another pong");
        begin.elapsed()
    }
}
