//! The examples, run as programs: what they answer, what they print, and how they end.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a failed expectation is how a test says what it needed"
)]

mod process;

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ExitStatus, Stdio};
use std::rc::Rc;
use std::time::{Duration, Instant};

use process::{Server, example, run, text};
use slotwire::prelude::*;

const PATIENCE: Duration = Duration::from_secs(60);

#[track_caller]
fn run_until(mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain");
        if !Application::process_events() {
            std::thread::yield_now();
        }
    }
}

/// Waits for a program whose peer is this thread.
fn wait_for(mut process: Child) -> ExitStatus {
    let mut status = None;
    run_until(|| {
        status = process.try_wait().unwrap();
        status.is_some()
    });
    status.unwrap()
}

#[test]
fn every_example_tells_how_to_use_it() {
    let mut names = vec!["autobahn_client", "broadcast", "echo", "echo_client", "echo_server", "simple_chat"];
    if cfg!(feature = "deflate") {
        names.push("compression");
    }
    if cfg!(feature = "_tls") {
        names.extend(["qml_websocket_client", "ssl_echo_client", "ssl_echo_server"]);
    }
    for name in names {
        let output = run(name, &["--help"]);
        assert!(output.status.success(), "{name}");
        let help = text(output.stdout);
        assert!(help.contains("--help"), "{name}: {help}");
    }
}

#[test]
fn an_argument_that_is_wrong_ends_an_example_with_the_usage() {
    for (name, arguments) in [
        ("autobahn_client", &["ws://127.0.0.1:1"][..]),
        ("echo_client", &["--no-such-option"]),
        ("echo_client", &["--debug=yes"]),
        ("echo_server", &["--port"]),
        ("simple_chat", &["unexpected"]),
        ("reconnecting_client", &["no URL"]),
        ("reconnecting_client", &["http://localhost:1234"]),
        #[cfg(unix)]
        ("graceful_shutdown", &["--help"]),
    ] {
        let output = run(name, arguments);
        assert_eq!(output.status.code(), Some(1), "{name} {arguments:?}");
        assert!(text(output.stderr).contains("Usage: "), "{name} {arguments:?}");
    }
}

#[test]
fn a_port_that_is_none_is_refused() {
    for (name, port) in
        [("echo_client", "0"), ("echo_client", "65536"), ("echo_server", "-1"), ("simple_chat", "http")]
    {
        let output = run(name, &["--port", port]);
        assert_eq!(output.status.code(), Some(1), "{name} {port}");
        assert!(text(output.stderr).contains("port is a number"), "{name} {port}");
    }
}

#[test]
fn echo_talks_with_itself() {
    let output = run("echo", &[]);
    assert!(output.status.success());
    assert!(text(output.stdout).contains("binaryMessageReceived, 100000 bytes, same: true"));
}

#[test]
fn the_echo_client_ends_when_the_echo_server_has_answered() {
    let mut server = Server::echo_server();
    for host in ["localhost", "127.0.0.1"] {
        let output = run("echo_client", &["-d", "-n", host, "-p", &server.port]);
        assert!(output.status.success());
        let expected = format!(
            "WebSocket server: ws://{host}:{}/\nWebSocket connected\nMessage received: \"Hello, world!\"\n",
            server.port
        );
        assert_eq!(text(output.stderr), expected);
        assert_eq!(server.read_line(), "Message received: \"Hello, world!\"\n");
        assert!(server.read_line().starts_with("socketDisconnected: Some("));
    }
}

#[test]
fn the_echo_clients_end_if_there_is_no_server() {
    let failure = |host| {
        let output = run("echo_client", &["--hostname", host, "--port", "1"]);
        assert_eq!(output.status.code(), Some(1), "{host}");
        text(output.stderr)
    };
    assert_eq!(failure("localhost"), "Connection refused\n");
    assert_eq!(failure("a host"), "The host name is not valid.\n");
    // Without IPv6 here the network is what fails.
    assert_ne!(failure("::1"), "The host name is not valid.\n");
    assert_eq!(run("echo", &["--client", "ws://localhost:1"]).status.code(), Some(1));
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_no_text_is_refused_as_another_one_is() {
    use std::os::unix::ffi::OsStrExt;
    for (name, option) in [
        ("all_cores", None),
        ("echo", Some("--port")),
        ("echo_client", Some("--hostname")),
        ("graceful_shutdown", None),
        ("http_and_websocket", None),
        ("reconnecting_client", None),
        ("simple_chat", Some("--port")),
    ] {
        let mut command = example(name, option.as_slice());
        let output = command.arg(std::ffi::OsStr::from_bytes(b"\xff")).output().unwrap();
        assert!(matches!(output.status.code(), Some(1 | 2)), "{name}: {}", text(output.stderr));
    }
}

#[test]
fn the_echo_client_says_nothing_unless_asked() {
    let server = Server::echo_server();
    let output = run("echo_client", &[&format!("--port={}", server.port)]);
    assert!(output.status.success());
    assert_eq!((text(output.stdout), text(output.stderr)), (String::new(), String::new()));
}

#[test]
fn a_port_that_is_taken_ends_the_servers() {
    let server = Server::echo_server();
    for name in ["echo_server", "simple_chat"] {
        let output = run(name, &["-p", &server.port]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(text(output.stderr).starts_with(&format!("Cannot listen at port {}: ", server.port)));
    }
}

#[test]
fn the_chat_server_serves_its_page() {
    let server = Server::simple_chat();
    let page = server.get("/");
    assert!(page.starts_with("HTTP/1.1 200 OK\r\n"), "{page}");
    assert!(page.contains("<title>Chat</title>") && page.ends_with("</html>\n"));
    assert!(server.get("/favicon.ico").starts_with("HTTP/1.1 404 Not Found\r\n"));
}

#[test]
fn the_chat_server_gives_a_message_to_all_the_others() {
    let mut server = Server::simple_chat();
    let received = Rc::<RefCell<Vec<_>>>::default();
    let guests: Vec<_> = (0..3).map(|_| WebSocket::new()).collect();
    for (number, guest) in guests.iter().enumerate() {
        let received = received.clone();
        guest.text_message_received().connect(move |text| {
            received.borrow_mut().push((number, text.to_owned()));
        });
        guest.open(server.url());
        run_until(|| guest.is_valid());
        let identifier = format!("127.0.0.1:{}", guest.local_port());
        assert_eq!(server.read_line(), format!("{identifier} connected!\n"));
    }

    guests[1].send_text_message("hello");
    run_until(|| received.borrow().len() == 2);
    guests[0].send_text_message("goodbye");
    run_until(|| received.borrow().len() == 4);
    let mut received = received.take();
    received.sort();
    let of = |guest: usize, message: &str| (guest, message.to_owned());
    assert_eq!(received, [of(0, "hello"), of(1, "goodbye"), of(2, "goodbye"), of(2, "hello")]);

    let identifier = format!("127.0.0.1:{}", guests[2].local_port());
    guests[2].close();
    run_until(|| guests[2].state() == SocketState::Unconnected);
    assert_eq!(server.read_line(), format!("{identifier} disconnected!\n"));
}

#[cfg(feature = "deflate")]
#[test]
fn the_examples_compress_if_they_are_told_to() {
    let offers = |server: &Server| {
        let client = WebSocket::new();
        client.open_with(server.url(), HandshakeOptions::new().with_compression(Compression::new()));
        run_until(|| client.is_valid());
        client.compression().is_some()
    };
    for name in ["echo", "echo_server", "simple_chat"] {
        assert!(offers(&Server::with_options(name, &["--deflate"])), "{name}");
        assert!(!offers(&Server::with_options(name, &[])), "{name}");
    }
    let server = Server::with_options("echo_server", &["--deflate"]);
    assert!(run("echo_client", &["--deflate", "-p", &server.port]).status.success());
    let talk = run("echo", &["--deflate"]);
    assert!(text(talk.stdout).contains("binaryMessageReceived, 100000 bytes, same: true"));
    let broadcast = run("broadcast", &["--deflate"]);
    assert!(broadcast.status.success());
    assert!(text(broadcast.stdout).starts_with("dropped a client at message "));
}

#[cfg(feature = "_tls")]
#[test]
fn ssl_echo_accepts_the_certificate_that_it_knows() {
    let output = run("ssl_echo", &[]);
    assert!(output.status.success());
    let log = text(output.stdout);
    assert!(log.contains("client: The certificate is self-signed, and untrusted\n"), "{log}");
    assert!(log.ends_with("client: received \"Hello, world!\"\n"), "{log}");
}

#[cfg(feature = "_tls")]
#[test]
fn the_ssl_echo_client_trusts_the_certificate_of_its_server_and_no_other() {
    let file = |name: &str| format!("{}/{name}.pem", env!("CARGO_TARGET_TMPDIR"));
    let (known, unknown) = (file("ssl_echo"), file("ssl_echo_of_another"));
    let mut server = Server::ssl_echo_server(&known);
    let _other = Server::ssl_echo_server(&unknown);

    let output = run("ssl_echo_client", &["-p", &server.port, "-c", &known]);
    assert!(output.status.success());
    let expected = "WebSocket connected\nMessage received: \"Hello, world!\"\n";
    assert_eq!(text(output.stderr), expected);
    assert!(server.read_line().starts_with("Client connected: "));
    assert_eq!(server.read_line(), "Client disconnected\n");

    let output = run("ssl_echo_client", &["-p", &server.port, "-c", &unknown]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(output.stderr).starts_with("SSL error: The certificate is self-signed, and untrusted\n"));

    // A name of this host that is not in the certificate.
    let output = run("ssl_echo_client", &["-n", "127.0.0.2", "-p", &server.port, "-c", &known]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(output.stderr).starts_with("SSL error: The host name did not match"));
    assert_eq!(run("ssl_echo_client", &["-c", "no/such/file"]).status.code(), Some(1));
}

#[cfg(feature = "_tls")]
#[test]
fn clicks_open_and_close_the_two_connections_of_the_qml_client() {
    let mut command = example("qml_websocket_client", &[]);
    let mut process = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut clicks = process.stdin.take().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("Enter opens and closes ws://127.0.0.1:"));
    for message in ["received \"Hello, world!\"", "closed", "received \"Hello, world!\""] {
        writeln!(clicks).unwrap();
        let mut shown: Vec<_> = lines.by_ref().take(2).collect();
        shown.sort();
        assert_eq!(shown, [format!("ws: {message}"), format!("wss: {message}")]);
    }
    drop(clicks);
    assert!(process.wait().unwrap().success());
}

#[test]
fn the_qml_server_talks_with_the_client_in_its_scene() {
    let mut command = example("qml_websocket_server", &[]);
    let mut process = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut clicks = process.stdin.take().unwrap();
    writeln!(clicks).unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().starts_with("The server listens at ws://127.0.0.1:"));
    let talk = ["Server received message: Hello Server!", "Client received message: Hello Client!"];
    assert_eq!(lines.by_ref().take(2).collect::<Vec<_>>(), talk);
    drop(clicks);
    assert_eq!(lines.collect::<Vec<_>>(), ["Client socket closed"]);
    assert!(process.wait().unwrap().success());
}

#[test]
fn a_client_that_reconnects_comes_back_when_its_server_does() {
    let output = run("reconnecting_client", &[]);
    assert!(output.status.success());
    let log = text(output.stdout);
    let (before, after) = log.split_once("server: back\n").unwrap();
    assert!(
        before.contains("client: received \"welcome\"\nclient: disconnected (restart), next attempt in ")
    );
    assert!(before.contains("client: disconnected (Connection refused), next attempt in "), "{before}");
    assert!(after.ends_with("client: connected\nclient: received \"welcome back\"\n"), "{after}");
}

#[test]
fn a_heartbeat_finds_the_dead_client_and_keeps_the_other() {
    let output = run("heartbeat", &[]);
    assert!(output.status.success());
    let log = text(output.stdout);
    assert!(log.contains("/lively has answered after ") && log.ends_with("/dead is gone\n"), "{log}");
}

#[test]
fn a_broadcast_drops_who_does_not_read_and_reaches_the_others() {
    let output = run("broadcast", &[]);
    assert!(output.status.success());
    let log = text(output.stdout);
    assert!(log.starts_with("dropped a client at message "), "{log}");
}

#[cfg(feature = "deflate")]
#[test]
fn the_compression_example_shows_what_each_way_saves() {
    let output = run("compression", &["--messages", "150"]);
    assert!(output.status.success());
    let table = text(output.stdout);
    assert!(table.lines().all(|line| line.chars().count() <= 80), "{table}");
    assert!(table.ends_with("15000 of 15000 messages have arrived\n"), "{table}");
    let percent = |way: &str| -> f64 {
        let line = table.lines().find(|line| line.starts_with(&format!("{way}  "))).expect(way);
        let words: Vec<_> = line.split_whitespace().collect();
        let unit = words.iter().position(|word| *word == "%").expect("a percentage");
        words[unit - 1].parse().expect("a number")
    };
    let [none, context, wide, alone, prepared] = [
        "no compression",
        "compression",
        "- with 32 KiB of context",
        "- without context",
        "- prepared once for all",
    ]
    .map(percent);
    assert!((100.0..103.0).contains(&none), "{table}");
    assert!(wide < context && context < 50.0 && context < alone && alone < 75.0, "{table}");
    assert!((alone - prepared).abs() < 1.0, "{table}");
}

#[cfg(feature = "deflate")]
#[test]
fn the_compression_example_takes_text_of_ones_own_and_serves_whoever_connects() {
    let file = format!("{}/compression.txt", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(
        &file,
        "one line\n\nand another, which is long enough to be compressed, as the first is not\n",
    )
    .unwrap();
    let mut process = example("compression", &["--file", &file, "--messages", "0"]).spawn().unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.next().unwrap();
    let (_, url) = first.split_once("listening on ").expect("it says where it listens");
    let client = WebSocket::new();
    let texts = SignalSpy::new(client.text_message_received());
    client.open_with(url, HandshakeOptions::new().with_compression(Compression::new()));
    run_until(|| texts.len() > 2);
    assert!(texts.take().iter().any(|text| text == "one line"));
    assert!(lines.any(|line| line.starts_with("others  ")));
    process.kill().unwrap();
    process.wait().unwrap();

    for arguments in [["--file", "no/such/file"], ["--port", "http"], ["--messages", "many"]] {
        let output = run("compression", &arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn one_port_serves_http_and_web_sockets() {
    let output = run("http_and_websocket", &[]);
    assert!(output.status.success());
    assert!(text(output.stdout).starts_with("GET /: HTTP/1.1 200 OK\n/clock: "));
}

#[test]
fn a_program_without_a_loop_talks_through_a_thread_that_has_one() {
    let output = run("worker_thread", &[]);
    assert!(output.status.success());
    let expected = "connected\nreceived \"one\"\nreceived \"two\"\nreceived \"three\"\n\
                    disconnected, CloseCodeNormal\n";
    assert_eq!(text(output.stdout), expected);
}

#[cfg(unix)]
#[test]
fn a_foreign_loop_serves_what_is_its_own_and_what_is_ours() {
    let output = run("foreign_loop", &[]);
    assert!(output.status.success());
    let expected = ["welcome", "one", "two", "three"].map(|word| format!("received \"{word}\"\n"));
    assert_eq!(text(output.stdout), expected.concat());
}

#[cfg(target_os = "linux")]
#[test]
fn all_cores_serve_at_one_port() {
    let output = run("all_cores", &[]);
    assert!(output.status.success());
    let log = text(output.stdout);
    let threads = std::thread::available_parallelism().unwrap().get();
    assert!(log.starts_with(&format!("{threads} threads are listening on port ")), "{log}");
    assert_eq!(log.lines().count(), 1 + threads, "{log}");
}

#[cfg(unix)]
#[test]
fn a_server_that_is_told_to_end_says_goodbye_first() {
    let mut server = Server::graceful_shutdown();
    let client = WebSocket::new();
    let messages = SignalSpy::new(client.text_message_received());
    client.open(server.url());
    client.connected().connect(move |()| {
        client.send_text_message("hello");
    });
    run_until(|| !messages.is_empty());
    let signal =
        std::process::Command::new("kill").args(["-TERM", &server.process.id().to_string()]).status();
    assert!(signal.unwrap().success());
    run_until(|| client.state() == SocketState::Unconnected);
    assert_eq!(client.close_code(), CloseCode::GoingAway);
    assert_eq!(client.close_reason(), "shutting down");
    assert_eq!(server.read_line(), "shutting down, 1 clients are told\n");
    assert_eq!(server.read_line(), "0 clients were left\n");
    assert!(server.process.wait().unwrap().success());
}

#[test]
fn the_autobahn_client_runs_every_case_and_asks_for_the_reports() {
    let suite = WebSocketServer::new("suite", SslMode::NonSecure);
    suite.listen(HostAddress::LocalHost, 0).unwrap();
    let log = Rc::<RefCell<Vec<String>>>::default();
    let entries = log.clone();
    suite.new_connection().connect(move |()| {
        while let Some(socket) = suite.next_pending_connection() {
            let url = socket.request_url().unwrap();
            let query = url.query().unwrap_or("");
            entries.borrow_mut().push(format!("{} {query}", url.path()));
            match url.path() {
                "/getCaseCount" => {
                    socket.send_text_message("2");
                    socket.close();
                }
                "/runCase" if query.starts_with("case=1&") => {
                    socket.send_text_message("text");
                    socket.send_binary_message(b"binary");
                }
                "/runCase" => {
                    socket.send_text_message("drop me");
                }
                _ => socket.close(),
            }
            let echoes = entries.clone();
            socket.text_message_received().connect(move |text| {
                echoes.borrow_mut().push(text.to_owned());
                if text == "drop me" {
                    socket.abort();
                }
            });
            let echoes = entries.clone();
            socket.binary_message_received().connect(move |bytes| {
                echoes.borrow_mut().push(String::from_utf8(bytes.to_vec()).unwrap());
                socket.close();
            });
        }
    });
    let url = format!("ws://127.0.0.1:{}", suite.server_port());
    let client = example("autobahn_client", &[&url, "a & b"]).spawn().unwrap();
    assert!(wait_for(client).success());
    let expected = [
        "/getCaseCount ",
        "/runCase case=1&agent=a+%26+b",
        "text",
        "binary",
        "/runCase case=2&agent=a+%26+b",
        "drop me",
        "/updateReports agent=a+%26+b",
    ];
    assert_eq!(*log.borrow(), expected);
}

#[test]
fn the_autobahn_client_fails_without_a_suite() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let output = run("autobahn_client", &[&format!("ws://{free}"), "agent"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(text(output.stderr).contains("Connection refused"));
    assert_eq!(run("autobahn_client", &["http://127.0.0.1", "agent"]).status.code(), Some(1));
}
