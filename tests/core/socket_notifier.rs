//! Notifiers: level-triggered, whatever happens in their slots.

use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use slotwire::{
    Application, Handle, NotifierType, ProcessEventsFlags, SignalSpy, SocketNotifier, Timer, VirtualClock,
    sender,
};

use crate::support::Log;

fn pair() -> (UnixStream, UnixStream) {
    UnixStream::pair().unwrap()
}

fn notifier(stream: &UnixStream, notifier_type: NotifierType) -> SocketNotifier {
    SocketNotifier::new(stream, notifier_type).unwrap()
}

#[test]
fn a_notifier_tells_what_it_was_made_of() {
    let (ours, _theirs) = pair();
    let notifier = notifier(&ours, NotifierType::Read);
    assert_eq!(notifier.socket(), Some(ours.as_raw_fd()));
    assert_eq!(notifier.notifier_type(), Some(NotifierType::Read));
    assert!(notifier.is_enabled());
}

#[test]
fn it_is_activated_when_there_is_data_with_the_descriptor() {
    let (ours, mut theirs) = pair();
    let notifier = notifier(&ours, NotifierType::Read);
    let spy = SignalSpy::new(notifier.activated());
    Application::process_events();
    assert!(spy.is_empty());
    theirs.write_all(b"!").unwrap();
    Application::process_events();
    assert_eq!(spy.emissions(), [ours.as_raw_fd()]);
}

#[test]
fn it_is_activated_in_every_round_until_the_data_is_read() {
    let (mut ours, mut theirs) = pair();
    let notifier = notifier(&ours, NotifierType::Read);
    let spy = SignalSpy::new(notifier.activated());
    theirs.write_all(b"!!").unwrap();
    for round in 1..=4 {
        Application::process_events();
        assert_eq!(spy.len(), round);
    }
    ours.read_exact(&mut [0; 2]).unwrap();
    Application::process_events();
    Application::process_events();
    assert!(spy.len() <= 4);
}

#[test]
fn a_slot_that_reads_everything_is_called_once_for_each_arrival() {
    let (ours, mut theirs) = pair();
    let mut stream = ours.try_clone().unwrap();
    let notifier = notifier(&ours, NotifierType::Read);
    let log = Log::new();
    let arrived = log.clone();
    notifier.activated().connect_mut(move |_| {
        let mut bytes = [0; 8];
        let count = stream.read(&mut bytes).unwrap();
        arrived.add(count);
    });
    for count in 1..=3 {
        theirs.write_all(&[0; 8][..count]).unwrap();
        for _ in 0..3 {
            Application::process_events();
        }
    }
    assert_eq!(log.take(), "1 2 3");
}

#[test]
fn it_is_activated_when_the_other_end_is_closed() {
    let (ours, theirs) = pair();
    let notifier = notifier(&ours, NotifierType::Read);
    let spy = SignalSpy::new(notifier.activated());
    drop(theirs);
    assert!(spy.wait(Duration::from_secs(60)));
}

#[test]
fn a_write_notifier_is_activated_in_every_round_while_there_is_room() {
    let (mut ours, _theirs) = pair();
    ours.set_nonblocking(true).unwrap();
    let notifier = notifier(&ours, NotifierType::Write);
    let spy = SignalSpy::new(notifier.activated());
    for round in 1..=3 {
        Application::process_events();
        assert_eq!(spy.len(), round);
    }
    while ours.write(&[0; 65536]).is_ok() {}
    spy.take();
    Application::process_events();
    spy.take();
    Application::process_events();
    assert!(spy.is_empty());
}

#[test]
fn a_disabled_notifier_is_silent_and_tells_when_enabled_again() {
    let (ours, mut theirs) = pair();
    let notifier = notifier(&ours, NotifierType::Read);
    let spy = SignalSpy::new(notifier.activated());
    notifier.set_enabled(false).unwrap();
    notifier.set_enabled(false).unwrap();
    assert!(!notifier.is_enabled());
    theirs.write_all(b"!").unwrap();
    Application::process_events();
    assert!(spy.is_empty());
    notifier.set_enabled(true).unwrap();
    notifier.set_enabled(true).unwrap();
    Application::process_events();
    assert_eq!(spy.len(), 1);
}

#[test]
fn disabling_takes_effect_for_what_was_already_told() {
    let streams: Vec<_> = (0..2).map(|_| pair()).collect();
    let notifiers: Vec<_> = streams.iter().map(|(ours, _)| notifier(ours, NotifierType::Read)).collect();
    let log = Log::new();
    for (index, notifier) in notifiers.iter().enumerate() {
        let (log, other) = (log.clone(), notifiers[1 - index]);
        notifier.activated().connect(move |_| {
            log.add("activated");
            other.set_enabled(false).unwrap();
        });
    }
    for (_, theirs) in &streams {
        (&*theirs).write_all(b"!").unwrap();
    }
    Application::process_events();
    assert_eq!(log.take(), "activated");
}

#[test]
fn it_disables_enables_and_deletes_itself_in_its_slot() {
    let (ours, mut theirs) = pair();
    let notifier = notifier(&ours, NotifierType::Read);
    let spy = SignalSpy::new(notifier.activated());
    theirs.write_all(b"!").unwrap();
    let connection = notifier.activated().connect(move |_| {
        notifier.set_enabled(false).unwrap();
        notifier.set_enabled(true).unwrap();
    });
    Application::process_events();
    Application::process_events();
    assert_eq!(spy.len(), 2);
    connection.disconnect();
    let connection = notifier.activated().connect(move |_| notifier.set_enabled(false).unwrap());
    Application::process_events();
    Application::process_events();
    assert_eq!(spy.len(), 3);
    connection.disconnect();
    notifier.activated().connect(move |_| notifier.delete());
    notifier.set_enabled(true).unwrap();
    Application::process_events();
    Application::process_events();
    assert_eq!(spy.len(), 4);
    assert!(!notifier.is_alive());
}

#[test]
fn the_place_of_a_deleted_notifier_can_be_taken_while_others_are_handled() {
    let streams: Vec<_> = (0..3).map(|_| pair()).collect();
    let (first, second) =
        (notifier(&streams[0].0, NotifierType::Read), notifier(&streams[1].0, NotifierType::Read));
    let log = Log::new();
    let quiet = streams[2].0.try_clone().unwrap();
    for (this, other) in [(first, second), (second, first)] {
        let (log, quiet) = (log.clone(), quiet.try_clone().unwrap());
        this.activated().connect(move |_| {
            log.add("activated");
            other.delete();
            let (log, new) = (log.clone(), notifier(&quiet, NotifierType::Read));
            new.activated().connect(move |_| log.add("wrong"));
        });
    }
    for (_, theirs) in &streams[..2] {
        (&*theirs).write_all(b"!").unwrap();
    }
    Application::process_events();
    assert_eq!(log.take(), "activated");
}

#[test]
fn the_descriptor_may_be_closed_by_its_owner() {
    let (ours, mut theirs) = pair();
    let notifier = notifier(&ours, NotifierType::Read);
    let spy = SignalSpy::new(notifier.activated());
    drop(ours);
    theirs.write_all(b"!").unwrap();
    Application::process_events();
    assert_eq!(spy.len(), 1);
    notifier.delete();
    assert!(theirs.write_all(b"!").is_err(), "the duplicate is closed");
}

#[test]
fn two_notifiers_share_a_descriptor() {
    let (ours, mut theirs) = pair();
    let read = SignalSpy::new(notifier(&ours, NotifierType::Read).activated());
    let write = SignalSpy::new(notifier(&ours, NotifierType::Write).activated());
    theirs.write_all(b"!").unwrap();
    Application::process_events();
    assert_eq!((read.len(), write.len()), (1, 1));
}

#[test]
fn what_cannot_be_watched_is_refused_and_leaves_no_object() {
    let file = std::fs::File::open(env!("CARGO_MANIFEST_PATH")).unwrap();
    let before = Application::object_count();
    let refused = SocketNotifier::new(&file, NotifierType::Read);
    if cfg!(target_os = "linux") {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), slotwire::ErrorKind::System);
        assert_eq!(Application::object_count(), before);
    }
}

#[test]
fn a_notifier_is_told_in_a_nested_loop_what_arrives_there() {
    let (ours, theirs) = pair();
    let notifier = notifier(&ours, NotifierType::Read);
    let log = Log::new();
    let activated = log.clone();
    (&theirs).write_all(b"a").unwrap();
    notifier.activated().connect(move |_| {
        let mut byte = [0];
        (&ours).read_exact(&mut byte).unwrap();
        activated.add(format!("in:{}", byte[0] as char));
        if byte[0] == b'a' {
            (&theirs).write_all(b"b").unwrap();
            Application::process_events();
        }
        activated.add(format!("out:{}", byte[0] as char));
    });
    Application::process_events();
    assert_eq!(log.take(), "in:a in:b out:b out:a");
}

#[test]
fn the_sender_in_the_slot_is_the_notifier() {
    let (ours, mut theirs) = pair();
    let notifier = notifier(&ours, NotifierType::Read);
    let log = Log::new();
    let seen = log.clone();
    notifier.activated().connect(move |_| seen.add(sender() == Some(*notifier)));
    theirs.write_all(b"!").unwrap();
    Application::process_events();
    assert_eq!(log.take(), "true");
}

#[test]
fn a_slot_that_panics_is_called_again_while_there_is_data() {
    let (ours, mut theirs) = pair();
    let notifier = notifier(&ours, NotifierType::Read);
    let spy = SignalSpy::new(notifier.activated());
    notifier.activated().connect(|_| panic!("as told"));
    theirs.write_all(b"!").unwrap();
    for round in 1..=3 {
        assert!(catch_unwind(AssertUnwindSafe(Application::process_events)).is_err());
        assert_eq!(spy.len(), round);
    }
}

#[test]
fn a_notifier_that_is_enabled_while_it_is_deleted_does_not_watch() {
    let (ours, mut theirs) = pair();
    let parent = Handle::new(());
    let notifier = notifier(&ours, NotifierType::Read);
    notifier.set_parent(parent);
    parent.set_event_handler(move |(), _| {
        notifier.set_enabled(true).unwrap();
        true
    });
    drop(ours);
    notifier.delete();
    theirs.write_all(b"!").unwrap_or_default();
    for _ in 0..3 {
        Application::process_events();
    }
    assert!(theirs.write_all(b"!").is_err(), "nobody holds the other end");
}

#[test]
fn a_ready_notifier_that_is_excluded_does_not_end_a_wait() {
    let _clock = VirtualClock::install();
    let (ours, mut theirs) = pair();
    let notifier = notifier(&ours, NotifierType::Read);
    let activated = SignalSpy::new(notifier.activated());
    let timer = Timer::new();
    let fired = SignalSpy::new(timer.timeout());
    theirs.write_all(b"!").unwrap();
    timer.start(Duration::from_secs(7));

    let flags = ProcessEventsFlags::ExcludeSocketNotifiers | ProcessEventsFlags::WaitForMoreEvents;
    assert!(Application::process_events_with(flags));
    assert_eq!((fired.len(), activated.len()), (1, 0));

    assert!(Application::process_events());
    assert_eq!((fired.len(), activated.len()), (1, 1));
    timer.delete();
    notifier.delete();
}
