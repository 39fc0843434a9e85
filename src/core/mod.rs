//! `QtCore`: objects, handles, signals, the event loop, timers, notifiers and calls between threads.
//!
//! | file | holds |
//! |---|---|
//! | `object`, `object_events`, `object_properties` | [`Object`]: what every object has |
//! | `handle` | [`Handle<T>`] for the program's own classes, [`ObjectHandle`] for any handle, [`Scoped`] |
//! | `signal`, `args`, `connection`, `sender` | [`Emitter`], [`Signal`], what they carry, how they are connected, [`sender()`] |
//! | `signal_blocker` | [`SignalBlocker`] |
//! | `event` | [`Event`]: sent, posted, filtered |
//! | `application`, `event_loop` | [`Application`] and [`EventLoop`]: running the thread's events |
//! | `timer`, `socket_notifier` | [`Timer`], `SocketNotifier` |
//! | `remote` | [`EventLoopHandle`] and [`Remote`]: all that other threads can hold |
//! | `signal_spy`, `clock` | [`SignalSpy`], [`VirtualClock`]: for tests |
//! | `object_table`, `object_data`, `object_tree`, `slot_list` | where objects and the slots of their signals are kept (private) |
//! | `event_dispatcher`, `event_queue`, `timer_queue`, `poller` | one round of the loop, and what it takes from (private) |
//!
//! # Rules
//!
//! 1. No borrow of a table, a list or a `RefCell` is open while foreign code runs: slots, filters, handlers, and the `Drop`
//!    of values and closures. What is to be dropped is moved out first.
//! 2. State first, signal last. After every emission assume anything, and look whether you are still alive.
//! 3. A list that is being emitted keeps its indices; entries are taken out when no emission is under way.
//! 4. What fires from the loop is looked up when its turn comes: an earlier one may have deleted it.
//! 5. Levels, senders and counters are restored in destructors, so that a panic in a slot leaves them in order.
//! 6. Thread-local data is reached by `try_with`, because destructors run when it is gone.

pub(crate) mod application;
mod args;
pub(crate) mod clock;
mod connection;
mod event;
pub(crate) mod event_dispatcher;
mod event_loop;
mod event_queue;
pub(crate) mod handle;
pub(crate) mod object;
pub(crate) mod object_data;
// After `object`: the documentation shows methods in the order of the modules.
mod object_events;
mod object_properties;
pub(crate) mod object_table;
mod object_tree;
pub(crate) mod poller;
mod remote;
mod sender;
pub(crate) mod signal;
mod signal_blocker;
mod signal_spy;
mod slot_list;
#[cfg(unix)]
mod socket_notifier;
mod timer;
pub(crate) mod timer_queue;

// The aliases stand here as well because rustdoc 1.95 forgets those of what is re-exported (rust-lang/rust#153136).
#[doc(alias = "QCoreApplication")]
pub use application::Application;
#[cfg(unix)]
pub use application::PollerFd;
pub use args::{Args, ByRef, Pair, Triple};
pub use clock::VirtualClock;
pub use connection::{Connection, ConnectionType, ScopedConnection};
#[doc(alias = "QEvent")]
pub use event::Event;
#[doc(alias = "Type")]
pub use event::EventType;
#[doc(alias = "QEventLoop")]
pub use event_loop::EventLoop;
#[doc(alias = "QPointer")]
pub use handle::Handle;
#[doc(alias = "QScopedPointer")]
pub use handle::Scoped;
pub use handle::{ObjectHandle, ObjectRef};
#[doc(alias = "QObject")]
pub use object::Object;
#[doc(alias = "invokeMethod")]
#[doc(alias = "wakeUp")]
pub use remote::EventLoopHandle;
#[doc(alias = "invokeMethod")]
pub use remote::Remote;
pub use sender::sender;
#[doc(alias = "Q_SIGNAL")]
pub use signal::Emitter;
#[doc(alias = "Q_SIGNALS")]
#[doc(alias = "fromSignal")]
pub use signal::Signal;
#[doc(alias = "QSignalBlocker")]
pub use signal_blocker::SignalBlocker;
#[doc(alias = "QSignalSpy")]
pub use signal_spy::SignalSpy;
#[cfg(unix)]
#[doc(alias = "Type")]
pub use socket_notifier::NotifierType;
#[cfg(unix)]
#[doc(alias = "QSocketNotifier")]
pub use socket_notifier::SocketNotifier;
#[doc(alias = "QTimer")]
pub use timer::Timer;
pub use timer::TimerType;
