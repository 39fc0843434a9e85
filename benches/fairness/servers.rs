//! The servers that are flooded, each in a process of its own: this program again, with `--serve NAME MICROSECONDS`, or Python.
//!
//! Once it listens, it prints its port. From then on it answers each line on its standard input with what it has measured since
//! the last one, and ends with that input.

#[path = "../echo/servers/identity.rs"]
mod identity;
mod slotwire;
mod tungstenite;

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use crate::load::Waits;

pub const NAMES: [&str; 4] = ["slotwire", "slotwire-wss", "tungstenite", "websockets"];

/// The server that this process is to be, and how many microseconds its slot takes.
pub fn asked_to_serve() -> Option<(String, u64)> {
    let mut arguments = std::env::args().skip(1);
    if arguments.next()? != "--serve" {
        return None;
    }
    Some((arguments.next()?, arguments.next()?.parse().ok()?))
}

/// Is that server until the process ends.
pub fn serve(name: &str, slot: u64) {
    let slot = Duration::from_micros(slot);
    match name {
        "slotwire" => slotwire::serve(slot),
        "slotwire-wss" => slotwire::serve_secure(slot),
        "tungstenite" => tungstenite::serve(slot),
        other => panic!("there is no server {other}"),
    }
}

/// What a slot does that takes so long.
fn work(time: Duration) {
    if !time.is_zero() {
        let begin = Instant::now();
        while begin.elapsed() < time {
            std::hint::spin_loop();
        }
    }
}

/// A server's process.
pub struct Server {
    process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
    port: u16,
}

impl Server {
    /// `None` if it is not installed.
    pub fn start(name: &str, slot: u64) -> Option<Self> {
        let mut command = match name {
            "websockets" => python()?,
            _ => {
                let mut command = Command::new(std::env::current_exe().expect("the path of this program"));
                command.args(["--serve", name]);
                command
            }
        };
        let command = command.arg(slot.to_string()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the server starts");
        let requests = process.stdin.take().expect("a pipe was asked for");
        let answers = BufReader::new(process.stdout.take().expect("a pipe was asked for"));
        let mut server = Self { process, requests, answers, port: 0 };
        server.port = server.answer().trim().parse().expect("a port");
        Some(server)
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// What was measured inside since the last time: a name, and microseconds.
    pub fn report(&mut self) -> Vec<(String, Waits)> {
        self.requests.write_all(b"\n").expect("the server runs");
        let answer = self.answer();
        let measured = answer.trim().split(';').filter(|part| !part.is_empty());
        let parse = |part: &str| {
            let (name, numbers) = part.split_once(':').expect("a name and numbers");
            let mut waits = Waits::default();
            let numbers = numbers.split_whitespace().map(|number| number.parse().expect("a number"));
            numbers.for_each(|microseconds| waits.add(Duration::from_micros(microseconds)));
            (name.to_owned(), waits)
        };
        measured.map(parse).collect()
    }

    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the server runs");
        line
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The interpreter that has `websockets`, with the server's program.
fn python() -> Option<Command> {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let interpreter = package.join("../target/interop/venv/bin/python");
    if !interpreter.exists() {
        eprintln!("websockets is left out: tests/interop/setup.sh has not installed it");
        return None;
    }
    let mut command = Command::new(interpreter);
    command.arg(package.join("fairness/websockets_server.py"));
    Some(command)
}
