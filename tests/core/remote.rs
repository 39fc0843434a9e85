//! Calls between threads.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

use slotwire::prelude::*;
use slotwire::websocket::protocol::{BufferPool, DataProcessor, HandshakeRequest, HandshakeRequestBuilder};

/// A thread that runs its loop until it is told to quit.
struct Worker {
    event_loop: EventLoopHandle,
    thread: thread::JoinHandle<i32>,
}

impl Worker {
    fn start() -> Self {
        let (send, receive) = mpsc::channel();
        let thread = thread::spawn(move || {
            send.send(EventLoopHandle::current()).unwrap();
            Application::exec()
        });
        Self { event_loop: receive.recv().unwrap(), thread }
    }

    /// Ends the thread; returns its handle, which is that of an ended thread then.
    fn end(self) -> EventLoopHandle {
        assert!(self.event_loop.quit());
        assert_eq!(self.thread.join().unwrap(), 0);
        self.event_loop
    }
}

/// Why a call has not returned anything.
#[track_caller]
fn why_not<R: std::fmt::Debug>(called: Result<R, Error>) -> ErrorKind {
    called.unwrap_err().kind()
}

/// Counts how many of it were dropped.
struct Counts(Arc<AtomicUsize>);

impl Drop for Counts {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[test]
fn what_other_threads_can_hold_can_be_sent_and_shared() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<EventLoopHandle>();
    is_send_and_sync::<Remote<RefCell<String>>>();
}

/// What a program prepares in one thread for the sockets and servers of others.
#[test]
fn values_can_be_sent_and_shared() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<Error>();
    is_send_and_sync::<(HostAddress, HostInfo, LookupId)>();
    is_send_and_sync::<(NetworkRequest, NetworkProxy, HandshakeOptions)>();
    is_send_and_sync::<(DataProcessor, BufferPool, HandshakeRequest, HandshakeRequestBuilder)>();
    #[cfg(feature = "_tls")]
    is_send_and_sync::<(SslConfiguration, SslCertificate, SslKey, SslCipher, SslError)>();
}

/// It does not compile if one of them can be sent.
#[test]
fn what_belongs_to_a_thread_cannot_leave_it() {
    trait IsSend<Answer> {
        fn is_known() {}
    }
    impl<T: ?Sized> IsSend<()> for T {}
    impl<T: ?Sized + Send> IsSend<bool> for T {}

    macro_rules! stays {
        ($($class:ty),*) => { $(<$class as IsSend<_>>::is_known();)* };
    }
    stays!(Object, Handle<()>, ObjectRef<()>, Scoped<Object>, Timer, Event);
    stays!(Emitter<()>, Signal<()>, Connection, ScopedConnection, SignalBlocker, SignalSpy<()>);
    stays!(VirtualClock, PinnedHost, EventLoop);
    stays!(TcpSocket, TcpServer, WebSocket, WebSocketServer);
    #[cfg(unix)]
    stays!(SocketNotifier);
    #[cfg(feature = "_tls")]
    stays!(SslSocket);
}

#[test]
fn calls_run_in_the_loops_thread_in_their_order() {
    let list = Handle::new(RefCell::new(Vec::new()));
    let remote = list.remote();
    let here = thread::current().id();
    let caller = thread::spawn(move || {
        for number in 0..1000 {
            assert!(remote.invoke(move |list| {
                assert_eq!(thread::current().id(), here);
                list.borrow_mut().push(number);
            }));
        }
        remote.event_loop().quit()
    });
    assert_eq!(Application::exec(), 0);
    assert!(caller.join().unwrap());
    assert!(list.with(|list| list.borrow().iter().copied().eq(0..1000)).unwrap());
}

#[test]
fn calls_of_many_threads_all_arrive_each_threads_in_order() {
    const THREADS: usize = 8;
    const CALLS: usize = 500;
    let counts = Handle::new([const { Cell::new(0) }; THREADS]);
    let threads: Vec<_> = (0..THREADS)
        .map(|index| {
            let remote = counts.remote();
            thread::spawn(move || {
                for number in 0..CALLS {
                    assert!(
                        remote.invoke(move |counts| assert_eq!(counts[index].replace(number + 1), number))
                    );
                }
                remote.invoke(|counts| {
                    if counts.iter().all(|count| count.get() == CALLS) {
                        Application::quit();
                    }
                });
            })
        })
        .collect();
    Application::exec();
    threads.into_iter().for_each(|thread| thread.join().unwrap());
    assert!(counts.with(|counts| counts.iter().all(|count| count.get() == CALLS)).unwrap());
}

#[test]
fn a_call_wakes_a_loop_that_waits_without_end() {
    let worker = Worker::start();
    for number in 0..200 {
        assert_eq!(worker.event_loop.invoke_blocking(move || number + 1).unwrap(), number + 1);
    }
    worker.end();
}

#[test]
fn calls_wait_for_a_loop_that_is_not_running_yet() {
    let handle = EventLoopHandle::current();
    thread::spawn(move || {
        handle.invoke(|| ());
        handle.invoke(|| Application::exit(6))
    })
    .join()
    .unwrap();
    assert_eq!(Application::exec(), 6);
}

#[test]
fn a_blocking_call_in_the_own_thread_is_made_at_once() {
    let object = Handle::new(Cell::new(1));
    assert_eq!(EventLoopHandle::current().invoke_blocking(|| 5).unwrap(), 5);
    assert_eq!(object.remote().invoke_blocking(Cell::get).unwrap(), 1);
}

#[test]
fn a_call_in_the_own_thread_waits_for_the_loop() {
    let object = Handle::new(Cell::new(1));
    assert!(object.remote().invoke(|value| value.set(2)));
    assert_eq!(object.with(Cell::get), Some(1));
    Application::process_events();
    assert_eq!(object.with(Cell::get), Some(2));
}

#[test]
fn a_blocking_call_returns_what_the_object_said() {
    let worker = Worker::start();
    let remote = worker.event_loop.invoke_blocking(|| Handle::new(Cell::new(20)).remote()).unwrap();
    assert!(remote.invoke(|value| value.set(value.get() + 1)));
    assert_eq!(remote.invoke_blocking(|value| value.get() * 2).unwrap(), 42);
    assert_eq!(remote.handle(), None, "in another thread");
    worker.end();
}

#[test]
fn a_call_to_a_dead_object_is_dropped() {
    let worker = Worker::start();
    let remote = worker
        .event_loop
        .invoke_blocking(|| {
            let object = Handle::new(1);
            let remote = object.remote();
            object.delete();
            Handle::new(2);
            remote
        })
        .unwrap();
    assert!(remote.invoke(|_| panic!("it is dead")));
    assert_eq!(why_not(remote.invoke_blocking(|value| *value)), ErrorKind::ObjectDeleted);
    worker.end();
}

#[test]
fn a_remote_gives_the_handle_back_in_its_own_thread() {
    let object = Handle::new(1);
    let remote = object.remote();
    assert_eq!(remote.handle(), Some(object));
    let copy = remote.clone();
    assert_eq!(copy.handle(), remote.handle());
    assert!(format!("{remote:?}").starts_with("Remote("));
    object.delete();
    assert_eq!(remote.handle(), None);
}

#[test]
fn an_ended_thread_takes_no_calls() {
    let worker = Worker::start();
    let remote = worker.event_loop.invoke_blocking(|| Handle::new(1).remote()).unwrap();
    let ended = worker.end();
    let dropped = Arc::new(AtomicUsize::new(0));
    let counts = Counts(Arc::clone(&dropped));
    assert!(!ended.invoke(move || drop(counts)));
    assert_eq!(dropped.load(Ordering::SeqCst), 1);
    assert_eq!(why_not(ended.invoke_blocking(|| 1)), ErrorKind::LoopEnded);
    assert!(!ended.quit());
    assert!(!remote.invoke(|_| ()));
    assert_eq!(why_not(remote.invoke_blocking(|value| *value)), ErrorKind::LoopEnded);
}

#[test]
fn a_thread_that_never_runs_its_loop_drops_its_calls_when_it_ends() {
    let (send, receive) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        send.send(EventLoopHandle::current()).unwrap();
        ended.recv().unwrap();
    });
    let handle = receive.recv().unwrap();
    let dropped = Arc::new(AtomicUsize::new(0));
    for _ in 0..3 {
        let counts = Counts(Arc::clone(&dropped));
        assert!(handle.invoke(move || drop(counts)));
    }
    let blocked = thread::spawn({
        let handle = handle;
        move || handle.invoke_blocking(|| 1)
    });
    end.send(()).unwrap();
    thread.join().unwrap();
    assert_eq!(dropped.load(Ordering::SeqCst), 3);
    assert_eq!(why_not(blocked.join().unwrap()), ErrorKind::LoopEnded);
}

#[test]
fn a_blocking_call_whose_function_panics_is_an_error() {
    let (send, receive) = mpsc::channel();
    let thread = thread::spawn(move || {
        send.send(EventLoopHandle::current()).unwrap();
        while std::panic::catch_unwind(Application::exec).is_err() {}
    });
    let handle = receive.recv().unwrap();
    let panicked = handle.invoke_blocking(|| -> u8 { panic!("as told") });
    assert_eq!(why_not(panicked), ErrorKind::CallPanicked);
    assert_eq!(handle.invoke_blocking(|| 2).unwrap(), 2);
    handle.quit();
    thread.join().unwrap();
}

#[test]
fn a_handle_of_a_thread_whose_data_is_gone_never_blocks() {
    thread_local! {
        static LAST: RefCell<Option<SendsHandle>> = const { RefCell::new(None) };
    }
    struct SendsHandle(mpsc::Sender<EventLoopHandle>);
    impl Drop for SendsHandle {
        fn drop(&mut self) {
            let _ = self.0.send(EventLoopHandle::current());
        }
    }
    for touch_loop_first in [false, true] {
        let (send, receive) = mpsc::channel();
        let thread = thread::spawn(move || {
            if touch_loop_first {
                Application::process_events();
            }
            LAST.with(|last| last.replace(Some(SendsHandle(send))));
            Application::process_events();
        });
        thread.join().unwrap();
        let handle = receive.recv().unwrap();
        assert_eq!(why_not(handle.invoke_blocking(|| 1)), ErrorKind::LoopEnded);
        assert!(!handle.invoke(|| ()));
    }
}

#[test]
fn a_signal_is_delivered_to_another_thread_with_owned_values() {
    let worker = Worker::start();
    let remote =
        worker.event_loop.invoke_blocking(|| Handle::new(RefCell::new(Vec::new())).remote()).unwrap();
    let speaker = Handle::new(Emitter::<str>::new());
    let connection =
        speaker.signal(|s| s).connect_remote(&remote, |list: &RefCell<Vec<(String, bool)>>, text: String| {
            list.borrow_mut().push((text, sender().is_none()));
        });
    for text in ["one", "two"] {
        speaker.with(|s| s.emit(text));
    }
    let heard = remote.invoke_blocking(|list| list.borrow().clone());
    assert_eq!(heard.unwrap(), [("one".into(), true), ("two".into(), true)]);
    assert!(connection.disconnect());
    speaker.with(|s| s.emit("three"));
    assert_eq!(remote.invoke_blocking(|list| list.borrow().len()).unwrap(), 2);
    worker.end();
    speaker.signal(|s| s).connect_remote(&remote, |_, _| panic!("its thread has ended"));
    speaker.with(|s| s.emit("four"));
}

#[test]
fn a_signal_of_an_object_in_another_thread_is_connected_before_the_calls_that_follow() {
    let (send, receive) = mpsc::channel();
    let thread = thread::spawn(move || {
        send.send(Handle::new(Emitter::<Pair<str, u32>>::new()).remote()).unwrap();
        Application::exec()
    });
    let speaker = receive.recv().unwrap();
    let list = Handle::new(RefCell::new(Vec::new()));
    assert!(speaker.connect_remote(
        |speaker| speaker,
        &list.remote(),
        |list, spoken| {
            list.borrow_mut().push(spoken);
            if list.borrow().len() == 2 {
                Application::quit();
            }
        }
    ));
    for number in [1, 2] {
        speaker.invoke(move |speaker| speaker.emit(("number", number)));
    }
    Application::exec();
    assert_eq!(list.with(RefCell::take), Some(vec![("number".to_owned(), 1), ("number".to_owned(), 2)]));
    speaker.event_loop().quit();
    thread.join().unwrap();
    assert!(!speaker.connect_remote(|speaker| speaker, &list.remote(), |_, _| ()));
}

#[test]
fn two_threads_can_play_ping_pong() {
    let worker = Worker::start();
    let count = Handle::new(Cell::new(0));
    fn ping(home: Remote<Cell<u32>>, away: EventLoopHandle) {
        let back = away.clone();
        away.invoke(move || {
            let again = home.clone();
            home.invoke(move |count| {
                count.set(count.get() + 1);
                if count.get() < 500 { ping(again, back) } else { Application::quit() }
            });
        });
    }
    ping(count.remote(), worker.event_loop.clone());
    Application::exec();
    assert_eq!(count.with(Cell::get), Some(500));
    worker.end();
}

#[test]
fn each_thread_has_its_own_loop_objects_and_clock() {
    let _clock = VirtualClock::install();
    let object = Handle::new(1);
    let worker = Worker::start();
    let theirs = worker.event_loop.invoke_blocking(|| {
        assert_eq!(Application::object_count(), 0);
        let timer = Timer::new().scoped();
        timer.start(Duration::from_millis(1));
        SignalSpy::new(timer.timeout()).wait(Duration::from_secs(60))
    });
    assert!(theirs.unwrap());
    worker.end();
    assert!(object.is_alive());
}

#[test]
fn a_call_is_made_in_a_nested_loop_too() {
    let handle = EventLoopHandle::current();
    let wait = EventLoop::new().scoped();
    let event_loop = *wait;
    let remote = Handle::new(move || event_loop.exit(3)).remote();
    let thread = thread::spawn(move || {
        let answer = handle.invoke_blocking(|| 4);
        remote.invoke(|exit| exit());
        answer
    });
    Application::invoke_later(move || Application::exit(event_loop.exec()));
    assert_eq!(Application::exec(), 3);
    assert_eq!(thread.join().unwrap().unwrap(), 4);
}

#[test]
fn a_call_into_a_loop_that_has_ended_is_an_error_until_the_next_one() {
    let (send, receive) = mpsc::channel();
    let (go_on, next) = mpsc::channel::<()>();
    let thread = thread::spawn(move || {
        Application::invoke_later(move || send.send(EventLoopHandle::current()).unwrap());
        while next.recv().is_ok() {
            Application::exec();
            // The thread lives on, and waits for something else.
        }
    });
    go_on.send(()).unwrap();
    let handle = receive.recv().unwrap();
    assert_eq!(handle.invoke_blocking(|| 1).unwrap(), 1);
    handle.invoke_blocking(Application::quit).unwrap();
    // The last round of the loop may still make some.
    let error = std::iter::repeat_with(|| handle.invoke_blocking(|| 1)).find_map(Result::err).unwrap();
    assert_eq!(error.kind(), ErrorKind::LoopEnded);
    assert_eq!(error.to_string(), "the event loop of the thread has ended");
    assert_eq!(why_not(handle.invoke_blocking(|| 2)), ErrorKind::LoopEnded);
    // Posted calls wait for the next loop, and behind one of them there is one.
    let (posted, made) = mpsc::channel();
    assert!(handle.invoke(move || posted.send(()).unwrap()));
    go_on.send(()).unwrap();
    made.recv().unwrap();
    assert_eq!(handle.invoke_blocking(|| 3).unwrap(), 3);
    handle.quit();
    drop(go_on);
    thread.join().unwrap();
}

#[test]
fn a_loop_that_ends_lets_those_go_who_wait_for_it() {
    let main = EventLoopHandle::current();
    let (started, waits) = mpsc::channel();
    let callers: Vec<_> = (0..5)
        .map(|_| {
            let (main, started) = (main.clone(), started.clone());
            thread::spawn(move || {
                started.send(()).unwrap();
                main.invoke_blocking(|| ())
            })
        })
        .collect();
    Application::invoke_later(move || {
        // It ends with their calls before it, behind it, or not posted yet.
        (0..5).for_each(|_| waits.recv().unwrap());
        Application::quit();
    });
    Application::exec();
    for caller in callers {
        if let Err(error) = caller.join().unwrap() {
            assert_eq!(error.kind(), ErrorKind::LoopEnded);
        }
    }
}

#[test]
fn a_call_has_the_time_that_it_is_given() {
    // A thread that runs no loop.
    let main = EventLoopHandle::current();
    let dropped = Arc::new(AtomicUsize::new(0));
    let counts = Counts(dropped.clone());
    let remote = Handle::new(1).remote();
    thread::spawn(move || {
        let call = move || drop(counts);
        assert_eq!(why_not(main.invoke_blocking_for(Duration::from_millis(1), call)), ErrorKind::TimedOut);
        let late = remote.invoke_blocking_for(Duration::ZERO, |_| panic!("called too late"));
        assert_eq!(why_not(late), ErrorKind::TimedOut);
    })
    .join()
    .unwrap();
    Application::process_events();
    assert_eq!(dropped.load(Ordering::SeqCst), 1, "it is dropped with the call that is not made");
    // In time, and with all the time there is.
    let worker = Worker::start();
    assert_eq!(worker.event_loop.invoke_blocking_for(Duration::from_secs(20), || 4).unwrap(), 4);
    assert_eq!(worker.event_loop.invoke_blocking_for(Duration::MAX, || 5).unwrap(), 5);
    worker.end();
}
