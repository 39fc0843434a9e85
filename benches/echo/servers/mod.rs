//! The servers that are compared, each in a process of its own: this program again, with `--serve NAME`.
//!
//! Once it listens, it prints its port; from then on it answers each line on its standard input with its CPU time in
//! nanoseconds, and ends with that input.

mod bare;
mod fastwebsockets;
mod identity;
mod mio_loop;
mod slotwire;
mod tokio_rustls;
mod tungstenite;

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use cpu_time::ProcessTime;

/// The first is the reference.
pub fn names(tls: bool, tasks: bool) -> &'static [&'static str] {
    match (tls, tasks) {
        (true, _) => &["tokio-rustls", "slotwire-wss"],
        (false, true) => &["slotwire", "slotwire-tasks"],
        (false, false) => &["bare", "slotwire", "tungstenite", "fastwebsockets"],
    }
}

/// The server that this process is to be.
pub fn asked_to_serve() -> Option<String> {
    let mut arguments = std::env::args().skip(1);
    (arguments.next()? == "--serve").then(|| arguments.next()).flatten()
}

/// Is that server until the process ends.
pub fn serve(name: &str) {
    match name {
        "bare" => bare::serve(),
        "slotwire" => slotwire::serve(),
        "slotwire-tasks" => slotwire::serve_in_tasks(),
        "tungstenite" => tungstenite::serve(),
        "fastwebsockets" => fastwebsockets::serve(),
        "tokio-rustls" => tokio_rustls::serve(),
        "slotwire-wss" => slotwire::serve_secure(),
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
    pub fn start(name: &str) -> Self {
        let program = std::env::current_exe().expect("the path of this program");
        let mut process = Command::new(program)
            .args(["--serve", name])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let requests = process.stdin.take().expect("a pipe was asked for");
        let answers = BufReader::new(process.stdout.take().expect("a pipe was asked for"));
        let mut server = Self { process, requests, answers, port: 0 };
        server.port = server.answer() as u16;
        server
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

fn listen() -> TcpListener {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    announce(listener.local_addr().expect("it is bound").port());
    listener
}

/// Answers the handshake on a blocking stream, which is then non-blocking.
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
    let accept = String::from_utf8_lossy(&accept);
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(response.as_bytes())?;
    stream.set_nonblocking(true)?;
    Ok(stream)
}
