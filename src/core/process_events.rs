//! One round of a thread's event loop (private): `QAbstractEventDispatcher::processEvents`.
//!
//! In this order: calls from other threads, posted events, output that waits to be written; then it waits for readiness;
//! then sockets and notifiers that are ready, and timers that are due. A nested loop runs the same rounds on the same
//! queues, so what an outer round had collected is not kept from it.
//!
//! None of these takes more than its share of a round, however much there is of it: the rest waits, in order, for the next
//! round.

use std::cell::Cell;
use std::io;
use std::time::{Duration, Instant};

use super::clock;
use super::connection;
use super::event::EventType;
use super::event_dispatcher::EventDispatcher;
use super::event_queue::{Posted, What};
use super::executor;
use super::object_key::Object;
use super::object_table;
use super::poller::{Readiness, SourceKey};
use super::process_events_flags::ProcessEventsFlags;
use super::sender;
use super::sources::Line;
use super::spare_memory;
use super::turn::{Turn, TurnLength};

/// The share of a round that each kind of event may take before the others have their turn. Anything that was collected meanwhile
/// comes next, so a caller that needs little waits not much longer than that.
const SHARE: Duration = Duration::from_millis(1);

/// The share of posted events.
static POSTED_SHARE: TurnLength = share(32);
/// The share of sources that the system reports.
static READY_SHARE: TurnLength = share(8);
/// The share of sources that have stopped early: they take long.
static UNFINISHED_SHARE: TurnLength = share(1);
/// The share of timers.
static TIMER_SHARE: TurnLength = share(16);
/// All there is.
static WITHOUT_END: TurnLength = TurnLength { max_time: Duration::MAX, ..share(32) };

/// A turn for as many as there are.
const fn share(steps_per_look: u32) -> TurnLength {
    TurnLength { max_steps: u32::MAX, max_time: SHARE, steps_per_look }
}

/// The rest of a round, after what was posted.
pub(crate) enum Round {
    /// Waits for something to do if there is nothing.
    MayWait,
    /// Waits for something to do, unless the round has done something already.
    WaitsIfIdle,
    DoesNotWait,
    /// Leaves sockets and timers to another round: the loop was told to exit.
    Ends,
}

impl EventDispatcher {
    /// One round, without what the flags exclude. `goes_on` decides how it goes on after posted events were delivered, which may
    /// have ended the loop. Returns whether it did anything.
    pub(crate) fn process_events(
        &self,
        flags: ProcessEventsFlags,
        goes_on: impl FnOnce() -> Round,
    ) -> io::Result<bool> {
        self.resume_in_progress();
        let mut did_something = self.take_remote_calls();
        did_something |= self.send_posted_events();
        self.flush();
        match goes_on() {
            Round::Ends => return Ok(did_something),
            Round::DoesNotWait => self.wait(Some(Duration::ZERO), flags)?,
            Round::WaitsIfIdle if did_something => self.wait(Some(Duration::ZERO), flags)?,
            Round::MayWait | Round::WaitsIfIdle => self.wait(self.next_timeout_with(flags), flags)?,
        }
        did_something |= self.take_remote_calls();
        if flags.includes_sockets() {
            did_something |= self.dispatch_ready();
        }
        did_something |= self.fire_timers();
        if spare_memory::end_round(!did_something || clock::is_virtual(), clock::now) {
            self.shrink();
        }
        Ok(did_something)
    }

    /// Waits until one of these sources is ready for what it is wanted to be, at most until that time, and calls them alone. All
    /// else that is to be delivered waits for the loop. Returns whether any was called.
    pub(crate) fn handle_sources(
        &self,
        wanted: &[(SourceKey, Readiness)],
        until: Option<Instant>,
    ) -> io::Result<bool> {
        self.poll(Some(Duration::ZERO))?;
        if self.dispatch_to(wanted) {
            return Ok(true);
        }
        match until {
            // Virtual time passes only when there is nothing else to do.
            Some(until) if clock::is_virtual() => clock::advance_to(until),
            Some(until) => self.poll(Some(until.saturating_duration_since(clock::now())))?,
            None => self.poll(None)?,
        }
        Ok(self.dispatch_to(wanted))
    }

    /// The longest time that the loop may wait; `None`: until something happens.
    pub(crate) fn next_timeout(&self) -> Option<Duration> {
        self.next_timeout_with(ProcessEventsFlags::AllEvents)
    }

    fn next_timeout_with(&self, flags: ProcessEventsFlags) -> Option<Duration> {
        let busy = !self.queue.is_empty()
            || self.are_sources_waiting(flags)
            || !self.flushes.borrow().is_empty()
            || !self.remote.is_empty();
        if busy {
            return Some(Duration::ZERO);
        }
        let next_timer = self.timers.next().map(|due| due.saturating_duration_since(clock::now()));
        // Virtual time does not pass for the sake of that.
        let release = (spare_memory::is_kept() && !clock::is_virtual()).then_some(spare_memory::PERIOD);
        [next_timer, release].into_iter().flatten().min()
    }

    /// Gives back what tables and queues have more than they need.
    pub(crate) fn shrink(&self) {
        self.queue.shrink();
        self.timers.shrink();
        self.sources.shrink();
        object_table::shrink();
        connection::shrink();
        executor::shrink();
        let mut flushes = self.flushes.borrow_mut();
        if spare_memory::is_oversized(flushes.len(), flushes.capacity()) {
            flushes.shrink_to_fit();
        }
    }

    /// Runs `rounds` as a loop of its own level, whatever becomes of it; `None`, without running it, if loops are nested too
    /// deep.
    pub(crate) fn enter_loop<R>(&self, rounds: impl FnOnce() -> R) -> Option<R> {
        let _nested = self.nesting.enter()?;
        let _level = Level::enter(self, &self.loop_level);
        self.release_held();
        Some(rounds())
    }

    /// Runs `rounds` in the level that there is; `None`, without running it, if loops are nested too deep.
    pub(crate) fn look_in<R>(&self, rounds: impl FnOnce() -> R) -> Option<R> {
        let _nested = self.nesting.enter()?;
        Some(rounds())
    }

    pub(crate) fn loop_level(&self) -> u32 {
        self.loop_level.get()
    }

    /// Delivers what waits for that receiver, or for any.
    pub(crate) fn send_posted_events_to(&self, receiver: Option<Object>) {
        self.send_posted_events_where(|posted| posted.is_to(receiver));
    }

    /// Delivers the events of one type that wait for that receiver, or for any.
    pub(crate) fn send_posted_events_of_type(&self, receiver: Option<Object>, event_type: EventType) {
        if event_type == EventType::DeferredDelete {
            self.send_deferred_deletes(receiver);
        }
        self.send_posted_events_where(|posted| posted.is_to(receiver) && posted.is_event_of(event_type));
    }

    fn send_posted_events_where(&self, is_wanted: impl Fn(&Posted) -> bool) {
        let Some(_nested) = self.nesting.enter() else { return };
        self.take_remote_calls();
        self.queue.begin_pass();
        while let Some(posted) = self.queue.pop_where(&is_wanted) {
            self.send_posted_event(posted);
        }
    }

    /// Deletes that receiver, or any, if `delete_later` was called for it in the level of the caller, or in those inside it that
    /// have returned.
    pub(crate) fn send_deferred_deletes(&self, receiver: Option<Object>) {
        let level = self.level();
        self.queue.begin_pass();
        let is_due = |posted: &Posted| {
            posted.is_to(receiver) && matches!(posted.what, What::DeferredDelete { level: at } if at >= level)
        };
        while let Some(posted) = self.queue.pop_where(is_due) {
            if let Some(receiver) = posted.receiver.filter(|receiver| receiver.is_alive()) {
                self.deliver(None, || receiver.deferred_delete());
            }
        }
        self.flush();
    }

    /// Delivers an event that is sent: what is deleted later meanwhile lives until the sender goes on.
    pub(crate) fn send_event(&self, send: impl FnOnce() -> bool) -> bool {
        let _level = Level::enter(self, &self.delivery_level);
        send()
    }

    /// Calls slots, those of `source` if it has one.
    pub(super) fn deliver(&self, source: Option<SourceKey>, delivery: impl FnOnce()) {
        let _level = Level::enter(self, &self.delivery_level);
        let _slots = self.nesting.call_slots_of(source);
        let _sender = sender::without_sender();
        delivery();
    }

    #[inline]
    fn send_posted_events(&self) -> bool {
        !self.queue.is_empty_for_pass() && self.send_posted_events_of_pass()
    }

    #[inline(never)]
    fn send_posted_events_of_pass(&self) -> bool {
        self.queue.begin_pass();
        let mut turn = self.turn_of_deliveries(&POSTED_SHARE);
        let mut did_something = false;
        while let Some(posted) = self.queue.pop() {
            // Events that are dropped, or held for an outer loop, take nothing of the share: a round that delivers nothing has come by all.
            if self.send_posted_event(posted) {
                did_something = true;
                if turn.step() {
                    break;
                }
            }
        }
        did_something
    }

    /// A turn of what is posted, or of timers. With a virtual clock it has no end: what a test sees of one round does not
    /// depend on how busy the machine is.
    fn turn_of_deliveries(&self, share: &'static TurnLength) -> Turn {
        Turn::new(if clock::is_virtual() { &WITHOUT_END } else { share })
    }

    fn send_posted_event(&self, posted: Posted) -> bool {
        let Posted { receiver, ref what, .. } = posted;
        if receiver.is_some_and(|receiver| !receiver.is_alive()) {
            return false;
        }
        if let What::DeferredDelete { level } = what
            && !self.has_returned(*level)
        {
            self.queue.hold(posted);
            return false;
        }
        self.deliver(None, || match (posted.what, receiver) {
            (What::Call(call), _) => call(),
            (What::Wake(task), _) => executor::poll(task),
            (What::Event(event), Some(receiver)) => {
                receiver.receive(&event);
            }
            (What::DeferredDelete { .. }, Some(receiver)) => receiver.deferred_delete(),
            (What::Event(_) | What::DeferredDelete { .. }, None) => {}
        });
        true
    }

    /// Lets the sources go on whose slots entered this nested loop.
    #[inline]
    fn resume_in_progress(&self) {
        for (key, resumed) in self.in_progress.borrow_mut().iter_mut().filter(|(_, resumed)| !resumed) {
            *resumed = true;
            self.sources.note(*key, Readiness::READABLE, Line::Ready);
        }
    }

    fn poll(&self, timeout: Option<Duration>) -> io::Result<()> {
        self.poller()?.wait(timeout, |key, readiness| self.sources.note(key, readiness, Line::Ready))
    }

    /// Returns whether sources wait for their turn that have one in a round with these flags.
    fn are_sources_waiting(&self, flags: ProcessEventsFlags) -> bool {
        flags.includes_sockets() && !self.sources.are_idle()
    }

    fn wait(&self, timeout: Option<Duration>, flags: ProcessEventsFlags) -> io::Result<()> {
        if !clock::is_virtual() || timeout == Some(Duration::ZERO) {
            return self.poll(timeout);
        }
        // Virtual time passes only when there is nothing else to do.
        self.poll(Some(Duration::ZERO))?;
        match timeout {
            Some(timeout) if !self.are_sources_waiting(flags) && self.remote.is_empty() => {
                clock::advance_to(clock::now() + timeout);
                Ok(())
            }
            Some(_) => Ok(()),
            None if !self.are_sources_waiting(flags) => self.poll(None),
            None => Ok(()),
        }
    }

    fn dispatch_ready(&self) -> bool {
        let did_something = self.dispatch(Line::Ready, || Turn::new(&READY_SHARE));
        self.dispatch(Line::Unfinished, || Turn::begun(&UNFINISHED_SHARE)) || did_something
    }

    /// Calls the sources that stand in that line at this moment, the first of them in any case.
    fn dispatch(&self, line: Line, turn: impl FnOnce() -> Turn) -> bool {
        let count = self.sources.waiting(line);
        if count == 0 {
            return false;
        }
        let mut turn = turn();
        for _ in 0..count {
            // Looked up only now: an earlier one of these may have ended it.
            let Some((key, source, readiness)) = self.sources.next(line) else { break };
            self.deliver(Some(key), || source.ready(readiness));
            self.flush();
            if turn.step() {
                break;
            }
        }
        true
    }

    /// Calls those of these sources that are ready for what they are wanted to be.
    fn dispatch_to(&self, wanted: &[(SourceKey, Readiness)]) -> bool {
        let mut did_something = false;
        for (key, wanted) in wanted {
            if let Some((source, readiness)) = self.sources.take(*key, *wanted) {
                did_something = true;
                self.deliver(Some(*key), || source.ready(readiness));
            }
        }
        did_something
    }

    /// Writes what was collected up to now; what is collected by slots of `bytes_written` waits for the next time.
    #[inline]
    fn flush(&self) {
        let count = self.flushes.borrow().len();
        if count > 0 {
            self.flush_first(count);
        }
    }

    #[inline(never)]
    fn flush_first(&self, count: usize) {
        for _ in 0..count {
            let Some(output) = self.flushes.borrow_mut().pop_front() else { break };
            self.deliver(output.key(), || output.flush());
        }
    }

    fn fire_timers(&self) -> bool {
        if self.timers.is_empty() {
            self.flush();
            return false;
        }
        let mut turn = self.turn_of_deliveries(&TIMER_SHARE);
        let fired = self.timers.fire_due(clock::now(), |target, id| {
            self.deliver(None, || target.timed_out(id));
            !turn.step()
        });
        self.flush();
        fired
    }
}

impl EventDispatcher {
    /// Returns whether control is back in the loop from which `delete_later` was called at that level; or in any loop, if it was
    /// called outside of all. `QCoreApplicationPrivate::sendPostedEvents`, but that the outermost
    /// [`process_events`](Self::process_events) counts as a loop: it may stand in somebody else's.
    fn has_returned(&self, posted_at: u32) -> bool {
        let level = self.level();
        posted_at > level || (posted_at == 0 && (self.loop_level() > 0 || level <= 1))
    }

    #[inline]
    fn release_held(&self) {
        self.queue.release_held(|posted_at| self.has_returned(posted_at));
    }
}

/// A level that was entered; left in its destructor, also after a panic.
struct Level<'d> {
    dispatcher: &'d EventDispatcher,
    level: &'d Cell<u32>,
    before: u32,
}

impl<'d> Level<'d> {
    fn enter(dispatcher: &'d EventDispatcher, level: &'d Cell<u32>) -> Self {
        let before = level.get();
        level.set(before + 1);
        Self { dispatcher, level, before }
    }
}

impl Drop for Level<'_> {
    #[inline]
    fn drop(&mut self) {
        self.level.set(self.before);
        self.dispatcher.release_held();
    }
}
