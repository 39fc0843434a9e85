//! A thread with an event loop of its own.

use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use slotwire::prelude::*;

pub(crate) struct Worker {
    event_loop: EventLoopHandle,
    thread: JoinHandle<i32>,
}

impl Worker {
    pub(crate) fn start() -> Self {
        let (send, receive) = mpsc::channel();
        let thread = thread::spawn(move || {
            send.send(EventLoopHandle::current()).unwrap();
            Application::exec()
        });
        Self { event_loop: receive.recv().unwrap(), thread }
    }

    /// Calls that in the thread, and waits for what it returns.
    pub(crate) fn call<R: Send + 'static>(&self, f: impl FnOnce() -> R + Send + 'static) -> R {
        self.event_loop.invoke_blocking(f).unwrap()
    }

    pub(crate) fn end(self) {
        self.event_loop.quit();
        assert_eq!(self.thread.join().unwrap(), 0);
    }
}
