//! The main job in one program: an echo server and a client, talking by signals over a real socket.
//!
//! ```text
//! cargo run --release --example echo                              both, in one event loop, on a free port
//! cargo run --release --example echo -- --server --port 1234      the server alone
//! cargo run --release --example echo -- --client ws://host:1234   the client alone
//! ```

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "output is what this program is for")]

use std::cell::Cell;
use std::io::Write;
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Instant;

use slotwire::prelude::*;

const HELP: &str = "\
An echo server and a client that talks to it, and every signal as it fires.

usage: echo [--deflate] [--quiet]
       echo --server [--address ADDRESS] [--port PORT] [--limits LIMITS] [--deflate] [--quiet]
       echo --client URL [--deflate] [--quiet]

  (nothing)          server and client in one event loop, on a free port; ends by itself
  --server           the server alone, until it is interrupted
  --client URL       the client alone: sends text, binary and a ping, closes, and ends
  --address ADDRESS  where the server listens [127.0.0.1]; `any` for all addresses
  --port PORT        the server's port [1234]; 0 for a free one
  --limits LIMITS    what clients may ask of the server: `qt`, or `internet` where anybody can reach it [qt]
  --deflate          compresses messages, if the other side does as well
  --quiet            no output but errors, for measuring
  --help             this text";

enum Mode {
    Both,
    Server { address: HostAddress, port: u16, limits: Box<Limits> },
    Client { url: String },
}

fn main() -> ExitCode {
    let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    match parse(arguments) {
        Ok(None) => {
            println!("{HELP}");
            ExitCode::SUCCESS
        }
        Ok(Some((mode, deflate, log))) => run(mode, deflate, log),
        Err(problem) => {
            eprintln!("echo: {problem}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

fn run(mode: Mode, deflate: bool, log: Log) -> ExitCode {
    match mode {
        Mode::Both => {
            let server = serve(HostAddress::LocalHost, 0, Limits::internet(), deflate, log);
            match server.map(WebSocketServer::server_url) {
                Ok(url) => talk(url.into(), deflate, log),
                Err(error) => return fail(&error),
            }
        }
        Mode::Server { address, port, limits } => match serve(address, port, *limits, deflate, log) {
            Ok(_) => {}
            Err(error) => return fail(&error),
        },
        Mode::Client { url } => talk(url, deflate, log),
    }
    u8::try_from(Application::exec()).map_or(ExitCode::FAILURE, ExitCode::from)
}

fn fail(error: &Error) -> ExitCode {
    eprintln!("echo: cannot listen: {error}");
    ExitCode::FAILURE
}

/// The server: sends back what it receives.
fn serve(
    address: HostAddress,
    port: u16,
    limits: Limits,
    deflate: bool,
    log: Log,
) -> Result<WebSocketServer, Error> {
    let server = WebSocketServer::new("Echo Server", SslMode::NonSecure);
    #[cfg(feature = "deflate")]
    server.set_compression(deflate.then(Compression::new));
    #[cfg(not(feature = "deflate"))]
    let _ = deflate;
    server.set_limits(limits);
    server.set_max_pending_connections(1000);
    server.new_connection().connect(move |()| {
        while let Some(socket) = server.next_pending_connection() {
            log.line("server", || {
                format!("newConnection from {} port {}", socket.peer_address(), socket.peer_port())
            });
            socket.text_message_received().connect(move |text| {
                log.line("server", || format!("textMessageReceived {}", shorten(text)));
                socket.send_text_message(text);
            });
            socket.binary_message_received().connect(move |bytes| {
                log.line("server", || format!("binaryMessageReceived, {} bytes", bytes.len()));
                socket.send_binary_message(bytes);
            });
            socket.disconnected().connect(move |()| {
                log.line("server", || {
                    format!("disconnected, {:?}, {:?}", socket.close_code(), socket.close_reason())
                });
                socket.delete_later();
            });
        }
    });
    server.server_error().connect(move |_| {
        log.line("server", || format!("serverError: {}", server.error_string()));
    });
    server.accept_error().connect(move |error| log.line("server", || format!("acceptError: {error}")));
    server.listen(address, port)?;
    log.line("server", || format!("listening on {}", server.server_url()));
    Ok(server)
}

/// The client: one text, one binary message and a ping, each sent when the one before has come back; then it closes.
fn talk(url: String, deflate: bool, log: Log) {
    let socket = WebSocket::new();
    let failed = Rc::new(Cell::new(true));
    let payload: Rc<[u8]> = (0..=255).cycle().take(100_000).collect();

    socket.state_changed().connect(move |state| log.line("client", || format!("stateChanged({state:?})")));
    socket.connected().connect(move |()| {
        log.line("client", || "connected".to_owned());
        socket.send_text_message("Hello, world! Grüße, 世界");
    });
    socket.text_message_received().connect({
        let payload = payload.clone();
        move |text| {
            log.line("client", || format!("textMessageReceived {}", shorten(text)));
            socket.send_binary_message(&payload);
        }
    });
    socket.binary_message_received().connect({
        let failed = failed.clone();
        move |bytes| {
            let same = *bytes == *payload;
            log.line("client", || format!("binaryMessageReceived, {} bytes, same: {same}", bytes.len()));
            failed.set(!same);
            socket.ping_with("are you there?");
        }
    });
    socket.pong().connect(move |(elapsed, payload)| {
        log.line("client", || format!("pong after {elapsed:?}: {:?}", String::from_utf8_lossy(payload)));
        socket.close_with(CloseCode::Normal, "that was all");
    });
    socket.about_to_close().connect(move |()| log.line("client", || "aboutToClose".to_owned()));
    socket.error_occurred().connect({
        let failed = failed.clone();
        move |error| {
            eprintln!("echo: {error:?}: {}", socket.error_string());
            failed.set(true);
            Application::exit(1);
        }
    });
    socket.disconnected().connect(move |()| {
        log.line("client", || {
            format!("disconnected, {:?}, {:?}", socket.close_code(), socket.close_reason())
        });
        socket.delete_later();
        Application::exit(failed.get().into());
    });
    // What is no URL fails inside `open`: only a loop that runs by then can be ended by the slot.
    Application::invoke_later(move || {
        #[cfg(feature = "deflate")]
        if deflate {
            let options = HandshakeOptions::new().with_compression(Compression::new());
            return socket.open_with(url, options);
        }
        #[cfg(not(feature = "deflate"))]
        let _ = deflate;
        socket.open(url);
    });
}

/// Prints what happens, with the time since the start.
#[derive(Clone, Copy)]
enum Log {
    Quiet,
    Since(Instant),
}

impl Log {
    fn line(self, who: &str, what: impl FnOnce() -> String) {
        if let Self::Since(start) = self {
            let elapsed = start.elapsed().as_secs_f64() * 1e3;
            // Who reads this may stop, as `head` does; println would panic.
            let _ = writeln!(std::io::stdout(), "{elapsed:>9.3} ms  {who}  {}", what());
        }
    }
}

fn shorten(text: &str) -> String {
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{:?} … ({} bytes)", &text[..end], text.len()),
        None => format!("{text:?}"),
    }
}

/// `None` if the help is asked for.
fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<(Mode, bool, Log)>, String> {
    let (mut server, mut client, mut deflate, mut quiet) = (false, None, false, false);
    let (mut address, mut port, mut limits) = (None, None, None);
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--help" | "-h" => return Ok(None),
            "--deflate" if cfg!(feature = "deflate") => deflate = true,
            "--deflate" => return Err("this was built without the feature `deflate`".to_owned()),
            "--quiet" => quiet = true,
            "--server" => server = true,
            "--client" => client = Some(value()?),
            "--limits" => {
                limits = Some(match value()?.as_str() {
                    "qt" => Limits::qt(),
                    "internet" => Limits::internet(),
                    text => return Err(format!("--limits is `qt` or `internet`, not {text:?}")),
                });
            }
            "--port" => {
                let text = value()?;
                port =
                    Some(text.parse().map_err(|_| format!("--port is a number up to 65535, not {text:?}"))?);
            }
            "--address" => {
                let text = value()?;
                address = Some(match text.as_str() {
                    "any" => HostAddress::Any,
                    "localhost" => HostAddress::LocalHost,
                    _ => text.parse().map_err(|_| {
                        format!("--address is an IP address, `localhost` or `any`, not {text:?}")
                    })?,
                });
            }
            other => return Err(format!("{other:?} is not an option")),
        }
    }
    let log = if quiet { Log::Quiet } else { Log::Since(Instant::now()) };
    let mode = match (server, client) {
        (true, Some(_)) => return Err("--server and --client exclude each other".to_owned()),
        (true, None) => {
            let (address, port) = (address.unwrap_or(HostAddress::LocalHost), port.unwrap_or(1234));
            Mode::Server { address, port, limits: Box::new(limits.unwrap_or_default()) }
        }
        (false, _) if address.is_some() || port.is_some() || limits.is_some() => {
            return Err("--address, --port and --limits are for --server".to_owned());
        }
        (false, Some(url)) => Mode::Client { url },
        (false, None) => Mode::Both,
    };
    Ok(Some((mode, deflate, log)))
}
