//! Our clients and servers through the proxies of others, with and without passwords.

use std::io::Write;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

use slotwire::prelude::*;

use crate::command_server;

/// A proxy of Debian's packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Program {
    /// HTTP.
    Tinyproxy,
    /// HTTP, with Digest.
    Squid,
    /// SOCKS5, with passwords of its own.
    Microsocks,
    /// SOCKS5, also for servers.
    Dante,
}

const USER: &str = "ada";
const PASSWORD: &str = "love lace";
const PATIENCE: Duration = Duration::from_secs(60);

impl Program {
    fn name(self) -> &'static str {
        match self {
            Self::Tinyproxy => "tinyproxy",
            Self::Squid => "squid",
            Self::Microsocks => "microsocks",
            Self::Dante => "danted",
        }
    }

    fn proxy_type(self) -> ProxyType {
        match self {
            Self::Tinyproxy | Self::Squid => ProxyType::Http,
            Self::Microsocks | Self::Dante => ProxyType::Socks5,
        }
    }

    /// Where it is. If it is missing, says once that it is left out.
    ///
    /// # Panics
    ///
    /// If it is missing and `SLOTWIRE_INTEROP` says `required`.
    fn path(self) -> Option<PathBuf> {
        static LEFT_OUT: [Once; 4] = [const { Once::new() }; 4];
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = env::split_paths(&path).chain(["/usr/sbin".into(), "/usr/local/sbin".into()]);
        let found = folders.map(|folder| folder.join(self.name())).find(|file| file.exists());
        if found.is_none() {
            let name = self.name();
            let is_required = env::var_os("SLOTWIRE_INTEROP").is_some_and(|value| value == "required");
            assert!(!is_required, "{name} is not installed; tests/interop/setup.sh installs it");
            LEFT_OUT[self as usize].call_once(|| {
                let text = format!("left out: {name} (not installed; run tests/interop/setup.sh)");
                let _ = writeln!(io::stderr(), "{text}");
            });
        }
        found
    }

    /// Starts it on a free port; with `asks` it lets in only who knows user and password.
    fn start(self, asks: bool) -> Option<Proxy> {
        let program = self.path()?;
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let folder = env::temp_dir().join(format!("slotwire-proxy-{}-{port}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new(program);
        match self {
            Self::Tinyproxy => {
                // Its passwords have no spaces.
                let asking = format!("BasicAuth {USER} {}\n", self.password());
                let settings = format!(
                    "Port {port}\nListen 127.0.0.1\nAllow 127.0.0.1\nTimeout 60\nLogLevel Error\n{}",
                    if asks { asking.as_str() } else { "" }
                );
                command.arg("-d").arg("-c").arg(write(&folder, "tinyproxy.conf", &settings));
            }
            Self::Squid => {
                // user:realm:H(A1), and the program that looks it up.
                let secret = write(&folder, "digest", &format!("{USER}:{}\n", self.password()));
                let asking = format!(
                    "auth_param digest program /usr/lib/squid/digest_file_auth {}\n\
                     auth_param digest children 1\nauth_param digest realm squid\n\
                     acl known proxy_auth REQUIRED\nhttp_access allow known\nhttp_access deny all\n",
                    secret.display()
                );
                let settings = format!(
                    "http_port 127.0.0.1:{port}\npid_filename none\ncache deny all\naccess_log none\n\
                     cache_log /dev/null\ncache_store_log none\ncoredump_dir {0}\nshutdown_lifetime 0\n\
                     visible_hostname localhost\npinger_enable off\nnetdb_filename none\n{1}",
                    folder.display(),
                    if asks { asking.as_str() } else { "http_access allow all\n" }
                );
                command.arg("-N").arg("-f").arg(write(&folder, "squid.conf", &settings));
                // It gives up its rights, and has to read these all the same.
                readable_by_all(&folder);
            }
            Self::Microsocks => {
                command.args(["-i", "127.0.0.1", "-p", &port.to_string()]);
                if asks {
                    command.args(["-u", USER, "-P", self.password()]);
                }
            }
            Self::Dante => {
                assert!(!asks, "its users are those of the system");
                let settings = format!(
                    "logoutput: /dev/null\ninternal: 127.0.0.1 port = {port}\nexternal: 127.0.0.1\n\
                     clientmethod: none\nsocksmethod: none\nuser.unprivileged: nobody\n\
                     client pass {{ from: 127.0.0.1/32 to: 127.0.0.1/32 }}\n\
                     socks pass {{ from: 0.0.0.0/0 to: 0.0.0.0/0 command: bind bindreply connect }}\n"
                );
                command.arg("-f").arg(write(&folder, "danted.conf", &settings));
            }
        }
        let process = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it is there");
        let proxy = Proxy { program: self, process, port, folder };
        let deadline = Instant::now() + PATIENCE;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            assert!(Instant::now() < deadline, "{} does not listen", self.name());
            thread::yield_now();
        }
        Some(proxy)
    }

    fn password(self) -> &'static str {
        match self {
            Self::Tinyproxy => "lovelace",
            _ => PASSWORD,
        }
    }
}

fn write(folder: &std::path::Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    path
}

fn readable_by_all(folder: &std::path::Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let _ = folder;
}

/// A proxy that runs until it is dropped.
struct Proxy {
    program: Program,
    process: Child,
    port: u16,
    folder: PathBuf,
}

impl Proxy {
    fn settings(&self) -> NetworkProxy {
        NetworkProxy::with_host(self.program.proxy_type(), "127.0.0.1", self.port)
    }

    fn settings_with_password(&self, password: &str) -> NetworkProxy {
        let mut settings = self.settings();
        settings.set_user(USER);
        settings.set_password(password);
        settings
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _: io::Result<()> = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// A socket that is opened through that proxy, to a server of ours, whose name the proxy looks up.
fn open(proxy: NetworkProxy, is_secure: bool) -> (Scoped<WebSocket>, Scoped<WebSocketServer>) {
    let (server, _closes) = command_server::listen(is_secure);
    let socket = WebSocket::new();
    #[cfg(feature = "_tls")]
    if is_secure {
        socket.set_ssl_configuration(crate::certificates::trusting());
    }
    socket.set_proxy(proxy);
    let mut url = server.server_url();
    url.set_host(Some("localhost")).unwrap();
    socket.open(url);
    (socket.scoped(), server)
}

fn assert_echoes(proxy: NetworkProxy, is_secure: bool) {
    let (socket, _server) = open(proxy, is_secure);
    let connected = SignalSpy::new(socket.connected());
    assert!(connected.wait(PATIENCE), "not connected: {}", socket.error_string());
    let text = "through the proxy ✓".repeat(10_000);
    let messages = SignalSpy::new(socket.text_message_received());
    socket.send_text_message(&text);
    assert!(messages.wait(PATIENCE), "no answer: {}", socket.error_string());
    assert!(messages.take_first().as_ref() == Some(&text), "another text came back");
    assert_eq!((socket.peer_address(), socket.peer_name()), (HostAddress::Null, "localhost".into()));
    let disconnected = SignalSpy::new(socket.disconnected());
    socket.close();
    assert!(disconnected.wait(PATIENCE), "still connected");
}

fn assert_fails(proxy: NetworkProxy, error: SocketError) {
    let (socket, _server) = open(proxy, false);
    let errors = SignalSpy::new(socket.error_occurred());
    assert!(errors.wait(PATIENCE), "no error");
    assert_eq!(errors.take(), [error], "{}", socket.error_string());
}

fn our_client_goes_through(program: Program) {
    let Some(proxy) = program.start(false) else { return };
    assert_echoes(proxy.settings(), false);
    if cfg!(feature = "_tls") {
        assert_echoes(proxy.settings(), true);
    }
}

fn our_client_says_who_it_is(program: Program) {
    let Some(proxy) = program.start(true) else { return };
    assert_echoes(proxy.settings_with_password(program.password()), false);
    if cfg!(feature = "_tls") {
        assert_echoes(proxy.settings_with_password(program.password()), true);
    }
    let refused = match program {
        // It answers 401 to who is wrong, and 407 only to who says nothing.
        Program::Tinyproxy => SocketError::ProxyProtocol,
        _ => SocketError::ProxyAuthenticationRequired,
    };
    assert_fails(proxy.settings_with_password("guess"), refused);
    assert_fails(proxy.settings(), SocketError::ProxyAuthenticationRequired);

    let (socket, _server) = open(proxy.settings(), false);
    let connected = SignalSpy::new(socket.connected());
    let asked = SignalSpy::new(socket.proxy_authentication_required());
    socket.proxy_authentication_required().connect(move |(_, authenticator)| {
        authenticator.set_user(USER);
        authenticator.set_password(program.password());
    });
    assert!(connected.wait(PATIENCE), "not connected: {}", socket.error_string());
    assert_eq!(asked.len(), 1);
}

#[test]
fn tinyproxy_without_password() {
    our_client_goes_through(Program::Tinyproxy);
}

#[test]
fn tinyproxy_with_basic() {
    our_client_says_who_it_is(Program::Tinyproxy);
}

#[test]
fn squid_without_password() {
    our_client_goes_through(Program::Squid);
}

#[test]
fn squid_with_digest() {
    our_client_says_who_it_is(Program::Squid);
}

#[test]
fn microsocks_without_password() {
    our_client_goes_through(Program::Microsocks);
}

#[test]
fn microsocks_with_password() {
    our_client_says_who_it_is(Program::Microsocks);
}

#[test]
fn dante_without_password() {
    our_client_goes_through(Program::Dante);
}

#[test]
fn our_server_listens_at_dante() {
    let Some(proxy) = Program::Dante.start(false) else { return };
    let server = WebSocketServer::new("interop", SslMode::NonSecure);
    server.set_proxy(proxy.settings());
    server.new_connection().connect(move |()| {
        let socket = server.next_pending_connection().unwrap();
        socket.text_message_received().connect(move |text| {
            socket.send_text_message(text);
        });
        socket.disconnected().connect(move |()| socket.delete_later());
    });
    for round in 0..2 {
        // Not a loopback address, for which there would be no proxy.
        server.listen(HostAddress::Any, 0).unwrap();
        let client = WebSocket::new().scoped();
        client.connected().connect({
            let client = *client;
            move |()| {
                client.send_text_message("hello");
            }
        });
        let messages = SignalSpy::new(client.text_message_received());
        client.open(server.server_url());
        assert!(messages.wait(PATIENCE), "round {round}: {}", client.error_string());
        assert!(!server.is_listening());
    }
    server.delete();
}

#[test]
fn what_no_proxy_can_reach_is_an_error() {
    let refused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for program in [Program::Tinyproxy, Program::Squid, Program::Microsocks, Program::Dante] {
        let Some(proxy) = program.start(false) else { continue };
        let socket = WebSocket::new().scoped();
        socket.set_proxy(proxy.settings());
        let errors = SignalSpy::new(socket.error_occurred());
        socket.open(format!("ws://{refused}/"));
        assert!(errors.wait(PATIENCE), "{program:?}");
        let expected = match program {
            Program::Tinyproxy => SocketError::ProxyProtocol,
            _ => SocketError::ConnectionRefused,
        };
        assert_eq!(errors.take(), [expected], "{program:?}: {}", socket.error_string());
    }
}
