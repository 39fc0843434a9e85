//! Threads as objects of the thread that has started them.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, mpsc};
use std::time::Duration;

use slotwire::{
    Application, Emitter, ErrorKind, EventLoop, Handle, Object, Signal, SignalSpy, Thread, Timer,
};

/// Longer than anything here takes, unless it hangs.
const LIMIT: Duration = Duration::from_secs(20);

fn run_until_emitted(signal: Signal<()>) {
    assert!(SignalSpy::new(signal).wait(LIMIT), "{signal:?} is not emitted");
}

#[test]
fn the_signals_come_in_the_thread_of_the_object() {
    let thread = Thread::new();
    let log = Rc::new(RefCell::new(Vec::new()));
    let (first, last) = (Rc::clone(&log), Rc::clone(&log));
    let here = std::thread::current().id();
    thread.started().connect(move |()| {
        assert_eq!(std::thread::current().id(), here);
        first.borrow_mut().push(("started", thread.is_running(), thread.is_finished()));
        thread.quit();
    });
    thread.finished().connect(move |()| {
        last.borrow_mut().push(("finished", thread.is_running(), thread.is_finished()));
        Application::quit();
    });
    thread.start().unwrap();
    assert!(log.borrow().is_empty(), "they come by the loop");
    Application::exec();
    assert_eq!(*log.borrow(), [("started", true, false), ("finished", false, true)]);
}

#[test]
fn an_object_made_there_is_called_there_and_ends_with_the_thread() {
    struct Worker(mpsc::Sender<std::thread::ThreadId>);
    impl Drop for Worker {
        fn drop(&mut self) {
            let _ = self.0.send(std::thread::current().id());
        }
    }
    let (sender, receiver) = mpsc::channel();
    let thread = Thread::new();
    thread.start().unwrap();
    let worker = thread.create(move || Handle::new(Worker(sender))).unwrap();
    let there = worker.invoke_blocking(|_| std::thread::current().id()).unwrap();
    assert_ne!(there, std::thread::current().id());
    assert!(receiver.try_recv().is_err());
    thread.quit();
    assert!(thread.wait(LIMIT));
    assert_eq!(receiver.try_recv(), Ok(there));
    assert!(!worker.invoke(|_| ()));
}

/// The last is deleted first, as it may use the others.
#[test]
fn the_objects_of_a_thread_are_deleted_in_the_opposite_order() {
    let thread = Thread::new();
    thread.start().unwrap();
    let (sender, receiver) = mpsc::channel();
    for number in 0..3 {
        let sender = sender.clone();
        thread
            .create(move || {
                let object = Handle::new(());
                object.destroyed().connect(move |_| sender.send(number).unwrap());
                object
            })
            .unwrap();
    }
    thread.quit();
    assert!(thread.wait(LIMIT));
    assert_eq!(receiver.try_iter().collect::<Vec<_>>(), [2, 1, 0]);
}

#[test]
fn a_wait_ends_with_the_thread_or_with_the_time() {
    let thread = Thread::new();
    assert!(thread.wait(None), "it was never started");
    thread.start().unwrap();
    assert!(!thread.wait(Duration::ZERO));
    assert!(!thread.wait(Duration::from_millis(1)));
    assert!(thread.is_running() && !thread.is_finished());
    thread.quit();
    assert!(thread.wait(Duration::MAX));
    assert!(!thread.is_running() && thread.is_finished());
    assert!(thread.wait(None), "it is over");
}

#[test]
fn a_wait_delivers_nothing() {
    let thread = Thread::new();
    let spy = SignalSpy::new(thread.finished());
    let called = Rc::new(Cell::new(false));
    let call = Rc::clone(&called);
    Application::invoke_later(move || call.set(true));
    thread.start_with(|| ()).unwrap();
    assert!(thread.wait(LIMIT));
    assert_eq!((spy.len(), called.get()), (0, false));
    Application::process_events();
    assert_eq!((spy.len(), called.get()), (1, true));
}

#[test]
fn what_a_thread_has_sent_comes_before_its_end() {
    let thread = Thread::new();
    let log = Handle::new(RefCell::new(Vec::new()));
    let remote = log.remote();
    thread.finished().connect_to(log, |log, ()| {
        log.borrow_mut().push(-1);
        Application::quit();
    });
    thread
        .start_with(move || {
            for number in 0..5 {
                remote.invoke(move |log| log.borrow_mut().push(number));
            }
        })
        .unwrap();
    Application::exec();
    assert_eq!(log.with(RefCell::take), Some(vec![0, 1, 2, 3, 4, -1]));
}

#[test]
fn a_code_that_comes_before_the_loop_ends_it() {
    let thread = Thread::new();
    let (sender, receiver) = mpsc::channel();
    let barrier = Arc::new(Barrier::new(2));
    let there = Arc::clone(&barrier);
    thread
        .start_with(move || {
            there.wait();
            sender.send(Application::exec()).unwrap();
        })
        .unwrap();
    thread.exit(7);
    barrier.wait();
    assert_eq!(receiver.recv(), Ok(7));
}

#[test]
fn an_exit_ends_all_loops_of_the_thread() {
    let thread = Thread::new();
    let (sender, receiver) = mpsc::channel();
    thread.start_with(move || sender.send(Application::exec()).unwrap()).unwrap();
    let (entered, has_entered) = mpsc::channel();
    thread.event_loop().unwrap().invoke(move || {
        Application::invoke_later(move || entered.send(()).unwrap());
        EventLoop::new().exec();
    });
    has_entered.recv().unwrap();
    thread.exit(5);
    assert_eq!(receiver.recv(), Ok(5));
}

#[test]
fn neither_codes_nor_interruptions_reach_another_run() {
    let thread = Thread::new();
    for _ in 0..2 {
        thread.exit(1);
        thread.quit();
        thread.request_interruption();
        thread.start().unwrap();
        assert!(!thread.wait(Duration::from_millis(5)));
        let event_loop = thread.event_loop().unwrap();
        assert!(!event_loop.invoke_blocking(Thread::is_interruption_requested).unwrap());
        thread.quit();
        assert!(thread.wait(LIMIT));
    }
}

#[test]
fn a_running_thread_is_not_started_twice() {
    let thread = Thread::new();
    let runs = Arc::new(AtomicUsize::new(0));
    let spy = SignalSpy::new(thread.started());
    thread.start().unwrap();
    let more = Arc::clone(&runs);
    thread.start_with(move || _ = more.fetch_add(1, Ordering::SeqCst)).unwrap();
    thread.quit();
    assert!(thread.wait(LIMIT));
    Application::process_events();
    assert_eq!((runs.load(Ordering::SeqCst), spy.len()), (0, 1));
}

#[test]
fn an_interruption_is_seen_in_the_thread_alone() {
    let thread = Thread::new();
    thread
        .start_with(|| {
            while !Thread::is_interruption_requested() {
                std::thread::yield_now();
            }
        })
        .unwrap();
    thread.request_interruption();
    assert!(!Thread::is_interruption_requested());
    assert!(thread.wait(LIMIT));
}

#[test]
fn the_deletion_of_a_running_thread_asks_it_to_end_and_waits_for_nobody() {
    let (sender, receiver) = mpsc::channel();
    let ended = sender.clone();
    let thread = Thread::new();
    thread
        .start_with(move || {
            while !Thread::is_interruption_requested() {
                std::thread::yield_now();
            }
            ended.send(0).unwrap();
        })
        .unwrap();
    let with_loop = Thread::new();
    with_loop.start_with(move || sender.send(Application::exec()).unwrap()).unwrap();
    let spies = [SignalSpy::new(thread.finished()), SignalSpy::new(with_loop.finished())];
    thread.delete();
    with_loop.delete();
    assert_eq!([receiver.recv(), receiver.recv()], [Ok(0), Ok(0)]);
    assert!(thread.wait(None) && !thread.is_running() && !thread.is_finished());
    assert_eq!(thread.start().unwrap_err().kind(), ErrorKind::ObjectDeleted);
    Application::process_events();
    assert!(spies.iter().all(SignalSpy::is_empty));
}

#[test]
fn threads_end_with_the_thread_that_has_started_them() {
    let (sender, receiver) = mpsc::channel();
    let outer = Thread::new();
    outer
        .start_with(move || {
            let inner = Thread::new();
            inner.start_with(move || sender.send(Application::exec()).unwrap()).unwrap();
        })
        .unwrap();
    assert!(outer.wait(LIMIT));
    assert_eq!(receiver.recv(), Ok(0));
}

#[test]
fn a_panic_ends_the_thread_and_is_known() {
    let thread = Thread::new();
    let spy = SignalSpy::new(thread.finished());
    thread.start_with(|| panic!("on purpose")).unwrap();
    assert!(thread.wait(LIMIT));
    assert!(thread.has_panicked() && thread.is_finished());
    Application::process_events();
    assert_eq!(spy.len(), 1);

    thread.start().unwrap();
    assert!(!thread.has_panicked());
    thread.event_loop().unwrap().invoke(|| panic!("in a call, on purpose"));
    assert!(thread.wait(LIMIT));
    assert!(thread.has_panicked());
}

#[test]
fn a_panic_while_an_object_is_made_is_an_error() {
    let thread = Thread::new();
    thread.start().unwrap();
    let made = thread.create(|| -> Handle<()> { panic!("on purpose") });
    assert_eq!(made.unwrap_err().kind(), ErrorKind::CallPanicked);
    assert!(thread.wait(LIMIT));
    assert!(thread.has_panicked());
}

#[test]
fn a_panic_in_the_deletion_of_an_object_is_one_of_the_thread() {
    let thread = Thread::new();
    thread.start().unwrap();
    thread
        .create(|| {
            let object = Handle::new(());
            object.destroyed().connect(|_| panic!("on purpose"));
            object
        })
        .unwrap();
    thread.quit();
    assert!(thread.wait(LIMIT));
    assert!(thread.has_panicked());
}

#[test]
fn nothing_is_made_in_a_thread_that_does_not_run() {
    let thread = Thread::new();
    assert!(thread.event_loop().is_none());
    assert_eq!(thread.create(|| Handle::new(())).unwrap_err().kind(), ErrorKind::LoopEnded);
    thread.start_with(|| ()).unwrap();
    thread.wait(None);
    assert_eq!(thread.create(|| Handle::new(())).unwrap_err().kind(), ErrorKind::LoopEnded);
}

#[test]
fn a_thread_that_cannot_be_started_says_so() {
    let thread = Thread::new();
    let spies = [SignalSpy::new(thread.started()), SignalSpy::new(thread.finished())];
    thread.set_stack_size(usize::MAX / 4);
    let error = thread.start().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::System);
    assert!(error.to_string().starts_with("a new thread: "), "{error}");
    assert!(!thread.is_running() && !thread.is_finished() && thread.wait(None));
    Application::process_events();
    assert!(spies.iter().all(SignalSpy::is_empty));
    thread.set_stack_size(0);
    thread.start().unwrap();
}

#[test]
fn a_thread_has_the_name_of_its_object() {
    let thread = Thread::new();
    let (sender, receiver) = mpsc::channel();
    for (name, shown) in [("service", Some("service")), ("with\0zero", Some("withzero")), ("", None)] {
        thread.set_object_name(name);
        let sender = sender.clone();
        let tell = move || sender.send(std::thread::current().name().map(str::to_owned)).unwrap();
        thread.start_with(tell).unwrap();
        assert!(thread.wait(LIMIT));
        assert_eq!(receiver.recv().unwrap().as_deref(), shown);
    }
}

#[test]
fn a_thread_may_be_started_again_in_the_slot_of_its_end() {
    let thread = Thread::new();
    let runs = Rc::new(Cell::new(0));
    let count = Rc::clone(&runs);
    thread.finished().connect(move |()| {
        count.set(count.get() + 1);
        if count.get() < 3 {
            thread.start_with(|| ()).unwrap();
        } else {
            Application::quit();
        }
    });
    thread.start_with(|| ()).unwrap();
    Application::exec();
    assert_eq!(runs.get(), 3);
}

#[test]
fn a_slot_of_the_end_may_delete_the_object() {
    let thread = Thread::new();
    thread.finished().connect(move |()| {
        thread.delete();
        Application::quit();
    });
    thread.start_with(|| ()).unwrap();
    Application::exec();
    assert!(!thread.is_alive());
}

#[test]
fn timers_and_signals_work_in_the_thread() {
    struct Ticker(Emitter<i32>);
    let thread = Thread::new();
    thread.start().unwrap();
    let ticker = thread.create(|| {
        let (ticker, timer) = (Handle::new(Ticker(Emitter::new())), Timer::new());
        timer.set_parent(ticker);
        timer.timeout().connect_to(ticker, |ticker, ()| ticker.0.emit(42));
        timer.start(Duration::from_millis(1));
        ticker
    });
    let got = Handle::new(Cell::new(0));
    ticker.unwrap().connect_remote(
        |ticker| &ticker.0,
        &got.remote(),
        |got, number| {
            got.set(number);
            Application::quit();
        },
    );
    Application::exec();
    assert_eq!(got.with(Cell::get), Some(42));
}

#[test]
fn thousands_of_threads_in_turn_leave_nothing_behind() {
    let thread = Thread::new();
    let spy = SignalSpy::new(thread.finished());
    let objects_before = Application::object_count();
    for _ in 0..2000 {
        thread.start().unwrap();
        thread.quit();
        assert!(thread.wait(LIMIT));
    }
    while Application::process_events() {}
    assert_eq!(spy.len(), 2000);
    assert_eq!(Application::object_count(), objects_before);
}

#[test]
fn threads_that_are_deleted_at_once_all_end() {
    let (sender, receiver) = mpsc::channel::<()>();
    for _ in 0..500 {
        let (parent, thread, kept) = (Object::new(), Thread::new(), sender.clone());
        thread.set_parent(parent);
        thread
            .start_with(move || {
                Application::exec();
                drop(kept);
            })
            .unwrap();
        parent.delete();
    }
    drop(sender);
    // Nobody can send any more.
    assert!(receiver.recv().is_err());
}

#[test]
fn started_comes_once_for_each_start() {
    let thread = Thread::new();
    thread.start().unwrap();
    run_until_emitted(thread.started());
    thread.quit();
    run_until_emitted(thread.finished());
}
