//! A loop of somebody else's that drives this one.

use std::time::Duration;

use slotwire::{Application, SignalSpy, Timer, VirtualClock};

#[test]
fn next_timeout_is_none_when_there_is_nothing_to_wait_for() {
    assert_eq!(Application::next_timeout(), None);
}

#[test]
fn next_timeout_is_zero_when_something_waits() {
    Application::invoke_later(|| ());
    assert_eq!(Application::next_timeout(), Some(Duration::ZERO));
    Application::process_events();
    assert_eq!(Application::next_timeout(), None);
}

#[test]
fn next_timeout_is_the_time_to_the_next_timer() {
    let clock = VirtualClock::install();
    let (near, far) = (Timer::new().scoped(), Timer::new().scoped());
    near.set_timer_type(slotwire::TimerType::Precise);
    far.start(Duration::from_secs(60));
    near.start(Duration::from_millis(250));
    assert_eq!(Application::next_timeout(), Some(Duration::from_millis(250)));
    clock.advance(Duration::from_millis(100));
    assert_eq!(Application::next_timeout(), Some(Duration::from_millis(150)));
    clock.advance(Duration::from_millis(200));
    assert_eq!(Application::next_timeout(), Some(Duration::ZERO));
}

#[test]
fn next_timeout_counts_a_call_from_another_thread() {
    let here = slotwire::EventLoopHandle::current();
    std::thread::spawn(move || here.invoke(|| ())).join().unwrap();
    assert_eq!(Application::next_timeout(), Some(Duration::ZERO));
    Application::process_events();
    assert_eq!(Application::next_timeout(), None);
}

#[test]
fn a_program_that_owns_the_loop_can_drive_this_one() {
    let clock = VirtualClock::install();
    let timer = Timer::new().scoped();
    let spy = SignalSpy::new(timer.timeout());
    timer.start(Duration::from_millis(100));
    for _ in 0..3 {
        clock.advance(Application::next_timeout().unwrap());
        Application::process_events();
    }
    assert_eq!(spy.len(), 3);
}

#[cfg(unix)]
mod poller_fd {
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    use mio::unix::SourceFd;
    use mio::{Events, Interest, Poll, Token};
    use slotwire::{EventLoopHandle, NotifierType, PollerFd, SocketNotifier};

    use super::*;

    /// Somebody else's loop, which watches this thread's poller.
    struct Host {
        poll: Poll,
        events: Events,
        _descriptor: PollerFd,
    }

    impl Host {
        fn new() -> Self {
            let (poll, descriptor) = (Poll::new().unwrap(), Application::poller_fd().unwrap());
            let mut source = SourceFd(&descriptor.as_raw_fd());
            poll.registry().register(&mut source, Token(0), Interest::READABLE).unwrap();
            Self { poll, events: Events::with_capacity(8), _descriptor: descriptor }
        }

        fn is_readable(&mut self, timeout: Duration) -> bool {
            self.poll.poll(&mut self.events, Some(timeout)).unwrap();
            !self.events.is_empty()
        }
    }

    #[test]
    fn it_is_readable_when_another_thread_calls() {
        let mut host = Host::new();
        assert!(!host.is_readable(Duration::ZERO));
        let here = EventLoopHandle::current();
        let thread = std::thread::spawn(move || here.invoke(|| ()));
        assert!(host.is_readable(Duration::from_secs(60)));
        thread.join().unwrap();
        assert!(Application::process_events_for(Duration::from_secs(60)));
        assert!(!host.is_readable(Duration::ZERO));
    }

    #[test]
    fn it_is_readable_for_every_call_after_a_round() {
        let mut host = Host::new();
        for _ in 0..20 {
            let here = EventLoopHandle::current();
            std::thread::spawn(move || here.invoke(|| ())).join().unwrap();
            assert!(host.is_readable(Duration::from_secs(60)));
            assert!(Application::process_events_for(Duration::from_secs(60)));
        }
    }

    #[test]
    fn it_is_readable_when_a_notifier_has_something() {
        let mut host = Host::new();
        let (ours, mut theirs) = UnixStream::pair().unwrap();
        let notifier = SocketNotifier::new(&ours, NotifierType::Read).unwrap().scoped();
        let spy = SignalSpy::new(notifier.activated());
        assert!(!host.is_readable(Duration::ZERO));
        theirs.write_all(b"!").unwrap();
        assert!(host.is_readable(Duration::from_secs(60)));
        assert!(Application::process_events());
        assert_eq!(spy.len(), 1);
    }
}
