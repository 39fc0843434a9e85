//! The foreign implementations: where they are, and each as a process of its own.

use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// A foreign implementation of WebSocket, and whether it is spoken to over TLS.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Peer {
    implementation: Implementation,
    is_secure: bool,
}

#[derive(Clone, Copy, Debug)]
enum Implementation {
    /// The Python package.
    Websockets,
    /// The npm package.
    Ws,
    /// `QWebSocket` and `QWebSocketServer`, through PySide6.
    Qt,
}

impl Peer {
    pub(crate) const WEBSOCKETS: Self = Self { implementation: Implementation::Websockets, is_secure: false };
    pub(crate) const WS: Self = Self { implementation: Implementation::Ws, is_secure: false };
    pub(crate) const QT: Self = Self { implementation: Implementation::Qt, is_secure: false };

    /// The same over TLS.
    #[cfg(feature = "_tls")]
    pub(crate) const fn secure(self) -> Self {
        Self { is_secure: true, ..self }
    }

    pub(crate) fn is_secure(self) -> bool {
        self.is_secure
    }

    /// Runs the test with this peer, or says that the peer is left out.
    ///
    /// # Panics
    ///
    /// If the peer is missing and `SLOTWIRE_INTEROP` says `required`.
    pub(crate) fn run(self, test: fn(Self)) {
        if self.implementation.is_installed() {
            test(self);
        } else if env::var_os("SLOTWIRE_INTEROP").is_some_and(|value| value == "required") {
            panic!("{} is not installed; tests/interop/setup.sh installs it", self.implementation.name());
        }
    }

    /// Starts this peer's server.
    pub(crate) fn server(self) -> Server {
        self.start_server(&[])
    }

    /// Starts this peer's server so that it asks who connects. Qt has no such server.
    pub(crate) fn server_for(self, user: &str, password: &str) -> Server {
        self.start_server(&["--user", user, "--password", password])
    }

    fn start_server(self, options: &[&str]) -> Server {
        let mut command = self.implementation.script();
        command.arg("server").args(options);
        #[cfg(feature = "_tls")]
        if self.is_secure {
            let files = crate::certificates::files();
            command.arg("--certificate").arg(&files.certificate).arg("--key").arg(&files.key);
        }
        Server::start(&mut command, if self.is_secure { "wss" } else { "ws" })
    }

    /// The command that runs all the checks of this peer's client on the server at `url`.
    pub(crate) fn client(self, url: &str) -> Command {
        let mut command = self.implementation.script();
        command.args(["client", url, "--commands"]).stdin(Stdio::null());
        #[cfg(feature = "_tls")]
        if self.is_secure {
            command.arg("--trust").arg(&crate::certificates::files().root);
        }
        command
    }
}

impl Implementation {
    fn name(self) -> &'static str {
        match self {
            Self::Websockets => "Python's websockets",
            Self::Ws => "npm's ws",
            Self::Qt => "PySide6's Qt",
        }
    }

    /// Looks once in the life of the process, so that what is left out is said once.
    fn is_installed(self) -> bool {
        static INSTALLED: [OnceLock<bool>; 3] = [const { OnceLock::new() }; 3];
        *INSTALLED[self as usize].get_or_init(|| {
            let installed = succeeds(&mut self.import());
            if !installed {
                // eprintln! would be captured with the output of the test, which passes
                let _ = writeln!(
                    io::stderr(),
                    "left out: {} (not installed; run tests/interop/setup.sh)",
                    self.name()
                );
            }
            installed
        })
    }

    /// A command that succeeds if the implementation is there.
    fn import(self) -> Command {
        let mut command = self.interpreter();
        match self {
            Self::Websockets => command.args(["-c", "import websockets.sync.server"]),
            Self::Ws => command.args(["-e", "require('ws')"]),
            Self::Qt => command.args(["-c", "from PySide6 import QtWebSockets"]),
        };
        command
    }

    fn script(self) -> Command {
        let file = match self {
            Self::Websockets => "python_websockets.py",
            Self::Ws => "node_ws.js",
            Self::Qt => "qt_websockets.py",
        };
        let mut command = self.interpreter();
        command.arg(project("tests/interop/peers").join(file));
        command
    }

    fn interpreter(self) -> Command {
        match self {
            Self::Websockets | Self::Qt => {
                let mut command = Command::new(python());
                // the tests leave nothing beside the sources
                command.env("PYTHONDONTWRITEBYTECODE", "1").env("PYTHONIOENCODING", "utf-8");
                command
            }
            Self::Ws => {
                let mut command = Command::new("node");
                command.env("NODE_PATH", project("target/interop/node_modules"));
                command
            }
        }
    }
}

fn python() -> PathBuf {
    if let Some(python) = env::var_os("SLOTWIRE_INTEROP_PYTHON") {
        return python.into();
    }
    let venv = project("target/interop/venv");
    let python = venv.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    if python.exists() { python } else { "python3".into() }
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// A peer's server, running until this is dropped.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    output: BufReader<ChildStdout>,
    scheme: &'static str,
    port: u16,
}

impl Server {
    fn start(command: &mut Command, scheme: &'static str) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter has run before");
        let output = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut server = Self { process, output, scheme, port: 0 };
        server.port = server.read("port").parse().expect("the server says its port");
        server
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("{}://127.0.0.1:{}", self.scheme, self.port)
    }

    /// Waits until a connection is over; its code and reason, as this server saw them.
    pub(crate) fn wait_closed(&mut self) -> (u16, String) {
        let said = self.read("closed");
        let (code, reason) = said.split_once(' ').expect("the server says code and reason");
        (code.parse().expect("a close code is a number"), reason.to_owned())
    }

    /// The rest of the next line, which begins with `word`.
    fn read(&mut self, word: &str) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("the server writes UTF-8");
        let rest = line.strip_prefix(word).unwrap_or_else(|| panic!("'{word} …' expected, got {line:?}"));
        rest.trim_start_matches(' ').trim_end_matches(['\r', '\n']).to_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
