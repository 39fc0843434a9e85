//! What does a task cost, to wake and poll it, and to spawn and finish it?
//!
//! Beside it, in the same turns: async-executor, which does nothing else. Its tasks are run by `try_tick`, those here by
//! `send_all_posted_events`, which leaves sockets and timers alone as well, and by whole rounds of the loop, with the system's call.

use std::cell::{Cell, RefCell};
use std::future::{Future, poll_fn};
use std::hint::black_box;
use std::rc::Rc;
use std::task::{Poll, Waker};

use async_executor::LocalExecutor;
use comparison::{Comparison, Options};
use slotwire::{Application, Emitter, Handle};

/// Tasks that are woken, or spawned, together.
const TASKS: usize = 64;

fn main() {
    let options = Options::from_args(&[]);
    wake_and_poll(&options);
    spawn_and_finish(&options);
    awaited_emission(&options);
}

/// Wakes who waits for it: the same for all executors.
#[derive(Default)]
struct Bell {
    strokes: Cell<u64>,
    waiting: RefCell<Vec<Waker>>,
    spare: RefCell<Vec<Waker>>,
}

impl Bell {
    fn ring(&self) {
        self.strokes.set(self.strokes.get() + 1);
        self.waiting.swap(&self.spare);
        self.spare.borrow_mut().drain(..).for_each(Waker::wake);
    }

    fn next(&self) -> impl Future<Output = ()> + '_ {
        let before = self.strokes.get();
        poll_fn(move |context| {
            if self.strokes.get() > before {
                return Poll::Ready(());
            }
            self.waiting.borrow_mut().push(context.waker().clone());
            Poll::Pending
        })
    }
}

async fn wait_for(bell: Rc<Bell>) {
    loop {
        bell.next().await;
    }
}

fn wake_and_poll(options: &Options) {
    let (theirs, posted, rounds) =
        (Rc::new(Bell::default()), Rc::new(Bell::default()), Rc::new(Bell::default()));
    let executor = LocalExecutor::new();
    let tick = || while executor.try_tick() {};
    let mut ours = Vec::new();
    for _ in 0..TASKS {
        executor.spawn(wait_for(theirs.clone())).detach();
        ours.extend([&posted, &rounds].map(|bell| Application::spawn_local(wait_for(bell.clone()))));
    }
    tick();
    Application::process_events();
    Comparison::new("a task, woken and polled")
        .items(TASKS)
        .with("async-executor", || {
            theirs.ring();
            tick();
        })
        .with("slotwire, what was posted", || {
            posted.ring();
            Application::send_all_posted_events();
        })
        .with("slotwire, rounds of the loop", || {
            rounds.ring();
            Application::process_events();
        })
        .run(options);
    ours.iter().for_each(|task| _ = task.cancel());
}

fn spawn_and_finish(options: &Options) {
    let executor = LocalExecutor::new();
    let value = || {
        let value = black_box(7_u64);
        async move { _ = black_box(value) }
    };
    Comparison::new("a task, spawned and finished")
        .items(TASKS)
        .with("async-executor", || {
            (0..TASKS).for_each(|_| executor.spawn(value()).detach());
            while executor.try_tick() {}
        })
        .with("slotwire, what was posted", || {
            (0..TASKS).for_each(|_| drop(Application::spawn_local(value())));
            Application::send_all_posted_events();
        })
        .with("slotwire, rounds of the loop", || {
            (0..TASKS).for_each(|_| drop(Application::spawn_local(value())));
            Application::process_events();
        })
        .run(options);
}

/// What does an emission cost whom a task awaits, beside one that is queued for a slot?
fn awaited_emission(options: &Options) {
    use slotwire::ConnectionType;
    let [queued, streamed, next] = [(); 3].map(|()| Handle::new(Emitter::<u32>::new()));
    queued.signal(|emitter| emitter).connect_with(ConnectionType::QUEUED, |value| _ = black_box(value));
    let mut emissions = streamed.signal(|emitter| emitter).stream();
    streamed.spawn(async move {
        while let Some(value) = emissions.next().await {
            black_box(value);
        }
    });
    next.spawn(async move {
        while let Some(value) = next.signal(|emitter| emitter).next().await {
            black_box(value);
        }
    });
    Application::process_events();
    let emit = |button: Handle<Emitter<u32>>| {
        button.with(|emitter| emitter.emit(black_box(7)));
        Application::send_all_posted_events();
    };
    Comparison::new("an emission of u32, delivered by the loop")
        .with("queued connection", || emit(queued))
        .with("stream, in a task", || emit(streamed))
        .with("next, in a task", || emit(next))
        .run(options);
    [queued, streamed, next].iter().for_each(|button| button.delete());
}
