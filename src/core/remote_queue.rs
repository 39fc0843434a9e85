//! The calls that other threads have for a thread's loop (private).

use std::cell::Cell;
use std::mem;
use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock, Weak};
use std::thread;

use mio::Waker;
use parking_lot::Mutex;

use super::awaited_call::Withdraw;
use super::spare_memory::is_oversized;
use super::table::Key;

pub(super) type Call = Box<dyn FnOnce() + Send>;

/// A call from another thread. It is not made if its receiver, named by its key, is dead by then.
pub(super) struct RemoteCall {
    pub(super) receiver: Option<Key>,
    pub(super) what: RemoteWhat,
}

pub(super) enum RemoteWhat {
    Call(Call),
    /// The task of that key was woken.
    Wake(Key),
}

/// Calls from other threads that wait for a thread's loop.
#[derive(Default)]
pub(crate) struct RemoteQueue {
    calls: Mutex<Vec<RemoteCall>>,
    /// Spares the loop the lock when there is nothing.
    any: AtomicBool,
    waker: OnceLock<Arc<Waker>>,
    /// The thread has ended.
    ended: AtomicBool,
    thread: ThreadNumber,
    awaited: Mutex<AwaitedCalls>,
}

/// Calls that other threads wait for: those that were posted, and those that the loop has taken.
#[derive(Default)]
struct AwaitedCalls {
    calls: Vec<Weak<dyn Withdraw>>,
    /// The application's loop has returned, and did not begin again.
    loop_ended: bool,
}

impl RemoteQueue {
    /// The queue of a thread whose data is gone.
    pub(super) fn ended() -> Arc<Self> {
        Arc::new(Self { ended: AtomicBool::new(true), ..Self::default() })
    }

    /// Returns whether it is the queue of the calling thread.
    pub(crate) fn is_of_this_thread(&self) -> bool {
        self.thread == ThreadNumber::default()
    }

    pub(crate) fn set_waker(&self, waker: Arc<Waker>) {
        let _ = self.waker.set(waker);
    }

    pub(crate) fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    pub(super) fn take(&self) -> Vec<RemoteCall> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut calls = self.calls.lock();
        self.any.store(false, Ordering::Release);
        if is_oversized(0, calls.capacity()) { mem::take(&mut *calls) } else { calls.drain(..).collect() }
    }

    /// The application's loop begins; it has ended when the guard is dropped.
    pub(crate) fn begin_loop(self: &Arc<Self>) -> LoopGuard {
        self.awaited.lock().loop_ended = false;
        LoopGuard(self.clone())
    }

    /// Notes a call that somebody waits for. `false` if the loop that was to make it has ended.
    pub(super) fn await_call(&self, call: Weak<dyn Withdraw>) -> bool {
        let mut awaited = self.awaited.lock();
        if awaited.loop_ended {
            return false;
        }
        // Calls whose callers do not wait any more.
        awaited.calls.retain(|call| call.strong_count() > 0);
        awaited.calls.push(call);
        true
    }

    pub(super) fn push(&self, call: RemoteCall) -> bool {
        let is_first = {
            let mut calls = self.calls.lock();
            if self.ended.load(Ordering::Acquire) {
                return false;
            }
            calls.push(call);
            self.any.store(true, Ordering::Release);
            calls.len() == 1
        };
        // The first call that is pushed wakes the loop, which takes all of them.
        if let Some(waker) = self.waker.get().filter(|_| is_first)
            && let Err(error) = waker.wake()
        {
            log::error!("cannot wake the loop of another thread: {error}");
        }
        true
    }

    /// The thread ends: returns what waits, and takes nothing more.
    pub(super) fn end(&self) -> Vec<RemoteCall> {
        let mut calls = self.calls.lock();
        self.ended.store(true, Ordering::Release);
        mem::take(&mut *calls)
    }
}

/// The number of a thread, by default of the calling one. Unlike a `ThreadId`, it is there while the thread ends, and read by a
/// load.
#[derive(Clone, Copy, PartialEq, Eq)]
struct ThreadNumber(u64);

impl Default for ThreadNumber {
    fn default() -> Self {
        static LAST: AtomicU64 = AtomicU64::new(0);
        thread_local! {
            static OWN: Cell<Option<NonZeroU64>> = const { Cell::new(None) };
        }
        let number = OWN.get().unwrap_or_else(|| {
            let number = NonZeroU64::MIN.saturating_add(LAST.fetch_add(1, Ordering::Relaxed));
            OWN.set(Some(number));
            number
        });
        Self(number.get())
    }
}

/// While it exists, the application's loop runs.
pub(crate) struct LoopGuard(Arc<RemoteQueue>);

impl Drop for LoopGuard {
    fn drop(&mut self) {
        // After a panic the loop goes on, or its thread ends.
        if thread::panicking() {
            return;
        }
        let calls = {
            let mut awaited = self.0.awaited.lock();
            awaited.loop_ended = true;
            mem::take(&mut awaited.calls)
        };
        for call in calls.iter().filter_map(Weak::upgrade) {
            call.withdraw();
        }
    }
}
