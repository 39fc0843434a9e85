//! `QtCore`: objects, handles, signals, the event loop, timers, notifiers and calls between threads.
//!
//! All of it is at the root of the crate too: `slotwire::Timer` is `slotwire::core::Timer`.
//!
//! | for | there are |
//! |---|---|
//! | objects, of the program's own classes and of this crate's | [`Handle<T>`], [`Object`], [`ObjectHandle`]: any of them, [`Scoped`]: one on the stack |
//! | signals and what is connected to them | [`Emitter`] in the object, [`Signal`] for the others, [`Connection`], [`ConnectionType`], [`sender()`], [`SignalBlocker`] |
//! | what a signal carries | [`Args`], [`ByRef`], [`Pair`], [`Triple`] |
//! | running | [`Application`], [`EventLoop`] |
//! | events | [`Event`], [`EventType`] |
//! | time and descriptors | [`Timer`], `SocketNotifier` (Unix only) |
//! | other threads | [`Thread`], [`EventLoopHandle`], [`Remote`] |
//! | `async` | [`Task`], [`Application::spawn_local`], [`Object::spawn`], [`Application::block_on`], [`Application::sleep`]; [`Signal::next`], [`Signal::stream`] |
//! | tests | [`SignalSpy`], [`VirtualClock`] |
//!
//! ```
//! use slotwire::core::{Application, Emitter, Handle, Timer};
//! use std::time::Duration;
//!
//! struct Kettle { boiled: Emitter<u32> }
//!
//! let kettle = Handle::new(Kettle { boiled: Emitter::new() });
//! kettle.signal(|kettle| &kettle.boiled).connect(|degrees| {
//!     println!("tea time, at {degrees} °C");
//!     Application::quit();
//! });
//! let soon = Duration::from_millis(1);
//! Timer::single_shot_to(soon, kettle, |kettle| kettle.boiled.emit(100));
//! Application::exec();
//! ```
//!
//! # Rules
//!
//! These rules hold for all of it, and code that is called from it can rely on them:
//!
//! 1. A slot, a filter or a handler may do anything: connect, disconnect, emit, delete its own sender or receiver, enter a
//!    nested loop. No table or list is borrowed while it runs, nor while values and closures are dropped.
//! 2. State first, signal last: an object is what its signal says before that is emitted. After an emission anything may have
//!    happened, so code that goes on checks whether the object is still alive.
//! 3. An emission calls the slots that were connected when it began, in that order, but for those that are disconnected
//!    meanwhile.
//! 4. What the event loop delivers is looked up when its turn comes: an earlier delivery may have deleted it.
//! 5. A panic in a slot costs that call. The other slots of that emission are not called, everything else is done as usual, and
//!    then the panic goes on to the caller that ran the loop, emitted or deleted. A caller that catches it can go on: all that
//!    was posted, received or due is still there, in order.
//! 6. Each thread has its own objects and its own loop. While a thread ends, and its objects with it, every handle is dead.

// The files, floor by floor: each imports those of its own floor or below, in no circle. Only the object model is one: an
// object holds signals, and a connection of a signal holds objects.
//
// 1. Values and tools. `table` and its keys; the terms of the others: `object_key`, `args`, `event`, `timer_type`,
//    `process_events_flags`; `sequence`, which takes all its steps though a slot panics in one; the bounds of time and depth:
//    `turn`, `nesting_limit`; `spare_memory`;
//    `sender`; `dead_handle`; `linked`, lists through the entries of a table.
// 2. The sources of a thread's loop: `clock`, `event_queue`, `event_filters`, `timer_queue`, `poller`, `sources`, `remote_queue` with
//    `awaited_call`. `event_dispatcher` has them all, and is where something is entered; `deadline` owns a timer there; `sleep`
//    is the future of one.
// 3. The object model: `handle`, `object_table`, `object_data`, `signal`, `slot_list`, `connection`; on it `mut_slot`,
//    `emissions`, futures and streams of them; `executor`, the tasks of a thread, which end with their objects.
// 4. The parts of every object: `object_events`, `object_properties`, `object_tree`, `find_child`, `object`; `scoped`, `object_class`,
//    `signal_blocker`; `task`.
// 5. Delivery: `process_events`, one round; `event_loop`, `block_on`; `timer`, `socket_notifier`.
// 6. `application`, `application_events`, `application_tasks`, `remote`: calls from other threads; `thread`; `signal_spy`.
//
// To keep the rules: values to be dropped are moved out of a borrow first. A list that is being emitted keeps its indices;
// entries are taken out when no emission is under way. Levels, senders and counters are restored in destructors. Thread-local
// data is reached by `try_with`, because destructors run when it is gone.

pub(crate) mod application;
mod application_events;
mod application_tasks;
mod args;
mod awaited_call;
mod block_on;
pub(crate) mod clock;
mod connection;
mod dead_handle;
pub(crate) mod deadline;
mod event;
pub(crate) mod event_dispatcher;
mod event_filters;
mod event_loop;
mod event_queue;
mod executor;
mod find_child;
pub(crate) mod handle;
mod linked;
mod nesting_limit;
pub(crate) mod object;
pub(crate) mod object_class;
pub(crate) mod object_data;
// After `object`: the documentation shows methods in the order of the modules.
mod object_events;
mod object_key;
mod object_properties;
pub(crate) mod object_table;
mod object_tree;
pub(crate) mod poller;
mod process_events;
mod process_events_flags;
mod remote_queue;
mod scoped;
mod sender;
pub(crate) mod sequence;
pub(crate) mod signal;
// After `signal`, for the same reason.
pub(crate) mod emissions;
mod mut_slot;
mod remote;
mod signal_blocker;
mod signal_spy;
mod sleep;
mod slot_list;
#[cfg(unix)]
mod socket_notifier;
mod sources;
pub(crate) mod spare_memory;
mod table;
mod task;
mod thread;
mod timer;
pub(crate) mod timer_queue;
mod timer_type;
pub(crate) mod turn;

// The aliases stand here as well because rustdoc 1.95 forgets those of what is re-exported (rust-lang/rust#153136).
#[doc(alias = "QCoreApplication")]
pub use application::Application;
#[cfg(unix)]
pub use application::PollerFd;
pub use args::{Args, ByRef, Pair, Triple};
pub use clock::VirtualClock;
pub use connection::{Connection, ConnectionType, ScopedConnection};
pub use emissions::{Emissions, NextEmission};
#[doc(alias = "QEvent")]
pub use event::Event;
#[doc(alias = "Type")]
pub use event::EventType;
#[doc(alias = "QEventLoop")]
pub use event_loop::EventLoop;
#[doc(alias = "FindChildOptions")]
pub use find_child::FindChildOption;
#[doc(alias = "QPointer")]
pub use handle::Handle;
pub use handle::{ObjectHandle, ObjectRef};
#[doc(alias = "QObject")]
pub use object_key::Object;
#[doc(alias = "ProcessEventsFlag")]
pub use process_events_flags::ProcessEventsFlags;
#[doc(alias = "invokeMethod")]
#[doc(alias = "wakeUp")]
pub use remote::EventLoopHandle;
#[doc(alias = "invokeMethod")]
pub use remote::Remote;
#[doc(alias = "QScopedPointer")]
pub use scoped::Scoped;
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
pub use sleep::Sleep;
#[cfg(unix)]
#[doc(alias = "Type")]
pub use socket_notifier::NotifierType;
#[cfg(unix)]
#[doc(alias = "QSocketNotifier")]
pub use socket_notifier::SocketNotifier;
#[doc(alias("QFuture", "QCoro", "JoinHandle"))]
pub use task::{ScopedTask, Task};
#[doc(alias = "QThread")]
pub use thread::Thread;
#[doc(alias = "QTimer")]
pub use timer::Timer;
pub use timer_type::TimerType;
