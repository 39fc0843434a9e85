//! The servers that are compared, each in a process of its own: this program again, with `--serve NAME`, Python, or node.
//!
//! Once it listens, it prints its port. From then on it answers each line on its standard input with its CPU time in
//! nanoseconds, and ends with that input.

mod slotwire;
mod sockudo_ws;
mod yawc;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use cpu_time::ProcessTime;
use tokio::runtime::Builder;

use crate::load::extension;

/// The first is the reference.
pub const NAMES: [&str; 5] = ["slotwire", "yawc", "sockudo-ws", "websockets", "ws"];

/// The server that this process is to be.
pub fn asked_to_serve() -> Option<String> {
    let mut arguments = std::env::args().skip(1);
    (arguments.next()? == "--serve").then(|| arguments.next()).flatten()
}

/// Is that server until the process ends.
pub fn serve(name: &str) {
    match name {
        "slotwire" => slotwire::serve(),
        "yawc" => on_tokio(yawc::echo),
        "sockudo-ws" => on_tokio(sockudo_ws::echo),
        other => panic!("there is no server {other}"),
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
    pub fn start(name: &str) -> Option<Self> {
        let mut command = match name {
            "websockets" => installed("venv/bin/python", "websockets_server.py")?,
            "ws" => installed("node_modules/ws", "ws_server.js")?,
            _ => {
                let mut command = Command::new(std::env::current_exe().expect("the path of this program"));
                command.args(["--serve", name]);
                command
            }
        };
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().expect("the server starts");
        let requests = process.stdin.take().expect("a pipe was asked for");
        let answers = BufReader::new(process.stdout.take().expect("a pipe was asked for"));
        let mut server = Self { process, requests, answers, port: 0 };
        server.port = server.answer() as u16;
        Some(server)
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The CPU time that the process has used, in user and in system mode.
    pub fn cpu_time(&mut self) -> Duration {
        self.requests.write_all(b"\n").expect("the server runs");
        Duration::from_nanos(self.answer())
    }

    /// How much memory the process has in use, in bytes; 0 if that is not known.
    pub fn resident_memory(&self) -> f64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let kibibytes =
            status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB"));
        kibibytes.and_then(|kibibytes| kibibytes.trim().parse().ok()).unwrap_or(0.0) * 1024.0
    }

    fn answer(&mut self) -> u64 {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the server runs");
        line.trim().parse().expect("a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A server in another language, if what it needs is there.
fn installed(needed: &str, program: &str) -> Option<Command> {
    let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let interop = package.join("../target/interop");
    if !interop.join(needed).exists() {
        eprintln!("{program} is left out: tests/interop/setup.sh has not installed {needed}");
        return None;
    }
    let is_python = program.ends_with(".py");
    let mut command = Command::new(if is_python { interop.join(needed) } else { "node".into() });
    command.env("NODE_PATH", interop.join("node_modules"));
    command.arg(package.join("compression/servers").join(program));
    Some(command)
}

/// Tells the parent the port, and from now on, from a thread that sleeps otherwise, the CPU time.
fn announce(port: u16) {
    println!("{port}");
    std::thread::spawn(|| {
        for _ in io::stdin().lines().map_while(Result::ok) {
            println!("{}", ProcessTime::now().as_duration().as_nanos());
        }
        std::process::exit(0);
    });
}

/// Accepts connections on tokio's current-thread runtime, with a task for each.
fn on_tokio<F: Future<Output = ()> + 'static>(echo: fn(tokio::net::TcpStream) -> F) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    announce(listener.local_addr().expect("it is bound").port());
    listener.set_nonblocking(true).expect("a new listener");
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    let tasks = tokio::task::LocalSet::new();
    tasks.block_on(&runtime, async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a new listener");
        loop {
            let (stream, _) = listener.accept().await.expect("a connection");
            let stream = upgrade(stream.into_std().expect("a new stream")).expect("a handshake");
            let stream = tokio::net::TcpStream::from_std(stream).expect("a new stream");
            tokio::task::spawn_local(echo(stream));
        }
    });
}

/// Answers the handshake on a blocking stream, which is then non-blocking: the offer is known.
fn upgrade(mut stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_nonblocking(false)?;
    stream.set_nodelay(true)?;
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        request.extend(byte);
    }
    let request = String::from_utf8_lossy(&request);
    let key = request.lines().find_map(|line| line.strip_prefix("Sec-WebSocket-Key: ")).unwrap_or_default();
    let accept = ::slotwire::websocket::protocol::accept_key(key);
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Extensions: {}\r\n\r\n",
        String::from_utf8_lossy(&accept),
        extension()
    );
    stream.write_all(response.as_bytes())?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}
