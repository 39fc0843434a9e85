//! What a slot may do to the very socket that called it: anything, in every signal, on both sides, however the connection ends.
//! And the same for a server.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use proptest::prelude::*;
use slotwire::prelude::*;

use crate::journal::Journal;
use crate::peer::{Peer, REQUEST};
use crate::scale::times;
use crate::support::{
    caught, echo_server, listening_server, panic_as_told, settle, settle_through_panics, wait_until,
};

/// Connects a slot to a signal of the socket, whatever that carries.
type Hook = fn(WebSocket, Rc<dyn Fn()>);

pub(crate) const SIGNALS: [(&str, Hook); 16] = [
    ("connected", |socket, slot| {
        socket.connected().connect(move |()| slot());
    }),
    ("disconnected", |socket, slot| {
        socket.disconnected().connect(move |()| slot());
    }),
    ("state_changed(Connecting)", |socket, slot| on_state(socket, SocketState::Connecting, slot)),
    ("state_changed(Connected)", |socket, slot| on_state(socket, SocketState::Connected, slot)),
    ("state_changed(Closing)", |socket, slot| on_state(socket, SocketState::Closing, slot)),
    ("state_changed(Unconnected)", |socket, slot| on_state(socket, SocketState::Unconnected, slot)),
    ("error_occurred", |socket, slot| {
        socket.error_occurred().connect(move |_| slot());
    }),
    ("text_frame_received", |socket, slot| {
        socket.text_frame_received().connect(move |_| slot());
    }),
    ("text_message_received", |socket, slot| {
        socket.text_message_received().connect(move |_| slot());
    }),
    ("binary_frame_received", |socket, slot| {
        socket.binary_frame_received().connect(move |_| slot());
    }),
    ("binary_message_received", |socket, slot| {
        socket.binary_message_received().connect(move |_| slot());
    }),
    ("pong", |socket, slot| {
        socket.pong().connect(move |_| slot());
    }),
    ("bytes_written", |socket, slot| {
        socket.bytes_written().connect(move |_| slot());
    }),
    ("about_to_close", |socket, slot| {
        socket.about_to_close().connect(move |()| slot());
    }),
    ("read_channel_finished", |socket, slot| {
        socket.read_channel_finished().connect(move |()| slot());
    }),
    ("destroyed", |socket, slot| {
        socket.destroyed().connect(move |_| slot());
    }),
];

fn on_state(socket: WebSocket, wanted: SocketState, slot: Rc<dyn Fn()>) {
    socket.state_changed().connect(move |state| {
        if state == wanted {
            slot();
        }
    });
}

/// A connection, seen from one of its ends.
#[derive(Clone, Copy)]
struct Scene {
    server: WebSocketServer,
    /// The end that the slots are connected to.
    socket: WebSocket,
    /// The end that echoes, once there is a connection.
    other: Option<WebSocket>,
    /// What the socket is a child of.
    owner: Object,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Client,
    Accepted,
}

/// What a connection goes over.
#[derive(Clone, Copy)]
enum Transport {
    Tcp,
    #[cfg(feature = "_tls")]
    Tls,
}

impl Transport {
    fn server(self) -> WebSocketServer {
        match self {
            Self::Tcp => listening_server(),
            #[cfg(feature = "_tls")]
            Self::Tls => crate::secure::trusted_server(),
        }
    }

    fn client(self) -> WebSocket {
        let client = WebSocket::new();
        match self {
            Self::Tcp => {}
            #[cfg(feature = "_tls")]
            Self::Tls => client.set_ssl_configuration(crate::secure::trusting()),
        }
        client
    }
}

/// What can be done in a slot.
type Deed = fn(Scene);

const DEEDS: [(&str, Deed); 31] = [
    ("open", |scene| scene.socket.open(scene.server.server_url())),
    ("open an invalid URL", |scene| scene.socket.open("nonsense")),
    ("open twice", |scene| {
        scene.socket.open(scene.server.server_url());
        scene.socket.open(scene.server.server_url());
    }),
    ("open and close", |scene| {
        scene.socket.open(scene.server.server_url());
        scene.socket.close();
    }),
    ("open and abort", |scene| {
        scene.socket.open(scene.server.server_url());
        scene.socket.abort();
    }),
    ("close", |scene| scene.socket.close()),
    ("close twice", |scene| {
        scene.socket.close_with(CloseCode::GoingAway, "first");
        scene.socket.close();
    }),
    ("close with 1006", |scene| scene.socket.close_with(CloseCode::AbnormalDisconnection, "")),
    ("close and open", |scene| {
        scene.socket.close();
        scene.socket.open(scene.server.server_url());
    }),
    ("close and abort", |scene| {
        scene.socket.close();
        scene.socket.abort();
    }),
    ("close and delete later", |scene| {
        scene.socket.close();
        scene.socket.delete_later();
    }),
    ("abort", |scene| scene.socket.abort()),
    ("abort and close", |scene| {
        scene.socket.abort();
        scene.socket.close();
    }),
    ("abort and open", |scene| {
        scene.socket.abort();
        scene.socket.open(scene.server.server_url());
    }),
    ("send", |scene| {
        scene.socket.send_text_message("from a slot");
        scene.socket.send_binary_message([0; 100_000]);
        scene.socket.ping();
    }),
    ("send and flush", |scene| {
        scene.socket.send_text_message("from a slot");
        scene.socket.flush();
    }),
    ("delete", |scene| scene.socket.delete()),
    ("delete later", |scene| scene.socket.delete_later()),
    ("delete later twice", |scene| {
        scene.socket.delete_later();
        scene.socket.delete_later();
    }),
    ("delete the owner", |scene| scene.owner.delete()),
    ("disconnect", |scene| {
        scene.socket.disconnect_all();
    }),
    ("a nested loop", |_| {
        let wait = EventLoop::new().scoped();
        let quit = *wait;
        Application::invoke_later(move || quit.quit());
        wait.exec();
    }),
    ("a nested loop until all is quiet", |_| settle()),
    ("a nested loop that closes", |scene| {
        Application::invoke_later(move || scene.socket.close());
        settle();
    }),
    ("a nested loop that opens", |scene| {
        Application::invoke_later(move || scene.socket.open(scene.server.server_url()));
        settle();
    }),
    ("a nested loop that deletes", |scene| {
        Application::invoke_later(move || scene.socket.delete());
        settle();
    }),
    ("delete the server", |scene| scene.server.delete()),
    ("panic", |_| panic_as_told()),
    ("send and panic", |scene| {
        scene.socket.send_text_message("from a slot");
        panic_as_told();
    }),
    ("close and panic", |scene| {
        scene.socket.close();
        panic_as_told();
    }),
    ("a nested loop that panics", |_| {
        Application::invoke_later(panic_as_told);
        settle();
    }),
];

/// How the life of the connection ends.
const ENDS: [(&str, Deed); 6] = [
    ("closed here", |scene| scene.socket.close()),
    ("closed by the peer", |scene| scene.other.unwrap().close()),
    ("aborted", |scene| scene.socket.abort()),
    ("lost", |scene| scene.other.unwrap().abort()),
    ("refused", |scene| {
        scene.socket.set_max_allowed_incoming_message_size(1);
        scene.other.unwrap().send_text_message("too long");
    }),
    ("server deleted", |scene| scene.server.delete()),
];

/// Whether a connection that is left alone has that signal.
fn is_emitted(signal: &str, side: Side, end: &str) -> bool {
    // The TCP connections of accepted sockets are the server's: they end with it.
    let is_lost = end == "lost" || (end == "server deleted" && side == Side::Client);
    let is_aborted = end == "aborted" || (end == "server deleted" && side == Side::Accepted);
    match signal {
        "connected" | "state_changed(Connecting)" | "state_changed(Connected)" => side == Side::Client,
        "error_occurred" => is_lost,
        "about_to_close" => !is_lost,
        "state_changed(Closing)" => !is_aborted,
        _ => true,
    }
}

/// Lets a socket send back what it receives.
fn echo(socket: WebSocket) {
    socket.text_message_received().connect(move |text| {
        socket.send_text_message(text);
        socket.send_binary_message(text);
    });
}

impl Scene {
    /// A connection whose end on that side has slots that do something, so many times in all; `done` counts how often.
    fn play(
        transport: Transport,
        side: Side,
        plan: &[(Hook, Deed)],
        times: usize,
        finish: Deed,
        done: &Rc<Cell<usize>>,
    ) -> (Self, Journal) {
        let (server, client) = (transport.server(), transport.client());
        let journal = Journal::default();
        let scene = Rc::new(Cell::new(Self { server, socket: client, other: None, owner: Object::new() }));
        let prepare = {
            let (scene, journal, done, plan) = (scene.clone(), journal.clone(), done.clone(), plan.to_vec());
            move |socket: WebSocket| {
                scene.set(Self { socket, ..scene.get() });
                socket.set_parent(scene.get().owner);
                journal.follow("", socket);
                for (hook, deed) in plan.clone() {
                    let (scene, done) = (scene.clone(), done.clone());
                    hook(
                        socket,
                        Rc::new(move || {
                            if done.get() < times {
                                done.set(done.get() + 1);
                                deed(scene.get());
                            }
                        }),
                    );
                }
            }
        };
        let accepted = {
            let (scene, prepare) = (scene.clone(), prepare.clone());
            move |socket: WebSocket| {
                // What connects later is what a slot has opened.
                let is_first = scene.get().other.is_none();
                if side == Side::Accepted && is_first {
                    scene.set(Self { other: Some(client), ..scene.get() });
                    return prepare(socket);
                }
                scene.set(Self { other: Some(socket), ..scene.get() });
                echo(socket);
                socket.disconnected().connect(move |()| socket.delete_later());
            }
        };
        server.new_connection().connect(move |()| {
            while let Some(socket) = server.next_pending_connection() {
                accepted(socket);
            }
        });
        match side {
            Side::Client => prepare(client),
            Side::Accepted => echo(client),
        }
        caught(|| client.open(server.server_url()));
        settle_through_panics();
        let Self { socket, .. } = scene.get();
        socket.send_text_message("a message");
        socket.ping();
        settle_through_panics();
        // A slot that runs before the connection is established may have prevented it.
        if scene.get().other.is_some() {
            caught(|| finish(scene.get()));
        }
        settle_through_panics();
        if side == Side::Accepted {
            client.delete();
        }
        (scene.get(), journal)
    }
}

impl Scene {
    /// Checks what came of it, and deletes it.
    fn end(self, side: Side, journal: Option<&Journal>, reopened: usize, what: &str) {
        if self.socket.is_alive() {
            if let Some(journal) = journal {
                check(journal, self.socket, side, reopened, what);
            }
            check_works(self.socket, what);
        }
        self.owner.delete();
        self.server.delete();
        settle();
        assert_eq!(Application::dump_objects(), "", "{what}");
    }
}

/// What holds of the signals of any life. Opening what is connecting begins another attempt without a change of state;
/// `reopened` is how many of these there may be.
fn check(journal: &Journal, socket: WebSocket, side: Side, reopened: usize, what: &str) {
    let entries = journal.take();
    let count = |entry: &str| entries.iter().filter(|known| *known == entry).count();
    let connections = count("state_changed(Connecting)") + usize::from(side == Side::Accepted);
    assert_eq!(count("disconnected"), count("state_changed(Unconnected)"), "{what}: {entries:?}");
    assert!(count("disconnected") <= connections, "{what}: {entries:?}");
    assert!(count("connected") <= count("state_changed(Connected)"), "{what}: {entries:?}");
    assert!(count("about_to_close") <= connections + reopened, "{what}: {entries:?}");
    // Once more for a connection that a slot of `state_changed(Closing)` has ended.
    let ends_told = count("disconnected") + count("state_changed(Closing)");
    assert!(count("read_channel_finished") <= ends_told, "{what}: {entries:?}");
    let at_rest = [SocketState::Unconnected, SocketState::Connected];
    assert!(at_rest.contains(&socket.state()), "{what}: {:?} {entries:?}", socket.state());
}

/// A socket that lives works, whatever was done to it before.
fn check_works(socket: WebSocket, what: &str) {
    let server = echo_server();
    socket.set_max_allowed_incoming_message_size(1000);
    let connected = SignalSpy::new(socket.connected());
    socket.open(server.server_url());
    wait_until(what, || !connected.is_empty());
    let echo = SignalSpy::new(socket.text_message_received());
    socket.send_text_message("again");
    wait_until(what, || !echo.is_empty());
    let ended = SignalSpy::new(socket.disconnected());
    socket.close();
    wait_until(what, || !ended.is_empty());
    assert_eq!((echo.take(), ended.len()), (vec!["again".to_owned()], 1), "{what}");
    settle();
    server.delete();
}

fn try_everything(side: Side) {
    for (signal, hook) in SIGNALS {
        for (deed_name, deed) in DEEDS {
            for (end, finish) in ENDS {
                let what = format!("{deed_name} in {signal}, {end}");
                let done = Rc::new(Cell::new(0));
                let (scene, journal) = Scene::play(Transport::Tcp, side, &[(hook, deed)], 1, finish, &done);
                if signal == "destroyed" {
                    caught(|| scene.socket.delete());
                }
                assert_eq!(done.replace(1) == 1, is_emitted(signal, side, end), "{what}");
                scene.end(side, (deed_name != "disconnect").then_some(&journal), 0, &what);
            }
        }
    }
}

#[test]
fn anything_can_be_done_in_any_slot_of_a_client() {
    try_everything(Side::Client);
}

#[test]
fn anything_can_be_done_in_any_slot_of_an_accepted_socket() {
    try_everything(Side::Accepted);
}

#[cfg(feature = "_tls")]
#[test]
fn any_slot_may_panic_over_tls_as_well() {
    for (deed_name, deed) in DEEDS.into_iter().filter(|(name, _)| name.contains("panic")) {
        for side in [Side::Client, Side::Accepted] {
            for (signal, hook) in SIGNALS {
                for (end, finish) in ENDS {
                    let what = format!("{side:?}: {deed_name} in {signal}, {end}");
                    let done = Rc::new(Cell::new(0));
                    let (scene, _) = Scene::play(Transport::Tls, side, &[(hook, deed)], 1, finish, &done);
                    done.set(1);
                    scene.end(side, None, 0, &what);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: times(300) as u32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn several_things_can_be_done_in_several_slots(
        plan in prop::collection::vec((0..SIGNALS.len(), 0..DEEDS.len()), 1..6),
        count in 1_usize..12,
        end in 0..ENDS.len(),
        is_client: bool,
    ) {
        // In a thread of its own, so that a case that fails leaves nothing to the next.
        let played = std::thread::spawn(move || {
            let side = if is_client { Side::Client } else { Side::Accepted };
            let names: Vec<_> = plan.iter().map(|&(signal, deed)| (SIGNALS[signal].0, DEEDS[deed].0)).collect();
            let what = format!("{side:?}: {names:?} {count} times, {}", ENDS[end].0);
            let slots: Vec<_> = plan.iter().map(|&(signal, deed)| (SIGNALS[signal].1, DEEDS[deed].1)).collect();
            let done = Rc::new(Cell::new(0));
            let (scene, journal) = Scene::play(Transport::Tcp, side, &slots, count, ENDS[end].1, &done);
            // What is still to be done is not done any more.
            done.set(count);
            let is_followed = names.iter().all(|(_, deed)| *deed != "disconnect");
            scene.end(side, is_followed.then_some(&journal), 2 * count, &what);
        });
        prop_assert!(played.join().is_ok());
    }
}

#[test]
fn anything_can_be_done_in_any_slot_of_a_server() {
    type ServerDeed = fn(WebSocketServer);
    let deeds: [(&str, ServerDeed); 11] = [
        ("close", |server| server.close()),
        ("close and listen", |server| {
            server.close();
            let listens = server.listen(HostAddress::LocalHost, 0).is_ok();
            assert_eq!(listens, server.is_alive());
        }),
        ("panic", |_| panic_as_told()),
        ("delete", |server| server.delete()),
        ("delete later", |server| server.delete_later()),
        ("pause", |server| server.pause_accepting()),
        ("take and delete", |server| {
            if let Some(socket) = server.next_pending_connection() {
                socket.delete();
            }
        }),
        ("take and close", |server| {
            if let Some(socket) = server.next_pending_connection() {
                socket.close();
                socket.disconnected().connect(move |()| socket.delete_later());
            }
        }),
        ("a nested loop until all is quiet", |_| settle()),
        ("a nested loop that deletes", |server| {
            Application::invoke_later(move || server.delete());
            settle();
        }),
        ("change everything", |server| {
            server.set_max_pending_connections(0);
            server.set_handshake_timeout(None);
            server.set_server_name("other");
            server.set_supported_subprotocols(["other"]);
        }),
    ];
    type ServerHook = fn(WebSocketServer, Rc<dyn Fn()>);
    let signals: [(&str, ServerHook); 5] = [
        ("new_connection", |server, slot| {
            server.new_connection().connect(move |()| slot());
        }),
        ("origin_authentication_required", |server, slot| {
            server.origin_authentication_required().connect(move |_| slot());
        }),
        ("server_error", |server, slot| {
            server.server_error().connect(move |_| slot());
        }),
        ("closed", |server, slot| {
            server.closed().connect(move |()| slot());
        }),
        ("destroyed", |server, slot| {
            server.destroyed().connect(move |_| slot());
        }),
    ];
    for (signal, hook) in signals {
        for (deed_name, deed) in deeds {
            let what = format!("{deed_name} in {signal}");
            let server = listening_server();
            let calls = Rc::new(Cell::new(0));
            let count = calls.clone();
            hook(
                server,
                Rc::new(move || {
                    count.set(count.get() + 1);
                    if count.get() == 1 {
                        deed(server);
                    }
                }),
            );
            let peers = RefCell::new(Vec::new());
            for request in [REQUEST, "nonsense\r\n\r\n", REQUEST] {
                if server.is_listening() {
                    let mut peer = Peer::connect(server);
                    assert_eq!(peer.try_send(request.as_bytes()), request.len());
                    peers.borrow_mut().push(peer);
                }
                settle_through_panics();
            }
            server.close();
            settle_through_panics();
            caught(|| server.delete());
            assert!(calls.get() > 0, "{what}");
            drop(peers);
            settle();
            // What was taken is the slot's; all else is gone with the server.
            assert_eq!(Application::dump_objects(), "", "{what}");
        }
    }
}
