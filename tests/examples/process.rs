//! An example as a process: found, built, run.
#![allow(dead_code, reason = "no test program uses all of it")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;

/// Where the examples of this build are, all of them built.
fn examples() -> &'static Path {
    static EXAMPLES: OnceLock<PathBuf> = OnceLock::new();
    EXAMPLES.get_or_init(|| {
        // This very program is at target/PROFILE/deps/examples-HASH.
        let program = std::env::current_exe().unwrap();
        let profile = program.ancestors().nth(2).unwrap();
        // `cargo test` alone has built them, `cargo test --test examples` has not.
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--examples", "--target-dir"]).arg(profile.parent().unwrap());
        if profile.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.current_dir(env!("CARGO_MANIFEST_DIR")).status().unwrap().success());
        profile.join("examples")
    })
}

pub(crate) fn example(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(examples().join(name));
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs an example that ends by itself.
pub(crate) fn run(name: &str, arguments: &[&str]) -> Output {
    example(name, arguments).output().unwrap()
}

pub(crate) fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// An example that serves until it is stopped.
pub(crate) struct Server {
    pub(crate) process: Child,
    output: Box<dyn BufRead>,
    pub(crate) port: String,
}

impl Server {
    /// Starts it. Its first line, on the stream that it writes to, names its port.
    fn start(name: &str, arguments: &[&str], stream: fn(&mut Child) -> Box<dyn Read>) -> Self {
        let mut process = example(name, arguments).spawn().unwrap();
        let mut output = Box::new(BufReader::new(stream(&mut process)));
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        // The last number: of a port, or of a URL.
        let (_, place) = line.split_once("listening on ").expect("it listens");
        let mut numbers = place.split(|character: char| !character.is_ascii_digit());
        let port = numbers.rfind(|number| !number.is_empty()).expect("it has a port").to_owned();
        Self { process, output, port }
    }

    pub(crate) fn echo_server() -> Self {
        Self::start("echo_server", &["--debug", "--port", "0"], |it| Box::new(it.stderr.take().unwrap()))
    }

    /// One of the servers on a free port, with these options besides.
    pub(crate) fn with_options(name: &str, options: &[&str]) -> Self {
        let own: &[&str] = match name {
            "echo" => &["--server", "--port", "0"],
            "echo_server" => &["--debug", "--port", "0"],
            _ => &["--port", "0"],
        };
        let arguments = [own, options].concat();
        match name {
            "echo_server" => Self::start(name, &arguments, |it| Box::new(it.stderr.take().unwrap())),
            _ => Self::start(name, &arguments, |it| Box::new(it.stdout.take().unwrap())),
        }
    }

    pub(crate) fn simple_chat() -> Self {
        Self::simple_chat_at("0")
    }

    pub(crate) fn simple_chat_at(port: &str) -> Self {
        Self::start("simple_chat", &["-p", port], |it| Box::new(it.stdout.take().unwrap()))
    }

    /// `echo`, which does not show all of what it sends back.
    pub(crate) fn quiet_echo() -> Self {
        Self::quiet_echo_at("0")
    }

    pub(crate) fn quiet_echo_at(port: &str) -> Self {
        Self::start("echo", &["--server", "--port", port], |it| Box::new(it.stdout.take().unwrap()))
    }

    /// With a file for its certificate.
    pub(crate) fn ssl_echo_server(certificate: &str) -> Self {
        let arguments = ["--port", "0", "--certificate", certificate];
        Self::start("ssl_echo_server", &arguments, |it| Box::new(it.stderr.take().unwrap()))
    }

    pub(crate) fn graceful_shutdown() -> Self {
        Self::start("graceful_shutdown", &["0"], |it| Box::new(it.stdout.take().unwrap()))
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://127.0.0.1:{}/", self.port)
    }

    pub(crate) fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line
    }

    /// What it answers to an HTTP request.
    pub(crate) fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(format!("127.0.0.1:{}", self.port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
