//! The sources of a thread's event loop, and the way in which others add to them (private): `QAbstractEventDispatcher`.
//!
//! The rounds, which deliver all of it, are in `process_events`.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::VecDeque;
use std::io;
use std::ops::ControlFlow;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use mio::Interest;

use super::clock;
use super::event::Event;
use super::event_filters::{EventFilter, EventFilters};
use super::event_queue::{EventQueue, Posted, What};
use super::nesting_limit::Nesting;
use super::object_key::Object;
use super::poller::{Poller, Readiness, SourceKey};
use super::remote_queue::{RemoteCall, RemoteQueue, RemoteWhat};
use super::sender;
use super::sequence::{drop_at_end_of_thread, drop_each};
pub(crate) use super::sources::Source;
use super::sources::{Line, Sources};
use super::table::Key;
use super::timer_queue::{TimerId, TimerQueue, TimerTarget};
use super::timer_type::TimerType;

/// Something that collects output while events are handled and writes it in one go afterwards.
pub(crate) trait Flush {
    fn flush(self: Rc<Self>);

    /// The source that it belongs to.
    fn key(&self) -> Option<SourceKey>;
}

pub(crate) struct EventDispatcher {
    pub(super) queue: EventQueue,
    pub(super) timers: TimerQueue,
    pub(super) poller: OnceCell<Poller>,
    pub(super) sources: Sources,
    pub(super) flushes: RefCell<VecDeque<Rc<dyn Flush>>>,
    /// Sources that are in the middle of something, and whether a nested loop has called them again.
    pub(super) in_progress: RefCell<Vec<(SourceKey, bool)>>,
    pub(super) remote: Arc<RemoteQueue>,
    pub(super) nesting: Nesting,
    application_filters: EventFilters,
    /// Loops running (`exec`), one inside the other.
    pub(super) loop_level: Cell<u32>,
    /// Deliveries running, one inside the other.
    pub(super) delivery_level: Cell<u32>,
}

thread_local! {
    static DISPATCHER: EventDispatcher = EventDispatcher::new();
}

/// This thread's dispatcher; `None` only while the thread's data is being destroyed.
pub(crate) fn with<R>(f: impl FnOnce(&EventDispatcher) -> R) -> Option<R> {
    DISPATCHER.try_with(f).ok()
}

/// Ends the queue of calls from other threads with its thread, so that nobody waits for an answer that cannot come.
struct Ending(Arc<RemoteQueue>);

impl Drop for Ending {
    fn drop(&mut self) {
        drop_at_end_of_thread(self.0.end());
    }
}

thread_local! {
    static ENDING: Option<Ending> = with(|dispatcher| Ending(Arc::clone(&dispatcher.remote)));
}

/// The queue by which other threads reach the loop of this one, and wake it.
pub(super) fn remote_queue() -> Arc<RemoteQueue> {
    let _ = ENDING.try_with(|_| ());
    let queue = with(|dispatcher| {
        if let Err(error) = dispatcher.poller() {
            log::error!("the event loop has no poller: {error}");
        }
        Arc::clone(&dispatcher.remote)
    });
    queue.unwrap_or_else(RemoteQueue::ended)
}

/// Lets the loop of that queue poll a task, as it makes a queued call; not at all if the owner of the task is dead by then. May be
/// called in any thread.
pub(super) fn post_wake(queue: &RemoteQueue, owner: Option<Key>, task: Key) {
    if queue.is_of_this_thread() {
        with(|dispatcher| dispatcher.post(owner.map(Object::of), What::Wake(task), 0));
    } else {
        queue.push(RemoteCall { receiver: owner, what: RemoteWhat::Wake(task) });
    }
}

pub(crate) fn post_event(receiver: Object, event: Event, priority: i32) {
    with(|dispatcher| dispatcher.post(Some(receiver), What::Event(event), priority));
}

/// Calls `f` from the loop; not at all if the receiver is dead by then.
pub(crate) fn post_call(receiver: Option<Object>, f: impl FnOnce() + 'static) {
    with(|dispatcher| dispatcher.post(receiver, What::Call(Box::new(f)), 0));
}

/// Calls `f` with `target` from the loop; not at all if that is gone by then.
pub(crate) fn post_call_to<T: 'static>(target: Weak<T>, f: impl FnOnce(Rc<T>) + 'static) {
    post_call(None, move || {
        if let Some(target) = target.upgrade() {
            f(target);
        }
    });
}

/// Ends a connection of `object`, at once, or from the loop if it is asked for inside the ends of too many others.
pub(crate) fn end_connection(object: Object, end: impl FnOnce() + 'static) {
    with(|dispatcher| match dispatcher.nesting.begin_end() {
        Some(_under_way) => end(),
        None => post_call(Some(object), end),
    });
}

/// A queued delivery of a signal.
pub(crate) fn post_slot_call(sender: Object, receiver: Object, f: impl FnOnce() + 'static) {
    post_call(Some(receiver), move || sender::with_sender(sender, f));
}

pub(crate) fn post_deferred_delete(object: Object) {
    with(|dispatcher| {
        let level = dispatcher.level();
        dispatcher.post(Some(object), What::DeferredDelete { level }, 0);
    });
}

/// Takes back the events to that receiver, or to all, that are wanted no more.
pub(crate) fn remove_posted_events(receiver: Option<Object>, is_unwanted: impl Fn(&Event) -> bool) {
    let removed = with(|dispatcher| {
        let is_unwanted = |posted: &Posted| {
            posted.is_to(receiver) && matches!(&posted.what, What::Event(event) if is_unwanted(event))
        };
        dispatcher.queue.take_where(is_unwanted)
    });
    if let Some(removed) = removed {
        drop_each(removed);
    }
}

pub(crate) fn install_application_filter(filter: Object, call: Rc<EventFilter>) {
    with(|dispatcher| dispatcher.application_filters.install(filter, call));
}

pub(crate) fn remove_application_filter(filter: Object) {
    with(|dispatcher| dispatcher.application_filters.remove(filter));
}

#[inline]
pub(crate) fn has_application_filters() -> bool {
    with(|dispatcher| !dispatcher.application_filters.is_empty()).unwrap_or(false)
}

/// Shows an event to the filters of the application, as [`EventFilters::show`] does.
#[inline]
pub(crate) fn show_to_application_filters(receiver: Object, event: &Event) -> ControlFlow<bool> {
    with(|dispatcher| match &dispatcher.application_filters {
        none if none.is_empty() => ControlFlow::Continue(()),
        filters => filters.show(receiver, event),
    })
    .unwrap_or(ControlFlow::Continue(()))
}

/// Writes `output` once the event that is being handled has been, or at the latest before the loop waits.
pub(crate) fn flush_later(output: Rc<dyn Flush>) {
    with(|dispatcher| dispatcher.flushes.borrow_mut().push_back(output));
}

pub(super) fn start_timer(
    interval: Duration,
    timer_type: TimerType,
    target: Rc<dyn TimerTarget>,
) -> Option<TimerId> {
    with(|dispatcher| dispatcher.timers.start(clock::now(), interval, timer_type, target))
}

pub(super) fn stop_timer(id: TimerId) {
    with(|dispatcher| dispatcher.timers.stop(id));
}

/// The time until that timer fires; zero if it is overdue.
pub(super) fn remaining_time(id: TimerId) -> Option<Duration> {
    with(|dispatcher| {
        let due = dispatcher.timers.due_at(id)?;
        Some(due.saturating_duration_since(clock::now()))
    })
    .flatten()
}

/// Calls `source` when the descriptor that `register` registers becomes ready. Reaches the poller at once.
pub(crate) fn add_source(
    source: Rc<dyn Source>,
    register: impl FnOnce(&Poller, SourceKey) -> io::Result<()>,
) -> io::Result<SourceKey> {
    with(|dispatcher| {
        let poller = dispatcher.poller()?;
        dispatcher.sources.add(source, |key| register(poller, key))
    })
    .unwrap_or_else(|| Err(io::Error::other("the thread is ending")))
}

pub(crate) fn with_poller<R>(f: impl FnOnce(&Poller) -> io::Result<R>) -> io::Result<R> {
    with(|dispatcher| f(dispatcher.poller()?))
        .unwrap_or_else(|| Err(io::Error::other("the thread is ending")))
}

/// Forgets a source. The caller closes what it registered, or takes it from the poller.
pub(crate) fn remove_source(key: SourceKey) {
    let removed = with(|dispatcher| dispatcher.sources.remove(key));
    drop(removed);
}

/// Makes the loop call a source with that readiness, in its turn.
pub(crate) fn make_ready(key: SourceKey, readiness: Readiness) {
    with(|dispatcher| dispatcher.sources.note(key, readiness, Line::Ready));
}

/// Makes the loop call a source again, after others have had their turn: it stopped early to be fair.
pub(crate) fn requeue(key: SourceKey, readiness: Readiness) {
    with(|dispatcher| dispatcher.sources.note(key, readiness, Line::Unfinished));
}

/// Marks a source as in the middle of something while its slots run: if one of them enters a nested loop, the source is
/// called there as readable, so that it can go on.
pub(crate) struct InProgress(());

impl InProgress {
    pub(crate) fn begin(key: SourceKey) -> Self {
        with(|dispatcher| dispatcher.in_progress.borrow_mut().push((key, false)));
        Self(())
    }
}

impl Drop for InProgress {
    fn drop(&mut self) {
        with(|dispatcher| dispatcher.in_progress.borrow_mut().pop());
    }
}

/// Repeats the readiness of a source, if a panic in one of its slots has kept it from using that: there is no
/// other edge.
pub(crate) struct ReadyAgain(SourceKey, Readiness);

impl ReadyAgain {
    pub(crate) fn after_panic(key: SourceKey, readiness: Readiness) -> Self {
        Self(key, readiness)
    }
}

impl Drop for ReadyAgain {
    #[inline]
    fn drop(&mut self) {
        if thread::panicking() {
            make_ready(self.0, self.1);
        }
    }
}

/// Reading and writing, edge-triggered.
pub(crate) const READ_AND_WRITE: Interest = Interest::READABLE.add(Interest::WRITABLE);

impl Drop for EventDispatcher {
    fn drop(&mut self) {
        drop_at_end_of_thread(self.queue.take_all());
        drop_at_end_of_thread(self.timers.take_targets());
        drop_at_end_of_thread(self.application_filters.take());
    }
}

impl EventDispatcher {
    fn new() -> Self {
        Self {
            queue: EventQueue::default(),
            timers: TimerQueue::default(),
            poller: OnceCell::new(),
            sources: Sources::default(),
            flushes: RefCell::default(),
            in_progress: RefCell::default(),
            remote: Arc::default(),
            nesting: Nesting::default(),
            application_filters: EventFilters::default(),
            loop_level: Cell::new(0),
            delivery_level: Cell::new(0),
        }
    }

    pub(crate) fn poller(&self) -> io::Result<&Poller> {
        if let Some(poller) = self.poller.get() {
            return Ok(poller);
        }
        let poller = Poller::new()?;
        self.remote.set_waker(poller.waker());
        Ok(self.poller.get_or_init(|| poller))
    }

    pub(crate) fn remote(&self) -> &Arc<RemoteQueue> {
        &self.remote
    }

    /// Posts something, behind the calls that other threads have made before.
    #[inline]
    fn post(&self, receiver: Option<Object>, what: What, priority: i32) {
        self.take_remote_calls();
        self.queue.push(receiver, what, priority);
    }

    /// Takes the calls that other threads have made. Returns whether there were any.
    #[inline]
    pub(super) fn take_remote_calls(&self) -> bool {
        !self.remote.is_empty() && self.post_remote_calls()
    }

    #[cold]
    fn post_remote_calls(&self) -> bool {
        let calls = self.remote.take();
        let any = !calls.is_empty();
        for RemoteCall { receiver, what } in calls {
            let what = match what {
                RemoteWhat::Call(call) => What::Call(call),
                RemoteWhat::Wake(task) => What::Wake(task),
            };
            self.queue.push(receiver.map(Object::of), what, 0);
        }
        any
    }

    pub(super) fn level(&self) -> u32 {
        self.loop_level.get() + self.delivery_level.get()
    }
}
