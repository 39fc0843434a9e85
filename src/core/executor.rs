//! The tasks of a thread (private): the event loop polls each of them after it was woken.
//!
//! A wake is a queued call: it waits among the posted events, so a nested loop, the order of events, priorities, shares and passes
//! hold for tasks too. A waker holds keys only, and no part of its task; so it may be kept and called anywhere, also when the task,
//! its loop or its thread is gone.

use std::cell::{Cell, RefCell};
use std::mem;
use std::num::NonZeroU32;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use smallvec::SmallVec;

use super::event_dispatcher;
use super::linked::{Linked, Neighbours, Place};
use super::object_key::Object;
use super::object_table::{self, Node};
use super::remote_queue::RemoteQueue;
use super::sequence::{Sequence, drop_at_end_of_thread};
use super::spare_memory;
use super::table::{self, Key, Table};
use crate::ErrorKind;

/// A task as the loop knows it, without the type of its output.
pub(super) trait Run {
    /// Polls its future, in the loop.
    fn poll(&self, sequence: &mut Sequence) -> Polled;
    /// Drops its future, or lets it be dropped when its poll returns. `false` if it had ended.
    fn stop(&self, why: ErrorKind) -> bool;
}

/// The state of a task after a poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Polled {
    Waits,
    Ended,
}

/// Enters a task, made by `make` with its waker, which has the loop poll it. If it has an owner, it ends with that. `None`, without
/// a call of `make`, if the thread is ending.
pub(super) fn enter<R: Run + 'static>(
    owner: Option<&dyn Node>,
    make: impl FnOnce(Waker) -> Rc<R>,
) -> Option<(Key, Rc<R>)> {
    let queue = event_dispatcher::remote_queue();
    TASKS
        .try_with(|tasks| {
            let table = &mut tasks.borrow_mut().0;
            let key = table.begin()?;
            let wakeup = Arc::new(WakeUp {
                is_posted: AtomicBool::new(false),
                task: key,
                owner: owner.map(|owner| owner.object().key),
                queue,
            });
            let task = make(Waker::from(Arc::clone(&wakeup)));
            let alone = Cell::new(None);
            let of_owner = owner.map_or(&alone, |owner| &owner.data().tasks);
            Entry::link(table.places_mut(), of_owner, |neighbours| Entry {
                generation: key.generation(),
                task: Rc::clone(&task) as Rc<dyn Run>,
                wakeup,
                owner: owner.map(Node::object),
                neighbours,
            })?;
            Some((key, task))
        })
        .ok()?
}

/// Polls a task that was woken, if it has not ended.
pub(super) fn poll(key: Key) {
    let woken = with_entry(key, |entry| {
        entry.wakeup.receive();
        Rc::clone(&entry.task)
    });
    let Some(task) = woken else { return };
    let mut sequence = Sequence::begin();
    if task.poll(&mut sequence) == Polled::Ended {
        sequence.step(|| forget(key));
    }
    // Its output, if nobody wants it.
    sequence.step(|| drop(task));
}

/// Ends a task: its future is dropped, at once or after the poll that is running. `false` if it had ended before.
pub(super) fn stop(key: Key, why: ErrorKind) -> bool {
    take(key).is_some_and(|entry| entry.task.stop(why))
}

/// Ends the tasks of an object, the oldest first; it is out of the object table already.
pub(super) fn stop_tasks_of(owner: &dyn Node) {
    let Some(first) = owner.data().tasks.take() else { return };
    let mut keys = SmallVec::<[Key; 8]>::new();
    let _ = TASKS.try_with(|tasks| {
        let tasks = tasks.borrow();
        let places = tasks.0.places();
        let mut next = Some(first);
        while let Some(place) = next {
            let Some(entry) = places.get(place.index()) else { break };
            keys.push(entry.wakeup.task);
            next = entry.neighbours.next;
        }
    });
    let mut sequence = Sequence::begin();
    for key in keys.into_iter().rev() {
        sequence.step(|| stop(key, ErrorKind::ObjectDeleted));
    }
}

/// Takes a task out that has ended by itself.
pub(super) fn forget(key: Key) {
    drop(take(key));
}

/// The number of tasks that have not ended.
pub(super) fn count() -> usize {
    TASKS.try_with(|tasks| tasks.borrow().0.places().len()).unwrap_or(0)
}

/// Gives back what the table has more than it needs.
pub(super) fn shrink() {
    let _ = TASKS.try_with(|tasks| tasks.borrow_mut().0.shrink());
}

struct Entry {
    generation: NonZeroU32,
    task: Rc<dyn Run>,
    wakeup: Arc<WakeUp>,
    owner: Option<Object>,
    /// The neighbours among the tasks of the same owner.
    neighbours: Neighbours,
}

impl table::Entry for Entry {
    #[inline]
    fn generation(&self) -> NonZeroU32 {
        self.generation
    }
}

impl Linked for Entry {
    fn neighbours(&mut self) -> &mut Neighbours {
        &mut self.neighbours
    }
}

struct TaskTable(Table<Entry>);

impl Drop for TaskTable {
    fn drop(&mut self) {
        // A task that holds its own handle would hold itself.
        let stops = mem::take(&mut self.0).into_entries().map(|entry| Stop(entry.task));
        drop_at_end_of_thread(stops);
    }
}

/// Stops a task when it is dropped: the thread has ended.
struct Stop(Rc<dyn Run>);

impl Drop for Stop {
    fn drop(&mut self) {
        self.0.stop(ErrorKind::LoopEnded);
    }
}

thread_local! {
    static TASKS: RefCell<TaskTable> = const { RefCell::new(TaskTable(Table::new())) };
}

fn with_entry<R>(key: Key, f: impl FnOnce(&Entry) -> R) -> Option<R> {
    TASKS.try_with(|tasks| tasks.borrow().0.get(key).map(f)).ok()?
}

fn take(key: Key) -> Option<Entry> {
    let entry = TASKS
        .try_with(|tasks| {
            let table = &mut tasks.borrow_mut().0;
            table.get(key)?;
            if table.is_oversized() {
                spare_memory::kept();
            }
            Entry::unlink(table.places_mut(), Place::of(key))
        })
        .ok()??;
    if entry.neighbours.previous.is_none()
        && let Some(owner) = entry.owner.and_then(object_table::get)
    {
        owner.data().tasks.set(entry.neighbours.next);
    }
    Some(entry)
}

/// Wakes a task, in any thread.
struct WakeUp {
    /// A wake is under way; another one adds nothing.
    is_posted: AtomicBool,
    task: Key,
    owner: Option<Key>,
    queue: Arc<RemoteQueue>,
}

impl WakeUp {
    /// The loop is about to poll the task, which sees what was done before each wake up to now.
    fn receive(&self) {
        self.is_posted.swap(false, Ordering::AcqRel);
    }
}

impl Wake for WakeUp {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.is_posted.swap(true, Ordering::AcqRel) {
            event_dispatcher::post_wake(&self.queue, self.owner, self.task);
        }
    }
}
