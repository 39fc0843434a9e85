//! The client that Autobahn's fuzzing server tests: one connection for each case that the suite offers, and an echo of all
//! that comes.
//!
//! ```text
//! cargo run --release --example autobahn_client -- ws://127.0.0.1:9001 slotwire [--deflate]
//! ```
//!
//! `tests/autobahn/run.sh` runs it, with the suite.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

mod command_line_parser;

use std::cell::Cell;
use std::process::ExitCode;

use command_line_parser::{CommandLineOption, CommandLineParser};
use slotwire::prelude::*;
use url::Url;

/// What the connection is for.
#[derive(Clone, Copy)]
enum Step {
    /// The suite tells how many cases it has.
    Count,
    /// That case runs; the first is 1.
    Case(u32),
    /// The suite writes its reports.
    Reports,
}

/// One socket, opened again whenever its connection has ended.
struct AutobahnClient {
    web_socket: WebSocket,
    suite: Url,
    agent: String,
    options: HandshakeOptions,
    step: Cell<Step>,
    cases: Cell<u32>,
    is_connected: Cell<bool>,
    /// Whether the suite ran all its cases.
    finished: Emitter<bool>,
}

impl AutobahnClient {
    fn new(suite: Url, agent: &str, options: HandshakeOptions) -> Handle<Self> {
        let web_socket = WebSocket::new();
        let this = Handle::new(Self {
            web_socket,
            suite,
            agent: agent.to_owned(),
            options,
            step: Cell::new(Step::Count),
            cases: Cell::new(0),
            is_connected: Cell::new(false),
            finished: Emitter::new(),
        });
        web_socket.set_parent(this);
        web_socket.connected().connect_to(this, Self::on_connected);
        web_socket.text_message_received().connect_to(this, Self::on_text_message_received);
        web_socket.binary_message_received().connect_to(this, Self::on_binary_message_received);
        web_socket.error_occurred().connect_to(this, Self::on_error_occurred);
        web_socket.disconnected().connect_to(this, Self::on_disconnected);
        this
    }

    fn start(&self) {
        self.open(Step::Count);
    }

    fn open(&self, step: Step) {
        self.step.set(step);
        self.is_connected.set(false);
        let mut url = self.suite.clone();
        match step {
            Step::Count => url.set_path("/getCaseCount"),
            Step::Case(case) => {
                url.set_path("/runCase");
                url.query_pairs_mut()
                    .append_pair("case", &case.to_string())
                    .append_pair("agent", &self.agent);
            }
            Step::Reports => {
                url.set_path("/updateReports");
                url.query_pairs_mut().append_pair("agent", &self.agent);
            }
        }
        self.web_socket.open_with(url, self.options.clone());
    }

    fn on_connected(&self, (): ()) {
        self.is_connected.set(true);
    }

    fn on_text_message_received(&self, text: &str) {
        match self.step.get() {
            Step::Count => self.cases.set(text.parse().unwrap_or(0)),
            Step::Case(_) | Step::Reports => {
                self.web_socket.send_text_message(text);
            }
        }
    }

    fn on_binary_message_received(&self, bytes: &[u8]) {
        self.web_socket.send_binary_message(bytes);
    }

    /// Many cases drop their connection, so an error is no reason to stop.
    fn on_error_occurred(&self, _: SocketError) {
        if let Step::Case(case) = self.step.get() {
            println!("case {case}: {}", self.web_socket.error_string());
        } else {
            eprintln!("{}: {}", self.suite, self.web_socket.error_string());
        }
    }

    fn on_disconnected(&self, (): ()) {
        let cases = self.cases.get();
        match self.step.get() {
            _ if !self.is_connected.get() => self.finished.emit(false),
            Step::Count if cases == 0 => self.finished.emit(false),
            Step::Count => self.open(Step::Case(1)),
            Step::Case(case) if case < cases => self.open(Step::Case(case + 1)),
            Step::Case(_) => self.open(Step::Reports),
            Step::Reports => self.finished.emit(true),
        }
    }
}

/// What the suite is to find out whether this client can do.
fn options(deflate: bool) -> HandshakeOptions {
    let options = HandshakeOptions::new();
    #[cfg(feature = "deflate")]
    if deflate {
        let compression = Compression::new().with_server_max_window_bits(15);
        return options.with_compression(compression.with_client_max_window_bits(15));
    }
    #[cfg(not(feature = "deflate"))]
    let _ = deflate;
    options
}

fn main() -> ExitCode {
    let mut parser = CommandLineParser::new();
    parser.set_application_description("Runs every case of Autobahn's fuzzing server.");
    parser.add_help_option();
    parser.add_option(CommandLineOption::new(&["deflate"], "Offers to compress messages."));
    parser.add_positional_argument("url", "Where the fuzzing server listens, as ws://127.0.0.1:9001.");
    parser.add_positional_argument("agent", "The name of the client in the reports.");
    parser.process();
    let [url, agent] = parser.positional_arguments() else { return ExitCode::FAILURE };
    let suite = match Url::parse(url) {
        Ok(suite) if suite.scheme() == "ws" => suite,
        _ => {
            eprintln!("{url:?} is not a URL of ws.");
            return ExitCode::FAILURE;
        }
    };

    let client = AutobahnClient::new(suite, agent, options(parser.is_set("deflate"))).scoped();
    client.signal(|client| &client.finished).connect(|all_ran| Application::exit((!all_ran).into()));
    client.with(AutobahnClient::start);
    u8::try_from(Application::exec()).map_or(ExitCode::FAILURE, ExitCode::from)
}
