use std::cell::Cell;
use std::rc::Rc;

use slotwire::{Application, HostAddress, HostInfo, Object, SocketError, Timer};

/// Looks a name up in a loop of its own.
fn lookup(name: &str) -> HostInfo {
    let found = Rc::new(Cell::new(None));
    let keep = Rc::clone(&found);
    let id = HostInfo::lookup_host(name, move |host| {
        keep.set(Some(host.clone()));
        Application::quit();
    });
    Application::exec();
    let host = found.take().unwrap();
    assert_eq!(host.lookup_id(), id);
    host
}

#[test]
fn a_name_is_found() {
    let host = lookup("localhost");
    assert_eq!(host.host_name(), "localhost");
    assert_eq!(host.error(), None);
    assert!(host.addresses().iter().all(|address| address.is_loopback()));
    assert!(!host.addresses().is_empty());
}

#[test]
fn no_address_is_told_twice() {
    let addresses = lookup("localhost").addresses().to_vec();
    let mut distinct = addresses.clone();
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!(distinct.len(), addresses.len());
}

#[test]
fn an_address_is_its_own_answer() {
    for (name, address) in [
        ("127.0.0.1", HostAddress::LocalHost),
        ("::1", HostAddress::LocalHostIPv6),
        ("[::1]", HostAddress::LocalHostIPv6),
    ] {
        assert_eq!(lookup(name).addresses(), [address]);
    }
}

#[test]
fn a_name_without_an_address_is_not_found() {
    let names = [
        ("", "No host name given"),
        ("name.invalid", "Host not found"),
        ("nul\0byte", "Invalid hostname"),
        ("two words", "Invalid hostname"),
        ("\u{202e}", "Invalid hostname"),
    ];
    for (name, text) in names {
        let host = lookup(name);
        assert_eq!(host.error(), Some(SocketError::HostNotFound), "{name:?}");
        assert_eq!(host.error_string(), text);
        assert!(host.addresses().is_empty());
    }
}

#[test]
fn the_slot_is_called_from_the_event_loop() {
    let called = Rc::new(Cell::new(false));
    let call = Rc::clone(&called);
    HostInfo::lookup_host("127.0.0.1", move |_| call.set(true));
    assert!(!called.get());
    Application::process_events();
    assert!(called.get());
}

#[test]
fn an_aborted_lookup_is_not_answered() {
    for name in ["127.0.0.1", "localhost"] {
        let id = HostInfo::lookup_host(name, |_| panic!("it was aborted"));
        HostInfo::abort_host_lookup(id);
        HostInfo::abort_host_lookup(id);
        lookup("localhost");
    }
}

#[test]
fn what_an_aborted_lookup_captured_is_dropped_at_once() {
    let captured = Rc::new(());
    let keep = Rc::clone(&captured);
    let id = HostInfo::lookup_host("localhost", move |_| drop(keep));
    HostInfo::abort_host_lookup(id);
    assert_eq!(Rc::strong_count(&captured), 1);
}

#[test]
fn a_slot_of_a_dead_receiver_is_not_called() {
    let receiver = Object::new();
    HostInfo::lookup_host_to("localhost", receiver, |_, _| panic!("the receiver is dead"));
    receiver.delete();
    lookup("localhost");
}

#[test]
fn lookups_of_one_name_are_all_answered() {
    let answers = Rc::new(Cell::new(0));
    for _ in 0..100 {
        let answers = Rc::clone(&answers);
        HostInfo::lookup_host("localhost", move |_| {
            answers.set(answers.get() + 1);
            if answers.get() == 100 {
                Application::quit();
            }
        });
    }
    Application::exec();
    assert_eq!(answers.get(), 100);
}

#[test]
fn a_lookup_can_be_asked_for_in_the_slot_of_another() {
    HostInfo::lookup_host("localhost", |_| {
        HostInfo::lookup_host("localhost", |_| Application::quit());
    });
    Application::exec();
}

#[test]
fn the_event_loop_goes_on_while_a_name_is_looked_up() {
    let ticks = Rc::new(Cell::new(0));
    let count = Rc::clone(&ticks);
    let timer = Timer::new().scoped();
    let answered = Rc::new(Cell::new(false));
    let is_answered = Rc::clone(&answered);
    timer.timeout().connect(move |()| {
        count.set(count.get() + 1);
        if is_answered.get() {
            Application::quit();
        }
    });
    timer.restart();
    HostInfo::lookup_host("localhost", move |_| answered.set(true));
    Application::exec();
    assert!(ticks.get() > 0);
}

#[test]
fn a_thread_may_end_before_its_lookups_do() {
    let thread = std::thread::spawn(|| {
        for name in ["localhost", "name.invalid"] {
            HostInfo::lookup_host(name, |_| panic!("nobody runs the loop"));
        }
    });
    thread.join().unwrap();
    lookup("localhost");
}

#[test]
fn the_blocking_lookup_finds_the_same() {
    assert_eq!(HostInfo::from_name("localhost").addresses(), lookup("localhost").addresses());
    assert_eq!(HostInfo::from_name("name.invalid").error(), Some(SocketError::HostNotFound));
}
