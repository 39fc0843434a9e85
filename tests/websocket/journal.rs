//! The signals of a socket, written down as they come.

use std::cell::RefCell;
use std::rc::Rc;

use slotwire::prelude::*;

/// A list of what happened; clones write into the same one.
#[derive(Clone, Default)]
pub(crate) struct Journal(Rc<RefCell<Vec<String>>>);

impl Journal {
    /// Writes down all signals of that socket but `bytes_written`, which has tests of its own.
    pub(crate) fn of(socket: WebSocket) -> Self {
        let journal = Self::default();
        journal.follow("", socket);
        journal
    }

    /// As [`of`](Self::of), with several sockets in one list, each entry with a prefix.
    pub(crate) fn follow(&self, prefix: &'static str, socket: WebSocket) {
        let note = |what: &'static str| {
            let journal = self.clone();
            move |arguments: String| journal.note(format!("{prefix}{what}{arguments}"))
        };
        let plain = [
            ("connected", socket.connected()),
            ("disconnected", socket.disconnected()),
            ("about_to_close", socket.about_to_close()),
            ("read_channel_finished", socket.read_channel_finished()),
        ];
        for (name, signal) in plain {
            let note = note(name);
            signal.connect(move |()| note(String::new()));
        }
        let write = note("state_changed");
        socket.state_changed().connect(move |state| {
            assert_eq!(socket.state(), state, "a state is set before its signal");
            write(format!("({state:?})"));
        });
        let write = note("error_occurred");
        socket.error_occurred().connect(move |error| write(format!("({error:?})")));
        let write = note("authentication_required");
        socket.authentication_required().connect(move |authenticator| {
            write(format!("({:?}, {:?})", authenticator.realm(), authenticator.user()));
        });
        let write = note("text_frame_received");
        socket.text_frame_received().connect(move |(text, is_last)| {
            write(format!("({}, {is_last})", shorten(text)));
        });
        let write = note("binary_frame_received");
        socket.binary_frame_received().connect(move |(bytes, is_last)| {
            write(format!("({} bytes, {is_last})", bytes.len()));
        });
        let write = note("text_message_received");
        socket.text_message_received().connect(move |text| write(format!("({})", shorten(text))));
        let write = note("binary_message_received");
        socket.binary_message_received().connect(move |bytes| write(format!("({} bytes)", bytes.len())));
        let write = note("pong");
        socket.pong().connect(move |(_, payload)| write(format!("({})", String::from_utf8_lossy(payload))));
    }

    pub(crate) fn note(&self, what: impl Into<String>) {
        self.0.borrow_mut().push(what.into());
    }

    /// Takes what was written down up to now.
    pub(crate) fn take(&self) -> Vec<String> {
        self.0.take()
    }

    pub(crate) fn contains(&self, what: &str) -> bool {
        self.0.borrow().iter().any(|entry| entry == what)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }
}

fn shorten(text: &str) -> String {
    if text.len() > 40 { format!("{} bytes", text.len()) } else { text.to_owned() }
}

/// How a connection ends that both sides close, or that this side refuses to go on with.
pub(crate) const ORDERLY_END: [&str; 5] = [
    "about_to_close",
    "state_changed(Closing)",
    "state_changed(Unconnected)",
    "disconnected",
    "read_channel_finished",
];

/// How a connection ends that the peer drops.
pub(crate) const LOSS: [&str; 5] = [
    "error_occurred(RemoteHostClosed)",
    "state_changed(Closing)",
    "state_changed(Unconnected)",
    "disconnected",
    "read_channel_finished",
];

/// How a connection ends that is aborted.
pub(crate) const ABORT: [&str; 4] =
    ["about_to_close", "state_changed(Unconnected)", "disconnected", "read_channel_finished"];
